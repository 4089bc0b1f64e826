/**
 * Every kernel beside its plain: what is called, on what, and what both must give. A new kernel is a line
 * here; the table says which have none.
 */

import type { Kernels } from '../../kernels/bindings.js';
import {
  ALL_AGENTS,
  columnMean,
  FLATTEN_STREAM,
  flatten,
  flattenSigns,
  gather,
  gradientLinear,
  gradientQuadratic,
  gradientSoftmax,
  type LinearCost,
  philoxUniform,
  philoxWords,
  type SoftmaxCost,
  signScaled,
  squaredDistance,
  stepPrimalDual,
  stepPrimalDualError,
  stepPrimalDualMemory,
  sum,
  unflatten,
  valueQuadratic,
  wht,
} from '../../kernels/reference/index.js';
import { bindCompressor, definitions, planCompressor } from '../compress/registry.js';
import { stage } from '../compress/stage.js';
import type { BoundCompressor, CompressorDefinition, CompressorPlan } from '../compress/types.js';
import { slotBytes as bytesOfSlot, pack, unpack } from '../compress/wire/format.js';
import { signs } from '../compress/wire/signs.js';
import type { Runtime } from '../runtime.js';
import { Lab, type LabRows } from './lab.js';

/** Numbers, or rows of them. */
export type Rows = ArrayLike<number> | readonly ArrayLike<number>[];

export interface KernelCase {
  name: string;
  simd: boolean;
  /** Entries that one call works on. */
  coordinates: number;
  /** Bytes that one call reads and writes, each once. */
  bytes: number;
  run(): void;
  /** Gives what `results` must be after the first call. */
  plain(): Rows;
  results(): ArrayLike<number>;
}

const GAINS = { hEta: 0.02, hAlpha: 0.01, hBeta: 0.01 };
const MU = 0.5;
const GAMMA = 0.5;
const ROUND = 5;
const KEY = [7, 0] as const;
const SAMPLES = 4;
const CLASSES = 4;
const LOGISTIC = 1;

export async function kernelCases(
  agents: number,
  dim: number,
  degree: number,
  seed: number,
): Promise<{ cases: KernelCase[]; missing: string[] }> {
  const lab = await Lab.create(agents, dim, degree, seed);
  const cases = [
    ...messageCases(lab),
    ...transformCases(lab),
    ...stepCases(lab),
    denseRoundCase(lab),
    rotatedRoundCase(lab),
    ...costCases(lab),
    ...traceCases(lab),
    ...randomCases(lab),
  ];
  const named = new Set(cases.map(({ name }) => name.split(' ')[0]));
  const missing = Object.keys(lab.kernels).filter((name) => !named.has(name) && name !== 'memory');
  return { cases, missing };
}

/** All rows, one after the other. */
const joined = (rows: readonly ArrayLike<number>[]) => rows.flatMap((row) => Array.from(row));

export function flat(rows: Rows): number[] {
  return Array.from(rows as ArrayLike<number | ArrayLike<number>>).flatMap((row) =>
    typeof row === 'number' ? row : Array.from(row),
  );
}

/** Kernels that go entry by entry. */
const PLAIN = new Set<string>([
  'decodeSparse',
  'gatherSparse',
  'encodeScalars',
  'decodeScalars',
  'gatherScalars',
  'gradientLinearSparse',
]);

/** Of every compressor whose messages kernels make and read, in its own examples; each kernel once. */
function messageCases(lab: Lab): KernelCase[] {
  const cases = new Map<string, KernelCase>();
  for (const definition of definitions()) {
    for (const example of definition.messages ? definition.examples(lab.dim) : []) {
      for (const each of casesOf(lab, definition, example)) {
        const [kernel] = each.name.split(' ');
        if (!cases.has(kernel)) cases.set(kernel, each);
      }
    }
  }
  return [...cases.values(), flattenedSignCase(lab)];
}

function casesOf(
  { agents, dim, stride, graph, edges, module }: Lab,
  definition: CompressorDefinition,
  example: Record<string, unknown>,
): KernelCase[] {
  const seed = { low: KEY[0], high: KEY[1] };
  const context = { agents, dim, blockAgents: agents, seed, rounds: 100, path: ['message'] };
  const plan = planCompressor({ ...example, kind: definition.kind }, context);
  const { slotBytes } = plan;
  const entries = (agents * stride) / 8;
  const { arena, runtime, bound, slots, lengths } = stage({
    plan,
    agents,
    blockAgents: agents,
    seed,
    kernels: module,
    graph: { ...graph, weights: [1] },
    fields: [
      { name: 'errors', type: 'f64', length: entries },
      { name: 'out', type: 'f64', length: entries },
    ],
  });
  const { format, of } = (definition.messages as NonNullable<typeof definition.messages>)(plan, seed);
  const errors = Array.from({ length: agents }, (_, i) => {
    const row = philoxUniform(dim, i, ROUND, 1, KEY);
    arena.view('errors', 'f64').set(row, (i * stride) / 8);
    return row;
  });
  const errorsAt = arena.address('errors');
  const outAt = arena.address('out');
  const packAll = () => errors.map((e, agent) => pack(format, of(e, ROUND, agent)));
  const own = packAll();
  const unpackAll = () => own.map((slot) => unpack(format, slot, ROUND));
  const label = format.label === undefined ? '' : ` ${format.label}`;
  const coordinates = agents * dim;
  const messageBytes = format.bits / 8;
  const found = () =>
    own.flatMap((_, i) =>
      Array.from(arena.view('out', 'f64').subarray((i * stride) / 8, (i * stride) / 8 + dim)),
    );
  const steps = (to: BoundCompressor) => ({
    encode: () => to.encode(0, agents, ROUND, errorsAt, stride, slots, lengths),
    decode: () => to.decode(0, agents, ROUND, slots, outAt, stride),
    gather: () => to.gather(0, agents, ROUND, slots, outAt, stride),
  });
  bound.prepare(ROUND);
  const { encode, decode, gather: gatherAll } = steps(bound);
  // What decode and gather read; both sides then have the same messages.
  encode();
  const nameOf = kernelsCalled(plan, runtime, steps);
  const all = [
    {
      kernel: nameOf('encode'),
      coordinates,
      bytes: coordinates * 8 + agents * messageBytes,
      run: encode,
      plain: packAll,
      results: () => arena.view('outbox', 'u8').slice(0, agents * slotBytes),
    },
    {
      kernel: nameOf('decode'),
      coordinates,
      bytes: coordinates * 8 + agents * messageBytes,
      run: decode,
      plain: unpackAll,
      results: found,
    },
    {
      kernel: nameOf('gather'),
      coordinates: coordinates + edges * dim,
      bytes: coordinates * 8 + (agents + edges) * messageBytes,
      run: gatherAll,
      plain() {
        const messages = unpackAll();
        return messages.map((_, i) => gather(graph, messages, i));
      },
      results: found,
    },
  ];
  return all.flatMap(({ kernel, ...each }) =>
    kernel === null ? [] : [{ name: `${kernel}${label}`, simd: !PLAIN.has(kernel), ...each }],
  );
}

/** The kernel that a step of a compressor is; null where it is none, or several. */
function kernelsCalled<Step extends string>(
  plan: CompressorPlan,
  runtime: Runtime,
  steps: (bound: BoundCompressor) => Record<Step, () => void>,
): (step: Step) => string | null {
  const called = new Set<string>();
  const kernels = Object.fromEntries(
    Object.entries(runtime.kernels).map(([name, kernel]) => [
      name,
      (...given: number[]) => {
        called.add(name);
        return (kernel as (...given: number[]) => unknown)(...given);
      },
    ]),
  ) as unknown as Kernels;
  const bound = bindCompressor(plan, { ...runtime, kernels });
  return (step) => {
    called.clear();
    steps(bound)[step]();
    return called.size === 1 ? [...called][0] : null;
  };
}

/** A composition whose messages are read by the kernels above. */
function flattenedSignCase(lab: Lab): KernelCase {
  const { kernels: k, agents, dim, stride } = lab;
  const format = signs(dim, 64);
  const slotBytes = bytesOfSlot(format.bits);
  const slots = lab.reserve(agents * slotBytes);
  const scratch = lab.reserve(4096);
  const errors = lab.rows();
  const rotation = flattenSigns(dim, ROUND, ...KEY);
  const masks = lab.reserve(dim * 8);
  k.flattenMasks(masks, dim, ROUND, ...KEY);
  return {
    name: 'encodeFlattenedSign',
    simd: true,
    coordinates: agents * dim,
    bytes: agents * dim * 8 + (agents * format.bits) / 8,
    run: () =>
      k.encodeFlattenedSign(0, agents, errors.at, stride, slots, slotBytes, dim, dim, masks, scratch),
    plain: () => errors.plain.map((e) => packSigns(flatten(e, rotation))),
    results: () => lab.bytes(slots, agents * slotBytes).slice(),
  };
}

/** Signs under the mean of the magnitudes, packed. */
const packSigns = (e: Float64Array) => pack(signs(e.length, 64), signScaled(e, 'mean', 64));

function unpadded({ data, plain }: LabRows, dim: number): Float64Array[] {
  const entries = data.length / plain.length;
  return plain.map((_, row) => data.slice(row * entries, row * entries + dim));
}

function transformCases(lab: Lab): KernelCase[] {
  const { kernels: k, agents, dim, stride } = lab;
  const signs = flattenSigns(dim, ROUND, ...KEY);
  const masks = lab.reserve(dim * 8);
  k.flattenMasks(masks, dim, ROUND, ...KEY);
  const source = lab.rows();
  const spent = lab.rows();
  const target = lab.rows();
  const coordinates = agents * dim;
  const found = () => joined(unpadded(target, dim));
  return [
    {
      name: 'flattenBlock',
      simd: true,
      coordinates,
      bytes: 16 * coordinates,
      run: () => k.flattenBlock(source.at, stride, target.at, stride, agents, dim, dim, masks),
      plain: () => source.plain.map((x) => flatten(x, signs)),
      results: found,
    },
    {
      name: 'unflattenBlock',
      simd: true,
      coordinates,
      bytes: 16 * coordinates,
      run() {
        // It destroys its source, so it is given a fresh one: a copy that its time includes, and its
        // reference implementation's does too.
        spent.data.set(source.data);
        k.unflattenBlock(spent.at, stride, target.at, stride, agents, dim, dim, masks);
      },
      plain: () => source.plain.map((x) => unflatten(x, signs, dim)),
      results: found,
    },
    ...[256, 4096].map((n): KernelCase => {
      const { at, data } = lab.doubles(n);
      const start = Float64Array.from({ length: n }, (_, c) => Math.sin(1 + c));
      return {
        name: `wht n=${n}`,
        simd: true,
        coordinates: n,
        bytes: 16 * n,
        run() {
          data.set(start);
          k.wht(at, n);
        },
        plain() {
          const copy = start.slice();
          wht(copy);
          return copy;
        },
        results: () => data.slice(),
      };
    }),
  ];
}

function stepCases(lab: Lab): KernelCase[] {
  const { kernels: k, agents, dim, stride } = lab;
  const coordinates = agents * dim;
  const { hEta, hAlpha, hBeta } = GAINS;
  const step = (
    name: string,
    arrays: number,
    of: (rows: Record<'x' | 'v' | 's' | 'z' | 'g' | 'u' | 'q' | 'm' | 'out', LabRows>) => {
      run: () => void;
      plain: (agent: number) => ArrayLike<number>;
      result: 'x' | 'out';
    },
  ): KernelCase => {
    const names = ['x', 'v', 's', 'z', 'g', 'u', 'q', 'm', 'out'] as const;
    const rows = Object.fromEntries(names.map((each) => [each, lab.rows()])) as Record<
      (typeof names)[number],
      LabRows
    >;
    const { run, plain, result } = of(rows);
    return {
      name,
      simd: true,
      coordinates,
      bytes: arrays * 8 * coordinates,
      run,
      plain: () => rows.x.plain.map((_, agent) => plain(agent)),
      results: () => joined(unpadded(rows[result], dim)),
    };
  };
  type StepRows = Record<'x' | 'v' | 's' | 'z' | 'g' | 'u' | 'q' | 'm' | 'out', LabRows>;
  const estimate = ({ s, z, q, u }: StepRows, i: number) => ({
    s: s.plain[i],
    z: z.plain[i],
    q: q.plain[i],
    u: u.plain[i],
    mu: MU,
    current: 1,
  });
  const degrees = lab.doubles(agents);
  degrees.data.fill(8);
  return [
    step('stepPrimalDual', 6, ({ x, v, g, u }) => ({
      run: () =>
        k.stepPrimalDual(
          agents,
          stride,
          dim,
          x.at,
          x.at,
          v.at,
          g.at,
          u.at,
          degrees.at,
          hEta,
          hAlpha,
          hBeta,
          0,
        ),
      plain(i) {
        stepPrimalDual(x.plain[i], v.plain[i], g.plain[i], u.plain[i], GAINS);
        return x.plain[i];
      },
      result: 'x',
    })),
    step('stepPrimalDualError', 12, (rows) => ({
      run() {
        const { x, v, s, z, g, u, q, out } = rows;
        k.stepPrimalDualError(
          agents,
          stride,
          dim,
          x.at,
          v.at,
          s.at,
          z.at,
          g.at,
          u.at,
          q.at,
          out.at,
          degrees.at,
          hEta,
          hAlpha,
          hBeta,
          0,
          MU,
          1,
        );
      },
      plain: (i) =>
        stepPrimalDualError(rows.x.plain[i], rows.v.plain[i], rows.g.plain[i], estimate(rows, i), GAINS),
      result: 'out',
    })),
    step('stepPrimalDualMemory', 14, (rows) => ({
      run() {
        const { x, v, s, z, m, g, u, q, out } = rows;
        k.stepPrimalDualMemory(
          agents,
          stride,
          dim,
          x.at,
          v.at,
          s.at,
          z.at,
          m.at,
          degrees.at,
          degrees.at,
          g.at,
          u.at,
          q.at,
          out.at,
          hEta,
          hAlpha,
          hBeta,
          0,
          MU,
          GAMMA,
        );
      },
      plain: (i) =>
        stepPrimalDualMemory(
          rows.x.plain[i],
          rows.v.plain[i],
          rows.g.plain[i],
          estimate(rows, i),
          { m: rows.m.plain[i], gamma: GAMMA, degree: 8, fixedDegree: 8 },
          GAINS,
        ),
      result: 'out',
    })),
    step('subtract', 3, ({ x, s, out }) => ({
      run: () => k.subtract(agents, stride, dim, x.at, s.at, out.at),
      plain: (i) => x.plain[i].map((entry, c) => entry - s.plain[i][c]),
      result: 'out',
    })),
  ];
}

/** An uncompressed round in one kernel, and step by step. */
function denseRoundCase(lab: Lab): KernelCase {
  const { kernels: k, agents, dim, stride, graph, edges, graphArguments: g } = lab;
  const { hEta, hAlpha, hBeta } = GAINS;
  const [x, v, a, b, out] = Array.from({ length: 5 }, () => lab.rows()) as [
    LabRows,
    LabRows,
    LabRows,
    LabRows,
    LabRows,
  ];
  return {
    name: 'primalDualDense',
    simd: true,
    coordinates: agents * dim,
    bytes: (6 * agents + edges) * 8 * dim,
    run: () =>
      k.primalDualDense(
        0,
        agents,
        ...g,
        x.at,
        stride,
        out.at,
        v.at,
        0,
        a.at,
        b.at,
        hEta,
        hAlpha,
        hBeta,
        0,
        0,
        0,
      ),
    plain() {
      const before = x.plain.map((row) => row.slice());
      return before.map((own, i) => {
        const slope = gradientQuadratic(own, a.plain[i], b.plain[i]);
        const moved = own.slice();
        stepPrimalDual(moved, v.plain[i], slope, gather(graph, before, i), GAINS);
        return moved;
      });
    },
    results: () => joined(unpadded(out, dim)),
  };
}

/** A round of flatten(sign) in one kernel; its reference implementation says it step by step. */
function rotatedRoundCase(lab: Lab): KernelCase {
  const { kernels: k, agents, dim, graph, edges, graphArguments: g } = lab;
  const { hEta, hAlpha, hBeta } = GAINS;
  const rotations = [flattenSigns(dim, ROUND, ...KEY), flattenSigns(dim, ROUND + 1, ...KEY)] as const;
  const masks = [lab.reserve(dim * 8), lab.reserve(dim * 8)] as const;
  k.flattenMasks(masks[0], dim, ROUND, ...KEY);
  k.flattenMasks(masks[1], dim, ROUND + 1, ...KEY);
  const [x, v, s, z, a, b, said] = Array.from({ length: 7 }, () => lab.rows()) as [
    LabRows,
    LabRows,
    LabRows,
    LabRows,
    LabRows,
    LabRows,
    LabRows,
  ];
  const slotBytes = bytesOfSlot(signs(dim, 64).bits);
  const slots = lab.reserve(agents * slotBytes);
  const slotsOut = lab.reserve(agents * slotBytes);
  const scratch = lab.reserve((3 * dim + 64) * 8);
  const sent = said.plain.map((vector) => packSigns(vector));
  for (const [i, slot] of sent.entries()) lab.bytes(slots + i * slotBytes, slotBytes).set(slot);
  return {
    name: 'primalDualRotatedSigns',
    simd: true,
    coordinates: agents * dim,
    bytes: 10 * 8 * agents * dim + (agents + edges) * slotBytes + agents * slotBytes,
    run: () =>
      k.primalDualRotatedSigns(
        0,
        agents,
        ...g,
        slots,
        slotsOut,
        slotBytes,
        dim,
        dim,
        masks[0],
        masks[1],
        x.at,
        v.at,
        s.at,
        z.at,
        0,
        0,
        a.at,
        b.at,
        hEta,
        hAlpha,
        hBeta,
        0,
        MU,
        1,
        0,
        scratch,
      ),
    plain() {
      const messages = sent.map((slot) => unpack(signs(dim, 64), slot));
      return messages.flatMap((message, i) => {
        const u = unflatten(gather(graph, messages, i), rotations[0], dim);
        const q = unflatten(message, rotations[0], dim);
        const estimate = { s: s.plain[i], z: z.plain[i], q, u, mu: MU, current: 1 };
        const slope = gradientQuadratic(x.plain[i], a.plain[i], b.plain[i]);
        const error = stepPrimalDualError(x.plain[i], v.plain[i], slope, estimate, GAINS);
        return [x.plain[i], Float64Array.from(packSigns(flatten(error, rotations[1])).subarray(8))];
      });
    },
    results: () =>
      unpadded(x, dim).flatMap((row, i) => [
        ...row,
        ...lab.bytes(slotsOut + i * slotBytes + 8, slotBytes - 8),
      ]),
  };
}

function costCases(lab: Lab): KernelCase[] {
  const { kernels: k, agents, dim, stride } = lab;
  const coordinates = agents * dim;
  const x = lab.rows();
  const a = lab.rows(1, 4);
  const b = lab.rows();
  const out = lab.rows();
  const values = lab.doubles(agents);
  const found = () => joined(unpadded(out, dim));
  const data = lab.rows(-1, 1, agents * SAMPLES);
  const bounds = lab.words(Array.from({ length: agents + 1 }, (_, i) => i * SAMPLES));
  const labels = lab.doubles(agents * SAMPLES);
  labels.data.forEach((_, r) => {
    labels.data[r] = r % 3 === 0 ? 1 : -1;
  });
  const scratch = lab.reserve(4096);
  const every = Array.from({ length: agents * SAMPLES }, (_, r) => r);
  // Sparse: every fourth entry.
  const nonzeros = dim / 4;
  const sparseStart = lab.words([...every, every.length].map((r) => r * nonzeros));
  const sparseColumns = lab.words(
    every.flatMap((r) => Array.from({ length: nonzeros }, (_, e) => 4 * e + (r % 4))),
  );
  const sparseValues = lab.doubles(every.length * nonzeros);
  sparseValues.data.forEach((_, e) => {
    sparseValues.data[e] = Math.sin(1 + e);
  });
  const scale = 0.25;
  const regularization = 0.01;
  const linear = (sparse: boolean): LinearCost[] =>
    Array.from({ length: agents }, (_, i) => ({
      loss: 'logistic',
      scale,
      regularization,
      samples: Array.from({ length: SAMPLES }, (__, t) => {
        const r = i * SAMPLES + t;
        const label = labels.data[r];
        if (!sparse) return { values: data.plain[r], label };
        return {
          columns: sparseColumns.data.slice(r * nonzeros, (r + 1) * nonzeros),
          values: sparseValues.data.slice(r * nonzeros, (r + 1) * nonzeros),
          label,
        };
      }),
    }));
  const dense = linear(false);
  const thin = linear(true);
  const features = dim / CLASSES;
  const small = lab.rows(-1, 1, agents * SAMPLES, features);
  const classLabels = lab.words(every.map((r) => r % CLASSES));
  const softmax = Array.from(
    { length: agents },
    (_, i): SoftmaxCost => ({
      classes: CLASSES,
      features,
      scale,
      regularization,
      samples: Array.from({ length: SAMPLES }, (__, t) => {
        const r = i * SAMPLES + t;
        return { values: small.plain[r], label: classLabels.data[r] };
      }),
    }),
  );
  const smallStride = small.data.BYTES_PER_ELEMENT * (small.data.length / (agents * SAMPLES));
  return [
    {
      name: 'gradientQuadratic',
      simd: true,
      coordinates,
      bytes: 32 * coordinates,
      run: () => k.gradientQuadratic(agents, stride, dim, x.at, a.at, b.at, out.at),
      plain: () => x.plain.map((each, i) => gradientQuadratic(each, a.plain[i], b.plain[i])),
      results: found,
    },
    {
      name: 'gradientLinearDense logistic',
      simd: true,
      coordinates: coordinates * SAMPLES,
      bytes: 8 * coordinates * (SAMPLES + 2),
      run: () =>
        k.gradientLinearDense(
          LOGISTIC,
          0,
          0,
          agents,
          x.at,
          stride,
          bounds.at,
          data.at,
          stride,
          labels.at,
          out.at,
          stride,
          dim,
          scale,
          regularization,
          scratch,
          0,
          0,
        ),
      plain: () => x.plain.map((each, i) => gradientLinear(each, dense[i])),
      results: found,
    },
    {
      name: 'gradientLinearSparse logistic',
      simd: false,
      coordinates: agents * SAMPLES * nonzeros,
      bytes: agents * SAMPLES * nonzeros * 12 + 16 * coordinates,
      run: () =>
        k.gradientLinearSparse(
          LOGISTIC,
          0,
          0,
          agents,
          x.at,
          stride,
          bounds.at,
          sparseStart.at,
          sparseColumns.at,
          sparseValues.at,
          labels.at,
          out.at,
          stride,
          dim,
          scale,
          regularization,
          scratch,
          0,
          0,
        ),
      plain: () => x.plain.map((each, i) => gradientLinear(each, thin[i])),
      results: found,
    },
    {
      name: `gradientSoftmaxDense ${CLASSES} classes`,
      simd: true,
      coordinates: coordinates * SAMPLES,
      bytes: 8 * (agents * SAMPLES * features + 2 * coordinates),
      run: () =>
        k.gradientSoftmaxDense(
          CLASSES,
          features,
          0,
          agents,
          x.at,
          stride,
          bounds.at,
          small.at,
          smallStride,
          classLabels.at,
          out.at,
          stride,
          scale,
          regularization,
          scratch,
          0,
          0,
        ),
      plain: () => x.plain.map((each, i) => gradientSoftmax(each, softmax[i])),
      results: found,
    },
    {
      name: 'valueQuadratic',
      simd: true,
      coordinates,
      bytes: 16 * coordinates,
      run: () => k.valueQuadratic(0, agents, stride, dim, x.at, a.at, b.at, values.at),
      plain: () => x.plain.map((_, i) => valueQuadratic(x.plain[0], a.plain[i], b.plain[i])),
      results: () => values.data.slice(),
    },
  ];
}

function traceCases(lab: Lab): KernelCase[] {
  const { kernels: k, agents, dim, stride } = lab;
  const coordinates = agents * dim;
  const x = lab.rows();
  const s = lab.rows();
  const means = lab.doubles(dim);
  const out = lab.doubles(agents);
  const total = lab.doubles(1);
  const positions = lab.words(Uint32Array.from({ length: agents }, (_, i) => i));
  return [
    {
      name: 'columnMeans',
      simd: true,
      coordinates,
      bytes: 8 * coordinates,
      run: () => k.columnMeans(x.at, stride, agents, 0, dim, means.at),
      plain: () => Float64Array.from({ length: dim }, (_, c) => columnMean(x.plain, c)),
      results: () => means.data.slice(),
    },
    {
      name: 'columnMeansPlaced',
      simd: true,
      coordinates,
      bytes: 8 * coordinates,
      run: () => k.columnMeansPlaced(x.at, stride, positions.at, agents, 0, dim, means.at),
      plain: () => Float64Array.from({ length: dim }, (_, c) => columnMean(x.plain, c)),
      results: () => means.data.slice(),
    },
    {
      name: 'distancesToPoint',
      simd: true,
      coordinates,
      bytes: 8 * coordinates,
      run: () => k.distancesToPoint(0, agents, x.at, stride, dim, s.at, out.at),
      plain: () => x.plain.map((row) => squaredDistance(row, s.plain[0])),
      results: () => out.data.slice(),
    },
    {
      name: 'distancesBetweenRows',
      simd: true,
      coordinates,
      bytes: 16 * coordinates,
      run: () => k.distancesBetweenRows(0, agents, x.at, s.at, stride, dim, out.at),
      plain: () => x.plain.map((row, i) => squaredDistance(row, s.plain[i])),
      results: () => out.data.slice(),
    },
    {
      name: 'sum',
      simd: true,
      coordinates,
      bytes: 8 * coordinates,
      run() {
        total.data[0] = k.sum(x.at, coordinates);
      },
      plain: () => [sum(x.data)],
      results: () => total.data.slice(),
    },
  ];
}

function randomCases(lab: Lab): KernelCase[] {
  const { kernels: k, dim } = lab;
  const n = 16 * dim;
  const words = lab.words(new Uint32Array(n));
  const uniform = lab.doubles(n);
  const masks = lab.doubles(n);
  return [
    {
      name: 'philoxWords',
      simd: true,
      coordinates: n,
      bytes: 4 * n,
      run: () => k.philoxWords(words.at, n / 4, 0, ALL_AGENTS, ROUND, FLATTEN_STREAM, ...KEY),
      plain: () => philoxWords(n, ALL_AGENTS, ROUND, FLATTEN_STREAM, KEY),
      results: () => words.data.slice(),
    },
    {
      name: 'philoxUniform',
      simd: true,
      coordinates: n,
      bytes: 8 * n,
      run: () => k.philoxUniform(uniform.at, n, 3, ROUND, 2, ...KEY),
      plain: () => philoxUniform(n, 3, ROUND, 2, KEY),
      results: () => uniform.data.slice(),
    },
    {
      name: 'flattenMasks',
      simd: true,
      coordinates: n,
      bytes: 8 * n,
      run: () => k.flattenMasks(masks.at, n, ROUND, ...KEY),
      plain: () => flattenSigns(n, ROUND, ...KEY),
      // A mask is a sign bit: +0 or -0.
      results: () => masks.data.map((mask) => (Object.is(mask, -0) ? -1 : 1)),
    },
  ];
}
