/**
 * What `bench scaling` measures: a problem for each number of workers. Each says beforehand how many agents it
 * has and how much memory they take, since with many cores that is a lot.
 */

import { describeSpec } from '../base/describe.js';
import type { LoadedConfig } from '../run/config.js';
import { prepareRun } from '../session/prepare.js';
import { countText } from './figures.js';
import { IN_CACHE_AGENTS, OUT_OF_CACHE_AGENTS, type Problem, problemConfig } from './problem.js';
import { bytesHeld, FLATTENED_ROUND, PLAIN_ROUND, type RoundBytes } from './round-bytes.js';
import type { BenchInputs, Target } from './types.js';

/** A kernels' memory ends at 4 GiB; a problem that grows with workers stays well below. */
const LARGEST_ARENA_BYTES = 3 * 2 ** 30;
/** The hub's eigenvalue is the number of nodes. */
const STAR_STEP = 1e-5;
/** What it takes to draw graph and cost and to fill the arena; measured, and good to a factor of two. */
const SET_UP_SECONDS_AN_AGENT = 1e-5;
const SET_UP_SECONDS = 0.2;

/** One curve: a problem for each number of workers. */
export interface Study {
  id: string;
  title: string;
  kind: 'strong' | 'weak';
  config(workers: number): object | LoadedConfig | Promise<LoadedConfig>;
  /** What it takes before its first round: of memory shared between the workers, and of time. */
  takes(workers: number): { arenaBytes: number; seconds: number };
  /** Speed-up at two workers. */
  target?: Target;
  /** Per cent of the time at the barrier at two workers. */
  barrierTarget?: Target;
}

interface BuiltIn extends Omit<Study, 'config' | 'takes'> {
  agents(workers: number): number;
  method: RoundBytes;
  problem?: Partial<Problem>;
}

export function builtInStudies({ quick, seed, workers }: BenchInputs): Study[] {
  return (quick ? QUICK : standard(workers.at(-1) ?? 1)).map(
    ({ agents, method, problem, ...study }): Study => ({
      ...study,
      config: (count) =>
        problemConfig({ agents: agents(count), compressor: method.compressor, seed, ...problem }),
      takes: (count) => ({
        arenaBytes: bytesHeld(agents(count), method),
        seconds: SET_UP_SECONDS + agents(count) * SET_UP_SECONDS_AN_AGENT,
      }),
    }),
  );
}

const QUICK: readonly BuiltIn[] = [
  {
    id: 'strong/quick/none',
    title: 'Strong scaling: no compression, 200 agents',
    kind: 'strong',
    agents: () => 200,
    method: PLAIN_ROUND,
  },
  {
    id: 'weak/quick/none',
    title: 'Weak scaling: no compression, 100 agents a worker',
    kind: 'weak',
    agents: (workers) => 100 * workers,
    method: PLAIN_ROUND,
  },
];

function standard(most: number): BuiltIn[] {
  const methods = [
    { name: 'none', method: PLAIN_ROUND, barrierTarget: { atMost: 3 } },
    { name: 'flattened-sign', method: FLATTENED_ROUND, barrierTarget: undefined },
  ];
  const places = [
    { place: 'in-cache', agents: IN_CACHE_AGENTS, target: { atLeast: 1.85 } },
    { place: 'out-of-cache', agents: OUT_OF_CACHE_AGENTS, target: undefined },
  ];
  const star = OUT_OF_CACHE_AGENTS + 1;
  return [
    ...places.flatMap(({ place, agents, target }) =>
      methods.map(
        ({ name, method, barrierTarget }): BuiltIn => ({
          id: `strong/${place}/${name}`,
          title: `Strong scaling: ${describeSpec(method.compressor)}, ${countText(agents)} agents`,
          kind: 'strong',
          agents: () => agents,
          method,
          ...(target && { target }),
          ...(barrierTarget && { barrierTarget }),
        }),
      ),
    ),
    {
      id: 'strong/star/none',
      title: `Strong scaling: a star of ${countText(star - 1)} leaves`,
      kind: 'strong',
      agents: () => star,
      method: PLAIN_ROUND,
      problem: { topology: { kind: 'star', nodes: star }, step: STAR_STEP },
      target: { atLeast: 1.6 },
    },
    ...places.map(({ place, agents }): BuiltIn => {
      const each = agentsEach(agents / 2, most, FLATTENED_ROUND);
      return {
        id: `weak/${place}/flattened-sign`,
        title: `Weak scaling: flatten(sign), ${countText(each)} agents a worker`,
        kind: 'weak',
        agents: (workers) => each * workers,
        method: FLATTENED_ROUND,
      };
    }),
  ];
}

/** As many agents a worker as wanted, or as many as the largest number of workers has memory for. */
export function agentsEach(wanted: number, most: number, method: RoundBytes): number {
  const room = LARGEST_ARENA_BYTES / bytesHeld(1, method) / most;
  return Math.min(wanted, 2 ** Math.floor(Math.log2(room)));
}

/** The same problem for every number of workers. It is prepared once to know what it takes. */
export async function studyOfConfig(file: string): Promise<Study> {
  const { loadConfig } = await import('../config/load.js');
  const loaded = await loadConfig(file);
  const name = loaded.config.name ?? file;
  const startedMs = performance.now();
  const { report } = await prepareRun(loaded, 1);
  const seconds = (performance.now() - startedMs) / 1000;
  return {
    id: `strong/${name}`,
    title: `Strong scaling: ${name}`,
    kind: 'strong',
    config: () => loaded,
    takes: () => ({ arenaBytes: report.arenaBytes, seconds: SET_UP_SECONDS + seconds }),
  };
}
