/**
 * The problems that benchmarks run: drawn quadratics on seeded graphs, with gains that keep every flow stable
 * however many rounds a benchmark takes. Nothing here is special to one method: compare what runs on the same
 * problem.
 */

import { flatten, sign } from '../compress/kinds.js';
import { UNCOMPRESSED } from '../compress/registry.js';
import type { CompressorSpec } from '../compress/types.js';

export const DIM = 64;
export const DEGREE = 8;
/**
 * State, messages and cost of 1,000 agents at d = 64 are some 2.5 MB: within the second and third caches. Of
 * 100,000 some 250 MB: beyond any.
 */
export const IN_CACHE_AGENTS = 1_000;
export const OUT_OF_CACHE_AGENTS = 100_000;

export const FLATTENED_SIGN: CompressorSpec = flatten(sign());

export interface Problem {
  agents: number;
  dim?: number;
  seed: number;
  /** identity: nothing is compressed. */
  compressor?: CompressorSpec;
  topology?: { kind: string; [parameter: string]: unknown };
  step?: number;
  /** Replaces the drawn quadratic. */
  cost?: { kind: string; [parameter: string]: unknown };
}

export const GAINS = { step: 0.02, alpha: 0.5, beta: 0.5, eta: 1, mu: 1 } as const;

/** As a config file would hold it. */
export function problemConfig(problem: Problem): object {
  const { agents, dim = DIM, seed, compressor = UNCOMPRESSED, step = GAINS.step } = problem;
  const compress = compressor.kind === UNCOMPRESSED.kind ? 'none' : 'error-state';
  return {
    topology: problem.topology ?? { kind: 'random-regular', nodes: agents, degree: DEGREE },
    cost: problem.cost ?? { kind: 'quadratic', dim, condition: 4 },
    flow: { kind: 'primal-dual', compress, ...GAINS, step },
    compressor,
    seed,
  };
}
