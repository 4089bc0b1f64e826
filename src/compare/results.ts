/**
 * From outcomes to rows: when each cell first reached the target, each method over its seeds, and the Pareto
 * front of rounds against bits.
 *
 * Over the seeds stand quartiles, in which a seed that did not arrive counts as infinite: of ten seeds of which
 * eight arrived, the median is that of ten. A method of which not every seed arrived stands behind all of which
 * every seed did; it is not on the front, and wins nothing.
 *
 * A method is on the front if no other method of its problem needs at most as many rounds and at most as many
 * bits, and fewer of one of them.
 */

import type { Cell, CellOutcome, CellRow, Cost, MethodRow, ProblemRow, Quartiles, Target } from './types.js';

/** A grid that has run. */
export interface Comparison {
  /** One row a problem: what methods are compared on, and who needs the fewest there. */
  problems: ProblemRow[];
  /** One row a method and problem: quartiles over its seeds. */
  methods: MethodRow[];
  /** One row a cell. */
  cells: CellRow[];
}

/** What results.json holds. */
export interface ResultsFile extends Comparison {
  format: 'sottovoce-comparison/2';
  target: Target;
  tuning: { trials: number; note: string };
  /** Whether every cell has run. */
  complete: boolean;
}

/** What is ranked, and the column of a cell that has it. */
const COSTS: Readonly<Record<Cost, keyof CellRow & `${string}ToTarget`>> = {
  rounds: 'roundsToTarget',
  bits: 'bitsToTarget',
  linkBits: 'linkBitsToTarget',
  networkSeconds: 'networkSecondsToTarget',
  seconds: 'secondsToTarget',
};
const NAMES = Object.keys(COSTS) as Cost[];

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
  const problems = [...new Set(methods.map(({ problem }) => problem))].map((problem) => {
    const own = methods.filter((row) => row.problem === problem);
    ranked(own).forEach((row, at) => {
      row.rank = at + 1;
    });
    return problemRow(
      own,
      rows.filter((row) => row.problem === problem),
    );
  });
  nameProblems(problems, methods);
  const front = new Set(methods.filter(({ pareto }) => pareto).map(({ method }) => method));
  for (const row of rows) row.pareto = front.has(row.method);
  return { problems, methods, cells: rows };
}

function cellRow(cell: Cell, outcome: CellOutcome): CellRow {
  const ran = 'summary' in outcome ? outcome : null;
  const summary = ran?.summary;
  const hit = ran?.arrival ?? undefined;
  return {
    cell: cell.id,
    problem: cell.problem,
    method: cell.method,
    label: cell.label,
    graph: cell.graph,
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
  const finals = rows.map((row) => row[quantity]).filter((value) => value !== null);
  const largest = (of: (row: CellRow) => number | null) => {
    const values = rows.map(of).filter((value) => value !== null);
    return values.length === rows.length ? Math.max(...values) : null;
  };
  const touched = rows.find((row) => !row.reached && row.touchedAt !== null);
  const spread = Object.fromEntries(
    NAMES.map((name) => [name, spreadOf(rows, seeds, COSTS[name])]),
  ) as MethodRow['spread'];
  return {
    method: first.method,
    problem: first.problem,
    label: first.label,
    graph: first.graph,
    config: first.config,
    compressor: first.compressor,
    flow: first.flow,
    seeds,
    ran: rows.length,
    reached: rows.filter((row) => row.reached).length,
    status: rows.find(({ status }) => status !== 'converged')?.status ?? 'converged',
    rank: 0,
    rounds: spread.rounds.median,
    bits: spread.bits.median,
    linkBits: spread.linkBits.median,
    seconds: spread.seconds.median,
    networkSeconds: spread.networkSeconds.median,
    spread,
    final: finals.length === rows.length ? Math.max(...finals) : null,
    agentsGapMean: largest((row) => row.agentsGapMean),
    agentsGapWorst: largest((row) => row.agentsGapWorst),
    touched: touched ? { round: touched.touchedAt as number, rose: touched.roseAt as number } : null,
    pareto: false,
    error: rows.find(({ error }) => error !== null)?.error ?? null,
    hint: rows.find(({ hint }) => hint !== null)?.hint ?? null,
  };
}

const UNKNOWN: Quartiles = { q1: null, median: null, q3: null };

/** Nothing as long as cells have not run, or where an arrival has no such number. */
function spreadOf(rows: readonly CellRow[], seeds: number, column: (typeof COSTS)[Cost]): Quartiles {
  if (rows.length < seeds || rows.some((row) => row.reached && row[column] === null)) return UNKNOWN;
  const values = rows
    .map((row) => (row.reached ? (row[column] as number) : Number.POSITIVE_INFINITY))
    .sort((a, b) => a - b);
  const at = (share: number) => finite(quantile(values, share));
  return { q1: at(0.25), median: at(0.5), q3: at(0.75) };
}

/**
 * Of ascending values, which may be infinite: between two of them in a straight line, so that the median of an
 * even number is the mean of the two in the middle (type 7 of Hyndman and Fan 1996, as in NumPy and R).
 */
export function quantile(ascending: ArrayLike<number>, share: number): number {
  const place = (ascending.length - 1) * share;
  const low = ascending[Math.floor(place)] ?? Number.NaN;
  const high = ascending[Math.ceil(place)] ?? Number.NaN;
  return low === high ? low : low + (place - Math.floor(place)) * (high - low);
}

/** Of an even number of values the mean of the two in the middle; null if one of them is not known. */
export function median(values: readonly (number | null)[]): number | null {
  const known = values.filter((value) => value !== null).sort((a, b) => a - b);
  return known.length < values.length || known.length === 0 ? null : quantile(known, 0.5);
}

/** Those of which every seed arrived, by bits and rounds; then by how many arrived, and when. */
function ranked(methods: readonly MethodRow[]): MethodRow[] {
  const last = Number.MAX_VALUE;
  const missing = ({ reached, seeds }: MethodRow) => 1 - reached / seeds;
  return [...methods].sort(
    (a, b) =>
      missing(a) - missing(b) ||
      (a.bits ?? last) - (b.bits ?? last) ||
      (a.rounds ?? last) - (b.rounds ?? last) ||
      a.method - b.method,
  );
}

/** Whether it is known to arrive, whatever the seed. */
export function allArrived({ reached, seeds }: Pick<MethodRow, 'reached' | 'seeds'>): boolean {
  return reached === seeds;
}

function problemRow(methods: readonly MethodRow[], cells: readonly CellRow[]): ProblemRow {
  const [first] = methods;
  const ran = cells.find(({ topology }) => topology !== null);
  const wins = NAMES.map((name) => {
    const able = methods.filter((row) => allArrived(row) && row[name] !== null);
    able.sort((a, b) => (a[name] as number) - (b[name] as number) || a.rank - b.rank);
    return [name, able[0]?.method ?? null];
  });
  return {
    problem: first.problem,
    label: '',
    graph: first.graph,
    topology: ran?.topology ?? null,
    cost: ran?.cost ?? null,
    agents: ran?.agents ?? null,
    edges: ran?.edges ?? null,
    dim: ran?.dim ?? null,
    wins: Object.fromEntries(wins) as ProblemRow['wins'],
  };
}

/** By their graphs, by their configs, or by both: whatever tells them apart. */
function nameProblems(problems: readonly ProblemRow[], methods: readonly MethodRow[]): void {
  const configs = ({ problem }: ProblemRow) =>
    [...new Set(methods.filter((row) => row.problem === problem).map(({ config }) => config))].join(', ');
  const graph = ({ graph }: ProblemRow) => graph;
  const both = [graph, configs];
  const ways = [
    ...(problems.length === 1 ? both.reverse() : both),
    (row: ProblemRow) => `${configs(row)}, ${graph(row)}`,
  ];
  const apart = ways.find((way) => new Set(problems.map(way)).size === problems.length);
  for (const row of problems) row.label = apart ? apart(row) : `problem ${row.problem + 1}`;
}

function markFront(methods: readonly MethodRow[]): void {
  for (const one of methods) {
    const { rounds, bits } = one;
    if (rounds === null || bits === null || !allArrived(one)) continue;
    one.pareto = !methods.some(
      (other) =>
        other.problem === one.problem &&
        allArrived(other) &&
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
