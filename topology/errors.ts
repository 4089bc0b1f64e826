/**
 * The one error of this folder: a file that cannot be read as a graph, or a parameter that describes none.
 * Messages carry the place, the value found and what was expected:
 *
 *     western.gml:17: expected ']' to close 'node', found end of file
 *     degree is 12, expected 0..9 (fewer than nodes)
 */

export interface TopologyErrorDetails {
  /** Name of the file as the caller gave it. */
  file?: string;
  /** Line in `file`, counted from 1. */
  line?: number;
  /** Column in `line`, counted from 1. */
  column?: number;
  /** What to do next, as one sentence. */
  hint?: string | undefined;
  /** Where in the generator's spec the value stands, such as `['sizes', 2]`. */
  path?: (string | number)[];
  /** The value found at `path`. */
  value?: unknown;
  /** What would have been accepted instead. */
  expected?: string;
  /** The error behind it. */
  cause?: unknown;
}

/** A file that cannot be read as a graph, or a parameter that describes none. */
export class TopologyError extends Error {
  /** The same as of an `InputError`, so that `isInputError` knows it. */
  readonly code = 'BAD_INPUT';
  /** Name of the file as the caller gave it. */
  readonly file?: string;
  /** In that file, from 1. */
  readonly line?: number;
  /** In that line, from 1. */
  readonly column?: number;
  /** What to do next, as one sentence. */
  readonly hint?: string;
  /** Where in the generator's spec the value stands. */
  readonly path?: (string | number)[];
  /** The value found there. */
  readonly value?: unknown;
  /** What would have been accepted. */
  readonly expected?: string;

  constructor(message: string, details: TopologyErrorDetails = {}) {
    super(shortened(message), details.cause === undefined ? undefined : { cause: details.cause });
    this.name = 'TopologyError';
    if (details.file !== undefined) this.file = details.file;
    if (details.line !== undefined) this.line = details.line;
    if (details.column !== undefined) this.column = details.column;
    if (details.hint !== undefined) this.hint = details.hint;
    if (details.path !== undefined) this.path = details.path;
    if (details.expected !== undefined) this.expected = details.expected;
    if ('value' in details) this.value = details.value;
  }
}

/** Of what stands in a file of one long line a message repeats the beginning. */
const LONGEST_MESSAGE = 8000;

export function shortened(message: string): string {
  return message.length <= LONGEST_MESSAGE ? message : `${message.slice(0, LONGEST_MESSAGE)}...`;
}

/** An error about a file; `line` 0 means the file as a whole. */
export function fileError(file: string, line: number, message: string, cause?: unknown): TopologyError {
  const place = line > 0 ? `${file}:${line}` : file;
  return new TopologyError(`${place}: ${message}`, { file, ...(line > 0 ? { line } : {}), cause });
}

/** An error about one parameter of a spec. */
export function parameterError(path: (string | number)[], value: unknown, expected: string): TopologyError {
  return new TopologyError(`${formatPath(path)} is ${show(value)}, expected ${expected}`, {
    path,
    value,
    expected,
  });
}

const LONGEST_KEY = 200;

/** `['sizes', 2]` -> `sizes[2]` */
export function formatPath(path: readonly (string | number)[]): string {
  let text = '';
  for (const part of path) {
    if (typeof part === 'number') {
      text += `[${part}]`;
      continue;
    }
    // A key may be any text; a message shows its beginning.
    const name = part.length <= LONGEST_KEY ? part : `${part.slice(0, LONGEST_KEY)}...`;
    text += text === '' ? name : `.${name}`;
  }
  return text;
}

/**
 * Control characters, halves of a pair, and what formats without being seen, as the turning of the direction
 * of writing: it steers a terminal, breaks a page, or shows a name as another. The two joiners (U+200C,
 * U+200D) are part of words and stay.
 */
const UNPRINTABLE = /(?![\u200c\u200d])[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}\ufffe\uffff]/gu;
/** Blanks that look like a space and are none. */
const ODD_BLANKS = /(?! )\p{Zs}/gu;
const MOST_CHARACTERS = 60;

/**
 * Text of a file or a config as any output may carry it: what UNPRINTABLE names is written as an escape,
 * `\u001b`, as JSON has it.
 */
export function printable(text: string): string {
  return text.replace(UNPRINTABLE, escaped);
}

function escaped(character: string): string {
  return Array.from(
    { length: character.length },
    (_, i) => `\\u${character.charCodeAt(i).toString(16).padStart(4, '0')}`,
  ).join('');
}

/**
 * A value as a message shows it: strings quoted, nothing raw that steers a terminal, and no more than some
 * sixty characters.
 */
export function show(value: unknown): string {
  if (value === undefined) return 'missing';
  if (typeof value === 'number') return String(value);
  // A longer one is cut anyway, and need not be escaped in full.
  const shown = typeof value === 'string' ? value.slice(0, 2 * MOST_CHARACTERS) : value;
  const text = printable(written(shown)).replace(ODD_BLANKS, escaped);
  if (text.length <= MOST_CHARACTERS) return text;
  const cut = text.slice(0, MOST_CHARACTERS - 3);
  // No half of a pair or of an escape stays at the end; an even number of backslashes is whole.
  return `${cut.replace(/[\ud800-\udbff]$/, '').replace(/(?<!\\)((?:\\\\)*)\\(u[\da-f]{0,3})?$/, '$1')}...`;
}

/** JSON, but of what is nested deeper, or is longer, than it can be written. */
function written(value: unknown): string {
  try {
    return JSON.stringify(value) ?? String(value);
  } catch {
    return Array.isArray(value) ? '[...]' : '{...}';
  }
}

/** Some of many values: `"a", "b", "c", ... "z"`, or bare where they are numbers. */
export function showSome(values: readonly unknown[], most = 6): string {
  if (values.length <= most) return values.map(show).join(', ');
  return `${values
    .slice(0, most - 1)
    .map(show)
    .join(', ')}, ... ${show(values.at(-1))}`;
}
