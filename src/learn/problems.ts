/**
 * The problems that a policy is tried on: graphs of a family with costs of a family, each drawn from a seed of its
 * own, and runs of a policy on them as cells of a grid.
 */

import { completeCells } from '../compare/grid.js';
import type { Cell, Target } from '../compare/types.js';
import { learned } from '../compress/kinds.js';
import type { Policy } from '../compress/policy.js';
import type { CompressorSpec } from '../compress/types.js';
import { parseConfig } from '../config/load.js';
import type { Registries } from '../schema/program.js';

/** Plain data. */
export interface Problem {
  topology: Record<string, unknown>;
  cost: Record<string, unknown>;
  seed: number;
  /** Gains of its runs; absent: as the config has them, and trial runs for those that are left open. */
  gains?: Record<string, number>;
  /** Rounds of a run, at most; the config's where absent. */
  rounds?: number;
}

export interface Training {
  /** The config without what problems and policies bring. */
  config: Record<string, unknown>;
  folder: string;
  name: string;
  registries: Registries;
  compressors: readonly CompressorSpec[];
  target: Target;
  /** Bounds of gains, as any search of the flow's keeps to them. */
  largest: Readonly<Record<string, number>>;
}

/** Graphs and costs in turns, each with the next seed. */
export function problemsOf(
  graphs: readonly Record<string, unknown>[],
  costs: readonly Record<string, unknown>[],
  count: number,
  firstSeed: number,
): Problem[] {
  return Array.from({ length: count }, (_, at) => ({
    topology: graphs[at % graphs.length] as Record<string, unknown>,
    cost: costs[Math.floor(at / graphs.length) % costs.length] as Record<string, unknown>,
    seed: firstSeed + at,
  }));
}

/** A policy on a problem. `factors`: by what the problem's gains are multiplied. Throws InputError. */
export async function cellOf(
  { config, folder, name, registries, compressors, target, largest }: Training,
  problem: Problem,
  policy: Policy,
  label: string,
  factors: Readonly<Record<string, number>> = {},
): Promise<Cell> {
  const { topology, cost, seed, gains = {}, rounds } = problem;
  const flow = config['flow'] as Record<string, unknown>;
  const scaled = Object.entries(gains).map(([gain, value]) => [
    gain,
    Number(
      Math.min(value * (factors[gain] ?? 1), largest[gain] ?? Number.POSITIVE_INFINITY).toPrecision(DIGITS),
    ),
  ]);
  const loaded = await parseConfig(
    {
      ...config,
      topology,
      cost,
      flow: { ...flow, ...Object.fromEntries(scaled) },
      compressor: {
        ...learned(policy),
        ...(compressors.length > 0 && { inner: compressors }),
      },
      seed,
      stop: { [target.quantity]: target.bound },
      workers: 1,
      ...(rounds !== undefined && { rounds }),
    },
    { folder, registries },
  );
  const cell: Cell = {
    id: '',
    setting: '',
    inputs: [],
    method: 0,
    problem: 0,
    label,
    graph: String(topology['kind']),
    config: name,
    compressor: null,
    flow: null,
    kinds: { flow: String(flow['kind']), compressor: policy.name },
    seed,
    loaded,
  };
  await completeCells([cell], target, 0);
  return cell;
}

/** Of gains, so that the same numbers stand in every config that is made of them. */
const DIGITS = 6;
