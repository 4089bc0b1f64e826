/** What `verify` found, as people read it: files line by line, runs as a table, and a verdict. */

import { formatCount } from '../base/count.js';
import { type Colours, columnWidths, plural } from '../base/format.js';
import { visibleLine } from '../base/visible.js';
import type { Variant, Verification } from '../verify/types.js';

/** Digits of a hash that people tell runs apart by. */
const SHOWN_DIGITS = 12;
/** Columns named before it is `and 5 more`. */
const SHOWN_COLUMNS = 3;

type Row = [name: string, rounds: string, hash: string, outcome: string];

export function formatVerification(verification: Verification, paint: Colours): string {
  const { checks, variants, notes } = verification;
  const painted = checks.map(({ what, good, found }) => {
    const line = visibleLine(`${good ? 'ok   ' : 'WRONG'}  ${what} ${found}`);
    return good ? line : paint.red(line);
  });
  if (variants.length > 0) painted.push(...(painted.length > 0 ? [''] : []), ...table(variants, paint));
  for (const note of notes) painted.push(`note: ${note}`);
  return [...painted, verdict(verification, paint)].join('\n');
}

function table(variants: readonly Variant[], paint: Colours): string[] {
  const head: Row = ['run', 'rounds', 'hash', ''];
  const rows = variants.map((variant): { variant: Variant; row: Row } => {
    const { name, rounds, stateHash, outcome } = variant;
    const hash = stateHash?.slice(0, SHOWN_DIGITS) ?? '-';
    return { variant, row: [name, rounds === null ? '-' : formatCount(rounds), hash, outcome] };
  });
  const [ofName = 0, ofRounds = 0, ofHash = 0] = columnWidths([head, ...rows.map(({ row }) => row)]);
  const line = ([name, rounds, hash, outcome]: Row) =>
    `${name.padEnd(ofName)}  ${rounds.padStart(ofRounds)}  ${hash.padEnd(ofHash)}  ${outcome}`.trimEnd();
  return [
    paint.dim(line(head)),
    ...rows.flatMap(({ variant, row }) => {
      const bad = variant.outcome === 'differs' || variant.outcome === 'failed';
      const why = whyOf(variant);
      return [bad ? paint.red(line(row)) : line(row), ...(why === null ? [] : [visibleLine(`    ${why}`)])];
    }),
  ];
}

function whyOf({ error, firstDifference }: Variant): string | null {
  if (error !== undefined) return error.replace(/\n.*/s, '');
  if (firstDifference === null) return null;
  const { round, columns } = firstDifference;
  const more = columns.length - SHOWN_COLUMNS;
  const shown = columns.slice(0, SHOWN_COLUMNS).join(', ');
  return `first row of the trace that differs: round ${formatCount(round)} (${shown}${more > 0 ? ` and ${more} more` : ''})`;
}

function verdict({ good, complete, checks, variants }: Verification, paint: Colours): string {
  const wrong = checks.filter((check) => !check.good).length;
  const differ = variants.filter(({ outcome }) => outcome === 'differs' || outcome === 'failed').length;
  if (!good) {
    const parts = [
      ...(wrong > 0 ? [`${plural(wrong, 'thing')} wrong`] : []),
      ...(differ > 0
        ? [`${differ} of ${plural(variants.length, 'run')} ${differ === 1 ? 'differs' : 'differ'}`]
        : []),
    ];
    return paint.red(`not verified: ${parts.join(', ')}`);
  }
  if (!complete) return 'stopped before all was looked at; nothing wrong so far';
  const what = [
    ...(checks.length > 0 ? [`${plural(checks.length, 'thing')} looked at`] : []),
    ...(variants.length > 0 ? [`${plural(variants.length, 'run')}, the same bits`] : []),
  ];
  return paint.green(`verified: ${what.join('; ')}`);
}
