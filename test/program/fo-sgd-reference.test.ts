/**
 * The reference implementation of the parameter server against golden figures: an independent numpy
 * implementation on heart_scale, nine contiguous agents, full gradients.
 */

import { describe, expect, it } from 'vitest';
import { planRotation, referenceRotation } from '../../src/compress/rotation.js';
import { LinearProblem } from '../../src/cost/linear-problem.js';
import { logisticLoss } from '../../src/cost/logistic.js';
import { DenseRows } from '../../src/cost/rows.js';
import { readLibsvm } from '../../src/data/libsvm.js';
import { foSgd, serve } from '../../src/program/parameter-server/reference.js';
import { seedWords } from '../../src/runtime.js';
import { hasSharedData, sharedData } from '../cost/support.js';
import golden from '../golden/fo-sgd.json' with { type: 'json' };

describe.skipIf(!hasSharedData)('the reference implementation of FO-SGD', () => {
  it.each(golden.cases)('$name', async (example) => {
    const { lam, gamma, rounds, seed, samples, workers, regularization } = example;
    const parts = await readParts(sharedData(`libsvm/${example.data}`), workers, regularization);
    const dim = parts.whole.dim;
    const rotation = planRotation(dim, 'padded', []);
    serve({
      agents: workers,
      start: new Float64Array(dim),
      rounds,
      gradient: (x, m) => {
        const out = new Float64Array(dim);
        parts.agents[m].gradient(x, out);
        return out;
      },
      ...foSgd(() => lam, example.downlink as 'one-bit' | 'none', seedWords(seed)),
      rotation: example.flatten ? (k) => referenceRotation(rotation, k, seedWords(seed)) : null,
      gamma: () => gamma,
      onRound: (round, x) => {
        const sample = samples.find((sample) => sample.round === round);
        if (!sample) return;
        const tolerance = round <= 10 ? 1e-9 : 1e-7;
        expect(Math.abs(parts.whole.value(x) - sample.loss)).toBeLessThanOrEqual(tolerance);
        for (const [c, entry] of sample.x_first.entries())
          expect(Math.abs(x[c] - entry)).toBeLessThan(tolerance);
        expect(Math.abs(x.reduce((a, b) => a + b, 0) - sample.x_sum)).toBeLessThan(tolerance);
      },
    });
  });
});

/**
 * The whole problem and that of each agent, whose gradient is the mean over its own samples and the
 * regulariser.
 */
async function readParts(file: string, agents: number, regularization: number) {
  const { labels, rowStart, columns, values } = await readLibsvm(file);
  const dim = columns.reduce((most, c) => Math.max(most, c + 1), 0);
  const problem = (from: number, to: number) => {
    const dense = new Float64Array((to - from) * dim);
    for (let r = from; r < to; r++) {
      for (let e = rowStart[r]; e < rowStart[r + 1]; e++) dense[(r - from) * dim + columns[e]] = values[e];
    }
    return new LinearProblem(
      new DenseRows(dense, dim, dim),
      labels.slice(from, to),
      dim,
      logisticLoss,
      regularization,
    );
  };
  const n = labels.length;
  return {
    whole: problem(0, n),
    agents: Array.from({ length: agents }, (_, m) =>
      problem(Math.floor((n * m) / agents), Math.floor((n * (m + 1)) / agents)),
    ),
  };
}
