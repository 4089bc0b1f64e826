/**
 * A user's flow tried out before the run, on one made-up agent: what it reads that is not there, writes past
 * the end of a vector, returns, or makes differently of the same is said before anything runs. What depends on
 * the numbers themselves (a NaN, an exception of the module's own) is left to the run, which can name agent
 * and round.
 */

import { didYouMean } from '../base/suggest.js';
import { PrivateArrays } from '../plugin/arrays.js';
import { Draws } from '../plugin/draws.js';
import { describeReturned, describeThrown, placeIn } from '../plugin/modules.js';
import { watchedCall } from '../plugin/watch.js';
import type { Seed } from '../runtime.js';
import { type CustomFlowPlan, ROUND_OF_BEGIN, SEND_STREAM, STEP_STREAM } from './custom-bind.js';
import { AGENT_WORDS, type Declaration, refuseFlow } from './custom-module.js';
import type { FlowAgent } from './custom-types.js';

/** Noticed by a trap, inside the module's own call: its stack says where. */
export class Misuse extends Error {}

/** Errors that are slips of the pen, whatever the numbers. */
const SLIPS = [TypeError, ReferenceError, SyntaxError, RangeError];
const NEIGHBOURS = 2;

/** @throws InputError */
export function tryOutFlow(
  declaration: Declaration,
  plan: CustomFlowPlan,
  context: { agents: number; dim: number; seed: Seed },
): void {
  const first = play(declaration, plan, context);
  const second = play(declaration, plan, context);
  if (first === null || second === null) return;
  for (const [name, one] of Object.entries(first)) {
    const other = second[name] as Float64Array;
    const c = one.findIndex((entry, i) => !Object.is(entry, other[i]));
    if (c < 0) continue;
    throw refuseFlow(
      declaration.module,
      `entry ${c} of ${name} is ${one[c]} and then ${other[c]} of the same agent in the same round, expected the same (draw from random, keep nothing between calls)`,
    );
  }
}

/** State and messages after one round; null where it threw what the run is to tell. */
function play(
  { module, functions, state, messages, needs }: Declaration,
  plan: CustomFlowPlan,
  { agents, dim, seed }: { agents: number; dim: number; seed: Seed },
): Record<string, Float64Array> | null {
  const lengths = [...state, ...messages].map(({ length }) => length ?? dim);
  const count = state.length + 6 * messages.length;
  const arrays = new PrivateArrays(module, count * Math.max(...lengths), count);
  const guarded = (name: string, array: Float64Array) => (arrays.inModule ? array : watched(name, array));
  const made: Record<string, Float64Array> = {};
  const make = (name: string, length: number, salt: number): Float64Array => {
    const array = arrays.make(name, length);
    if (salt > 0) for (let c = 0; c < length; c++) array[c] = Math.sin(salt + 1.7 * c) + (c % 3);
    made[name] = array;
    return array;
  };
  const own: Record<string, Float64Array> = {};
  for (const { name, length } of state)
    own[name] = guarded(name, make(name, length ?? dim, name === 'x' ? 1 : 0));
  let round = 0;
  let hearing = false;
  const inStep = <T>(what: string, value: T): T => {
    if (!hearing) throw new Misuse(`reads ${what}, expected that in step alone: elsewhere nothing is heard`);
    return value;
  };
  const heard: Record<string, unknown> = {};
  const out: Record<string, Float64Array> = {};
  messages.forEach(({ name, length, form, each }, index) => {
    const parts = ['own', 'laplacian', 'sum'].map((part, i) => {
      const what = `heard.${name}.${part}`;
      return [part, guarded(what, make(what, length ?? dim, 2 + 4 * index + i))] as const;
    });
    const from = Array.from({ length: NEIGHBOURS }, (_, i) => ({
      agent: i + 1,
      weight: 1,
      message: guarded(`heard.${name}.each`, make(`heard.${name}.each[${i}]`, length ?? dim, 40 + index + i)),
    }));
    const known = Object.fromEntries(parts);
    heard[name] = namesOf(
      `heard.${name}`,
      new Proxy(
        { own: known['own'], laplacian: known['laplacian'], sum: known['sum'], each: from },
        {
          get: (target, key) => {
            if (key === 'each' && form === 'difference' && !each) {
              throw new Misuse(
                `reads heard.${name}.each, expected messages: { ${name}: { form: 'difference', each: true } }`,
              );
            }
            return inStep(`heard.${name}.${String(key)}`, Reflect.get(target, key));
          },
        },
      ),
    );
    out[name] = own[name] ?? guarded(`out.${name}`, make(`out.${name}`, length ?? dim, 0));
  });
  const stepDraws = new Draws(seed, STEP_STREAM);
  const sendDraws = new Draws(seed, SEND_STREAM);

  const answer = (what: string, f: (entry: number, c: number) => number) => {
    return (at: Float64Array, into: Float64Array): Float64Array => {
      for (const [name, vector] of [
        ['at', at],
        ['out', into],
      ] as const) {
        if (vector === undefined && name === 'out') continue;
        if (vector?.length === dim) continue;
        const found = vector?.length === undefined ? describeReturned(vector) : `${vector.length} entries`;
        throw new Misuse(`calls ${what} with ${name} of ${found}, expected ${dim}, a Float64Array`);
      }
      const result = into ?? new Float64Array(dim);
      for (let c = 0; c < dim; c++) result[c] = f(at[c]!, c);
      return result;
    };
  };
  const target = (c: number) => Math.cos(c);
  const gradient = answer('gradient', (entry, c) => entry - target(c));
  const prox = answer('prox', (entry, c) => (entry + target(c)) / 2);
  const outNamed = namesOf('out', Object.freeze(out));
  const base = {
    agents,
    rounds: plan.rounds,
    dim,
    get agent() {
      return 0;
    },
    get round() {
      return round;
    },
    get degree() {
      return NEIGHBOURS;
    },
    get outNeighbours() {
      if (!needs.outNeighbours)
        throw new Misuse('reads outNeighbours, expected needs: { outNeighbours: true }');
      if (hearing)
        throw new Misuse('reads outNeighbours, expected that in send: it is that of the next messages');
      return NEIGHBOURS;
    },
    parameters: namesOf('parameters', Object.freeze({ ...plan.parameters })),
    heard: namesOf('heard', Object.freeze(heard)),
    get out() {
      if (hearing) throw new Misuse('reads out, expected that in send alone');
      return outNamed;
    },
    get random() {
      return hearing ? stepDraws : sendDraws;
    },
    gradient,
    fullGradient: gradient,
    value: (at: Float64Array) => gradient(at, new Float64Array(dim)).reduce((sum, g) => sum + g * g, 0) / 2,
    prox: (at: Float64Array, t: number, into: Float64Array) => {
      if (!(t > 0)) throw new Misuse(`calls prox with t ${t}, expected a number > 0`);
      return prox(at, into);
    },
  };
  const words = [...state.map(({ name }) => name), ...AGENT_WORDS];
  const fields = Object.fromEntries(
    Object.entries(own).map(([name, value]) => [name, { value, enumerable: true }]),
  );
  const me = namesOf(
    'me',
    Object.freeze(Object.defineProperties(base, fields)),
    words,
  ) as unknown as FlowAgent;

  const call = (name: 'begin' | 'send' | 'step'): boolean => {
    const f = functions[name];
    if (f === undefined) return true;
    let returned: unknown;
    try {
      returned = watchedCall(module, name, () => f(me));
    } catch (cause) {
      // A trap of an array that a library took for a real one.
      if (cause instanceof TypeError && cause.message.includes('typed array')) return false;
      if (cause instanceof Misuse) throw refuse(`${name} ${cause.message}`, cause);
      if (SLIPS.some((slip) => cause instanceof slip))
        throw refuse(`${name} threw ${describeThrown(cause)}`, cause);
      return false;
    }
    if (returned !== undefined) {
      const expected = 'expected nothing: it changes its state in place';
      // A promise that nobody waits for must not end the process when it fails.
      if (returned instanceof Promise) returned.catch(() => {});
      throw refuse(`${name} returned ${describeReturned(returned)}, ${expected}`);
    }
    const damage = arrays.damage();
    if (damage !== null) throw refuse(`${name} ${damage}`);
    return true;
  };
  const refuse = (what: string, cause?: unknown) =>
    refuseFlow({ ...module, file: placeIn(cause, module.url, module.file) }, what, cause);

  arrays.claim();
  sendDraws.begin(0, ROUND_OF_BEGIN);
  if (!call('begin')) return null;
  sendDraws.begin(0, 0);
  if (!call('send')) return null;
  hearing = true;
  stepDraws.begin(0, 0);
  if (!call('step')) return null;
  hearing = false;
  round = 1;
  sendDraws.begin(0, 1);
  if (!call('send')) return null;
  return Object.fromEntries(Object.entries(made).map(([name, array]) => [name, array.slice()]));
}

/** The vector with an eye on what is written past its end, which JavaScript leaves unsaid. */
function watched(name: string, array: Float64Array): Float64Array {
  return new Proxy(array, {
    get(target, key) {
      if (key === 'buffer') {
        throw new Misuse(
          `reads ${name}.buffer, expected its entries alone: a kernel of your own exports its memory`,
        );
      }
      const value = Reflect.get(target, key, target);
      return typeof value === 'function' && key !== 'constructor' ? value.bind(target) : value;
    },
    set(target, key, value) {
      const index = Number(String(key));
      if (!Number.isInteger(index) || index < 0 || index >= target.length) {
        throw new Misuse(`writes entry ${String(key)} of ${name}, expected 0..${target.length - 1}`);
      }
      if (typeof value !== 'number') {
        throw new Misuse(
          `writes ${describeReturned(value)} into entry ${index} of ${name}, expected a number`,
        );
      }
      target[index] = value;
      return true;
    },
  });
}

/** An object that says so where a name is read that it has not. */
export function namesOf<T extends object>(what: string, target: T, names = Object.keys(target)): T {
  return new Proxy(target, {
    get(object, key) {
      if (typeof key === 'string' && !names.includes(key)) {
        const place = what === 'me' || what === '' ? key : `${what}.${key}`;
        const list = names.length === 0 ? 'none' : names.join(', ');
        throw new Misuse(`reads ${place}, expected one of ${list}${didYouMean(key, names)}`);
      }
      return Reflect.get(object, key);
    },
  });
}
