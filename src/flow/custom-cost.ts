/**
 * An agent's cost as a user's flow asks for it: gradients, values and prox at points of its own choice. Where
 * point and answer are rows that the engine knows, kernels work on them in place.
 *
 * prox:  argmin f_i(u) + |u - p|^2 / (2 t), in closed form of a (u - b); else by Nesterov's method for
 * strongly convex functions (Nesterov 2004, 2.2.1): u and the point w ahead of it begin at p, L = l + 1/t, M
 * = m + 1/t,
 *
 *     u+ = w - (grad f_i(w) + (w - p)/t) / L,      w+ = u+ + (1 - sqrt(M/L)) / (1 + sqrt(M/L)) (u+ - u).
 */

import { bindPoints } from '../cost/points.js';
import type { BoundCost } from '../cost/types.js';
import { describeReturned } from '../plugin/modules.js';
import type { Runtime } from '../runtime.js';
import type { Cursor, Places } from './custom-places.js';
import type { FlowAgent } from './custom-types.js';

/** Mini-batches are numbered in 32 bits. */
const DRAWS = 2 ** 32;
/** A prox is solved to this share of its first gradient, in at most so many steps. */
const PROX_SHARE = { float64: 1e-12, float32: 1e-6 };
const PROX_STEPS = 10_000;
/**
 * Answers where none is given to fill, some of each kind that one agent may hold at a time, and what prox
 * keeps beside its own.
 */
const ANSWERS = {
  gradient: ['gradient', 'gradient.2', 'gradient.3'],
  fullGradient: ['fullGradient', 'fullGradient.2'],
  prox: ['prox', 'prox.2'],
};
export const COST_ROWS = [...Object.values(ANSWERS).flat(), 'ahead', 'slope'];

export interface CostInputs {
  /** Of every agent's cost, for `prox`. */
  curvature: { m: number; l: number };
  /** Whether gradients are those of mini-batches. */
  draws: boolean;
  rounds: number;
}

export function bindAgentCost(
  { curvature, rounds, draws }: CostInputs,
  cost: BoundCost,
  runtime: Runtime,
  cursor: Cursor,
  places: Places,
): Pick<FlowAgent, 'gradient' | 'fullGradient' | 'value' | 'prox'> {
  const { arena, dim, rowBytes, worker } = runtime;
  const { realBytes } = arena;
  const point = arena.address('scratch.flow.point', worker);
  const answer = arena.address('scratch.flow.answer', worker);
  const values = arena.address('scratch.flow.value', worker);
  const exact = cost.exactGradient ?? cost.gradient;
  const { reals } = places;
  const found = arena.view('scratch.flow.value', 'f64', worker);
  const points = bindPoints(runtime);
  const proxShare = PROX_SHARE[arena.precision];
  const row = (name: string): Float64Array => {
    const { array } = places.at(name, arena.address(`scratch.flow.${name}`, worker), dim);
    places.remember(array);
    return array;
  };
  /** Every call of an agent's has an answer of its own, so that two may be held against each other. */
  const answersOf = (names: readonly string[]) => {
    const arrays = names.map(row);
    let turn = -1;
    let used = 0;
    return (): Float64Array => {
      if (turn !== cursor.turn) used = 0;
      turn = cursor.turn;
      if (used === arrays.length) arrays.push(new Float64Array(dim));
      return arrays[used++]!;
    };
  };
  const nextGradient = answersOf(ANSWERS.gradient);
  const nextFull = answersOf(ANSWERS.fullGradient);
  const nextProx = answersOf(ANSWERS.prox);
  const ahead = row('ahead');
  const slope = row('slope');

  const check = (name: string, what: string, vector: Float64Array): void => {
    if (vector instanceof Float64Array && vector.length === dim) return;
    const given = vector as Float64Array | undefined;
    const found = given?.length === undefined ? describeReturned(given) : `${given.length} entries`;
    throw new TypeError(`${name}: ${what} has ${found}, expected ${dim}, a Float64Array`);
  };
  /** Address of a row that holds `at`. */
  const rowOf = (at: Float64Array): number => {
    const known = places.addressOf(at);
    if (known !== 0) return known;
    for (let c = 0; c < dim; c++) reals[point / realBytes + c] = at[c]!;
    return point;
  };
  const ask = (name: string, gradient: BoundCost['gradient'], at: Float64Array, out: Float64Array) => {
    check(name, 'at', at);
    check(name, 'out', out);
    const row = rowOf(at);
    const known = places.addressOf(out);
    const to = known === 0 || known === row ? answer : known;
    gradient(cursor.position, 1, row, to);
    if (to === answer) for (let c = 0; c < dim; c++) out[c] = reals[answer / realBytes + c]!;
    return out;
  };

  const gradient = (at: Float64Array, out = nextGradient()): Float64Array => {
    const draw = cursor.round + cursor.draws * (rounds + 1);
    if (draws && draw >= DRAWS) throw new Error(`gradient is called too often: mini-batch ${draw} of 2^32`);
    cost.beginRound?.(cursor.round, draw);
    cursor.draws++;
    return ask('gradient', cost.gradient, at, out);
  };
  const fullGradient = (at: Float64Array, out = nextFull()): Float64Array => {
    cost.beginRound?.(cursor.round);
    return ask('fullGradient', exact, at, out);
  };
  const value = (at: Float64Array): number => {
    check('value', 'at', at);
    cost.beginRound?.(cursor.round);
    // Values are written to the entry of the agent's number.
    cost.values(cursor.position, 1, points.wide(rowOf(at)), values - 8 * cursor.agent);
    return found[0]!;
  };

  const prox = (at: Float64Array, t: number, out = nextProx()): Float64Array => {
    check('prox', 'at', at);
    check('prox', 'out', out);
    if (!(t > 0)) throw new Error(`prox: t is ${t}, expected a number > 0`);
    if (cost.quadratic) {
      const row = cursor.position * rowBytes;
      const a = (cost.quadratic.a + row) / realBytes;
      const b = (cost.quadratic.b + row) / realBytes;
      for (let c = 0; c < dim; c++) {
        out[c] = (reals[a + c]! * reals[b + c]! + at[c]! / t) / (reals[a + c]! + 1 / t);
      }
      return out;
    }
    const l = curvature.l + 1 / t;
    const m = Math.max(0, curvature.m) + 1 / t;
    if (!(l < Infinity)) throw new Error('prox: the cost does not say how smooth it is, expected an l');
    const root = Math.sqrt(m / l);
    const momentum = (1 - root) / (1 + root);
    // `out` may be `at`.
    const from = out === at ? at.slice() : at;
    ahead.set(from);
    out.set(from);
    let first = 0;
    for (let k = 0; k < PROX_STEPS; k++) {
      fullGradient(ahead, slope);
      let largest = 0;
      for (let c = 0; c < dim; c++) {
        const entry = slope[c]! + (ahead[c]! - from[c]!) / t;
        const next = ahead[c]! - entry / l;
        ahead[c] = next + momentum * (next - out[c]!);
        out[c] = next;
        largest = Math.max(largest, Math.abs(entry));
      }
      if (k === 0) first = largest;
      if (!(largest > proxShare * first)) break;
    }
    return out;
  };
  return { gradient, fullGradient, value, prox };
}
