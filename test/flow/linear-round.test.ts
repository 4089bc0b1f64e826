/**
 * The spectral radius of a round against runs of it: for every flow that says its round as a linear map, the
 * factor by which the engine's errors shrink, or grow.
 */

import { describe, expect, it } from 'vitest';
import { runCell } from '../../src/compare/run-cell.js';
import { parseConfig } from '../../src/config/load.js';
import { radiusOf } from '../../src/flow/linear-round.js';
import { flows } from '../../src/flow/registry.js';
import { compileKernels } from '../../src/run/kernels.js';
import { prepareRun } from '../../src/session/prepare.js';
import { Stepper } from '../../src/session/single-thread.js';
import { rateOf } from '../../src/sweep/results.js';

const kernels = await compileKernels();

/** The predicted radius, and the factor of a run's error in a round. */
async function both(flow: object, more: { condition?: number; topology?: object; rounds?: number } = {}) {
  const { condition = 4, topology = { kind: 'ring', nodes: 12 }, rounds = 1500 } = more;
  const loaded = await parseConfig({
    topology,
    cost: { kind: 'quadratic', dim: 1, condition },
    flow,
    rounds,
    workers: 1,
    stop: { rmsError: 1e-13 },
  });
  const prepared = await prepareRun(loaded, 1);
  const predicted = await prepared.predict();
  const { trace } = runCell(new Stepper(prepared, kernels), { quantity: 'rmsError', bound: 1e-11 });
  return { predicted, measured: rateOf(trace), trace };
}

const VARIANTS: Record<string, object[]> = {
  'primal-dual': [
    { step: 0.2, alpha: 0.8, beta: 0.8 },
    { step: 0.45, alpha: 0.3, beta: 0.8 },
    { step: 0.2, alpha: 2, beta: 1, integrator: 'semi-implicit' },
    // Out of bounds.
    { step: 0.3, alpha: 1.5, beta: 1 },
  ],
  consensus: [
    { step: 0.2, alpha: 1 },
    { step: 0.48, alpha: 1.06 },
  ],
  extra: [{ step: 0.2 }, { step: 0.1 }],
  diging: [{ step: 0.05 }],
  nids: [{ step: 0.25 }],
  'exact-diffusion': [{ step: 0.25 }],
};
const cases = Object.entries(VARIANTS).flatMap(([kind, all]) => all.map((gains) => [kind, gains] as const));

describe('a round as a linear map', () => {
  it.each(cases)('of %s with %o shrinks errors as the engine does', async (kind, gains) => {
    const { predicted, measured } = await both({ kind, ...gains });
    expect(predicted?.exact).toBe(true);
    // In a run of a few hundred rounds there is something left of other modes.
    expect(Math.abs(Math.log(measured!) / Math.log(predicted!.radius) - 1)).toBeLessThan(0.05);
  });

  it('is said by every flow that is tried here, and tried for every flow that says it', () => {
    const said = Object.entries(flows)
      .filter(([, { linearRound }]) => linearRound !== undefined)
      .map(([kind]) => kind);
    expect([...Object.keys(VARIANTS), 'dgd'].sort()).toEqual(said.sort());
  });

  it('of gradient descent is that towards its limit, which is off the optimum', async () => {
    // With alike costs there is no bias.
    for (const variant of ['dgd', 'diffusion']) {
      const { predicted } = await both({ kind: 'dgd', variant, step: 0.3, mixing: 0.25 }, { condition: 1 });
      // 1 - h a with a = 1, and the neighbours' modes are faster: |1 - tau lambda - h| < 0.7, |1 - tau lambda| 0.7.
      expect(predicted?.radius).toBeCloseTo(0.7, 6);
    }
    const beyond = await both({ kind: 'dgd', step: 1.3, mixing: 0.25 }, { condition: 1 });
    // 1 - tau lambda - h = 1 - 1 - 1.3 at lambda = 4.
    expect(beyond.predicted?.radius).toBeCloseTo(1.3, 6);
    expect(beyond.trace.at(-1)!.rmsError).toBeGreaterThan(1e6);
  });

  it('is the same by modes and by iteration, where agents are alike', () => {
    const nodes = 16;
    const rowStart = Uint32Array.from({ length: nodes + 1 }, (_, i) => 2 * i);
    const columns = Uint32Array.from({ length: 2 * nodes }, (_, arc) => {
      const i = arc >> 1;
      return (i + (arc & 1 ? 1 : nodes - 1)) % nodes;
    });
    const problem = {
      agents: nodes,
      dim: 1,
      rowStart,
      columns,
      weights: null,
      degrees: new Float64Array(nodes).fill(2),
      lambda2: 2 - 2 * Math.cos((2 * Math.PI) / nodes),
      lambdaMax: 4,
    };
    for (const [alpha, beta, step] of [
      [1, 1, 0.2],
      [0.2, 1, 0.3],
      [1, 0.3, 0.42],
    ] as const) {
      const plan = {
        kind: 'primal-dual',
        compress: 'none',
        integrator: 'euler',
        gains: { step, alpha, beta, eta: 1 },
      };
      const round = flows['primal-dual']!.linearRound!(plan as never)!;
      const alike = new Float64Array(nodes).fill(1.5);
      const nearly = alike.map((a, i) => a + (i === 0 ? 1e-12 : 0));
      const byModes = radiusOf(round, { ...problem, curvatures: alike });
      const iterated = radiusOf(round, { ...problem, curvatures: nearly });
      expect(Math.abs(byModes - iterated)).toBeLessThan(2e-3);
    }
  });
});
