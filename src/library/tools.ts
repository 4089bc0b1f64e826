/**
 * What the commands `certify`, `tune` and `compare` do, as calls of a program. Each loads what it needs when
 * it is called, so that importing the library costs nothing for them.
 */

import { InputError } from '../base/errors.js';
import type { Certificate } from '../certify/certify.js';
import type { Curve } from '../compare/curves.js';
import type { Comparison } from '../compare/results.js';
import type { CompareDirectory } from '../compare/store.js';
import type { Cell, CellOutcome, Target } from '../compare/types.js';
import type { FlowConfig } from '../program/flow/config.js';
import type { FlowTrials } from '../program/flow/tune-flow.js';
import type { TuneReport } from '../report/tuning.js';
import type { LoadedConfig } from '../run/config.js';
import type { Tuning } from '../run/reports.js';
import { load } from './configs.js';
import { checkOptions } from './options.js';
import type { CompressorInput, ConfigInput, FlowConfigInput, FlowInput } from './specs.js';
import { type CertifyProgress, onCoordinator, type TuneProgress } from './tasks.js';
import { QUEUE_OPTIONS, type QueueOptions, whereOf } from './where.js';

/** How a compressor is measured. */
export interface CertifyOptions {
  /** Entries of the vectors to compress, 1..2^20. */
  dim: number;
  /** Gain mu of the map e <- e - mu C(e, k), in (0, 1]; 1 where absent. */
  mu?: number;
  /** Messages from each start, at most; chosen by dim where absent. */
  rounds?: number;
  /** Of starts and compressor; 0 where absent. */
  seed?: number;
  /** Starts, hard ones first; 24 where absent. */
  starts?: number;
  /** How long one call of a function of your own module may take, in seconds; 30 where absent. */
  moduleSeconds?: number;
  /** Ends it, which then rejects with the signal's reason. */
  signal?: AbortSignal;
  /** Called with what is measured next. What it throws ends it and rejects it. */
  onProgress?: (progress: CertifyProgress) => void;
}

/**
 * Measures whether a compressor is a spatio-temporal compressor, and how many bits it takes to a thousandth
 * of the error. It takes seconds, on a thread of its own; several may be measured at once.
 *
 * ```ts
 * const { verdict, bits } = await certify({ kind: 'top-k', k: 2 }, { dim: 8 });
 * console.log(verdict.qualifies, bits.perMessage);
 * ```
 *
 * @param compressor a spec, or text as on the command line: `flatten(sign)`
 * @throws InputError where the compressor or an option is wrong
 * @throws the reason of the signal
 */
export async function certify(
  compressor: CompressorInput | string,
  given: CertifyOptions,
): Promise<Certificate> {
  checkOptions('certify', given, CERTIFY_OPTIONS);
  const { dim, mu = 1, seed = 0, signal, onProgress, moduleSeconds, ...rest } = given;
  whole('dim', dim, 1, 2 ** 20);
  whole('seed', seed, 0, Number.MAX_SAFE_INTEGER);
  if (rest.rounds !== undefined) whole('rounds', rest.rounds, 1, 2 ** 24);
  if (rest.starts !== undefined) whole('starts', rest.starts, 12, 4096);
  if (!(mu > 0 && mu <= 1)) throw new InputError(`mu is ${mu}, expected a number in (0, 1]`);
  const [{ checkSpec, embedWritten, parseSpecText }, { compressors }, { resolveModules }] = await Promise.all(
    [import('../certify/spec-text.js'), import('../compress/registry.js'), import('../plugin/modules.js')],
  );
  const text = typeof compressor === 'string' ? compressor : await textOf(compressor);
  const named =
    typeof compressor === 'string'
      ? parseSpecText(text, compressors)
      : { text, spec: compressor, columns: new Map<string, number>() };
  const written = await embedWritten(named, compressors, '.');
  const { spec, modules } = resolveModules(checkSpec(written, compressors), '.', ['compressor']);
  const options = { ...rest, dim, mu, seed };
  return onCoordinator('certify', { text, spec, modules, options }, { signal, onProgress, moduleSeconds });
}

/** How gains are searched. */
export interface TuneOptions {
  /**
   * Trial runs, at most. Where absent, gains are chosen as `auto` chooses them in a run: within a few
   * seconds.
   */
  trials?: number;
  /**
   * With `trials`: what is asked of the agents; by default the config's `stop.rmsError`, else a millionth of
   * the first.
   */
  target?: { rmsError: number };
  /** Ends it, which then rejects with the signal's reason. */
  signal?: AbortSignal;
  /** With `trials`: called after each. What it throws ends the search and rejects it. */
  onProgress?: (progress: TuneProgress) => void;
}

const TUNE_OPTIONS = ['trials', 'target', 'signal', 'onProgress'];
const CERTIFY_OPTIONS = ['dim', 'mu', 'rounds', 'seed', 'starts', 'moduleSeconds', 'signal', 'onProgress'];
const COMPARE_OPTIONS = [
  'methods',
  'graphs',
  'compressors',
  'flows',
  'seeds',
  'target',
  'rounds',
  'trials',
  'jobs',
  'outDir',
  'signal',
  'onCell',
  ...QUEUE_OPTIONS,
];

/** Gains, and where they come from. */
export interface TuneOutcome {
  /** All gains of the flow by their names in the config, those that were given included. */
  gains: Record<string, number>;
  /** The names of those that were open and have been chosen. */
  chosen: string[];
  /** The config with these numbers: what `run` and `Session.prepare` take. */
  config: LoadedConfig;
  /** Why these, and the predicted rounds: of `auto`'s choice. Null with `trials`. */
  tuning: Tuning | null;
  /** What `sottovoce tune --json` prints, predicted rounds among it. Null with `trials`. */
  report: TuneReport | null;
  /** What the trial runs saw; null without `trials`. */
  trials: FlowTrials | null;
}

/**
 * Chooses the gains that a config leaves to `auto`, and the compressor where it is `auto`, on a thread of its own. Deterministic: the same config and
 * options, the same gains.
 *
 * ```ts
 * const { gains, config } = await tune({
 *   topology: { kind: 'ring', nodes: 8 },
 *   cost: { kind: 'quadratic', dim: 4 },
 *   flow: { kind: 'primal-dual' },
 * });
 * console.log(gains, config.config.flow);
 * ```
 *
 * @throws InputError where the config is wrong, has a program instead of a flow, or leaves no gain open
 * @throws the reason of the signal
 */
export async function tune(
  config: ConfigInput | LoadedConfig | string,
  options: TuneOptions = {},
): Promise<TuneOutcome> {
  checkOptions('tune', options, TUNE_OPTIONS);
  const { trials: budget, target, signal, onProgress } = options;
  const given = await load(config);
  if (given.config.program !== undefined) {
    throw new InputError('a program has no flow whose gains could be tuned', { path: ['program'] });
  }
  const loaded = given as LoadedConfig<FlowConfig>;
  const { withGains } = await import('../program/flow/tune-flow.js');
  if (budget !== undefined) {
    whole('trials', budget, 1, Number.MAX_SAFE_INTEGER);
    const options = { budget, ...(target && { target }) };
    const trials = await onCoordinator('trials', { loaded, options }, { signal, onProgress, loaded });
    const { gains, chosen } = trials;
    return { gains, chosen, config: withGains(loaded, trials), tuning: null, report: null, trials };
  }
  const [plan, { tuneReport }] = await Promise.all([
    onCoordinator('plan', loaded, { signal, loaded }),
    import('../report/tuning.js'),
  ]);
  const { gains, tuning, compressorChoice } = plan;
  if (tuning === null && compressorChoice === undefined) {
    throw new InputError('the config leaves no gain to auto: there is nothing to tune', {
      hint: 'leave out flow.step, flow.alpha and flow.beta, or set them to auto',
    });
  }
  const { chosen = [], compress = null } = tuning ?? {};
  const report = tuneReport(plan, tuning, loaded.config.stop);
  const compressor = compressorChoice?.spec;
  const tuned = withGains(loaded, { gains, chosen, compress, ...(compressor && { compressor }) });
  return { gains, chosen, config: tuned, tuning, report, trials: null };
}

/** A flow with its compressor, under a name. */
export interface NamedMethod {
  /** What it is called in tables and legends; as it is written where absent. */
  label?: string;
  /** A spec, or text as on the command line. */
  flow: FlowInput | string;
  /** A spec, or text; the config's own where absent, and identity of a flow that takes no other. */
  compressor?: CompressorInput | string;
}

/** A graph under a name. */
export interface NamedGraph {
  /** What it is called in tables and pictures; its generator or its file's name where absent. */
  label?: string;
  /** Section `topology` of a config. */
  topology: FlowConfigInput['topology'];
}

/**
 * A grid: every config on every graph with every method and every seed. What is left out is what the configs
 * say.
 */
export interface CompareOptions extends QueueOptions {
  /** Methods by name instead of `compressors` and `flows`; texts as on the command line: `lead + sign`. */
  methods?: readonly (NamedMethod | string)[];
  /** Graphs in the place of the configs' own; texts as on the command line: `ring(nodes=20)`, or files. */
  graphs?: readonly (NamedGraph | string)[];
  /** Each with each of `flows`. Specs, or texts as on the command line: `flatten(sign)`. */
  compressors?: readonly (CompressorInput | string)[];
  /** Modes of compression (`error-state`), or whole flows. */
  flows?: readonly (FlowInput | string)[];
  /** One run of every method for each of them. */
  seeds?: readonly number[];
  /**
   * What to reach, one quantity of `stop`: `{ rmsError: 1e-6 }`. By default what the configs stop at, or
   * that.
   */
  target?: Partial<Record<Target['quantity'], number>>;
  /** Rounds a run lasts at most. */
  rounds?: number;
  /**
   * Trial runs for the gains that a cell leaves open, the same number for every method; 40 where absent, 0:
   * none.
   */
  trials?: number;
  /** Runs at a time; one for each core where absent. */
  jobs?: number;
  /**
   * Folder for all that the command writes: results, pictures, and finished cells, with which it goes on where
   * there are some. Nothing is written where absent.
   */
  outDir?: string;
  /** Ends what is under way; what has finished is in the outcome, which is then not `complete`. */
  signal?: AbortSignal;
  /** Called after each cell, with how many are done. What it throws ends the grid and rejects it. */
  onCell?: (cell: Cell, outcome: CellOutcome, progress: { done: number; of: number }) => void;
}

/** One row a cell and one row a method, as in results.json, and what they are ranked by. */
export interface CompareOutcome extends Comparison {
  /** What the rows are ranked by. */
  target: Target;
  /** Trial runs that a cell was given for its open gains, at most, and what that means, as a sentence. */
  tuning: { trials: number; note: string };
  /** Whether every cell has run. */
  complete: boolean;
  /** Medians and quartiles over the seeds of what runs measure, against rounds, bits and seconds. */
  curves: Curve[];
  /** The target's quantity against rounds and against bits, one SVG a problem: as picture.svg of the command. */
  pictures: { name: string; svg: string }[];
}

/**
 * Runs a grid side by side, one cell a thread: rounds, bits and seconds to a target, and the Pareto front.
 * A cell that fails or is refused is a row that says so, and no rejection.
 *
 * ```ts
 * const { methods } = await compare(
 *   [
 *     {
 *       topology: { kind: 'ring', nodes: 8 },
 *       cost: { kind: 'quadratic', dim: 4 },
 *       flow: { kind: 'primal-dual' },
 *       rounds: 500,
 *     },
 *   ],
 *   { compressors: ['sign', 'flatten(sign)'], trials: 0 },
 * );
 * for (const { compressor, rounds, bits, pareto } of methods) console.log(compressor, rounds, bits, pareto);
 * ```
 *
 * Several may run at once, each with threads of its own: give them `jobs` together no more than the machine has
 * cores. Two with the same `outDir` are refused.
 *
 * @throws InputError where a config or an option is wrong, before anything runs
 */
export async function compare(
  configs: readonly (ConfigInput | string)[],
  options: CompareOptions = {},
): Promise<CompareOutcome> {
  checkOptions('compare', options, COMPARE_OPTIONS);
  const { signal, onCell } = options;
  const [
    { makeGrid, parseTarget },
    { studyInputs },
    { loadModulesOf },
    { runGrid },
    { compared },
    { ownCores },
  ] = await Promise.all([
    import('../compare/grid.js'),
    import('../compare/study.js'),
    import('./load-modules.js'),
    import('../compare/run-grid.js'),
    import('./compared.js'),
    import('../base/cores.js'),
  ]);
  const { jobs = ownCores().count } = options;
  whole('jobs', jobs, 1, 1024);
  whole('trials', options.trials ?? 0, 0, Number.MAX_SAFE_INTEGER);
  const target = Object.entries(options.target ?? {}).map(([quantity, bound]) => `${quantity}=${bound}`);
  if (target.length > 1) throw new InputError(`the target is ${target.join(', ')}, expected one quantity`);
  for (const text of target) parseTarget(text);
  const study = await studyInputs(configs, {
    methods: options.methods && (await Promise.all(options.methods.map(methodText))),
    graphs: options.graphs,
    compressors: await textsOf(options.compressors),
    flows: await textsOf(options.flows),
    seeds: options.seeds,
    target: target[0],
  });
  const trials = options.trials ?? study.tune ?? 40;
  const set = options.rounds === undefined ? [] : [`rounds=${options.rounds}`];
  const grid = await makeGrid({ ...study.inputs, set, tune: trials });
  await loadModulesOf(grid.cells);
  const where = await whereOf(jobs, options);
  let directory: CompareDirectory | null = null;
  let finished = false;
  try {
    if (options.outDir !== undefined)
      directory = (await import('../compare/store.js')).CompareDirectory.open(options.outDir);
    directory?.begin(grid.target, grid.cells.length);
    await where.begin(directory?.path ?? null);
    const thrown: unknown[] = [];
    let done = 0;
    const run = runGrid(grid.cells, directory ?? { read: () => null, keep: () => {} }, {
      where,
      target: grid.target,
      tune: trials,
      onDone: (cell, outcome) => {
        if (thrown.length > 0) return;
        try {
          onCell?.(cell, outcome, { done: ++done, of: run.pending });
        } catch (error) {
          thrown.push(error);
          run.stop();
        }
      },
    });
    const stop = () => run.stop();
    signal?.addEventListener('abort', stop);
    if (signal?.aborted) stop();
    try {
      await run.finished;
    } finally {
      signal?.removeEventListener('abort', stop);
    }
    if (thrown.length > 0) throw thrown[0];
    const { comparison, results, curves, pictures } = await compared(grid, run.outcomes, trials, directory);
    const { tuning, complete } = results;
    finished = complete;
    return { ...comparison, target: grid.target, tuning, complete, curves, pictures };
  } finally {
    await where.close(finished);
    directory?.release();
  }
}

async function textsOf(specs: CompareOptions['compressors'] | CompareOptions['flows']) {
  return specs && Promise.all(specs.map((spec) => (typeof spec === 'string' ? spec : textOf(spec))));
}

async function methodText(method: NamedMethod | string) {
  if (typeof method === 'string') return method;
  const { label, flow, compressor } = method;
  const texts = await textsOf([flow, ...(compressor === undefined ? [] : [compressor])] as FlowInput[]);
  const [flowText, compressorText] = texts as [string, string?];
  return { label, flow: flowText, compressor: compressorText };
}

/** In the short form where that can be read back, else as JSON. */
async function textOf(spec: CompressorInput | FlowInput): Promise<string> {
  const { describeSpec } = await import('../base/describe.js');
  const short = describeSpec(spec as Parameters<typeof describeSpec>[0]);
  const whole = JSON.stringify(spec);
  // Of what has a name the short form has the name alone.
  return short.includes('{') || whole.includes('"name":') ? whole : short;
}

function whole(name: string, value: number, low: number, high: number): void {
  if (Number.isInteger(value) && value >= low && value <= high) return;
  throw new InputError(`${name} is ${value}, expected a whole number in ${low}..${high}`);
}
