/**
 * Two answers of one benchmark beside one another: what became faster, by how much, and how sure that is. The
 * ratio of the medians has a bootstrap interval, both sides drawn anew; faster and slower are said where 1 lies
 * outside it. It is the spread within the two runs: what differs between two runs of the same program (clocks,
 * neighbours, where memory came to lie) is not in it.
 */

import { formatQuantity } from '../base/format.js';
import { spreadText } from './figures.js';
import type { BenchDocument } from './report.js';
import { bootstrap, compareSpreads, type Interval, medianOf, type Verdict } from './stats.js';
import type { Figure, Table } from './types.js';

export interface Change {
  id: string;
  label: string;
  unit: string;
  better: Figure['better'];
  before: Figure;
  now: Figure;
  /** now / before, of the medians. */
  ratio: number;
  /** Null where one of the two kept no samples, or too few. */
  interval: Interval | null;
  verdict: Verdict;
}

/** Why two answers cannot be compared, as half a sentence; null where they can. */
export function incomparable(now: BenchDocument, before: BenchDocument): string | null {
  if (now.benchmark !== before.benchmark)
    return `one is of bench ${before.benchmark}, the other of bench ${now.benchmark}`;
  if (now.quick !== before.quick) return 'one of the two is a --quick run, whose problems are others';
  if (!now.figures.some(({ id }) => before.figures.some((each) => each.id === id)))
    return 'they have no figure in common';
  return null;
}

/** Why times of the two say nothing of the program, as half a sentence; null where they may. */
export function otherMachine(now: BenchDocument, before: BenchDocument): string | null {
  for (const [what, name] of [
    ['cpu', 'processor'],
    ['cores', 'number of cores'],
    // Hypervisors call all processors of a maker alike.
    ['caches', 'caches'],
  ] as const) {
    if (now.machine[what] !== before.machine[what])
      return `not the same ${name}: ${now.machine[what] ?? 'unknown'}, before ${before.machine[what] ?? 'unknown'}`;
  }
  return null;
}

/** What else differs, as sentences. */
export function differences(now: BenchDocument, before: BenchDocument): string[] {
  const of = ({ machine, seed, workers }: BenchDocument) => ({
    node: machine.node,
    system: machine.system,
    host: machine.topology?.hostname,
    affinity: machine.topology?.allowed,
    'cgroup quota': machine.topology === undefined ? undefined : `${machine.topology.cgroupQuota ?? 'none'}`,
    governor: machine.topology?.governors.join(' and '),
    seed: `${seed}`,
    workers: workers.join(', '),
  });
  const [a, b] = [of(before), of(now)];
  return (Object.keys(a) as (keyof typeof a)[]).flatMap((what) =>
    // Of what an earlier version did not write nothing is known.
    a[what] === undefined || b[what] === undefined || a[what] === b[what]
      ? []
      : [`not the same ${what}: ${b[what]}, before ${a[what]}`],
  );
}

/** Figures that both have, by id. */
export function compareDocuments(now: BenchDocument, before: BenchDocument): Change[] {
  const known = new Map(before.figures.map((each) => [each.id, each]));
  return now.figures.flatMap((each) => {
    const earlier = known.get(each.id);
    if (earlier === undefined) return [];
    const { id, label, unit, better } = each;
    const interval =
      each.values && earlier.values
        ? bootstrap([each.values, earlier.values], ([a, b]) => medianOf(a) / medianOf(b))
        : null;
    const ratio = each.median / earlier.median;
    const verdict = interval === null ? compareSpreads(each, earlier, better) : verdictOf(interval, better);
    return [{ id, label, unit, better, before: earlier, now: each, ratio, interval, verdict }];
  });
}

function verdictOf({ low, high }: Interval, better: Figure['better']): Verdict {
  if (!(low > 1) && !(high < 1)) return 'same';
  return low > 1 === (better === 'higher') ? 'faster' : 'slower';
}

/**
 * By how much it is worse, as a share: 0.05 is 5% slower. The least that the interval leaves; 0 where it may
 * be none.
 */
export function worseBy({ interval, verdict, ratio, better }: Change): number {
  if (verdict !== 'slower') return 0;
  const { low, high } = interval ?? { low: ratio, high: ratio };
  return better === 'lower' ? low - 1 : 1 / high - 1;
}

const WORDS: Record<Verdict, string> = { faster: 'better', slower: 'worse', same: 'within the spread' };

export function changesTable(changes: readonly Change[], now: BenchDocument, before: BenchDocument): Table {
  const missing = now.figures.length - changes.length;
  const gone = before.figures.length - changes.length;
  const machine = otherMachine(now, before);
  const notes = [
    ...(machine === null ? [] : [machine]),
    ...differences(now, before),
    ...(missing > 0 ? [`${missing} figures have nothing to be compared with there`] : []),
    ...(gone > 0 ? [`${gone} figures of the earlier one are no longer there`] : []),
    'better and worse are said where a ratio’s 95% interval, or both quartile ranges, leave no doubt: of twenty that are equal, one is expected',
    'what differs from run to run, whatever runs, is not in the intervals: measure again before you believe it',
  ];
  return {
    title: `Against ${before.machine.time} (${before.machine.sottovoce}, Node ${before.machine.node})`,
    columns: ['', 'before', 'now', 'now / before (95%)', ''],
    rows: changes.map((change) => [
      `${change.label}${change.unit === '' ? '' : `, ${change.unit}`}`,
      spreadText(change.before),
      spreadText(change.now),
      ratioText(change),
      WORDS[change.verdict],
    ]),
    notes,
  };
}

function ratioText({ ratio, interval }: Change): string {
  const text = (value: number) => formatQuantity(value, 3);
  return interval === null ? text(ratio) : `${text(ratio)} (${text(interval.low)} to ${text(interval.high)})`;
}
