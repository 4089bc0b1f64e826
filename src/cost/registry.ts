/**
 * Every cost by its kind: one line each. Workers import this file, so it and what it names stay free of
 * readers and solvers.
 */

import type { SpecPath } from '../base/errors.js';
import { lookUp } from '../base/registry.js';
import { average } from './average.js';
import { refuseBatch } from './batch.js';
import { custom } from './custom.js';
import { huber } from './huber.js';
import { leastSquares } from './least-squares.js';
import { linearEquation } from './linear-equation.js';
import { logistic } from './logistic.js';
import { mlp } from './mlp.js';
import { nonconvexLeastSquares } from './nonconvex-least-squares.js';
import { nonconvexLogistic } from './nonconvex-logistic.js';
import { quadratic } from './quadratic.js';
import { ridge } from './ridge.js';
import { softmax } from './softmax.js';
import type { CostContext, CostDefinition, CostModel, CostSpec } from './types.js';

/** Every private cost by its kind. */
export const costs: Readonly<Record<string, CostDefinition>> = {
  quadratic,
  average,
  'least-squares': leastSquares,
  ridge,
  huber,
  logistic,
  'nonconvex-logistic': nonconvexLogistic,
  'nonconvex-least-squares': nonconvexLeastSquares,
  'linear-equation': linearEquation,
  softmax,
  mlp,
  custom,
};

/** The definition of a kind; `path` is where the cost stands in the config. */
export function costDefinition(kind: string, path: SpecPath = ['cost']): CostDefinition {
  return lookUp(costs, kind, path);
}

/** What a host loads a cost with: refuses mini-batches of a cost without samples. */
export async function loadCost(spec: CostSpec, context: CostContext): Promise<CostModel> {
  const definition = costDefinition(spec.kind, context.path);
  const { batch = 'all', batchPath = ['flow', 'batch'] } = context;
  if (!definition.sampled) refuseBatch(spec.kind, batch, batchPath);
  return definition.load(spec, context);
}

/** How many samples an agent holds; null where the cost is made of none. */
export function samplesOf({ samples }: Pick<CostModel, 'samples'>, agent: number): number | null {
  return samples === undefined ? null : (samples[agent + 1] ?? 0) - (samples[agent] ?? 0);
}
