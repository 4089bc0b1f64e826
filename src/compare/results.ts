/**
 * From outcomes to rows: when each cell first reached the target, each method over its seeds, and the Pareto
 * front of rounds against bits.
 *
 * A method is on the front if no other method of its problem needs at most as many rounds and at most as many
 * bits, and fewer of one of them. Only methods that reached the target with every seed can be on it.
 */

import type { Cell, CellOutcome, CellRow, MethodRow, Target } from './types.js';

/** A grid that has run. */
export interface Comparison {
  /** One row a cell. */
  cells: CellRow[];
  /** One row a method: medians over its seeds. */
  methods: MethodRow[];
}

export function compareOutcomes(
  cells: readonly Cell[],
  outcomes: ReadonlyMap<string, CellOutcome>,
  target: Target,
): Comparison {
  const rows = cells.flatMap((cell) => {
    const outcome = outcomes.get(cell.id);
    return outcome === undefined ? [] : [cellRow(cell, outcome)];
  });
  const byMethod = new Map<number, CellRow[]>();
  for (const row of rows) byMethod.set(row.method, [...(byMethod.get(row.method) ?? []), row]);
  const methods = [...byMethod].map(([method, group]) => {
    const seeds = cells.filter((cell) => cell.method === method).length;
    return methodRow(group, seeds, target);
  });
  markFront(methods);
  const front = new Set(methods.filter(({ pareto }) => pareto).map(({ method }) => method));
  for (const row of rows) row.pareto = front.has(row.method);
  return { cells: rows, methods };
}

function cellRow(cell: Cell, outcome: CellOutcome): CellRow {
  const ran = 'summary' in outcome ? outcome : null;
  const summary = ran?.summary;
  const hit = ran?.arrival ?? undefined;
  return {
    cell: cell.id,
    problem: cell.problem,
    method: cell.method,
    config: cell.config,
    topology: ran?.topology ?? null,
    cost: ran?.cost ?? null,
    compressor: cell.compressor ?? ran?.compressor ?? cell.kinds.compressor,
    flow: cell.flow ?? ran?.flow ?? cell.kinds.flow,
    seed: cell.seed,
    status: outcome.status,
    reached: hit !== undefined,
    roundsToTarget: hit?.round ?? null,
    bitsToTarget: hit?.bitsBroadcast ?? null,
    linkBitsToTarget: hit?.bitsLinks ?? null,
    secondsToTarget: hit?.seconds ?? null,
    networkSecondsToTarget: finite(hit?.networkSeconds),
    heldUntil: ran?.held?.until ?? null,
    touchedAt: ran?.touched?.round ?? null,
    roseAt: ran?.touched?.rose ?? null,
    rounds: summary?.rounds ?? null,
    bitsBroadcast: summary?.bits.broadcast ?? null,
    bitsLinks: summary?.bits.links ?? null,
    bitsPerMessage: finite(summary?.bits.perMessage),
    seconds: summary?.seconds ?? null,
    networkSeconds: summary?.final.networkSeconds ?? null,
    gap: summary?.final.gap ?? null,
    rmsError: summary?.final.rmsError ?? null,
    consensusError: summary?.final.consensusError ?? null,
    agentsGapMean: summary?.final.agentsGapMean ?? null,
    agentsGapWorst: summary?.final.agentsGapWorst ?? null,
    gradientNorm: summary?.final.gradientNorm ?? null,
    agents: summary?.agents ?? null,
    edges: summary?.edges ?? null,
    dim: summary?.dim ?? null,
    stateHash: summary?.stateHash ?? null,
    gains: ran ? JSON.stringify(ran.gains) : null,
    trials: ran?.trials ?? null,
    pareto: false,
    error: 'error' in outcome ? outcome.error : null,
    hint: summary?.hint ?? null,
  };
}

function methodRow(rows: readonly CellRow[], seeds: number, { quantity }: Target): MethodRow {
  const [first] = rows;
  const reached = rows.filter((row) => row.reached);
  const every = reached.length === seeds;
  const middle = (of: (row: CellRow) => number | null) => (every ? median(rows.map(of)) : null);
  const finals = rows.map((row) => row[quantity]).filter((value) => value !== null);
  const largest = (of: (row: CellRow) => number | null) => {
    const values = rows.map(of).filter((value) => value !== null);
    return values.length === rows.length ? Math.max(...values) : null;
  };
  const touched = rows.find((row) => !row.reached && row.touchedAt !== null);
  return {
    method: first.method,
    problem: first.problem,
    config: first.config,
    compressor: first.compressor,
    flow: first.flow,
    seeds,
    ran: rows.length,
    reached: reached.length,
    status: rows.find(({ status }) => status !== 'converged')?.status ?? 'converged',
    rounds: middle((row) => row.roundsToTarget),
    bits: middle((row) => row.bitsToTarget),
    seconds: middle((row) => row.secondsToTarget),
    networkSeconds: middle((row) => row.networkSecondsToTarget),
    final: finals.length === rows.length ? Math.max(...finals) : null,
    agentsGapMean: largest((row) => row.agentsGapMean),
    agentsGapWorst: largest((row) => row.agentsGapWorst),
    touched: touched ? { round: touched.touchedAt as number, rose: touched.roseAt as number } : null,
    pareto: false,
    error: rows.find(({ error }) => error !== null)?.error ?? null,
    hint: rows.find(({ hint }) => hint !== null)?.hint ?? null,
  };
}

/** Of an even number of values the mean of the two in the middle; null if one of them is not known. */
export function median(values: readonly (number | null)[]): number | null {
  const known = values.filter((value) => value !== null).sort((a, b) => a - b);
  if (known.length < values.length || known.length === 0) return null;
  const half = known.length >> 1;
  return known.length % 2 === 1 ? known[half] : (known[half - 1] + known[half]) / 2;
}

function markFront(methods: readonly MethodRow[]): void {
  for (const one of methods) {
    const { rounds, bits } = one;
    if (rounds === null || bits === null) continue;
    one.pareto = !methods.some(
      (other) =>
        other.problem === one.problem &&
        other.rounds !== null &&
        other.bits !== null &&
        other.rounds <= rounds &&
        other.bits <= bits &&
        (other.rounds < rounds || other.bits < bits),
    );
  }
}

function finite(value: number | undefined): number | null {
  return value !== undefined && Number.isFinite(value) ? value : null;
}
