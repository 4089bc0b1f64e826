/** Workers of a small arena of their own: what bind makes of a cost, through the real kernels. */

import { existsSync, readFileSync } from 'node:fs';
import { expect } from 'vitest';
import { bindKernels } from '../../kernels/bindings.js';
import { createArena } from '../../src/arena/arena.js';
import { layoutArena, pointLength } from '../../src/arena/layout.js';
import { costs } from '../../src/cost/registry.js';
import type { CostModel } from '../../src/cost/types.js';
import type { Runtime } from '../../src/runtime.js';
import { largest } from './support.js';

const wasm = new URL('../../dist/kernels/kernels.wasm', import.meta.url);
export const hasKernels = existsSync(wasm);
export const AGENTS = 5;

/**
 * The cost of every agent on a small machine: its values at one point, its gradients at a point each.
 * `changed`: what this worker's plan says otherwise.
 */
export function onWorker(model: CostModel, worker = 1, changed: object = {}) {
  const { dim } = model;
  const row = pointLength(dim);
  const fields = [
    ...model.fields,
    { name: 'x', type: 'f64' as const, length: AGENTS * row },
    { name: 'gradient', type: 'f64' as const, length: AGENTS * row },
    { name: 'values', type: 'f64' as const, length: AGENTS },
  ];
  const arena = createArena(layoutArena(fields, worker + 1));
  model.fill(arena);
  const kernels = bindKernels(new WebAssembly.Module(readFileSync(wasm)), arena.memory);
  const nowhere = { rowStart: 0, columns: 0, weights: 0, weightStride: 0, degrees: 0 };
  const seed = { low: 1, high: 0 };
  const runtime: Runtime = {
    arena,
    kernels,
    worker,
    agents: AGENTS,
    dim,
    rowBytes: row * 8,
    blockAgents: 2,
    seed,
    graph: nowhere,
  };
  const plan = structuredClone({ ...model.plan, ...changed });
  const bound = costs[plan.kind]!.bind(plan, runtime);
  const x = arena.view('x', 'f64');
  return {
    beginRound: (round: number, draw?: number) => bound.beginRound?.(round, draw),
    correct(from: number, to: number, point: Float64Array): number {
      x.fill(0);
      x.set(point);
      return bound.correct!(from, to, arena.address('x'));
    },
    values(point: Float64Array): Float64Array {
      x.fill(0);
      x.set(point);
      bound.values(0, 2, arena.address('x'), arena.address('values'));
      bound.values(2, AGENTS - 2, arena.address('x'), arena.address('values'));
      return arena.view('values', 'f64').slice();
    },
    /** In blocks of two, as the runtime would: block rows begin at the address given. */
    gradients(points: Float64Array[]): Float64Array[] {
      points.forEach((point, i) => {
        x.set(point, i * row);
      });
      const gradient = arena.view('gradient', 'f64').fill(NaN);
      for (let first = 0; first < AGENTS; first += 2) {
        const offset = first * row * 8;
        const count = Math.min(2, AGENTS - first);
        bound.gradient(first, count, arena.address('x') + offset, arena.address('gradient') + offset);
      }
      for (let i = 0; i < AGENTS; i++) expect(largest(gradient.slice(i * row + dim, (i + 1) * row))).toBe(0);
      return points.map((_, i) => gradient.slice(i * row, i * row + dim));
    },
  };
}
