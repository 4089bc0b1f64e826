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
  cause?: unknown;
}

export class TopologyError extends Error {
  readonly code = 'BAD_INPUT';
  readonly file?: string;
  readonly line?: number;
  readonly column?: number;
  readonly hint?: string;
  readonly path?: (string | number)[];
  readonly value?: unknown;
  readonly expected?: string;

  constructor(message: string, details: TopologyErrorDetails = {}) {
    super(message, details.cause === undefined ? undefined : { cause: details.cause });
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

/** `['sizes', 2]` -> `sizes[2]` */
export function formatPath(path: (string | number)[]): string {
  let text = '';
  for (const part of path) {
    if (typeof part === 'number') text += `[${part}]`;
    else text += text === '' ? part : `.${part}`;
  }
  return text;
}

/** A value as a message shows it: strings quoted, long ones cut. */
export function show(value: unknown): string {
  if (value === undefined) return 'missing';
  if (typeof value === 'number') return String(value);
  const text = typeof value === 'string' ? JSON.stringify(value) : (JSON.stringify(value) ?? String(value));
  return text.length > 60 ? `${text.slice(0, 57)}...` : text;
}
