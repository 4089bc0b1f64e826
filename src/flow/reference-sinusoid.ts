/**
 * References that swing: r_ic(k) = own_ic + A sin(2 pi k/T + phase_ic), phases uniform, from Philox stream
 * 14. With S = sin(2 pi k/T) and C = cos(2 pi k/T) it is own + S (A cos phase) + C (A sin phase), two fixed
 * rows an agent: a round takes two scalars, nothing drifts. Floats an agent: 2 dim. Sines are polynomials in
 * plain arithmetic (`turnsToWaves`), the same bits on every machine.
 */

import { pointLength, rowLength } from '../arena/layout.js';
import type { Reference, Runtime } from '../runtime.js';
import type { ReferenceContext, ReferenceModel, ReferencePlan, SinusoidSpec } from './reference-types.js';

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

export async function drawSinusoid(spec: SinusoidSpec, context: ReferenceContext): Promise<ReferenceModel> {
  const { agents, dim, seed, precision } = context;
  const { STREAM_REFERENCE, UniformSource } = await import('../data/random.js');
  const uniform = new UniformSource(seed);
  const stride = rowLength(dim, precision);
  const meanStride = pointLength(dim);
  const { amplitude, period, until = null } = spec;
  return {
    plan: { kind: 'sinusoid', period, until },
    start: null,
    fields: [
      { name: 'reference.bySine', type: 'real', length: agents * stride },
      { name: 'reference.byCosine', type: 'real', length: agents * stride },
      { name: 'reference.means', type: 'f64', length: 3 * meanStride },
      { name: 'reference.least', type: 'f64', length: 6 },
    ],
    fill(arena, x) {
      const bySine = arena.reals('reference.bySine');
      const byCosine = arena.reals('reference.byCosine');
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
          for (let c = 0; c < dim; c++) means[p * meanStride + c] += part[agent * stride + c] / agents;
        }
      }
      // |own + S b + C c|^2 about the means, summed over the agents: six numbers say it for every round.
      const least = arena.view('reference.least', 'f64');
      const from = (p: number, agent: number, c: number) =>
        parts[p][agent * stride + c] - means[p * meanStride + c];
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

export function bindSinusoid(
  { period, until }: Extract<ReferencePlan, { kind: 'sinusoid' }>,
  { arena, kernels, dim, rowBytes }: Omit<Runtime, 'reference'>,
): Reference {
  const n = rowBytes / arena.realBytes;
  const doubles = new Float64Array(arena.memory.buffer);
  const meanStride = pointLength(dim);
  const bySine = arena.address('reference.bySine');
  const byCosine = arena.address('reference.byCosine');
  const means = arena.address('reference.means') / 8;
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
      for (let column = firstColumn; column < firstColumn + columns; column++) {
        const own = means + column;
        const swing = waves[0] * doubles[own + meanStride];
        doubles[out / 8 + column] = doubles[own] + swing + waves[1] * doubles[own + 2 * meanStride];
      }
    },
    least(round) {
      know(round);
      const [s, c] = waves;
      const squares = least[0] + s * s * least[1] + c * c * least[2];
      return squares + s * least[3] + c * least[4] + s * c * least[5];
    },
  };
}
