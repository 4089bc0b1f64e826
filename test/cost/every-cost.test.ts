/**
 * Every cost in the registry: gradients on workers against differences of the values there, the mean of those
 * values against the host, m and l against both, and the same run for any number of workers. A new line in
 * the registry is tested at once.
 */

import { beforeAll, describe, expect, it } from 'vitest';
import { loadModules, moduleUrl } from '../../src/plugin/modules.js';
import { runSequentially } from '../support/sequential.js';
import { cases, specOf, specs, wave } from './every-cost.js';
import { AGENTS, hasKernels, onWorker } from './on-worker.js';
import { contextOf, differences, largest, loadSpec } from './support.js';

/**
 * Their kernels work in float32: differences of their values would be rounding, so the mean is held against
 * the host's doubles.
 */
const SINGLE = new Set(['mlp']);

// For models that are loaded here; a run loads the module by itself.
beforeAll(() => loadModules(specs['custom']!.map(({ module }) => moduleUrl(module as string))));

describe.skipIf(!hasKernels)('every cost', () => {
  it.each(cases)('$name: gradients are the slopes of the values, within m and l', async (one) => {
    const model = await loadSpec(specOf(one.kind, one.parameters), contextOf(AGENTS));
    const worker = onWorker(model);
    const { dim, curvature } = model;
    const points = [0, 1].map((k) => Float64Array.from({ length: dim }, (_, c) => 1.5 * wave(c + 31 * k)));

    const [here, there] = points.map((point) => worker.gradients(Array(AGENTS).fill(point)));
    const values = worker.values(points[0]!);
    const single = SINGLE.has(one.kind);
    expect(values.reduce((a, b) => a + b) / AGENTS).toBeCloseTo(model.value(points[0]!), single ? 5 : 12);
    if (single) {
      const mean = here![0]!.map((_, c) => here!.reduce((sum, row) => sum + row[c]!, 0) / AGENTS);
      const expected = differences((x) => model.value(x), points[0]!);
      expect(largest(mean.map((g, c) => g - expected[c]!))).toBeLessThan(1e-5);
    }
    for (let i = 0; i < AGENTS && !single; i++) {
      const expected = differences((x) => worker.values(x)[i]!, points[0]!);
      expect(largest(here![i]!.map((g, c) => g - expected[c]!))).toBeLessThan(1e-7);
    }

    // m |x - y|^2 <= (x - y) . (grad f_i(x) - grad f_i(y)) <= l |x - y|^2
    const apart = points[0]!.map((entry, c) => entry - points[1]![c]!);
    const squares = apart.reduce((sum, entry) => sum + entry * entry, 0);
    for (let i = 0; i < AGENTS; i++) {
      const rise = apart.reduce((sum, entry, c) => sum + entry * (here![i]![c]! - there![i]![c]!), 0);
      expect(rise).toBeLessThanOrEqual(curvature.l * squares * (1 + 1e-12));
      if (curvature.m > 0) expect(rise).toBeGreaterThanOrEqual(curvature.m * squares * (1 - 1e-12));
    }
  });

  it.each(cases)(
    '$name: its gradients vanish in the mean at the optimum, or it says why there is none',
    async (one) => {
      const model = await loadSpec(specOf(one.kind, one.parameters), contextOf(AGENTS));
      const optimum = model.optimum();
      if (!optimum) {
        expect(model.whyNoOptimum).toMatch(/\w/);
        return;
      }
      const gradients = onWorker(model).gradients(Array(AGENTS).fill(optimum.x));
      const mean = optimum.x.map((_, c) => gradients.reduce((sum, row) => sum + row[c]!, 0) / AGENTS);
      expect(largest(mean)).toBeLessThan(1e-13);
    },
  );

  it.each(cases)('$name: kernels and the loss of its code are the same', async (one) => {
    const spec = specOf(one.kind, one.parameters);
    // Only linear models have a loss by a code; without one, workers take the loss's own functions.
    const { loss } = (await loadSpec(spec, contextOf(AGENTS))).plan as { loss?: number | null };
    if (loss === undefined || loss === null) return;
    const model = await loadSpec(spec, contextOf(AGENTS, { batch: 3 }));
    const kernels = onWorker(model);
    const plain = onWorker(model, 1, { loss: null });
    const points = Array.from({ length: AGENTS }, (_, i) =>
      Float64Array.from({ length: model.dim }, (_, c) => 3 * wave(c + 17 * i)),
    );
    for (const worker of [kernels, plain]) worker.beginRound(4);
    const expected = plain.gradients(points);
    kernels.gradients(points).forEach((gradient, i) => {
      expect(largest(gradient.map((g, c) => g - expected[i]![c]!))).toBeLessThan(1e-13);
    });
    const values = plain.values(points[1]!);
    expect(largest(kernels.values(points[1]!).map((value, i) => value - values[i]!))).toBeLessThan(1e-12);
  });

  it.each(cases)('$name: the same bits for 1 and 3 workers', async (one) => {
    const config = {
      topology: { kind: 'ring', nodes: AGENTS },
      cost: specOf(one.kind, one.parameters),
      flow: { kind: 'primal-dual', compress: 'error-state', step: 0.02, alpha: 0.5, beta: 0.5 },
      compressor: { kind: 'sign' },
      rounds: 60,
    };
    const once = await runSequentially(config, 1);
    const threefold = await runSequentially(config, 3);
    expect(once.verdict).toBe('go');
    expect(threefold.stateHash).toBe(once.stateHash);
    expect({ ...threefold.final, seconds: 0 }).toEqual({ ...once.final, seconds: 0 });
    expect(largest(once.x)).toBeGreaterThan(0);
  });
});
