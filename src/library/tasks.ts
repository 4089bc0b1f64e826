/**
 * Work of the library that takes seconds of a thread. It is done on a coordinator's: the calling thread stays
 * free, and an AbortSignal ends it at once.
 */

import type { Graph } from '../../topology/index.js';
import type { Certificate } from '../certify/certify.js';
import type { CompressorSpec } from '../compress/types.js';
import type { ModuleReference } from '../plugin/modules.js';
import { settleStrays } from '../plugin/stray.js';
import type { FlowConfig } from '../program/flow/config.js';
import type { FlowTrialOptions, FlowTrials } from '../program/flow/tune-flow.js';
import type { LoadedConfig } from '../run/config.js';
import type { PlanReport } from '../run/reports.js';
import { Comlink } from '../session/comlink.js';
import { openCoordinator } from '../session/coordinator-client.js';
import { locatedRefusal, refusalOf } from '../session/overdue.js';
import { refuseStray } from '../session/prepare.js';
import type { PartResult, PartTask } from '../verify/types.js';
import type { InspectedGraph, TopologyInspection } from './inspect-graph.js';

/** What each is given, tells meanwhile, and gives. All of it crosses threads. */
interface Tasks {
  plan: { argument: LoadedConfig; progress: never; result: PlanReport };
  trials: {
    argument: { loaded: LoadedConfig<FlowConfig>; options: Omit<FlowTrialOptions, 'onTrial'> };
    progress: TuneProgress;
    result: FlowTrials;
  };
  certify: {
    argument: {
      text: string;
      spec: CompressorSpec;
      modules: readonly ModuleReference[];
      options: CertifyTask;
    };
    progress: CertifyProgress;
    result: Certificate;
  };
  generate: {
    argument: { spec: Readonly<Record<string, unknown>>; folder: string };
    progress: never;
    result: Graph;
  };
  load: { argument: readonly ModuleReference[]; progress: never; result: undefined };
  part: { argument: PartTask; progress: number; result: PartResult };
  inspect: { argument: InspectedGraph; progress: never; result: TopologyInspection };
}

interface CertifyTask {
  dim: number;
  mu: number;
  seed: number;
  rounds?: number;
  starts?: number;
}

/** Where a search for gains is. */
export interface TuneProgress {
  /** Trial runs made. */
  trials: number;
  /** Trial runs, at most; a few more verify the winner. */
  of: number;
}

/** What is being measured of a compressor. */
export interface CertifyProgress {
  /** `map`, `gains`, `flow`, `later`, `messages` or `sizes`, in this order; not every compressor needs all. */
  measuring: string;
}

type Name = keyof Tasks;
type Tell<N extends Name> = (progress: Tasks[N]['progress']) => void;

const tasks: { [N in Name]: (argument: Tasks[N]['argument'], tell: Tell<N>) => Promise<Tasks[N]['result']> } =
  {
    async plan(loaded) {
      const { prepareRun } = await import('../session/prepare.js');
      return (await prepareRun(loaded, 1)).report;
    },
    async trials({ loaded, options }, tell) {
      const { tuneFlow } = await import('../program/flow/tune-flow.js');
      return tuneFlow(loaded, { ...options, onTrial: (trials) => tell({ trials, of: options.budget }) });
    },
    async certify({ text, spec, modules, options }, tell) {
      const [{ certify }, { kernelsUrl }, { loadModules }, { readFile }] = await Promise.all([
        import('../certify/certify.js'),
        import('../run/locations.js'),
        import('../plugin/modules.js'),
        import('node:fs/promises'),
      ]);
      await loadModules(modules);
      const kernels = await WebAssembly.compile(await readFile(kernelsUrl));
      return certify(text, spec, { ...options, kernels, onPart: (measuring) => tell({ measuring }) });
    },
    async generate({ spec, folder }) {
      return (await import('../program/flow/topologies.js')).makeGraph(spec, 0, folder, []);
    },
    async load(modules) {
      await (await import('../plugin/modules.js')).loadModules(modules);
      return undefined;
    },
    async part(task, tell) {
      return (await import('../verify/part.js')).runPart(task, tell);
    },
    async inspect(given) {
      const { inspectGraph } = await import('./inspect-graph.js');
      return inspectGraph(given);
    },
  };

/** On the coordinator's thread. */
export async function runTask(
  name: string,
  argument: unknown,
  tell: (progress: never) => void,
): Promise<unknown> {
  const task = tasks[name as Name] as (argument: unknown, tell: unknown) => Promise<unknown>;
  const result = await task(argument, tell);
  await settleStrays().catch(refuseStray);
  return result;
}

/** What a coordinator has for tools beside its session. */
export interface CoordinatorTasks {
  task(name: string, argument: unknown, onProgress: (progress: never) => void): Promise<unknown>;
}

interface TaskOptions<N extends Name> {
  signal?: AbortSignal | undefined;
  onProgress?: Tell<N> | undefined;
  /** How long one call of a function of a user's module may take. */
  moduleSeconds?: number | undefined;
  /** Where its modules are named. */
  loaded?: LoadedConfig;
}

/**
 * On the calling thread. What the callback throws ends the work, and is what this rejects with; so does a
 * function of a user's module that does not return, as an InputError.
 */
export async function onCoordinator<N extends Name>(
  name: N,
  argument: Tasks[N]['argument'],
  { signal, onProgress, moduleSeconds, loaded }: TaskOptions<N> = {},
): Promise<Tasks[N]['result']> {
  signal?.throwIfAborted();
  const { remote, call, watch, close } = openCoordinator<CoordinatorTasks>();
  const seconds = moduleSeconds ?? loaded?.config.modules?.seconds;
  watch(seconds, (overdue) => (loaded ? locatedRefusal(overdue, loaded) : refusalOf(overdue)));
  let give: (error: unknown) => void = () => {};
  const ended = new Promise<never>((_resolve, reject) => {
    give = reject;
  });
  ended.catch(() => {});
  const abort = () => give((signal as AbortSignal).reason);
  signal?.addEventListener('abort', abort);
  const thrown: unknown[] = [];
  const tell: Tell<N> = (progress) => {
    try {
      onProgress?.(progress);
    } catch (error) {
      thrown.push(error);
      give(error);
    }
  };
  try {
    const working = call(name, () => remote.task(name, argument, Comlink.proxy(tell) as never));
    working.catch(() => {});
    const result = (await Promise.race([working, ended])) as Tasks[N]['result'];
    // What it told came over a port of its own, and may still be under way when the result is here.
    if (onProgress !== undefined) await new Promise((resolve) => setImmediate(resolve));
    if (thrown.length > 0) throw thrown[0];
    return result;
  } finally {
    signal?.removeEventListener('abort', abort);
    await close();
  }
}
