/**
 * A run in one call: `const { summary, rows, x } = await run(config)`.
 *
 * It opens a session, prepares, starts and closes it. Whoever wants to pause, to step or to look at one agent
 * while it runs opens the session instead (`openSession`).
 */

import type { LoadedConfig } from '../run/config.js';
import type { PlanReport, Summary } from '../run/reports.js';
import type { Progress, RunResult } from '../session/types.js';
import type { TraceRow } from '../trace/row.js';
import { load } from './configs.js';
import { checkOptions } from './options.js';
import type { ConfigInput } from './specs.js';
import { steered } from './steer.js';

/** What `run` may be told beside the config. */
export interface RunOptions {
  /**
   * Folder for manifest.json, trace.csv, trace.parquet, summary.json, x.npy and agents.csv; nothing is written
   * where absent.
   */
  outDir?: string;
  /** Instead of the config's own. */
  workers?: number | 'auto';
  /** Of its random draws. */
  seed?: number;
  /** Rounds of the run, at most. */
  rounds?: number;
  /** Whether `x` and `labels` are in the outcome; true where absent. */
  keepX?: boolean;
  /** Ends the run after the round that is under way. The outcome's status is then `stopped`. */
  signal?: AbortSignal;
  /** Called with rows of the trace, in order, a few at a time. What it throws ends the run and rejects it. */
  onRows?: (rows: TraceRow[]) => void;
  /** Called about ten times a second with where the run is. What it throws ends the run and rejects it. */
  onProgress?: (progress: Progress) => void;
}

const OPTIONS = ['outDir', 'workers', 'seed', 'rounds', 'keepX', 'signal', 'onRows', 'onProgress'];

/** What `run` resolves with. */
export interface RunOutcome {
  /** Status, figures of the last round, bits sent, hash of the final state: as in summary.json. */
  summary: Summary;
  /** All rows of the trace, from round 0 to the last. */
  rows: TraceRow[];
  /**
   * The agents' final x, row after row; empty with `keepX: false`. `x[i * shape[1] + c]` is entry c of agent
   * i.
   */
  x: Float64Array;
  /** Of `x`: [agents, dim]. A parameter server has one x for all, and [1, dim]. */
  shape: [rows: number, dim: number];
  /** Names of the agents: labels of the graph file, or numbers. Empty with `keepX: false`. */
  labels: string[];
  /** What was planned: gains and how they were chosen, memory, the optimum, warnings. */
  plan: PlanReport;
}

/** What a session gives, as a call gives it. */
export function outcomeOf({ summary, rows, x, labels }: RunResult, plan: PlanReport): RunOutcome {
  const { dim } = summary;
  return {
    summary,
    rows,
    x: x ?? new Float64Array(0),
    shape: [x === null ? 0 : x.length / dim, dim],
    labels: labels ?? [],
    plan,
  };
}

/**
 * Runs a config from the first round to the last.
 *
 * ```ts
 * const { summary, x, shape } = await run({
 *   topology: { kind: 'ring', nodes: 8 },
 *   cost: { kind: 'quadratic', dim: 4 },
 *   flow: { kind: 'primal-dual' },
 *   compressor: { kind: 'top-k', k: 2 },
 *   rounds: 200,
 * });
 * console.log(summary.status, summary.final.rmsError, x.length === shape[0] * shape[1]);
 * ```
 *
 * A run that diverges resolves, with status `diverged` and a hint in its summary. Several may run at once;
 * each has threads of its own, so give them `workers` together no more than the machine has cores.
 *
 * @param config plain data, the path of a YAML file, or what `loadConfig` and `parseConfig` give. Paths
 *   inside plain data are relative to the working directory.
 * @throws InputError where the config or an option is wrong, before anything is written
 * @throws RunError where the run failed: a worker died
 */
export async function run(
  config: ConfigInput | LoadedConfig | string,
  options: RunOptions = {},
): Promise<RunOutcome> {
  checkOptions('run', options, OPTIONS);
  const [loaded, { openSession }] = await Promise.all([
    load(config, options),
    import('../session/client.js'),
  ]);
  const { outDir = null, keepX = true } = options;
  const { session, close } = await openSession();
  try {
    const plan = await session.prepare({ config: loaded, outDir, keepX, keepRows: true });
    return outcomeOf(await steered(session, options, () => session.start()), plan);
  } finally {
    await close();
  }
}
