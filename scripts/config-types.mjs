/**
 * Writes src/library/specs.ts: the config as TypeScript types, from the definitions that check it when it is
 * read.
 *
 *     npm run build:ts && npm run types:config
 *
 * The way goes over the config's JSON Schema. Types inferred from zod lose what `.describe()` says, and an
 * editor that completes `k` should also say what k is. test/library/specs.test.ts fails where the file is out
 * of date.
 */

import { writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const WIDTH = 110;
/**
 * Parameters that so many kinds of a family have alike are written once, where those kinds have all of them.
 */
const ALIKE = 6;

const FAMILIES = {
  Topology: { of: 'generated graphs', variants: ({ properties }) => properties.topology.anyOf.slice(2) },
  Cost: { of: 'private costs', variants: ({ properties }) => properties.cost.oneOf },
  Flow: { of: 'flows', variants: ({ properties }) => properties.flow.oneOf },
  Compressor: { of: 'compressors', variants: ({ $defs }) => $defs.compressor.oneOf },
  Links: { of: 'links that change', variants: ({ properties }) => properties.links.oneOf },
  Program: { of: 'programs', variants: ({ properties }) => properties.program.oneOf },
};

const HEADER = `/**
 * What may stand in a config: the parameters of every kind, and what every run has.
 * Written by scripts/config-types.mjs from the definitions. Do not edit.
 */

import type { Graph } from '../../topology/graph.js';

/** A union over \`kind\`: each kind with its own parameters. */
export type SpecOf<Kinds> = { [Kind in keyof Kinds]: { kind: Kind } & Kinds[Kind] }[keyof Kinds];
`;

const CONFIGS = `/**
 * A config as a program writes it: a flow on a graph, or a program with links of its own. A config that is built in
 * steps keeps its types with \`satisfies ConfigInput\`; a plain annotation forgets which of the two it is.
 */
export type ConfigInput = FlowConfigInput | ServerConfigInput;

/** Agents on a graph. What is left out has a default. */
export interface FlowConfigInput extends CommonInput, GraphOptionsInput {
  // First, so that the compiler takes { ...some, flow: { kind: 'dgd' } } for a flow and completes its kinds.
  /** never beside a flow */ program?: undefined;
  /** the graph: generated, from a file, or from memory */
  topology: TopologyInput | GraphFileInput | GraphEdgesInput | GraphInput;
  /** private cost of every agent */ cost: CostInput;
  /** what the agents do in a round */ flow: FlowInput;
  /** what a message keeps; all of it where absent */ compressor?: CompressorInput | 'auto' | ({ kind: 'auto' } & AutoCompressorInput);
  /** links that change; every edge is up in every round where absent */ links?: LinksInput;
}

/** A graph in memory; from a program alone, since no file can hold one. */
export interface GraphInput {
  /** what graphFromEdges, readGraph and generate give; not to be changed before the run has begun */
  graph: Graph;
  /** what the graph is called in summaries and pictures */ name?: string;
  /** keep only the largest connected component */ largestComponent?: boolean;
}

/** Agents around a server. */
export interface ServerConfigInput extends CommonInput {
  /** the server, its links and its step */ program: ProgramInput;
  /** private cost of every agent */ cost: CostInput;
  /** never beside a program */ topology?: undefined;
  /** never beside a program */ flow?: undefined;
  /** never beside a program */ compressor?: undefined;
  /** never beside a program */ links?: undefined;
}
`;

/** Types that are told by name, each written once: where a schema's comment is `as NAME`. */
const named = new Map();

/** The text of src/library/specs.ts. */
export function configTypes(schema) {
  named.clear();
  const { $schema, topology, cost, flow, compressor, program, links, weights, layout, ...common } =
    schema.properties;
  const families = [
    ...Object.entries(FAMILIES).flatMap(([name, { of, variants }]) => [
      family(name, of, variants(schema)),
      `/** One of the ${of}. */\nexport type ${name}Input = SpecOf<${name}Kinds>;\n`,
    ]),
    declaration('GraphFileInput', 'A graph that is read from a file.', topology.anyOf[0]),
    declaration('GraphEdgesInput', 'A graph that is given by its edges.', topology.anyOf[1]),
    declaration('AutoCompressorInput', 'A compressor that is to be chosen.', compressor.anyOf[2]),
    declaration('GraphOptionsInput', 'What only runs on a graph have.', { properties: { weights, layout } }),
    declaration('CommonInput', 'What every run has.', { properties: common }),
  ];
  const types = [...named].map(
    ([name, { about, text }]) => `/** ${about} */\nexport type ${name} =${text};\n`,
  );
  return [HEADER, ...types, ...families, CONFIGS].join('\n');
}

function family(name, of, variants) {
  const parameters = variants.map((variant) => parametersOf(variant, '    '));
  const counts = new Map();
  for (const text of parameters.flat()) counts.set(text, (counts.get(text) ?? 0) + 1);
  const alike = [...counts].filter(([, count]) => count >= ALIKE).map(([text]) => text);
  const shares = (own) => alike.length > 0 && alike.every((text) => own.includes(text));
  const shared = parameters.filter(shares).length >= ALIKE;
  const kinds = variants.map((variant, at) => {
    const common = shared && shares(parameters[at]);
    const own = parameters[at].filter((text) => !common || !alike.includes(text));
    const parts = [...(common ? [`${name}Common`] : []), ...(own.length > 0 ? [braces(own, '  ')] : [])];
    const type = parts.length > 0 ? parts.join(' & ') : 'object';
    return withComment(variant.description, `${key(variant.properties.kind.const)}: ${type};`, '  ');
  });
  const first = shared
    ? `interface ${name}Common ${braces(
        alike.map((text) => text.replaceAll(/^ {2}/gm, '')),
        '',
      )}\n\n`
    : '';
  return `${first}/** Parameters of ${of}, by kind. */\nexport interface ${name}Kinds ${braces(kinds, '')}\n`;
}

const declaration = (name, about, schema) =>
  `/** ${about} */\nexport interface ${name} ${braces(parametersOf(schema, '  '), '')}\n`;

/** Each parameter but `kind` as indented lines, with its comment. */
function parametersOf({ properties, required = [], additionalProperties }, indent) {
  const texts = Object.entries(properties)
    .filter(([name, { const: fixed }]) => name !== 'kind' || fixed === undefined)
    .map(([name, schema]) => {
      const initially = schema.default;
      const plain = initially !== undefined && typeof initially !== 'object';
      const about = [schema.description, ...(plain ? [`default: ${initially}`] : [])]
        .filter(Boolean)
        .join('; ');
      const optional = required.includes(name) ? '' : '?';
      return withComment(
        about,
        `${key(name)}${optional}: ${typeOf(schema, indent)};`.replace(': \n', ':\n'),
        indent,
      );
    });
  return typeof additionalProperties === 'object'
    ? [...texts, `${indent}[parameter: string]: unknown;`]
    : texts;
}

function typeOf(schema, indent) {
  // What a program may give instead of what stands in a file.
  const or = /^or (.*)$/.exec(schema.$comment ?? '')?.[1];
  if (or !== undefined) return `${typeOf({ ...schema, $comment: undefined }, indent)} | ${or}`;
  const as = /^as (.*)$/.exec(schema.$comment ?? '')?.[1];
  if (as !== undefined) {
    const type = typeOf({ ...schema, $comment: undefined }, '');
    const text = type.startsWith('\n') ? type : ` ${type}`;
    if (![undefined, text].includes(named.get(as)?.text)) throw new Error(`${as} is the name of two types`);
    named.set(as, { about: schema.description, text });
    return as;
  }
  if (schema.$ref === '#/$defs/compressor') return 'CompressorInput';
  if (schema.const !== undefined) return literal(schema.const);
  if (schema.enum !== undefined) return schema.enum.map(literal).join(' | ');
  const union = schema.anyOf ?? schema.oneOf;
  if (union !== undefined) return unionOf(union, indent);
  if (Array.isArray(schema.type)) return schema.type.join(' | ');
  switch (schema.type) {
    case 'integer':
    case 'number':
      return 'number';
    case 'string':
    case 'boolean':
    case 'null':
      return schema.type;
    case 'array': {
      if (schema.prefixItems !== undefined) {
        return `[${schema.prefixItems.map((one) => typeOf(one, indent)).join(', ')}]`;
      }
      const entry = typeOf(schema.items ?? {}, indent);
      return entry.includes(' | ') ? `(${entry})[]` : `${entry}[]`;
    }
    case 'object': {
      if (schema.properties === undefined) return 'Record<string, unknown>';
      const { kind } = schema.properties;
      const named = kind?.const === undefined ? [] : [`${indent}  kind: ${literal(kind.const)};`];
      return braces([...named, ...parametersOf(schema, `${indent}  `)], indent);
    }
    default:
      return 'unknown';
  }
}

/** On one line where it fits, else one member a line. */
function unionOf(schemas, indent) {
  const inside = `${indent}  `;
  const flat = (schema) => (schema.anyOf ?? schema.oneOf)?.flatMap(flat) ?? [schema];
  const members = [...new Set(schemas.flatMap(flat).map((schema) => typeOf(schema, inside)))];
  const line = members.join(' | ');
  if (!line.includes('\n') && line.length <= WIDTH - 50) return line;
  return members.map((member) => `\n${inside}| ${member}`).join('');
}

const literal = (value) => (typeof value === 'string' ? `'${value}'` : String(value));
const key = (name) => (/^[a-z_$][\w$]*$/i.test(name) ? name : `'${name}'`);

/** On one line where that fits and nothing in it has a comment. */
function braces(texts, indent) {
  const line = `{ ${texts.map((text) => text.trim()).join(' ')} }`;
  if (line.length + indent.length <= WIDTH - 40 && !/\/\*\*|\n/.test(line)) return line;
  return `{\n${texts.join('\n')}\n${indent}}`;
}

/** The comment before what it is about, on the same line where both fit. */
function withComment(about, text, indent) {
  if (!about) return indent + text;
  const comment = `/** ${about.replaceAll('*/', '* /')} */`;
  const [firstLine] = text.split('\n');
  if (indent.length + comment.length + firstLine.length < WIDTH) return `${indent}${comment} ${text}`;
  if (indent.length + comment.length <= WIDTH) return `${indent}${comment}\n${indent}${text}`;
  const rows = [''];
  for (const word of about.split(' ')) {
    if (indent.length + rows.at(-1).length + word.length > WIDTH - 4) rows.push('');
    rows.push(`${rows.pop()} ${word}`);
  }
  return [`/**`, ...rows.map((row) => ` *${row}`), ' */', text].map((row) => indent + row).join('\n');
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const [{ configJsonSchema }, { loadRegistries }] = await Promise.all([
    import('../dist/src/config/schema.js'),
    import('../dist/src/config/registries.js'),
  ]);
  const file = new URL('../src/library/specs.ts', import.meta.url);
  writeFileSync(file, configTypes(configJsonSchema(await loadRegistries())));
}
