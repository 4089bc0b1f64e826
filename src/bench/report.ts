/** A benchmark's answer as people read it, and as JSON. */

import { type Colours, formatQuantity } from '../base/format.js';
import { answerRules, type RuleAnswer } from './checklist.js';
import { spreadText, targetText } from './figures.js';
import type { Machine } from './machine.js';
import { formatTopology } from './machine-topology.js';
import { type BenchResult, type Figure, meets, type Table } from './types.js';

/** What `--json` writes and `--against` reads; fields are only ever added. */
export interface BenchDocument {
  format: 'sottovoce-bench-1';
  benchmark: string;
  quick: boolean;
  seed: number;
  passes: number;
  workers: readonly number[];
  machine: Machine;
  seconds: number;
  figures: (Figure & { met?: boolean })[];
  tables: readonly Table[];
  details: Record<string, unknown>;
  /** What disturbed it, as sentences. Earlier versions did not look. */
  noise?: readonly string[];
  /** Options of the benchmark's own, as given. */
  given?: Readonly<Record<string, string | true>>;
  /** The user's config that was measured, and the SHA-256 of its text. */
  config?: { file: string; sha256: string };
  /** How it keeps the rules for such reports. */
  checklist?: readonly RuleAnswer[];
}

export function makeDocument(
  given: Omit<BenchDocument, 'format' | 'figures' | 'tables' | 'details' | 'checklist'>,
  { figures, tables, details = {}, picture }: BenchResult,
): BenchDocument {
  const document: BenchDocument = {
    format: 'sottovoce-bench-1',
    ...given,
    figures: figures.map((each) => (each.target ? { ...each, met: meets(each.median, each.target) } : each)),
    tables,
    details,
  };
  return { ...document, checklist: answerRules({ ...document, hasPicture: picture !== undefined }) };
}

export function formatMachine(machine: Machine): string {
  const memory = `${formatQuantity(machine.memoryBytes / 2 ** 30, 3)} GiB`;
  const caches = machine.caches === null ? '' : `, ${machine.caches}`;
  return [
    `${machine.cpu}, ${machine.cores} cores${caches}, ${memory}; ${machine.system}`,
    ...(machine.topology ? [formatTopology(machine.topology)] : []),
    `Node ${machine.node} (V8 ${machine.v8}), Sottovoce ${machine.sottovoce}, ${machine.time}, load ${formatQuantity(machine.load, 2)} before`,
  ].join('\n');
}

/** Columns as wide as they need to be; the first flush left, the others right. */
export function formatTable({ title, preface = [], columns, rows, notes }: Table, paint: Colours): string {
  const all = columns.length > 0 ? [columns, ...rows] : rows;
  const widths = (all[0] ?? []).map((_, c) => Math.max(...all.map((row) => (row[c] ?? '').length)));
  const line = (row: readonly string[]) =>
    row
      .map((cell, c) => (c === 0 ? cell.padEnd(widths[c]) : cell.padStart(widths[c])))
      .join('  ')
      .trimEnd();
  return [
    paint.bold(title),
    ...preface.map((sentence) => paint.dim(`  ${sentence}`)),
    ...(columns.length > 0 ? [paint.dim(line(columns))] : []),
    ...rows.map(line),
    ...notes.map((note) => paint.dim(`  ${note}`)),
  ].join('\n');
}

export function targetTable(figures: readonly Figure[]): Table | null {
  const promised = figures.filter(({ target }) => target !== undefined);
  if (promised.length === 0) return null;
  const bounded = promised.some(({ ceiling }) => ceiling !== undefined);
  const met = promised.filter(({ median, target }) => target && meets(median, target)).length;
  return {
    title: `Targets: ${met} of ${promised.length} met`,
    columns: ['', 'measured (quartiles)', 'target', ...(bounded ? ['pure arithmetic'] : []), ''],
    rows: promised.map((each) => {
      const target = each.target as NonNullable<Figure['target']>;
      const unit = each.unit === 'x' ? '' : ` ${each.unit}`;
      return [
        each.label,
        `${spreadText(each)}${unit}`,
        targetText(target),
        ...(bounded ? [each.ceiling ? `${spreadText(each.ceiling)}${unit}` : ''] : []),
        meets(each.median, target) ? 'met' : 'not met',
      ];
    }),
    notes: bounded
      ? [
          'pure arithmetic: the same of threads that compute in registers only, measured in turns with the rounds',
        ]
      : [],
  };
}
