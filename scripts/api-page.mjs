/**
 * Writes docs/api.md from the comments at what src/index.ts and topology/index.ts export.
 *
 *     npm run docs:api
 *
 * What may be called comes with its signature, what is data with its fields. Examples are the code blocks of
 * the comments; the page has them whole, with their imports, and test/docs runs them. test/docs/api.test.ts
 * fails where the page is out of date, or where something public has no comment.
 */

import { writeFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { SyntaxKind } from 'typescript/unstable/ast';
import { API, SymbolFlags } from 'typescript/unstable/sync';

const root = fileURLToPath(new URL('..', import.meta.url));
const WIDTH = 110;

const INTRODUCTION = `# The library

What a program may import. This page is written from the comments in the code by \`npm run docs:api\`.

Shapes are rows x columns. Arrays of numbers are \`Float64Array\`, row after row. A name that ends in a unit is
in that unit: \`seconds\`, \`arenaBytes\`, \`profileUs\`. Bits are counted as written on the wire.

Errors are of two families. An \`InputError\` says that something which was given is wrong, and where. A
\`RunError\` says that a run began and failed. \`isInputError\` and \`isRunError\` tell them apart.
`;

/**
 * The page's parts: what belongs to each, by name; what no part names stands in the last one of its module.
 */
const PARTS = [
  {
    title: 'A run in one call',
    about: 'Most programs need this and nothing else.',
    names: ['run', 'RunOptions', 'RunOutcome', 'Summary', 'RunStatus', 'TraceRow'],
  },
  {
    title: 'A session',
    about: 'A run that is paused, stepped and looked into while it lasts.',
    names:
      'openSession OpenSession Session PrepareOptions StartOptions PlanReport ServerReport Progress AgentState RunResult'.split(
        ' ',
      ),
  },
  {
    title: 'Configs',
    about:
      'The types that end in `Input` are what a program writes: `kind` says which parameters there are, and an editor completes both. ' +
      '`sottovoce list` shows all kinds. The other types are what comes of it, with every default filled in.',
    names:
      'ConfigInput FlowConfigInput ServerConfigInput CommonInput GraphOptionsInput GraphFileInput GraphEdgesInput GraphInput loadConfig parseConfig LoadedConfig Override RunConfig FlowConfig ServerConfig TopologyInput CostInput FlowInput CompressorInput LinksInput ProgramInput TopologyKinds CostKinds FlowKinds CompressorKinds LinksKinds ProgramKinds SpecOf'.split(
        ' ',
      ),
  },
  {
    title: 'Tools',
    about: 'What the commands of the same names do. Each loads what it needs when it is called.',
    names:
      'compare CompareOptions CompareOutcome Comparison MethodRow CellRow Cell CellOutcome CellAsk GivenUp GivingUp Prediction Target sweep SweepOptions ManyOptions SweepOutcome SweepResults SweepPoint SweepRow AxisInput map MapOptions MapOutcome MapQuantity Boundary Place Agreement tune TuneOptions TuneOutcome TuneProgress TuneReport Tuning FlowTrials certify CertifyOptions CertifyProgress Certificate profile ProfileOptions ProfileOutcome ProfileReport ProfileShares ThreadShares FrameTime ThreadTimes ThreadProfile ProfileRepeat ProfileComparison ProfileVerdict RelativeChange FrameChange Spread Deoptimisation inspectTopology TopologySource InspectOptions TopologyInspection'.split(
        ' ',
      ),
  },
  {
    title: 'Errors',
    about: 'They keep their class across threads.',
    names: 'InputError InputErrorDetails isInputError RunError RunErrorCode isRunError'.split(' '),
  },
  {
    title: 'Modules of your own',
    about:
      'What a module exports that a config names: [your-own-compressor.md](your-own-compressor.md), [your-own-cost.md](your-own-cost.md).',
    names:
      'CompressorModule PlanInputs ModulePlan MessageContext MessageWriter MessageReader RandomNumbers CostModule SampledCostModule CostInputs CostAnswer CostModuleContext'.split(
        ' ',
      ),
  },
  {
    title: 'Definitions',
    about:
      'What the registries hold, for programs that list kinds. The same interfaces are what a new kind fills in: [CONTRIBUTING.md](../CONTRIBUTING.md).',
    names:
      'compressors CompressorDefinition CompressorAlias CompressorSpec flows FlowDefinition costs CostDefinition LinksDefinition'.split(
        ' ',
      ),
  },
  {
    title: 'Compressors',
    about:
      'Functions that give specs: `flatten(sign())` is `{ kind: "flatten", inner: { kind: "sign" } }`. Composition is plain data, and nothing is checked before a run is prepared.',
    names: [],
  },
];
const TOPOLOGY = {
  title: 'Graphs',
  names:
    'generate readGraph writeGraph parseGraph formatGraph graphFromEdges Graph Arcs inspect Inspection spectrum Spectrum edgeWeights EdgeWeights'.split(
      ' ',
    ),
  about:
    'A second entry, `import { generate } from "sottovoce/topology"`: graphs that are generated, read, written, weighed and looked at, without the simulator.',
};

/** @returns the page, and the names of what is public and has no comment */
export function apiPage() {
  const api = new API({ cwd: root });
  try {
    const [project] = api.updateSnapshot({ openProjects: [path.join(root, 'tsconfig.json')] }).getProjects();
    const main = exportsOf(project, 'src/index.ts');
    const graphs = exportsOf(project, 'topology/index.ts');
    const named = new Set(PARTS.flatMap(({ names }) => names));
    const parts = PARTS.map((part) => ({
      ...part,
      items: part.names.length > 0 ? part.names : [...main.keys()].filter((name) => !named.has(name)),
      from: main,
    }));
    parts.push({ ...TOPOLOGY, items: [...new Set([...TOPOLOGY.names, ...graphs.keys()])], from: graphs });
    const bare = [];
    const sections = parts.map(({ title, about, items, from }) => {
      const module = from === main ? 'sottovoce' : 'sottovoce/topology';
      const texts = items.map((name) => {
        const symbol = from.get(name);
        if (symbol === undefined) throw new Error(`docs/api.md wants ${name}, which is not exported`);
        return item(project, name, symbol, bare, { module, names: [...from.keys()] });
      });
      // What fits into one line is one of a list, at the end of its part.
      const lines = texts.filter((text) => text.startsWith('- '));
      const whole = texts.filter((text) => !text.startsWith('- '));
      const list =
        lines.length > 0 ? [...(whole.length > 0 ? ['### Also\n'] : []), `${lines.join('\n')}\n`] : [];
      return [`## ${title}\n`, `${wrapped(about, '')}\n`, ...whole, ...list].join('\n');
    });
    return { page: `${[INTRODUCTION, ...sections].join('\n')}`, bare };
  } finally {
    api.close();
  }
}

function exportsOf({ program, checker }, file) {
  const module = checker.getSymbolAtLocation(program.getSourceFile(path.join(root, file)));
  return new Map(
    checker
      .getExportsOfModule(module)
      .map((symbol) => [
        symbol.name,
        symbol.flags & SymbolFlags.Alias ? checker.getAliasedSymbol(symbol) : symbol,
      ]),
  );
}

function item(project, name, symbol, bare, known) {
  const { checker } = project;
  const node = symbol.declarations[0].resolve(project);
  const text = symbol.getDocumentationComment(checker);
  const tags = symbol.getJsDocTags(checker);
  if (text === '') bare.push(name);
  const parts = [`### ${name}\n`];
  const signature = signatureOf(node, name);
  const fields = fieldsOf(project, node, symbol, name, bare);
  const short = signature ?? name;
  if (fields.length + tags.length === 0 && short.length < WIDTH - 10 && !/\n\n|```/.test(text)) {
    return bullet(`\`${short}\`: ${text}`);
  }
  if (signature !== null) parts.push(`${signature.replaceAll(/^(?=.)/gm, '    ')}\n`);
  if (text !== '') parts.push(`${described(text, known)}\n`);
  const listed = tags
    .filter(({ name: tag }) => ['param', 'returns', 'throws'].includes(tag))
    .map(({ name: tag, text: about }) => bullet(tagText(tag, about)));
  if (listed.length > 0) parts.push(`${listed.join('\n')}\n`);
  if (fields.length > 0) parts.push(`${fields.join('\n')}\n`);
  return parts.join('\n');
}

function tagText(tag, about = '') {
  if (tag === 'throws') return `throws ${about}`;
  if (tag === 'returns') return `gives ${about}`;
  const [, name, rest] = /^([\w.]+)\s*(.*)$/s.exec(about) ?? [null, about, ''];
  return `\`${name}\`: ${rest}`;
}

/**
 * A compressor is the builder of its specs: what it takes by position, and an object of what may be left out.
 */
function builderOf(definition, name) {
  const takes = [...(/takes: \[(.*?)\]/.exec(definition)?.[1] ?? '').matchAll(/'(\w+)'/g)].map(
    ([, taken]) => taken,
  );
  const optional = /optional\(\)|Parameters\b|scalarsParameter|open: true|signs: z|^projection/.test(
    definition,
  );
  return `${name}(${[...takes, ...(optional ? ['options?'] : [])].join(', ')})`;
}

/** How it is called, or what it stands for; null where the fields say it. */
function signatureOf(node, name) {
  const source = node.getSourceFile().text;
  const kind = SyntaxKind[node.kind];
  if (kind === 'FunctionDeclaration') {
    const start = source.indexOf(`${name}`, node.getStart());
    return tidy(source.slice(start, node.body.getStart()));
  }
  if (kind === 'VariableDeclaration') {
    const { type, initializer } = node;
    if (type !== undefined) return tidy(`${name}: ${type.getText()}`);
    if (initializer !== undefined && SyntaxKind[initializer.kind] === 'ArrowFunction') {
      const arrow = initializer.equalsGreaterThanToken.getStart();
      return tidy(`${name}${source.slice(initializer.getStart(), arrow)}`);
    }
    if (/^(define\w+|projection)\(/.test(initializer.getText()))
      return builderOf(initializer.getText(), name);
    return tidy(`${name} = ${initializer.getText()}`);
  }
  if (kind === 'TypeAliasDeclaration') return tidy(`${name} = ${withoutComments(node.type.getText())}`);
  if (kind === 'InterfaceDeclaration' && node.heritageClauses?.length > 0) {
    return `${name} ${node.heritageClauses.map((clause) => clause.getText()).join(' ')}`;
  }
  return null;
}

/** One line for each field; of the tables of kinds, that stand in one file, none. */
function fieldsOf(project, node, symbol, name, bare) {
  if (!/Interface|Class/.test(SyntaxKind[node.kind]) || name.endsWith('Kinds')) return [];
  const generated = node.getSourceFile().fileName.endsWith('specs.ts');
  return [...symbol.getMembers().values()].flatMap((member) => {
    const declaration = member.declarations[0].resolve(project);
    const declared = withoutComments(declaration.getText()).replaceAll(/\s+/g, ' ');
    const isField = SyntaxKind[declaration.kind] !== 'TypeParameter' && member.name !== '__constructor';
    if (!isField || /^private\b/.test(declared)) return [];
    const about = member.getDocumentationComment(project.checker);
    const thrown = member.getJsDocTags(project.checker).find(({ name: tag }) => tag === 'throws');
    if (about === '' && thrown === undefined && !generated) bare.push(`${name}.${member.name}`);
    const full = [about, ...(thrown === undefined ? [] : [`Throws ${thrown.text}.`])].join(' ').trim();
    return bullet(`\`${shortDeclaration(declared)}\`${full === '' ? '' : `: ${full}`}`);
  });
}

/** `x: Float64Array`, `pause(): Promise<number>`: no body, no value, no semicolon. */
function shortDeclaration(text) {
  const bare = text.replace(/^(readonly|override|static|async|get) /g, '').replace(/;$/, '');
  const body = /^[^{]*\)(: [^{]+)? \{/.exec(bare);
  const short = (body === null ? bare : body[0].slice(0, -2))
    .replace(/^readonly /, '')
    .replace(/^([^(]*?) = .*$/, '$1');
  return short.length <= 80 ? short : `${short.slice(0, 77).replace(/[^\w>)\]]*\w*$/, '')} ...`;
}

const withoutComments = (text) => text.replaceAll(/\/\*\*?.*?\*\//gs, '').replaceAll(/^\s*\n/gm, '');

function tidy(text) {
  const line = text
    .trim()
    .replaceAll(/\s+/g, ' ')
    .replaceAll('( ', '(')
    .replaceAll(', )', ')')
    .replaceAll(/: \| /g, ': ');
  if (line.length <= WIDTH - 4) return line;
  return wrapped(line, '  ', WIDTH - 4);
}

/** The comment as it stands, wrapped; its examples with the imports that they need. */
function described(text, known) {
  return text
    .split(/(```ts\n.*?\n```)/s)
    .map((piece) => {
      const code = /^```ts\n(.*)\n```$/s.exec(piece)?.[1];
      if (code === undefined) return paragraphs(piece);
      const used = known.names.filter((name) => new RegExp(`(?<!\\.)\\b${name}\\(`).test(code)).sort();
      return `\`\`\`ts\nimport { ${used.join(', ')} } from '${known.module}';\n\n${code}\n\`\`\``;
    })
    .filter((piece) => piece !== '')
    .join('\n\n');
}

/** What is indented in a comment is an equation or a list, and stays as it is. */
function paragraphs(text) {
  return text
    .trim()
    .split(/\n{2,}/)
    .map((part) => (/^( {2,}|- | - )/m.test(part) ? part : wrapped(part.replaceAll(/\s*\n\s*/g, ' '), '')))
    .join('\n\n');
}

const bullet = (text) => `- ${wrapped(text.replaceAll(/\s+/g, ' ').trim(), '  ')}`;

function wrapped(text, indent, width = WIDTH) {
  const rows = [];
  let row = '';
  for (const word of text.split(' ')) {
    if (row !== '' && indent.length + row.length + 1 + word.length > width) {
      rows.push(row);
      row = word;
    } else row = row === '' ? word : `${row} ${word}`;
  }
  return [...rows, row].join(`\n${indent}`);
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const { page, bare } = apiPage();
  writeFileSync(path.join(root, 'docs/api.md'), page);
  if (bare.length > 0) process.stderr.write(`without a comment: ${bare.join(', ')}\n`);
}
