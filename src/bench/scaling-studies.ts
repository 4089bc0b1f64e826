/**
 * What `bench scaling` measures: a problem for each number of workers. Each says beforehand how many agents it
 * has and how much memory they take, since with many cores that is a lot.
 */

import { describeSpec } from '../base/describe.js';
import { formatValue, InputError } from '../base/errors.js';
import { loadConfig, parseOverride } from '../config/load.js';
import type { LoadedConfig } from '../run/config.js';
import type { PlanReport } from '../run/reports.js';
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
  /** Throws InputError where a prepared run is not what was to be measured. */
  accept?(report: PlanReport, workers: number): void;
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
  const loaded = await loadConfig(file);
  const need = await needOfConfig(loaded);
  const name = loaded.config.name ?? file;
  return {
    id: `strong/${name}`,
    title: `Strong scaling: ${name}`,
    kind: 'strong',
    config: () => loaded,
    takes: () => need,
  };
}

/** What grows with workers where --weak does not say it: the agents of nearly all generators. */
const USUALLY_GROWS = 'topology.nodes';
/** Agents that are no multiple, by less than that: grids, and graphs of parts of equal size. */
const NEARLY = 0.02;

/**
 * A problem that grows with workers: the config, with a whole number of it that many times as large.
 *
 * @param grows its place in the config, `topology.rows`; true: `topology.nodes`
 * @throws InputError where there is no such number, or where agents or data do not grow in proportion
 */
export async function weakStudyOfConfig(file: string, grows: string | true): Promise<Study> {
  const key = grows === true ? USUALLY_GROWS : grows;
  const loaded = await loadConfig(file);
  const { path } = parseOverride(`${key}=1`);
  const one = path.reduce<unknown>(
    (found, part) => (found as Record<string | number, unknown> | null | undefined)?.[part],
    loaded.config,
  );
  if (typeof one !== 'number' || !Number.isInteger(one) || one < 1) {
    throw new InputError(
      `--weak: ${key} is ${one === undefined ? 'not in the config' : formatValue(one)}, expected a whole number that grows with workers`,
      { hint: 'name it: --weak topology.rows. A graph from a file is as large as it is' },
    );
  }
  if ('data' in loaded.config.cost) {
    throw new InputError(
      '--weak: cost.data is a file, whose samples do not grow with workers: expected a cost that is drawn, such as quadratic',
    );
  }
  const need = await needOfConfig(loaded);
  const name = loaded.config.name ?? file;
  let agents: number | null = null;
  return {
    id: `weak/${name}`,
    title: `Weak scaling: ${name}, ${key} ${countText(one)} a worker`,
    kind: 'weak',
    config: (workers) =>
      loadConfig(file, [{ path, value: one * workers, origin: `--weak, ${workers} workers` }]),
    takes: (workers) => ({ arenaBytes: need.arenaBytes * workers, seconds: need.seconds * workers }),
    accept(report, workers) {
      agents ??= report.agents / workers;
      const expected = agents * workers;
      if (Math.abs(report.agents - expected) <= NEARLY * expected) return;
      throw new InputError(
        `--weak: with ${key} ${countText(one * workers)} there are ${countText(report.agents)} agents for ${workers} workers, expected ${countText(expected)}: ${countText(agents)} for each`,
        { hint: 'name a number that the agents are in proportion to, such as topology.rows' },
      );
    },
  };
}

async function needOfConfig(loaded: LoadedConfig) {
  const startedMs = performance.now();
  const { report } = await prepareRun(loaded, 1);
  const seconds = (performance.now() - startedMs) / 1000;
  return { arenaBytes: report.arenaBytes, seconds: SET_UP_SECONDS + seconds };
}
