/**
 * References that move: what the consensus flow averages where it is not each agent's first value alone.
 * Agent i has r_i(k), in round k; x(0) = r(0), and every step adds what the reference has moved,
 *
 *     x <- (step of the flow) + r(k+1) - r(k),
 *
 * so that sum_i x_i(k) = sum_i r_i(k) for ever and x follows the moving average.
 *
 * `sinusoid`: r_ic(k) = own_ic + A sin(2 pi k/T + phase_ic), phases uniform, from Philox stream 14. With
 * S = sin(2 pi k/T) and C = cos(2 pi k/T) it is own + S (A cos phase) + C (A sin phase), two fixed rows an
 * agent: a round takes two scalars, nothing drifts. `file`: the rows of a series, the last of which stays.
 * Floats an agent: 2 dim, or (rounds in the file) dim. Sines are polynomials in plain arithmetic
 * (`turnsToWaves`), the same bits on every machine.
 *
 * Source: Spanos, Olfati-Saber, Murray, Dynamic consensus on mobile networks, IFAC 2005; Zhu, Martinez,
 * Discrete-time dynamic average consensus, Automatica 2010 (its first-order algorithm).
 */

import type { z } from 'zod';
import type { Arena } from '../arena/arena.js';
import { type FieldSpec, rowLength } from '../arena/layout.js';
import { InputError, type SpecPath } from '../errors.js';
import type { Reference, Runtime, Seed } from '../runtime.js';

export type ReferenceSpec = SinusoidSpec | { file: string };

interface SinusoidSpec {
  kind: 'sinusoid';
  amplitude: number;
  /** Rounds. */
  period: number;
  /** The reference stands still from this round on. */
  until?: number | undefined;
}

/** Plain data: what workers bind. */
export type ReferencePlan =
  | { kind: 'sinusoid'; period: number /** Null: for ever. */; until: number | null }
  | { kind: 'series'; rows: number };

/** On the host. */
export interface ReferenceModel {
  plan: ReferencePlan;
  /** r(0), agents x dim, where the reference says it; null where agents begin at values of their own. */
  start: Float64Array | null;
  fields: FieldSpec[];
  /** Writes what workers read, and makes x(0), which holds the agents' own values, r(0). */
  fill(arena: Arena, x: Float64Array): void;
}

export interface ReferenceContext {
  agents: number;
  dim: number;
  seed: Seed;
  /** Absolute path of a file named in the config. */
  resolve(file: string): string;
  path: SpecPath;
}

export function referenceParameter(zod: typeof z) {
  const sinusoid = zod.strictObject({
    kind: zod.literal('sinusoid'),
    amplitude: zod.number().positive().describe('how far a reference goes from its own value'),
    period: zod.number().min(2).describe('rounds of one swing, at least 2'),
    until: zod.int().min(1).optional().describe('round from which on it stands still'),
  });
  const file = zod.strictObject({
    file: zod.string().describe('.npy of shape (rounds, agents, dim); the last round stays'),
  });
  return zod
    .union([sinusoid, file])
    .describe('what is averaged moves: every agent follows the average of references r_i(k); x(0) = r(0)');
}

// Taylor coefficients 1/n!, of which the angles up to pi/4 need no more for 1e-17.
const SINE = [1, -1 / 6, 1 / 120, -1 / 5040, 1 / 362880, -1 / 39916800, 1 / 6227020800, -1 / 1307674368000];
const COSINE = [1, -1 / 2, 1 / 24, -1 / 720, 1 / 40320, -1 / 3628800, 1 / 479001600, -1 / 87178291200];
const LAST_COSINE = 1 / 20922789888000;
const LAST_SINE = 1 / 355687428096000;

/**
 * out[at] = sin(2 pi turns), out[at + 1] = cos(2 pi turns), to a few units of 1e-16: only sums, products and
 * whole quarters taken away, which every machine rounds alike. Nothing is returned: a number that crosses a
 * call is allocated. `turns` is read from out[at].
 */
export function turnsToWaves(out: Float64Array, at: number): void {
  const part = out[at] - Math.floor(out[at]);
  const quarter = Math.floor(part * 4 + 0.5) | 0;
  const angle = (part - quarter / 4) * (2 * Math.PI);
  const square = angle * angle;
  let sine = LAST_SINE;
  let cosine = LAST_COSINE;
  for (let n = SINE.length - 1; n >= 0; n--) {
    sine = sine * square + SINE[n];
    cosine = cosine * square + COSINE[n];
  }
  sine *= angle;
  const odd = (quarter & 1) === 1;
  out[at] = ((quarter & 2) === 0 ? 1 : -1) * (odd ? cosine : sine);
  out[at + 1] = (((quarter + 1) & 2) === 0 ? 1 : -1) * (odd ? sine : cosine);
}

export async function loadReference(spec: ReferenceSpec, context: ReferenceContext): Promise<ReferenceModel> {
  return 'file' in spec ? loadSeries(spec.file, context) : drawSinusoid(spec, context);
}

async function drawSinusoid(spec: SinusoidSpec, context: ReferenceContext): Promise<ReferenceModel> {
  const { agents, dim, seed } = context;
  const { STREAM_REFERENCE, UniformSource } = await import('../data/random.js');
  const uniform = new UniformSource(seed);
  const stride = rowLength(dim);
  const { amplitude, period, until = null } = spec;
  return {
    plan: { kind: 'sinusoid', period, until },
    start: null,
    fields: [
      { name: 'reference.bySine', type: 'f64', length: agents * stride },
      { name: 'reference.byCosine', type: 'f64', length: agents * stride },
      { name: 'reference.means', type: 'f64', length: 3 * stride },
      { name: 'reference.least', type: 'f64', length: 6 },
    ],
    fill(arena, x) {
      const bySine = arena.view('reference.bySine', 'f64');
      const byCosine = arena.view('reference.byCosine', 'f64');
      const means = arena.view('reference.means', 'f64');
      const parts = [x, bySine, byCosine];
      const phases = new Float64Array(dim);
      const wave = new Float64Array(2);
      for (let agent = 0; agent < agents; agent++) {
        uniform.fill(phases, 0, dim, agent, 0, STREAM_REFERENCE);
        for (let c = 0; c < dim; c++) {
          const at = agent * stride + c;
          wave[0] = phases[c] / 2;
          turnsToWaves(wave, 0);
          bySine[at] = amplitude * wave[1];
          byCosine[at] = amplitude * wave[0];
        }
        for (const [p, part] of parts.entries()) {
          for (let c = 0; c < dim; c++) means[p * stride + c] += part[agent * stride + c] / agents;
        }
      }
      // |own + S b + C c|^2 about the means, summed over the agents: six numbers say it for every round.
      const least = arena.view('reference.least', 'f64');
      const from = (p: number, agent: number, c: number) =>
        parts[p][agent * stride + c] - means[p * stride + c];
      for (let agent = 0; agent < agents; agent++) {
        for (let c = 0; c < dim; c++) {
          const own = from(0, agent, c);
          const sine = from(1, agent, c);
          const cosine = from(2, agent, c);
          least[0] += (own * own) / 2 / agents;
          least[1] += (sine * sine) / 2 / agents;
          least[2] += (cosine * cosine) / 2 / agents;
          least[3] += (own * sine) / agents;
          least[4] += (own * cosine) / agents;
          least[5] += (sine * cosine) / agents;
        }
      }
      for (let at = 0; at < agents * stride; at++) x[at] += byCosine[at];
    },
  };
}

async function loadSeries(name: string, context: ReferenceContext): Promise<ReferenceModel> {
  const { agents, dim, resolve, path } = context;
  const { readNpy, formatShape } = await import('../data/npy.js');
  const file = resolve(name);
  const where = { path: [...path, 'file'], file };
  const { shape, data } = await readNpy(file, 3);
  if (shape.length !== 3 || shape[0] === 0 || shape[1] !== agents || shape[2] !== dim) {
    const expected = `(rounds, ${agents}, ${dim}): rounds, agents, dim`;
    throw new InputError(`${file} has shape ${formatShape(shape)}, expected ${expected}`, where);
  }
  const bad = data.findIndex((entry) => !Number.isFinite(entry));
  if (bad >= 0) {
    const place = [Math.floor(bad / dim / agents), Math.floor(bad / dim) % agents, bad % dim].join(', ');
    throw new InputError(`${file}: entry [${place}] is ${data[bad]}, expected a finite number`, where);
  }
  const [rows] = shape;
  const stride = rowLength(dim);
  return {
    plan: { kind: 'series', rows },
    start: data.subarray(0, agents * dim),
    fields: [
      { name: 'reference.series', type: 'f64', length: rows * agents * stride },
      { name: 'reference.least', type: 'f64', length: rows },
    ],
    fill(arena) {
      const series = arena.view('reference.series', 'f64');
      for (let row = 0; row < rows * agents; row++) {
        series.set(data.subarray(row * dim, (row + 1) * dim), row * stride);
      }
      const least = arena.view('reference.least', 'f64');
      for (let k = 0; k < rows; k++) {
        for (let c = 0; c < dim; c++) least[k] += spread(data, k * agents * dim + c, agents, dim) / 2;
      }
    },
  };
}

/** Mean square distance of `count` entries, `step` apart from `first` on, from their mean. */
function spread(data: Float64Array, first: number, count: number, step: number): number {
  let mean = 0;
  for (let i = 0; i < count; i++) mean += data[first + i * step] / count;
  let total = 0;
  for (let i = 0; i < count; i++) total += (data[first + i * step] - mean) ** 2;
  return total / count;
}

export function bindReference(plan: ReferencePlan, runtime: Omit<Runtime, 'reference'>): Reference {
  return plan.kind === 'series' ? bindSeries(plan.rows, runtime) : bindSinusoid(plan, runtime);
}

function bindSinusoid(
  { period, until }: Extract<ReferencePlan, { kind: 'sinusoid' }>,
  { arena, kernels, rowBytes }: Omit<Runtime, 'reference'>,
): Reference {
  const n = rowBytes / 8;
  const bySine = arena.address('reference.bySine');
  const byCosine = arena.address('reference.byCosine');
  const means = arena.address('reference.means');
  const least = arena.view('reference.least', 'f64');
  const last = until ?? Number.POSITIVE_INFINITY;
  let known = -1;
  // Sine and cosine of round `known`, those of the next round, and how far both move. In an array: a number
  // that a closure keeps is allocated anew each time.
  const waves = new Float64Array(6);
  const know = (round: number) => {
    if (round === known) return;
    known = round;
    // The remainder is exact: rounds far on are as good as the first ones.
    waves[0] = (Math.min(round, last) % period) / period;
    waves[2] = (Math.min(round + 1, last) % period) / period;
    turnsToWaves(waves, 0);
    turnsToWaves(waves, 2);
    waves[4] = waves[2] - waves[0];
    waves[5] = waves[3] - waves[1];
  };
  return {
    advance(first, count, round, rows) {
      if (round >= last) return;
      know(round);
      const s = bySine + first * rowBytes;
      const c = byCosine + first * rowBytes;
      kernels.combine(count, rowBytes, n, rows, 1, rows, waves[4], s, waves[5], c, 0, 0, 0, 0);
    },
    mean(round, firstColumn, columns, out) {
      know(round);
      const own = means + firstColumn * 8;
      const s = own + rowBytes;
      const c = s + rowBytes;
      const to = out + firstColumn * 8;
      kernels.combine(1, rowBytes, columns, to, 1, own, waves[0], s, waves[1], c, 0, 0, 0, 0);
    },
    least(round) {
      know(round);
      const [s, c] = waves;
      const squares = least[0] + s * s * least[1] + c * c * least[2];
      return squares + s * least[3] + c * least[4] + s * c * least[5];
    },
  };
}

function bindSeries(
  rows: number,
  { arena, kernels, agents, rowBytes }: Omit<Runtime, 'reference'>,
): Reference {
  const n = rowBytes / 8;
  const series = arena.address('reference.series');
  const least = arena.view('reference.least', 'f64');
  const row = (round: number) => Math.min(round, rows - 1);
  const at = (round: number) => series + row(round) * agents * rowBytes;
  return {
    advance(first, count, round, to) {
      if (round + 1 >= rows) return;
      const offset = first * rowBytes;
      const now = at(round) + offset;
      const next = at(round + 1) + offset;
      kernels.combine(count, rowBytes, n, to, 1, to, 1, next, -1, now, 0, 0, 0, 0);
    },
    mean: (round, firstColumn, columns, out) =>
      kernels.columnMeans(at(round), rowBytes, agents, firstColumn, columns, out),
    least: (round) => least[row(round)],
  };
}
