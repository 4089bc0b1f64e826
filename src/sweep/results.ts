/**
 * From outcomes to rows: every run, and every point over its seeds. A point has arrived if every seed has; then
 * its rounds and bits are medians. Points are ranked by rounds; of two that need as many, by bits.
 */

import { type Spread, spreadOf } from '../base/quantiles.js';
import { hopeless } from '../compare/hopeless.js';
import { compareOutcomes } from '../compare/results.js';
import type { Cell, CellOutcome, CellRow, GivingUp, Target } from '../compare/types.js';
import type { TraceRow } from '../trace/row.js';
import type { Axis, AxisValue } from './axes.js';
import { commandOf } from './command.js';
import type { Sweep } from './make.js';

/** What is known of one run; null where there is no such number. */
export interface SweepRow {
  /** Number of its point, from 0 in the order of the grid. */
  point: number;
  /** What each axis is here, by its path in the config. */
  values: Record<string, string | number | boolean | null>;
  /** Of its random draws. */
  seed: number;
  /** How it ended; `refused` where a plan refused it. One that was given up has `finished`. */
  status: CellRow['status'];
  /** Why it was not run to its end: `growing`, `slow`, or `halving`; null where it was. */
  givenUp: GivingUp | 'halving' | null;
  /** Whether its error grew at the end, as that of what diverges does. */
  grows: boolean;
  /** Whether the target was reached and kept for as long again. */
  reached: boolean;
  /** The round of arrival. */
  roundsToTarget: number | null;
  /** Bits until then, each message counted once per agent. */
  bitsToTarget: number | null;
  /** Bits until then, each message counted once per directed edge. */
  linkBitsToTarget: number | null;
  /** Seconds until then on the links of the config's `network`. */
  networkSecondsToTarget: number | null;
  /** Factor by which the rms error changed in a round, over the later half of the way; above 1 it grew. */
  rate: number | null;
  /** The same as theory predicts it, where a map asks for that and something is known. */
  predictedRate: number | null;
  /** Rounds that it ran. */
  rounds: number | null;
  /** Bits in all, each message counted once per agent. */
  bitsBroadcast: number | null;
  /** sqrt(mean (x - x*)^2) at the end. */
  rmsError: number | null;
  /** sqrt(mean (x - mean x)^2) at the end. */
  consensusError: number | null;
  /** f(mean x) - f* at the end. */
  gap: number | null;
  /** Largest f(x_i) - f* at the end. */
  agentsGapWorst: number | null;
  /** Seconds in the round loop, with other cells beside it. */
  seconds: number | null;
  /** SHA-256 of the final state. */
  stateHash: string | null;
  /** All gains of its flow, as JSON. */
  gains: string | null;
  /** The same run alone, with the same stateHash. */
  command: string;
  /** Why it was refused, or failed. */
  error: string | null;
}

/** One point over its seeds. */
export interface SweepPoint {
  /** From 0 in the order of the grid. */
  point: number;
  /** What each axis is here, by its path in the config. */
  values: Record<string, string | number | boolean | null>;
  /** Runs of it, those that have ended, and those that reached the target. */
  seeds: number;
  /** Seeds that have run. */
  ran: number;
  /** Seeds that reached the target. */
  reached: number;
  /** `converged` if every seed is; else that of the first seed that is not. */
  status: SweepRow['status'];
  /** Of the first seed that was given up; null where none was. */
  givenUp: SweepRow['givenUp'];
  /** Whether the error of a seed that did not arrive grew at its end. */
  grows: boolean;
  /** Rounds to the target over the seeds; null where one did not reach it. */
  rounds: Spread | null;
  /** Bits to the target over the seeds, each message counted once per agent. */
  bits: Spread | null;
  /** Median factor of the rms error in a round. */
  rate: number | null;
  /** Median of what theory predicts. */
  predictedRate: number | null;
  /** Largest final value of the target's quantity. */
  final: number | null;
  /** Of the first seed: the same run alone. */
  command: string;
  /** Of the first seed that has one. */
  error: string | null;
}

/** A sweep that has run. */
export interface SweepResults {
  /** One row a run. */
  rows: SweepRow[];
  /** One row a point. */
  points: SweepPoint[];
  /** The numbers of the points that arrived, the fewest rounds first. */
  ranking: number[];
}

export function sweepResults(sweep: Sweep, outcomes: ReadonlyMap<string, CellOutcome>): SweepResults {
  const { cells, points, axes, target } = sweep;
  const rows: SweepRow[] = [];
  const summarised: SweepPoint[] = [];
  const compared = compareOutcomes(cells, outcomes, target).cells;
  const byPoint = new Map<number, CellRow[]>();
  for (const row of compared) byPoint.set(row.method, [...(byPoint.get(row.method) ?? []), row]);
  for (const [number, point] of points.entries()) {
    const values = valuesOf(axes, point.values);
    const own = (byPoint.get(number) ?? []).map((row) => {
      const cell = cells[point.cells.find((at) => cells[at]!.seed === row.seed)!] as Cell;
      return rowOf(sweep, number, values, row, cell, outcomes.get(cell.id) as CellOutcome);
    });
    rows.push(...own);
    if (own.length > 0) summarised.push(pointOf(number, values, point.cells.length, own, target.quantity));
  }
  const ranking = summarised
    .filter(({ rounds }) => rounds !== null)
    .sort(
      (a, b) => a.rounds!.median - b.rounds!.median || a.bits!.median - b.bits!.median || a.point - b.point,
    )
    .map(({ point }) => point);
  return { rows, points: summarised, ranking };
}

/** Plain values as they are; of a component what people wrote. */
export function valuesOf(axes: readonly Axis[], values: readonly AxisValue[]): SweepRow['values'] {
  return Object.fromEntries(
    axes.map(({ name }, at) => {
      const { value, text } = values[at]!;
      const plain = value === null || ['number', 'string', 'boolean'].includes(typeof value);
      return [name, plain ? (value as string | number | boolean | null) : text];
    }),
  );
}

function rowOf(
  sweep: Sweep,
  point: number,
  values: SweepRow['values'],
  row: CellRow,
  cell: Cell,
  outcome: CellOutcome,
): SweepRow {
  const ran = 'trace' in outcome ? outcome : null;
  // It has fewer rounds than its config says: a rung was all it was given.
  const halved =
    ran?.status === 'finished' && ran.givenUp === undefined && ran.summary.rounds < cell.loaded.config.rounds;
  return {
    point,
    values,
    seed: row.seed,
    status: row.status,
    givenUp: ran?.givenUp?.why ?? (halved ? 'halving' : null),
    grows: ran !== null && !row.reached && grows(ran, sweep.target, cell.loaded.config.rounds),
    reached: row.reached,
    roundsToTarget: row.roundsToTarget,
    bitsToTarget: row.bitsToTarget,
    linkBitsToTarget: row.linkBitsToTarget,
    networkSecondsToTarget: row.networkSecondsToTarget,
    rate: ran === null ? null : rateOf(ran.trace),
    predictedRate: ran?.predicted?.radius ?? null,
    rounds: row.rounds,
    bitsBroadcast: row.bitsBroadcast,
    rmsError: row.rmsError,
    consensusError: row.consensusError,
    gap: row.gap,
    agentsGapWorst: row.agentsGapWorst,
    seconds: row.seconds,
    stateHash: row.stateHash,
    gains: row.gains,
    command: commandOf(sweep, point, cell, outcome),
    error: row.error,
  };
}

type Ran = Extract<CellOutcome, { trace: TraceRow[] }>;

function grows({ status, trace, givenUp }: Ran, target: Target, rounds: number): boolean {
  if (status === 'diverged' || givenUp?.why === 'growing') return true;
  return trace.length > 0 && hopeless(trace, target, rounds, ['growing']) !== null;
}

function pointOf(
  point: number,
  values: SweepRow['values'],
  seeds: number,
  rows: readonly SweepRow[],
  quantity: keyof SweepRow | string,
): SweepPoint {
  const reached = rows.filter((row) => row.reached);
  const every = reached.length === seeds;
  const over = (of: (row: SweepRow) => number | null) =>
    every ? spreadOf(rows.map((row) => of(row) as number)) : null;
  const middle = (of: (row: SweepRow) => number | null) => {
    const known = rows.map(of).filter((value) => value !== null);
    return known.length === rows.length ? spreadOf(known).median : null;
  };
  const finals = rows.map((row) => (row as unknown as Record<string, number | null>)[quantity] ?? null);
  return {
    point,
    values,
    seeds,
    ran: rows.length,
    reached: reached.length,
    status: rows.find(({ status }) => status !== 'converged')?.status ?? 'converged',
    givenUp: rows.find(({ givenUp }) => givenUp !== null)?.givenUp ?? null,
    grows: rows.some((row) => row.grows),
    rounds: over((row) => row.roundsToTarget),
    bits: over((row) => row.bitsToTarget),
    rate: middle((row) => row.rate),
    predictedRate: middle((row) => row.predictedRate),
    final: finals.every((value) => value !== null) ? Math.max(...(finals as number[])) : null,
    command: rows[0]!.command,
    error: rows.find(({ error }) => error !== null)?.error ?? null,
  };
}

/** Below this share of the largest it is rounding that is measured. */
const FLOOR_SHARE = 1e-12;
/** Fewer rows than this in the later half say nothing. */
const FEWEST_ROWS = 4;

/**
 * Factor of the rms error in a round: exp of the least-squares slope of its logarithm over the later half of
 * the rounds in which it is more than rounding. Null where there are too few.
 */
export function rateOf(trace: readonly Pick<TraceRow, 'round' | 'rmsError'>[]): number | null {
  const known = trace.filter(({ rmsError }) => rmsError > 0 && Number.isFinite(rmsError));
  const largest = known.reduce((most, { rmsError }) => Math.max(most, rmsError), 0);
  const floor = known.findIndex(({ rmsError }) => rmsError <= FLOOR_SHARE * largest);
  const usable = floor < 0 ? known : known.slice(0, floor);
  const last = usable.at(-1)?.round ?? 0;
  const tail = usable.filter(({ round }) => round >= last / 2);
  if (tail.length < FEWEST_ROWS) return null;
  const meanRound = tail.reduce((sum, { round }) => sum + round, 0) / tail.length;
  const meanLog = tail.reduce((sum, { rmsError }) => sum + Math.log(rmsError), 0) / tail.length;
  let covariance = 0;
  let variance = 0;
  for (const { round, rmsError } of tail) {
    covariance += (round - meanRound) * (Math.log(rmsError) - meanLog);
    variance += (round - meanRound) ** 2;
  }
  return variance > 0 ? Math.exp(covariance / variance) : null;
}
