/**
 * Compressors as people write them on a command line, to specs:
 *
 *     sign                                      a kind
 *     top-k(k=8)   top-k(8)                     parameters by name, or in the order of `sottovoce list compressors`
 *     flatten(sign)   every(4, top-k(k=2))      a compressor without a name is `inner`
 *     adaptive(budget=99, [sign, identity])     a list of them too
 *     { kind: top-k, k: 8 }                     YAML, as in a config
 *
 * A spec comes with the column each of its parts stands in, so that whatever is refused later, by a schema or
 * by plan, can point at it.
 */

import { type Document, isMap, isSeq } from 'yaml';
import { formatPath, InputError, isInputError, type SpecPath } from '../base/errors.js';
import { didYouMean } from '../base/suggest.js';
import { parametersOf, parseComponent, type Registry } from '../schema/component.js';
import { misreadings } from '../schema/misread.js';
import { DEEPEST, parseYaml } from '../schema/yaml.js';
import { embedCompressor } from './embed.js';

export interface WrittenSpec {
  /** As written. */
  text: string;
  spec: { kind: string; [parameter: string]: unknown };
  /** Formatted path -> column (from 1); the root's path is empty. */
  columns: ReadonlyMap<string, number>;
}

/**
 * Reads one component, a compressor unless `family` says otherwise. Throws InputError with a hint that points
 * at the place.
 */
export function parseSpecText(text: string, registry: Registry, family = 'compressor'): WrittenSpec {
  const trimmed = text.trim();
  if (trimmed === '') {
    throw new InputError(`a ${family} is empty, expected a kind such as ${Object.keys(registry)[0]}`);
  }
  if (trimmed.length > MOST_CHARACTERS) {
    throw new InputError(
      `a ${family} is of ${trimmed.length} characters, expected at most ${MOST_CHARACTERS}`,
      { hint: shown(trimmed) },
    );
  }
  return trimmed.startsWith('{')
    ? parseBraces(trimmed, family)
    : new CallParser(trimmed, registry, family).parse();
}

/** With the content of files that a compressor names (`embed.ts`), which lie in `folder`. */
export async function embedWritten(
  written: WrittenSpec,
  registry: Registry,
  folder: string,
): Promise<WrittenSpec> {
  try {
    return { ...written, spec: await embedCompressor(written.spec, registry, folder) };
  } catch (error) {
    throw isInputError(error) ? pointAt(error as InputError, written) : error;
  }
}

/** Checks kinds and parameters against their schemas and fills in defaults. */
export function checkSpec(written: WrittenSpec, registry: Registry): WrittenSpec['spec'] {
  try {
    return parseComponent(registry, written.spec, PATH, { nestedKey: 'inner' });
  } catch (error) {
    throw isInputError(error) ? pointAt(error as InputError, written) : error;
  }
}

/** Where specs stand in messages, as in a config. */
export const PATH: SpecPath = ['compressor'];

/** The error with the text it is about, and a mark under the place its path leads to. */
export function pointAt(error: InputError, written: WrittenSpec): InputError {
  const path = (error.path ?? PATH).slice(PATH.length);
  let column: number | undefined;
  for (let length = path.length; length >= 0 && column === undefined; length--) {
    column = written.columns.get(formatPath(path.slice(0, length)));
  }
  const { hint } = error;
  const details = { path: error.path, hint: hint ?? mark(written.text, column ?? 1) };
  return new InputError(error.message, details, { cause: error });
}

/** No compressor needs as many; a text of nothing but mistakes takes 5 us a character. */
const MOST_CHARACTERS = 2 ** 16;
/** Characters of a text that messages repeat. */
const LONGEST = 200;

/** The text, or what it begins with, for a message. */
function shown(text: string): string {
  return text.length <= LONGEST ? text : `${text.slice(0, LONGEST)}...`;
}

/** The text, or what stands around a column, with a mark under it, to stand behind `hint: `. */
function mark(text: string, column: number): string {
  const begin = text.length <= LONGEST ? 0 : Math.max(0, column - LONGEST / 2);
  const part = text.slice(begin, begin + LONGEST);
  return `${part}\n${' '.repeat('hint: '.length + column - 1 - begin)}^`;
}

/** Unresolved aliases, and alias bombs, are found as they are unfolded. */
function plainData(document: Document, refuse: (problem: string) => never): unknown {
  try {
    return document.toJS();
  } catch (error) {
    return refuse((error as Error).message);
  }
}

function parseBraces(text: string, family: string): WrittenSpec {
  const document = parseYaml(text);
  const [problem] = document.errors;
  if (problem) {
    throw new InputError(`the ${family} cannot be read as YAML: ${problem.message}`, {
      hint: mark(text, problem.pos[0] + 1),
    });
  }
  const [misread] = misreadings(document.contents);
  if (misread) throw new InputError(`${family} ${misread.text}`, { hint: mark(text, misread.offset + 1) });
  const columns = new Map<string, number>([['', 1]]);
  const visit = (node: unknown, path: SpecPath): void => {
    const range = (node as { range?: [number, number, number] } | null)?.range;
    if (range) columns.set(formatPath(path), range[0] + 1);
    if (isMap(node)) for (const { key, value } of node.items) visit(value, [...path, String(key)]);
    else if (isSeq(node)) for (const [i, item] of node.items.entries()) visit(item, [...path, i]);
  };
  visit(document.contents, []);
  const spec = plainData(document, (problem) => {
    throw new InputError(`the ${family} cannot be read as YAML: ${problem}`, { hint: mark(text, 1) });
  });
  return { text, spec: spec as WrittenSpec['spec'], columns };
}

type Spec = WrittenSpec['spec'];

/**
 *     call  = kind [ "(" [ argument { "," argument } ] ")" ]
 *     argument = [ name "=" ] value
 *     value = number | true | false | "text" | 'text' | list | call | { YAML }
 *     list  = "[" [ value { "," value } ] "]"
 *
 * A word that is no compressor's kind is text: `scale=mean`, `module=./mine.mjs`.
 */
class CallParser {
  private readonly text: string;
  private readonly registry: Registry;
  private readonly family: string;
  private readonly columns = new Map<string, number>();
  private at = 0;
  /** Those in whose parentheses a name has stood: what follows it has one too, if it is a number. */
  private readonly named = new Set<Spec>();

  constructor(text: string, registry: Registry, family: string) {
    this.text = text;
    this.registry = registry;
    this.family = family;
  }

  parse(): WrittenSpec {
    const spec = this.call([]);
    this.space();
    if (this.at < this.text.length) throw this.refuse(`the end of ${formatKind(spec)}`);
    return { text: this.text, spec, columns: this.columns };
  }

  private call(path: SpecPath): Spec {
    this.space();
    const start = this.at;
    this.columns.set(formatPath(path), start + 1);
    const kind = this.word();
    if (kind === '') throw this.refuse(`a ${this.family}'s kind`);
    const kinds = Object.keys(this.registry);
    if (!kinds.includes(kind)) {
      this.at = start;
      throw this.refuse(`one of ${kinds.join(', ')}`, kind, didYouMean(kind, kinds));
    }
    this.columns.set(formatPath([...path, 'kind']), start + 1);
    const spec: Spec = { kind };
    if (!this.takes('(')) return spec;
    const names = parametersOf(this.registry[kind]!).map(({ name }) => name);
    if (this.takes(')')) return spec;
    do this.argument(spec, names, path);
    while (this.takes(','));
    if (!this.takes(')')) throw this.refuse(`, or ) after an argument of ${kind}`);
    return spec;
  }

  private argument(spec: Spec, names: readonly string[], path: SpecPath): void {
    this.space();
    const start = this.at;
    const name = /^([A-Za-z_]\w*)\s*=/.exec(this.text.slice(start));
    if (name) this.at += name[0].length;
    this.space();
    const valueAt = this.at;
    // Without a name, a word where a compressor may stand is a compressor, known or mistyped; elsewhere it is
    // text.
    const place = name?.[1] ?? (names.includes('inner') ? 'inner' : '');
    const value = this.value([...path, place]);
    if (!name && typeof value === 'number' && this.named.has(spec)) {
      this.at = start;
      throw this.refuse(
        'a name in front of a number after one that has a name',
        undefined,
        ' (is it a decimal comma? write a point)',
      );
    }
    if (name) this.named.add(spec);
    const key = name?.[1] ?? this.nameOf(value, spec, names, start);
    if (Object.hasOwn(spec, key)) {
      this.at = start;
      throw this.refuse(`${key} once`, `a second ${key}`);
    }
    // Assigned, __proto__ would be no key.
    Object.defineProperty(spec, key, { value, enumerable: true, writable: true, configurable: true });
    this.columns.set(formatPath([...path, key]), valueAt + 1);
  }

  /**
   * Of an argument without a name: compressors are `inner`, everything else comes in the order of the
   * parameters.
   */
  private nameOf(value: unknown, spec: Spec, names: readonly string[], start: number): string {
    const first = Array.isArray(value) ? value[0] : value;
    const isSpec = typeof first === 'object' && first !== null && 'kind' in first;
    const free = names.filter((name) => !Object.hasOwn(spec, name));
    const found = isSpec ? 'inner' : free.find((name) => name !== 'inner');
    if (found !== undefined && free.includes(found)) return found;
    this.at = start;
    const taken = names.length === 0 ? 'nothing' : names.map((name) => `${name}=...`).join(', ');
    throw this.refuse(`${taken} in ${spec.kind}(...)`);
  }

  private value(path: SpecPath): unknown {
    this.space();
    if (path.length > DEEPEST) throw this.refuse(`at most ${DEEPEST} levels of parentheses and brackets`);
    const rest = this.text.slice(this.at);
    if (this.takes('[')) {
      const list: unknown[] = [];
      if (this.takes(']')) return list;
      do list.push(this.value([...path, list.length]));
      while (this.takes(','));
      if (!this.takes(']')) throw this.refuse(', or ] in a list');
      return list;
    }
    const quoted = /^"([^"]*)"|^'([^']*)'/.exec(rest);
    if (quoted) {
      this.at += quoted[0].length;
      return quoted[1] ?? quoted[2];
    }
    if (this.peek() === '{') return this.mapping();
    const number = /^[+-]?(?:\d+(?:\.\d*)?|\.\d+)(?:[eE][+-]?\d+)?(?![\w./])/.exec(rest);
    if (number) {
      this.at += number[0].length;
      return Number(number[0]);
    }
    const start = this.at;
    const word = this.word();
    if (word === '') throw this.refuse('a number, a word or a compressor');
    if (word === 'true' || word === 'false') return word === 'true';
    const place = path.findLast((part) => typeof part === 'string');
    const isCall = this.peek() === '(' || place === 'inner';
    if (!isCall) return word;
    this.at = start;
    return this.call(path);
  }

  /** What YAML writes in braces, up to the brace that closes it. */
  private mapping(): unknown {
    const start = this.at;
    let depth = 0;
    do {
      if (this.text[this.at] === '{') depth++;
      else if (this.text[this.at] === '}') depth--;
      this.at++;
    } while (depth > 0 && this.at < this.text.length);
    const document = parseYaml(this.text.slice(start, this.at));
    const [misread] = misreadings(document.contents);
    if (misread) {
      this.at = start + misread.offset;
      throw this.refuse('a decimal point', misread.text);
    }
    const [problem] = document.errors;
    if (depth === 0 && !problem) {
      return plainData(document, (found) => {
        this.at = start;
        throw this.refuse('a mapping in braces, as in YAML', found);
      });
    }
    this.at = start + (problem?.pos[0] ?? 0);
    throw this.refuse('a mapping in braces, as in YAML', problem?.message);
  }

  /** Letters, digits and what names and paths have between them. */
  private word(): string {
    const found = /^[^\s(),=[\]{}"']+/.exec(this.text.slice(this.at))?.[0] ?? '';
    this.at += found.length;
    return found;
  }

  private takes(character: string): boolean {
    if (this.peek() !== character) return false;
    this.at++;
    return true;
  }

  private peek(): string {
    this.space();
    return this.text[this.at] ?? '';
  }

  private space(): void {
    while (/\s/.test(this.text[this.at] ?? '')) this.at++;
  }

  private refuse(expected: string, found = this.found(), suffix = ''): InputError {
    const place = `${this.family} ${shown(this.text)}, column ${this.at + 1}`;
    const message = `${place}: ${shown(found)}, expected ${expected}${suffix}`;
    return new InputError(message, { hint: mark(this.text, this.at + 1) });
  }

  private found(): string {
    const rest = this.text.slice(this.at);
    if (rest === '') return 'the text ends';
    return /^[^\s(),=[\]{}"']+/.exec(rest)?.[0] ?? rest.charAt(0);
  }
}

function formatKind({ kind }: Spec): string {
  return `${kind}(...)`;
}
