/**
 * A whole round in one kernel against the kernels that it stands for, one after the other: bit for bit. Those
 * have reference implementations of their own.
 */

import { expect, it } from 'vitest';
import { stepPushSum } from '../../kernels/reference/steps.js';
import { Bench, expectSame, type Rows, seededRandom, unkindVectors } from './harness.js';

const AGENTS = 23;
const FIRST = 2;
const COUNT = 19;

/** Agent i hears 1 to 13 others: fewer than four, four and eight exactly, and what is left over of fours. */
function mixedGraph(weighted: boolean, countOf = (i: number) => 1 + (i % 13)) {
  const rowStart = [0];
  const columns: number[] = [];
  const weights: number[] = [];
  const degrees: number[] = [];
  for (let i = 0; i < AGENTS; i++) {
    const count = countOf(i);
    for (let k = 1; k <= count; k++) {
      columns.push((i + 3 * k) % AGENTS);
      weights.push(weighted ? 0.25 + ((i + k) % 7) / 8 : 1);
    }
    degrees.push(weights.slice(rowStart[i]).reduce((sum, weight) => sum + weight, 0));
    rowStart.push(columns.length);
  }
  return { rowStart, columns, weights: weighted ? weights : [1], degrees };
}

/** Uniform in (-1, 1). */
const entries = (count: number, random: () => number) =>
  Float64Array.from({ length: count }, () => 2 * random() - 1);

const GAMMA = 0.4;

const cases = [
  { dim: 64, weighted: false, mu: 1, current: 1, hImplicit: 0 },
  { dim: 64, weighted: true, mu: 0.7, current: 0, hImplicit: 0.3 },
  { dim: 8, size: 64, weighted: true, mu: 1, current: 1, hImplicit: 0 },
  { dim: 72, size: 128, weighted: false, mu: 1, current: 0, hImplicit: 0 },
  { dim: 256, weighted: true, mu: 1, current: 1, hImplicit: 0.2 },
  { dim: 64, weighted: true, mu: 1, current: 1, hImplicit: 0, memory: true },
  { dim: 72, size: 128, weighted: false, mu: 0.7, current: 1, hImplicit: 0.3, memory: true },
  { dim: 1000, size: 1024, weighted: false, mu: 1, current: 1, hImplicit: 0 },
  { dim: 2048, weighted: false, mu: 0.5, current: 1, hImplicit: 0 },
];

it.each(cases)(
  '$dim entries, weights $weighted, mu $mu, current $current, hImplicit $hImplicit, memory $memory',
  (given) => {
    const { dim, size = dim, weighted, mu, current, hImplicit, memory = false } = given;
    const random = seededRandom(dim + (weighted ? 1 : 0));
    const bench = new Bench(1 << 25);
    const { kernels } = bench;
    const graph = mixedGraph(weighted);
    const degrees = bench.doubles(graph.degrees);
    const g = [
      bench.u32(graph.rowStart),
      bench.u32(graph.columns),
      bench.doubles(graph.weights),
      weighted ? 8 : 0,
      degrees,
    ] as const;
    const unkind = Object.values(unkindVectors(dim));
    const vectors = (first: number) =>
      Array.from({ length: COUNT }, (_, r) => (r < first ? unkind[r % unkind.length] : entries(dim, random)));
    const masks = [bench.reserve(size * 8), bench.reserve(size * 8)] as const;
    kernels.flattenMasks(masks[0], size, 4, 9, 8);
    kernels.flattenMasks(masks[1], size, 5, 9, 8);

    // Messages of all agents, vectors of zeros among them.
    const slotBytes = 8 + size / 8;
    const slots = bench.reserve(AGENTS * slotBytes);
    const said = bench.rows(
      Array.from({ length: AGENTS }, (_, i) => (i === 5 ? new Float64Array(dim) : entries(dim, random))),
      dim,
    );
    const rotated = bench.rows(COUNT, size);
    kernels.encodeFlattenedSign(
      0,
      AGENTS,
      said.at,
      said.stride,
      slots,
      slotBytes,
      dim,
      size,
      masks[0],
      rotated.at,
    );

    for (const quadratic of [true, false]) {
      const start = Array.from({ length: 7 }, (_, array) => vectors(array < 4 ? 0 : 4));
      const place = () => start.map((rows) => bench.rows(rows, dim));
      const [x, v, s, z, a, b, m] = place();
      const stride = x.stride;
      const laplacian = bench.rows(COUNT, dim);
      const message = bench.rows(COUNT, dim);
      const gradient = bench.rows(start[4], dim);
      const error = bench.rows(COUNT, dim);
      const outbox = bench.bytes(AGENTS * slotBytes);
      kernels.gatherSign(FIRST, COUNT, ...g, slots, slotBytes, rotated.at, rotated.stride, size);
      kernels.unflattenBlock(rotated.at, rotated.stride, laplacian.at, stride, COUNT, dim, size, masks[0]);
      kernels.decodeFlattenedSign(
        FIRST,
        COUNT,
        slots,
        slotBytes,
        message.at,
        stride,
        dim,
        size,
        masks[0],
        rotated.at,
      );
      if (quadratic) kernels.gradientQuadratic(COUNT, stride, dim, x.at, a.at, b.at, gradient.at);
      const own = degrees + FIRST * 8;
      const rows = [gradient.at, laplacian.at, message.at, error.at] as const;
      const gains = [0.02, 0.03, 0.05, hImplicit, mu] as const;
      const state = [x.at, v.at, s.at, z.at] as const;
      if (memory) {
        kernels.stepPrimalDualMemory(COUNT, stride, dim, ...state, m.at, own, own, ...rows, ...gains, GAMMA);
      } else {
        kernels.stepPrimalDualError(COUNT, stride, dim, ...state, ...rows, own, ...gains, current);
      }
      kernels.encodeFlattenedSign(
        FIRST,
        COUNT,
        error.at,
        stride,
        outbox.at,
        slotBytes,
        dim,
        size,
        masks[1],
        rotated.at,
      );

      const fused = place();
      const fusedOutbox = bench.bytes(AGENTS * slotBytes);
      const [fx, fv, fs, fz, fa, fb, fm] = fused.map(({ at }) => at);
      kernels.primalDualRotatedSigns(
        FIRST,
        COUNT,
        ...g,
        slots,
        fusedOutbox.at,
        slotBytes,
        dim,
        size,
        masks[0],
        masks[1],
        fx,
        fv,
        fs,
        fz,
        memory ? fm : 0,
        quadratic ? 0 : fa,
        fa,
        fb,
        0.02,
        0.03,
        0.05,
        hImplicit,
        mu,
        current,
        GAMMA,
        bench.reserve((3 * size + 64) * 8),
      );
      const composed: [string, Rows, Rows][] = [
        ['x', x, fused[0]],
        ['v', v, fused[1]],
        ['s', s, fused[2]],
        ['z', z, fused[3]],
        ['m', m, fused[6]],
      ];
      for (const [name, expected, found] of composed) {
        expect(bytes(found).equals(bytes(expected)), `${name}, quadratic ${quadratic}`).toBe(true);
      }
      expect(x.row(COUNT - 1)[0]).not.toBe(start[0][COUNT - 1][0]);
      expectSame(fusedOutbox.data, outbox.data, `messages, quadratic ${quadratic}`);
    }
    bench.checkGuards();
  },
);

it.each([
  { dim: 64, weighted: false, hImplicit: 0 },
  { dim: 64, weighted: true, hImplicit: 0.3 },
  { dim: 1, weighted: true, hImplicit: 0 },
  { dim: 27, weighted: false, hImplicit: 0.1 },
  { dim: 72, weighted: true, hImplicit: 0 },
  { dim: 72, weighted: false, hImplicit: 0 },
  { dim: 8, weighted: false, hImplicit: 0.2 },
  { dim: 5, weighted: false, hImplicit: 0 },
])('uncompressed: $dim entries, weights $weighted, hImplicit $hImplicit', ({ dim, weighted, hImplicit }) => {
  const random = seededRandom(dim);
  const bench = new Bench(1 << 20);
  const { kernels } = bench;
  // From nobody to three groups of neighbours, whole ones and parts of them.
  const graph = mixedGraph(weighted, (i) => (i + 17) % 22);
  const degrees = bench.doubles(graph.degrees);
  const g = [
    bench.u32(graph.rowStart),
    bench.u32(graph.columns),
    bench.doubles(graph.weights),
    weighted ? 8 : 0,
    degrees,
  ] as const;
  const unkind = Object.values(unkindVectors(dim));
  const states = bench.rows(
    Array.from({ length: AGENTS }, (_, i) => unkind[i - AGENTS + unkind.length] ?? entries(dim, random)),
    dim,
  );
  const { stride } = states;
  const n = stride / 8;
  const x = states.at + FIRST * stride;
  for (const quadratic of [true, false]) {
    const start = Array.from({ length: 3 }, () => Array.from({ length: COUNT }, () => entries(dim, random)));
    const [v, a, b] = start.map((rows) => bench.rows(rows, dim));
    const [fusedV] = start.map((rows) => bench.rows(rows, dim));
    const [laplacian, out, fusedOut] = Array.from({ length: 3 }, () => bench.rows(COUNT, dim, Number.NaN));
    const gradient = bench.rows(start[1], dim);
    kernels.gatherDense(FIRST, COUNT, ...g, states.at, stride, laplacian.at, stride, n);
    if (quadratic) kernels.gradientQuadratic(COUNT, stride, n, x, a.at, b.at, gradient.at);
    const gains = [0.02, 0.03, 0.05, hImplicit] as const;
    const of = degrees + FIRST * 8;
    kernels.stepPrimalDual(COUNT, stride, n, x, out.at, v.at, gradient.at, laplacian.at, of, ...gains);
    kernels.primalDualDense(
      FIRST,
      COUNT,
      ...g,
      states.at,
      stride,
      fusedOut.at,
      fusedV.at,
      quadratic ? 0 : a.at,
      a.at,
      b.at,
      ...gains,
      quadratic ? 0 : 2,
      FIRST + COUNT,
    );
    expect(bytes(fusedOut).equals(bytes(out)), `x, quadratic ${quadratic}`).toBe(true);
    expect(bytes(fusedV).equals(bytes(v)), `v, quadratic ${quadratic}`).toBe(true);
    expect(v.row(0)[0]).not.toBe(start[0][0][0]);
  }
  bench.checkGuards();
});

it.each([
  { dim: 64, weighted: false, ahead: 0 },
  { dim: 1, weighted: true, ahead: 2 },
  { dim: 27, weighted: false, ahead: 1 },
  { dim: 72, weighted: true, ahead: 0 },
])('push-sum: $dim entries, weights $weighted, $ahead ahead', ({ dim, weighted, ahead }) => {
  const random = seededRandom(dim);
  const bench = new Bench(1 << 20);
  const { kernels } = bench;
  const { rowStart, columns, weights } = mixedGraph(weighted);
  const g = [bench.u32(rowStart), bench.u32(columns), bench.doubles(weights), weighted ? 8 : 0] as const;
  const n = dim + 1;
  const outDegrees = Array.from({ length: AGENTS }, (_, i) => i % 5);
  // Weights are positive, sums are not, and some are -0 or not finite.
  const unkind = Object.values(unkindVectors(dim));
  const shares = bench.rows(
    Array.from({ length: AGENTS }, (_, i) =>
      Float64Array.from([...(unkind[i] ?? entries(dim, random)), 1 + random()]),
    ),
    n,
  );
  const [next, gathered] = [bench.rows(AGENTS, n, Number.NaN), bench.rows(AGENTS, n, Number.NaN)];
  const x = bench.rows(AGENTS, dim, Number.NaN);
  const minusOne = bench.doubles(Array.from({ length: AGENTS }, () => -1));
  kernels.gatherDense(0, AGENTS, ...g, minusOne, shares.at, shares.stride, gathered.at, gathered.stride, n);
  const degreesAt = bench.doubles(outDegrees);
  for (const [first, count] of [
    [0, FIRST],
    [FIRST, AGENTS - FIRST],
  ] as const)
    kernels.pushSum(
      first,
      count,
      dim,
      ...g,
      degreesAt,
      shares.at,
      next.at,
      shares.stride,
      x.at,
      x.stride,
      ahead,
      AGENTS,
    );
  for (let i = 0; i < AGENTS; i++) {
    const expected = stepPushSum(
      gathered.row(i).map((entry) => -entry),
      outDegrees[i]!,
    );
    expectSame(x.row(i), expected.x, `x of agent ${i}`);
    expectSame(next.row(i), expected.share, `share of agent ${i}`);
  }
  bench.checkGuards();
});

/** The bytes, so that -0 is not +0. Where a number is none, which bits it has is nobody's promise. */
function bytes({ data }: Rows): Buffer {
  return Buffer.from(data.map((value) => (Number.isNaN(value) ? Number.NaN : value)).buffer);
}
