/**
 * Optimisation and averages over directed graphs that are not balanced: the methods end at the optimum, which is
 * computed here, from a config that leaves every gain to `auto`.
 */

import { writeFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { writeNpy } from '../../src/data/npy.js';
import { goldenProblem } from '../golden/problem.js';
import { writeQuadratic } from '../support/quadratic.js';
import { temporaryFolder } from '../support/run.js';
import { runSequentially } from '../support/sequential.js';

const nodes = 9;
const dim = 16;
const { a, b } = goldenProblem(nodes, dim, 0);
const column = (c: number, of: (at: number) => number) =>
  Array.from({ length: nodes }, (_, i) => of(i * dim + c)).reduce((sum, entry) => sum + entry, 0);
const minimiser = Array.from(
  { length: dim },
  (_, c) => column(c, (at) => a[at] * b[at]) / column(c, (at) => a[at]),
);
const average = Array.from({ length: dim }, (_, c) => column(c, (at) => b[at]) / nodes);

/** A ring of arcs, and most agents tell agent 0: it hears seven, and tells one. */
const arcs = [
  ...Array.from({ length: nodes }, (_, i) => [i, (i + 1) % nodes]),
  ...[2, 3, 4, 5, 6, 7].map((i) => [i, 0]),
  [1, 4],
  [3, 7],
];
const hears = Array.from({ length: nodes }, (_, i) => arcs.flatMap(([from, to]) => (to === i ? [from] : [])));
const hearers = Array.from({ length: nodes }, (_, i) => arcs.filter(([from]) => from === i).length);

const folder = temporaryFolder();
const file = path.join(folder, 'arcs.csv');
writeFileSync(file, `source,target\n${arcs.map((arc) => arc.join(',')).join('\n')}\n`);
const { cost } = await writeQuadratic(folder, 'problem', a, b, dim);
const shared = b.slice(0, dim);
const agreed = (
  await writeQuadratic(
    folder,
    'agreed',
    a,
    b.map((_, at) => shared[at % dim]),
    dim,
  )
).cost;
const init = path.join(folder, 'init.npy');
await writeNpy(init, { shape: [nodes, dim], data: b });
const base = { topology: { file, directed: true }, cost, seed: 5, trace: { every: 50 } };

const compressors = {
  none: { kind: 'identity' },
  'top-k': { kind: 'top-k', k: 4 },
  'flatten(sign)': { kind: 'flatten', inner: { kind: 'sign' } },
};

/** Largest distance of an entry from where it should be. */
function offBy(x: Float64Array, right: readonly number[]): number {
  return x.reduce((most, entry, at) => Math.max(most, Math.abs(entry - right[at % dim])), 0);
}

describe.each(Object.entries(compressors))('with %s', (_, compressor) => {
  it.each(['push-pull', 'push-diging'])('%s ends at the minimiser', async (kind) => {
    const { x, verdict } = await runSequentially(
      { ...base, flow: { kind }, compressor, rounds: 20_000, stop: { rmsError: 1e-9 } },
      1,
    );
    expect(verdict).toBe('converged');
    expect(offBy(x, minimiser)).toBeLessThan(1e-8);
  });

  it.each(['surplus-consensus', 'quantized-push-sum'])('%s ends at the average', async (kind) => {
    const { x } = await runSequentially(
      {
        ...base,
        init,
        flow: { kind },
        compressor,
        rounds: 20_000,
        stop: { rmsError: 1e-9 },
      },
      1,
    );
    expect(offBy(x, average)).toBeLessThan(1e-8);
  });

  // The bias of its step is that of the agents' gradients at the optimum: where each of them is 0 there is
  // none.
  it("sgp ends at the minimiser where it is everybody's", async () => {
    const config = { ...base, cost: agreed, flow: { kind: 'sgp' }, compressor };
    const { x, verdict } = await runSequentially({ ...config, rounds: 20_000, stop: { rmsError: 1e-9 } }, 1);
    expect(verdict).toBe('converged');
    expect(offBy(x, [...shared])).toBeLessThan(1e-8);
  });

  it('sgp comes as near as its step says, and nearer with one that diminishes', async () => {
    const ends = async (flow: object, using: object = compressor) => {
      const config = { ...base, flow: { kind: 'sgp', gamma: 0.2, ...flow }, compressor: using };
      return (await runSequentially({ ...config, rounds: 12_000 }, 1)).x;
    };
    const constant = await ends({ step: 0.004 });
    const large = offBy(constant, minimiser);
    const small = offBy(await ends({ step: 0.001 }), minimiser);
    const diminishing = offBy(await ends({ step: 0.02, decayRounds: 100 }), minimiser);
    // A bias of order h.
    expect(large).toBeGreaterThan(1e-3);
    expect(large / small).toBeGreaterThan(3);
    expect(large / small).toBeLessThan(4.2);
    expect(diminishing).toBeLessThan(small / 3);
    // It is that of no compression.
    const uncompressed = await ends({ step: 0.004 }, compressors.none);
    const apart = constant.reduce((most, entry, at) => Math.max(most, Math.abs(entry - uncompressed[at])), 0);
    expect(apart).toBeLessThan(1e-8);
  });
});

describe('over directed graphs that follow one another, none of them strongly connected', () => {
  const thirds = [0, 1, 2].map((third) => {
    const listed = path.join(folder, `third-${third}.csv`);
    const some = arcs.filter((_, at) => at % 3 === third);
    writeFileSync(listed, `source,target\n${some.map((arc) => arc.join(',')).join('\n')}\n`);
    return { file: listed, directed: true };
  });
  const links = { kind: 'schedule', graphs: thirds };

  it.each(['push-pull', 'push-diging'])('%s ends at the minimiser', async (kind) => {
    const { x, verdict } = await runSequentially(
      { ...base, links, flow: { kind }, rounds: 20_000, stop: { rmsError: 1e-9 } },
      1,
    );
    expect(verdict).toBe('converged');
    expect(offBy(x, minimiser)).toBeLessThan(1e-8);
  });

  it.each(['surplus-consensus', 'quantized-push-sum', 'push-sum'])('%s ends at the average', async (kind) => {
    const { x } = await runSequentially(
      { ...base, links, init, flow: { kind }, rounds: 20_000, stop: { rmsError: 1e-9 } },
      1,
    );
    expect(offBy(x, average)).toBeLessThan(1e-8);
  });
});

describe('messages of a fixed number of bits, whose error is not relative', () => {
  // What is farther away than a message can say comes nearer by its largest level.
  const zooming = { kind: 'saturated-quantize', bits: 4, step: 1, rate: 0.98 };
  const gains = { gamma: 0.3, gammaTracker: 0.3, step: 0.03 };

  it('push-pull (RCPP) ends at the minimiser', async () => {
    const { x, messageBits } = await runSequentially(
      { ...base, flow: { kind: 'push-pull', ...gains }, compressor: zooming, rounds: 2000 },
      1,
    );
    expect(messageBits).toBe(2 * 4 * dim);
    expect(offBy(x, minimiser)).toBeLessThan(1e-8);
  });

  it('surplus-consensus ends at the average, with two bits too', async () => {
    const two = { ...zooming, bits: 2, rate: 0.99 };
    for (const compressor of [zooming, two]) {
      const { x, messageBits } = await runSequentially(
        { ...base, init, flow: { kind: 'surplus-consensus', ...gains }, compressor, rounds: 4000 },
        1,
      );
      expect(messageBits).toBe(2 * compressor.bits * dim);
      expect(offBy(x, average)).toBeLessThan(1e-8);
    }
  });

  it('without zooming they stall', async () => {
    const compressor = { kind: 'saturated-quantize', bits: 4, step: 0.5, zoom: false };
    const { x } = await runSequentially(
      { ...base, flow: { kind: 'push-pull', ...gains }, compressor, rounds: 2000 },
      1,
    );
    expect(offBy(x, minimiser)).toBeGreaterThan(1e-3);
  });
});

it('the sum of trackers is that of the gradients, whatever is compressed away', async () => {
  for (const kind of ['push-pull', 'push-diging']) {
    const { x, v } = await runSequentially(
      {
        ...base,
        flow: { kind, gamma: 0.2, step: 0.01 },
        compressor: compressors['top-k'],
        links: { kind: 'drops', rate: 0.3 },
        rounds: 40,
      },
      1,
    );
    for (let c = 0; c < dim; c++) {
      const gradients = column(c, (at) => a[at] * (x[at] - b[at]));
      expect(Math.abs(column(c, (at) => v[at]) - gradients)).toBeLessThan(1e-11);
    }
  }
});

/** sign(e) mean|e|, entry by entry: no rotation, and so no sums that are 0 but for rounding. */
const signs = (e: number[]): number[] => {
  const scale = e.reduce((sum, entry) => sum + Math.abs(entry), 0) / e.length;
  return e.map((entry) => (entry < 0 ? -scale : scale));
};

it('surplus-consensus with one bit an entry is its recursion', async () => {
  const { step: h, gamma, alpha, rounds } = { step: 0.04, gamma: 0.15, alpha: 0.7, rounds: 25 };
  let x = Array.from({ length: nodes }, (_, i) => Array.from(b.subarray(i * dim, (i + 1) * dim)));
  let surplus = x.map((row) => row.map(() => 0));
  let known = [x, x].map((rows) => rows.map((row) => row.map(() => 0)));
  for (let k = 0; k < rounds; k++) {
    const shares = surplus.map((row, i) => row.map((entry) => entry / (1 + hearers[i])));
    // v = -s is what the engine sends, and the sign of 0 is not that of -0.
    const said = [x, shares.map((row) => row.map((entry) => -entry))].map((rows, which) =>
      rows.map((row, i) => signs(row.map((entry, c) => entry - known[which][i][c]))),
    );
    const [xHat, vHat] = known.map((rows, which) =>
      rows.map((row, i) => row.map((entry, c) => entry + said[which][i][c])),
    );
    const next = x.map((row, i) =>
      row.map(
        (entry, c) =>
          entry +
          (gamma * hears[i].reduce((sum, j) => sum + xHat[j][c] - xHat[i][c], 0)) / (1 + hears[i].length) +
          h * surplus[i][c],
      ),
    );
    surplus = surplus.map((row, i) =>
      row.map(
        (entry, c) =>
          entry +
          gamma * hearers[i] * vHat[i][c] -
          gamma * hears[i].reduce((sum, j) => sum + vHat[j][c], 0) -
          (next[i][c] - x[i][c]),
      ),
    );
    x = next;
    known = known.map((rows, which) =>
      rows.map((row, i) => row.map((entry, c) => entry + alpha * said[which][i][c])),
    );
  }
  const engine = await runSequentially(
    {
      ...base,
      init,
      flow: { kind: 'surplus-consensus', step: h, gamma, alpha, tuning: 'formula' },
      compressor: { kind: 'sign' },
      rounds,
    },
    1,
  );
  const off = Math.max(
    ...x.flatMap((row, i) => row.map((entry, c) => Math.abs(entry - engine.x[i * dim + c]))),
  );
  expect(off).toBeLessThan(1e-12);
});
