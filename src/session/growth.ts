/**
 * What a trace shows of a run that ended by itself and yet went the wrong way. A `finished` says that all
 * rounds were run, and no more.
 */

import type { TraceRow } from '../trace/row.js';

/** The end: this share of the rows, and at least so many. */
const END_SHARE = 1 / 4;
const FEWEST = 5;
/** Rising from row to row for most of the end, and by so much in all: more than noise does. */
const STEADILY = 0.8;
const BY = 1.5;
/** Below this share of the first value it is rounding that grows. */
const ROUNDING = 1e-11;

/**
 * A sentence with values, or null. `moving`: what is measured from moves, so that errors may grow while
 * everything is well.
 */
export function growthWarning(rows: readonly TraceRow[], moving: boolean): string | null {
  const [first] = rows;
  const last = rows.at(-1);
  // Of a trace that was cut nobody knows the start.
  if (first !== undefined && first.round > 0) return null;
  if (moving || first === undefined || last === undefined || rows.length < 2) return null;
  const [of, what]: [(row: TraceRow) => number, string] = Number.isFinite(first.rmsError)
    ? [({ rmsError }) => rmsError, 'the error (rms distance to the optimum)']
    : [({ objective }) => objective, 'the objective'];
  const [begun, ended] = [of(first), of(last)];
  const least = rows.reduce((low, row) => (of(row) < of(low) ? row : low));
  const nearest =
    least === last || least === first ? '' : `; it was least in round ${say(least.round)}, ${say(of(least))}`;
  // Whoever begins at the optimum leaves it by rounding.
  if (!(begun > 0)) return null;
  if (ended > begun)
    return `${what} has grown past its start: from ${say(begun)} to ${say(ended)} in round ${say(last.round)}${nearest}; this is no convergence, and smaller gains are worth trying`;
  const end = rows.slice(-Math.max(FEWEST, Math.ceil(rows.length * END_SHARE)));
  if (end.length < FEWEST || rows.length <= FEWEST) return null;
  const from = of(end[0] as TraceRow);
  const rises = end.slice(1).filter((row, at) => of(row) > of(end[at] as TraceRow)).length;
  const steady = rises >= STEADILY * (end.length - 1) && ended > BY * from;
  if (!steady || !(ended > ROUNDING * begun)) return null;
  return `${what} grows at the end of the run: ${say(from)} in round ${say((end[0] as TraceRow).round)}, ${say(ended)} in round ${say(last.round)}${nearest}; more rounds would not mend that, smaller gains may`;
}

function say(value: number): string {
  return String(Number(value.toPrecision(3)));
}
