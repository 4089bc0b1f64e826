/**
 * The axes of a comparison as people write them, with a `;` between their entries:
 *
 *     --methods  'EXTRA: extra; one bit: lead + flatten(sign)'      [label:] flow [+ compressor]
 *     --graphs   'ring(nodes=20); town: data/town.graphml'          [label:] generator, file or { YAML }
 *
 * A label ends with a colon and a space; without one a method is called as it is written, and a graph by its
 * generator or by its file's name.
 */

import path from 'node:path';
import { InputError } from '../base/errors.js';
import { checkSpec, parseSpecText } from '../certify/spec-text.js';
import { AUTO } from '../compress/auto.js';
import { COMPRESS_MODES } from '../flow/types.js';
import type { Override } from '../run/config.js';
import type { Registries } from '../schema/program.js';

/** One entry of an axis: what it changes in a config. */
export interface Choice {
  /** As written; null where the configs' own is meant. */
  text: string | null;
  overrides: Override[];
}

/** A method as somebody asks for it: text as on the command line, or its parts as such texts. */
export type MethodText =
  | string
  | { label: string; method: string }
  | { label?: string | undefined; flow: string; compressor?: string | undefined };
/** A graph as somebody asks for it: text as on the command line, or its section of a config. */
export type GraphText = string | { label?: string | undefined; topology: string | object };

/** A flow with a compressor, and what it is called. */
export interface MethodChoice {
  /** Null where nobody chose one. */
  label: string | null;
  compressor: Choice;
  flow: Choice;
  /** Whether this flow was asked for with this compressor, and not each of the flows with each of them. */
  together: boolean;
}

export interface GraphChoice {
  /** Null where it is the configs' own. */
  label: string | null;
  /** In a config of a file, or of a program, that stands in this folder. */
  overrides: (folder: string) => Override[];
}

const OWN: Choice = { text: null, overrides: [] };

/** `a; b`, or a list, without empty entries; each once. */
function listOf<Entry>(given: string | readonly (Entry | string)[], option: string, what: string) {
  const parts = (typeof given === 'string' ? given.split(';') : given).map((part) =>
    typeof part === 'string' ? part.trim() : part,
  );
  if (parts.every((part) => part === ''))
    throw new InputError(`${option} is empty, expected ${what} with a ; between them`);
  const empty = parts.indexOf('');
  if (empty >= 0)
    throw new InputError(
      `entry ${empty + 1} of ${option} is empty, expected ${what} with a ; between them, and none at the end`,
    );
  return [...new Set(parts)];
}

/** The full grid: each flow with each compressor. */
export function gridMethods(
  compressors: string | readonly string[] | undefined,
  flows: string | readonly string[] | undefined,
  registries: Registries,
): MethodChoice[] {
  const each = (
    given: string | readonly string[] | undefined,
    option: string,
    read: (text: string, origin: string) => Choice,
  ) =>
    given === undefined
      ? [OWN]
      : listOf<string>(given, option, 'kinds').map((text) => read(text, `${option} '${text}'`));
  const ofFlow = (text: string, origin: string) => flowChoice(text, origin, registries);
  const ofCompressor = (text: string, origin: string) => compressorChoice(text, origin, registries);
  const all = each(flows, '--flows', ofFlow);
  return each(compressors, '--compressors', ofCompressor).flatMap((compressor) =>
    all.map((flow) => ({ label: null, compressor, flow, together: false })),
  );
}

/** A list of methods, each a flow with its compressor. */
export function namedMethods(given: string | readonly MethodText[], registries: Registries): MethodChoice[] {
  const methods = listOf(given, '--methods', 'methods').map((entry): MethodChoice => {
    const { label, text, flow, compressor } = typeof entry === 'string' ? methodParts(entry) : parted(entry);
    const origin = `--methods '${text}'`;
    return {
      label,
      flow: flowChoice(flow, origin, registries),
      compressor: compressor === undefined ? OWN : compressorChoice(compressor, origin, registries),
      together: compressor !== undefined,
    };
  });
  refuseTwice(methods, '--methods');
  return methods;
}

interface MethodParts {
  label: string | null;
  text: string;
  flow: string;
  compressor: string | undefined;
}

function methodParts(entry: string, { label, text } = labelled(entry)): MethodParts {
  const [flow = '', compressor, ...more] = partsAt(text, '+');
  if (flow === '' || compressor === '' || more.length > 0) {
    throw new InputError(`--methods '${entry}': expected flow, or flow + compressor`, {
      hint: "for example: --methods 'extra; one bit: lead + flatten(sign)'",
    });
  }
  return { label, text, flow, compressor };
}

function parted(entry: Exclude<MethodText, string>): MethodParts {
  if ('method' in entry) return methodParts(entry.method, { label: entry.label, text: entry.method });
  const { label, flow, compressor } = entry;
  const text = compressor === undefined ? flow : `${flow} + ${compressor}`;
  return { label: label ?? null, text, flow, compressor };
}

/** @param from what files are relative to */
export function graphChoices(
  given: string | readonly GraphText[] | undefined,
  registries: Registries,
  from: string,
): GraphChoice[] {
  if (given === undefined) return [{ label: null, overrides: () => [] }];
  const graphs = listOf(given, '--graphs', 'graphs').map((entry): GraphChoice => {
    const { label, text: written } =
      typeof entry === 'string' ? labelled(entry) : { label: entry.label ?? null, text: entry.topology };
    const origin = typeof entry === 'string' ? `--graphs '${entry}'` : `--graphs, ${label ?? 'a graph'}`;
    const topology = typeof written === 'string' ? readGraphText(written, registries) : { ...written };
    const { file } = topology;
    if (typeof file !== 'string') {
      const name = label ?? (typeof written === 'string' && !written.startsWith('{') ? written : null);
      return { label: name, overrides: () => [{ path: ['topology'], value: topology, origin }] };
    }
    return {
      label,
      // As the config would write it, so that a study may be moved with its files.
      overrides: (folder) => {
        const value = { ...topology, file: path.relative(folder, path.resolve(from, file)) };
        return [{ path: ['topology'], value, origin }];
      },
    };
  });
  refuseTwice(graphs, '--graphs');
  return graphs;
}

/** A generator with its parameters, a mapping as in a config, or else the path of a file. */
function readGraphText(text: string, { topologies }: Registries): Record<string, unknown> {
  const word = /^[\w-]+/.exec(text)?.[0] ?? '';
  const isCall = text === word ? Object.hasOwn(topologies, word) : /^[\w-]+\s*\(/.test(text);
  return text.startsWith('{') || isCall ? parseSpecText(text, topologies, 'graph').spec : { file: text };
}

function flowChoice(text: string, origin: string, { flows }: Registries): Choice {
  if ((COMPRESS_MODES as readonly string[]).includes(text))
    return { text, overrides: [{ path: ['flow', 'compress'], value: text, origin }] };
  const value = parseSpecText(text, flows, 'flow').spec;
  return { text, overrides: [{ path: ['flow'], value, origin }] };
}

function compressorChoice(text: string, origin: string, registries: Registries): Choice {
  const compressors = { ...registries.compressors, ...AUTO };
  const value = checkSpec(parseSpecText(text, compressors), compressors);
  return { text, overrides: [{ path: ['compressor'], value, origin }] };
}

/** `one bit: lead + sign` -> one bit, lead + sign. */
function labelled(entry: string): { label: string | null; text: string } {
  const found = /^([^:(){}[\]'"]+):\s+(.*)$/s.exec(entry);
  const label = found?.[1]?.trim();
  return label ? { label, text: found?.[2]?.trim() as string } : { label: null, text: entry };
}

function refuseTwice(choices: readonly { label: string | null }[], option: string): void {
  const known = new Set<string>();
  for (const { label } of choices) {
    if (label === null) continue;
    if (known.has(label)) throw new InputError(`${option} has two called ${label}, expected another label`);
    known.add(label);
  }
}

/** Split where the character stands in no parentheses, brackets, braces or quotes. */
function partsAt(text: string, separator: string): string[] {
  const parts = [''];
  let depth = 0;
  let quote = '';
  for (const character of text) {
    if (quote !== '') {
      if (character === quote) quote = '';
    } else if (character === '"' || character === "'") quote = character;
    else if ('([{'.includes(character)) depth++;
    else if (')]}'.includes(character)) depth--;
    if (character === separator && depth === 0 && quote === '') parts.push('');
    else parts[parts.length - 1] += character;
  }
  return parts.map((part) => part.trim());
}
