/**
 * Deoptimisations: V8 had compiled a function for what it had seen so far (numbers that are small, objects of one
 * shape), saw something else, and threw the code away. In the round loop that costs, and comes again.
 *
 * V8 says of each where and why in its log (`--log-deopt`): `code-deopt,time,size,address,inlining,offset,kind,
 * <file:line:column>,reason`. The place is the innermost one, where functions were inlined.
 */

import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { formatCount } from '../base/count.js';
import { alignRow, columnWidths } from '../base/format.js';
import { visibleLine } from '../base/visible.js';
import { placeInSource } from './call-tree.js';
import type { CpuProfile } from './record.js';

/** A place in a file at which V8 gave code up, and why. */
export interface Deoptimisation {
  /** As shown: `median.mjs`, `src/flow/blocks.ts`. */
  file: string;
  /** From 1. */
  line: number;
  /** The function around it, by what the profile saw; null where it saw none. */
  function: string | null;
  /** In V8's words: `wrong map`, `overflow`, `not a Smi`. */
  reason: string;
  /** When the code went: `deopt-eager` at once, `deopt-lazy` when it was come back to. */
  kind: string;
  /** How often, in all threads. */
  times: number;
  /** Whether the file is a module of the user's. */
  own: boolean;
  /** The line itself, as written. */
  text: string;
}

const LINE = /^code-deopt,\d+,\d+,0x[0-9a-f]+,-?\d+,-?\d+,([\w-]+),<([^>]+):(\d+):(\d+)>[^,]*,(.*)$/gm;

/** Of the logs of all threads; most often first, the user's own before ours. `profiles` name the functions. */
export function deoptimisations(logs: readonly string[], profiles: readonly CpuProfile[]): Deoptimisation[] {
  const found = new Map<string, Deoptimisation>();
  for (const log of logs) {
    for (const [, kind = '', url = '', line, column, reason = ''] of log.matchAll(LINE)) {
      const clean = plain(url);
      if (!clean.startsWith('file:')) continue;
      const at = { line: Number(line), column: Number(column) };
      const key = `${clean}:${line}:${kind}:${reason}`;
      const known = found.get(key);
      if (known) known.times++;
      else found.set(key, { ...placeOf(clean, at, profiles), reason, kind, times: 1 });
    }
  }
  return [...found.values()].sort((a, b) => Number(b.own) - Number(a.own) || b.times - a.times);
}

/** V8 writes commas and what cannot be shown as `\x2C`. */
function plain(text: string): string {
  return text.replace(/\\x([0-9A-Fa-f]{2})/g, (_, code: string) =>
    String.fromCharCode(Number.parseInt(code, 16)),
  );
}

interface At {
  line: number;
  column: number;
}

function placeOf(
  url: string,
  { line, column }: At,
  profiles: readonly CpuProfile[],
): Pick<Deoptimisation, 'file' | 'line' | 'function' | 'own' | 'text'> {
  const callFrame = { functionName: '', scriptId: '', url, lineNumber: line - 1, columnNumber: column - 1 };
  const place = placeInSource(callFrame);
  const file = place?.file ?? url;
  // A path of more than a name is one of this project's, or of a package.
  const own = !file.includes('/');
  return {
    file,
    line: place?.line ?? line,
    function: functionAround(url, line - 1, column - 1, profiles),
    own,
    text: own ? visibleLine(sourceText(url, line).trim()) : '',
  };
}

/** The function that begins last before the place, of those that were seen. */
function functionAround(
  url: string,
  line: number,
  column: number,
  profiles: readonly CpuProfile[],
): string | null {
  let best: { line: number; column: number; name: string } | null = null;
  for (const { nodes } of profiles) {
    for (const { callFrame } of nodes) {
      const { lineNumber, columnNumber, functionName } = callFrame;
      if (callFrame.url !== url || functionName === '') continue;
      const before = lineNumber < line || (lineNumber === line && columnNumber <= column);
      const later =
        best === null || lineNumber > best.line || (lineNumber === best.line && columnNumber > best.column);
      if (before && later) best = { line: lineNumber, column: columnNumber, name: functionName };
    }
  }
  return best?.name ?? null;
}

function sourceText(url: string, line: number): string {
  try {
    return readFileSync(fileURLToPath(url), 'utf8').split('\n')[line - 1] ?? '';
  } catch {
    return '';
  }
}

/** Of the user's modules each; of ours a count. `seconds`: how long it was looked at. */
export function formatDeoptimisations(found: readonly Deoptimisation[], seconds: number): string {
  const own = found.filter((one) => one.own);
  const ours = found.filter((one) => !one.own).reduce((sum, { times }) => sum + times, 0);
  const rest = `${formatCount(ours)} elsewhere`;
  if (own.length === 0) return `no deoptimisation in a module of yours in ${seconds} s; ${rest}`;
  const rows = own.map(({ times, file, line, function: name, reason, kind, text }) => [
    formatCount(times),
    `${file}:${line}`,
    name ?? '',
    `${reason} (${kind.replace('deopt-', '')})`,
    text.slice(0, MOST_TEXT),
  ]);
  const head = ['times', 'where', 'function', 'reason', 'line'];
  const widths = columnWidths([head, ...rows]);
  const line = ([times = '', ...cells]: string[]) =>
    `${times.padStart(widths[0] ?? 0)}  ${alignRow(cells, widths.slice(1), cells.length)}`;
  return [`deoptimisations in modules of yours in ${seconds} s; ${rest}`, ...[head, ...rows].map(line)].join(
    '\n',
  );
}

const MOST_TEXT = 60;
