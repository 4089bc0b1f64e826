/**
 * A user's cost module: what it exports, and the one place where its functions are called. What comes back is
 * checked here, so that whatever a module throws, returns by mistake or leaves not finite is a message with
 * file, function, agent, sample and round.
 *
 *     f_i(x) = value(x, i) + (n/N) sum_{samples r of agent i} sampleValue(x, i, r)
 *
 * n agents, N samples; of a module that has only one of the two parts, the other is 0. Workers and the host
 * use the same functions: `custom.ts` binds them to the arena, `custom-host.ts` asks for objective and
 * optimum.
 */

import type { Reals } from '../arena/layout.js';
import { formatValue, type InputError } from '../base/errors.js';
import { PrivateArrays } from '../plugin/arrays.js';
import { allFinite, ModuleFailure } from '../plugin/failure.js';
import { describeReturned, describeThrown, type UserModule } from '../plugin/modules.js';
import { WatchedFunction, watchedCall } from '../plugin/watch.js';

/** What a cost's module exports. One that is made of samples: `SampledCostModule`. */
export interface CostModule<Data = unknown> {
  /** Once, on the host. Refuse parameters by throwing an Error that says what was expected. */
  plan(inputs: CostInputs): CostAnswer<Data>;
  /** f_i(x) of one agent. `x` is a copy. */
  value(x: Float64Array, agent: number, context: CostModuleContext<Data>): number;
  /** Fills `out`, which comes as zeros, with the gradient of f_i at x. `x` is a copy. */
  gradient(x: Float64Array, out: Float64Array, agent: number, context: CostModuleContext<Data>): void;
  /**
   * The minimiser of (1/n) sum_i f_i, where it is known: the gap and the error are measured against it.
   * Without it, a central solver looks for it where `plan` returned `l`.
   */
  optimum?(context: CostModuleContext<Data>): ArrayLike<number>;
}

/**
 * What the module of a cost that is made of samples exports: a flow or a parameter server can then draw
 * mini-batches of them. f_i(x) = (n/N) sum of sampleValue(x, i, r) over the samples r of agent i, n agents, N
 * samples; and value(x, i) beside it, where it is exported.
 */
export interface SampledCostModule<Data = unknown> {
  /** Once, on the host. Returns `samples` among others. */
  plan(inputs: CostInputs): CostAnswer<Data>;
  /**
   * Loss of one sample of an agent, numbered from 0 within the agent. `x` is shared by all samples: it must
   * not be changed.
   */
  sampleValue(x: Float64Array, agent: number, sample: number, context: CostModuleContext<Data>): number;
  /** Fills `out`, which comes as zeros, with the gradient of `sampleValue` at x. */
  sampleGradient(
    x: Float64Array,
    out: Float64Array,
    agent: number,
    sample: number,
    context: CostModuleContext<Data>,
  ): void;
  /** What agent i's cost has beside its samples, such as a regulariser; 0 where absent. Not their sum. */
  value?(x: Float64Array, agent: number, context: CostModuleContext<Data>): number;
  /** The gradient of `value`; both are exported or neither. */
  gradient?(x: Float64Array, out: Float64Array, agent: number, context: CostModuleContext<Data>): void;
  /** As in `CostModule`. */
  optimum?(context: CostModuleContext<Data>): ArrayLike<number>;
}

/** What a cost module's plan is told. */
export interface CostInputs {
  /** Agents of the run. */
  agents: number;
  /** Everything that stands beside `kind` and `module` in the config. */
  // biome-ignore lint/suspicious/noExplicitAny: a module knows what is in it, and `unknown` would ask it to say so at every use.
  parameters: Readonly<Record<string, any>>;
}

/** What a cost module's plan answers. */
export interface CostAnswer<Data = unknown> {
  /** Entries of x. */
  dim: number;
  /**
   * Strong convexity: m |x - y|^2 <= (x - y) . (grad f_i(x) - grad f_i(y)) for every agent. Default 0, which
   * is always true of convex costs.
   */
  m?: number;
  /**
   * Smoothness: |grad f_i(x) - grad f_i(y)| <= l |x - y| for every agent. Without it no gain can be `auto`,
   * and no central solver looks for the optimum.
   */
  l?: number;
  /** false where some f_i is not convex: nobody then checks it, or looks for the optimum. Default true. */
  convex?: boolean;
  /**
   * Samples of every agent: one number for all, or a number for each. Goes with `sampleValue` and
   * `sampleGradient`.
   */
  samples?: number | ArrayLike<number>;
  /** false: gradients, m and l are not checked before the run. Default true. */
  check?: boolean;
  /** false: no central solver looks for the optimum. Default true. */
  solve?: boolean;
  /** Handed back as `context.data`, on every worker: plain data worked out once. */
  data?: Data;
}

/** What a cost module's functions are told beside x. */
export interface CostModuleContext<Data = unknown> {
  /** Entries of x. */
  readonly dim: number;
  /** Agents of the run. */
  readonly agents: number;
  /** Everything that stands beside `kind` and `module` in the config. */
  // biome-ignore lint/suspicious/noExplicitAny: a module knows what is in it, and `unknown` would ask it to say so at every use.
  readonly parameters: Readonly<Record<string, any>>;
  /** What `plan` returned as `data`. */
  readonly data: Data;
  /** The round; 0 before the run. */
  readonly round: number;
}

/** The functions by which a module gives values and gradients. */
export type CostFunction = 'value' | 'gradient' | 'sampleValue' | 'sampleGradient';

type Functions = Pick<SampledCostModule, 'sampleValue' | 'sampleGradient'> &
  Pick<CostModule, 'plan' | 'value' | 'gradient' | 'optimum'>;

/** Something that the module did with one agent's cost, or with one of its samples. */
export class CostFailure extends ModuleFailure {
  override name = 'CostFailure';
  /** ` (agent 3, sample 7, round 20)` */
  readonly whose: string;
  /** Whether a number that is not finite is all that is wrong. */
  readonly notFinite: boolean;

  constructor(
    module: UserModule,
    what: string,
    { agent, sample, round }: { agent: number; sample: number; round: number },
    { cause, notFinite = false }: { cause?: unknown; notFinite?: boolean } = {},
  ) {
    super(module, what, sample === WHOLE ? agent : `${agent}, sample ${sample}`, round, cause);
    this.whose = whoseCost(agent, sample, round);
    this.notFinite = notFinite;
  }
}

/** How the host refuses a module: what is wrong with it, and the error behind that. */
export type Refuse = (what: string, cause?: unknown) => InputError;

/** No sample: a function of the whole agent. */
const WHOLE = -1;

/** The module's functions with what comes back from them checked: once a call, and a sum over the entries. */
export class ModuleCalls {
  readonly context: { -readonly [K in keyof CostModuleContext]: CostModuleContext[K] };
  /** Whether it has a part that belongs to the agent, and one that belongs to samples. */
  readonly whole: boolean;
  readonly sampled: boolean;
  readonly #module: UserModule;
  readonly #functions: Functions;
  readonly #valueCall: WatchedFunction;
  readonly #gradientCall: WatchedFunction;
  readonly #sampleValueCall: WatchedFunction;
  readonly #sampleGradientCall: WatchedFunction;
  /** Point and gradient in the memory of a kernel of the module's; null where it has none. */
  readonly #inModule: { arrays: PrivateArrays; x: Float64Array; out: Float64Array } | null;

  constructor({ dim, agents, parameters, data }: Omit<CostModuleContext, 'round'>, module: UserModule) {
    this.context = { dim, agents, parameters, data, round: 0 };
    this.#module = module;
    this.#functions = functionsOf(module);
    this.#valueCall = new WatchedFunction(module, 'value');
    this.#gradientCall = new WatchedFunction(module, 'gradient');
    this.#sampleValueCall = new WatchedFunction(module, 'sampleValue');
    this.#sampleGradientCall = new WatchedFunction(module, 'sampleGradient');
    const arrays = new PrivateArrays(module, 2 * dim, 2);
    this.#inModule = arrays.inModule
      ? { arrays, x: arrays.make('x', dim), out: arrays.make('out', dim) }
      : null;
    this.whole = typeof module.exports['value'] === 'function';
    this.sampled = typeof module.exports['sampleValue'] === 'function';
  }

  value(x: Float64Array, agent: number): number {
    let returned: unknown;
    this.#valueCall.begin(agent, this.context.round);
    try {
      returned = this.#functions.value(this.#pointOf(x), agent, this.context);
    } catch (cause) {
      throw this.#threw('value', cause, agent, WHOLE);
    } finally {
      this.#valueCall.end();
    }
    if (typeof returned !== 'number' || !Number.isFinite(returned)) {
      throw this.#returned('value', returned, agent, WHOLE);
    }
    return returned;
  }

  sampleValue(x: Float64Array, agent: number, sample: number): number {
    let returned: unknown;
    this.#sampleValueCall.begin(agent, this.context.round);
    try {
      returned = this.#functions.sampleValue(this.#pointOf(x), agent, sample, this.context);
    } catch (cause) {
      throw this.#threw('sampleValue', cause, agent, sample);
    } finally {
      this.#sampleValueCall.end();
    }
    if (typeof returned !== 'number' || !Number.isFinite(returned)) {
      throw this.#returned('sampleValue', returned, agent, sample);
    }
    return returned;
  }

  /** `out` may hold anything before. */
  gradient(x: Float64Array, out: Float64Array, agent: number): void {
    let returned: unknown;
    const target = this.#targetOf(out);
    target.fill(0);
    this.#gradientCall.begin(agent, this.context.round);
    try {
      returned = this.#functions.gradient(this.#pointOf(x), target, agent, this.context);
    } catch (cause) {
      throw this.#threw('gradient', cause, agent, WHOLE);
    } finally {
      this.#gradientCall.end();
    }
    this.#take('gradient', out, agent, WHOLE);
    if (returned !== undefined) throw this.#filled('gradient', returned, agent, WHOLE);
    if (!allFinite(out)) throw this.#notFinite('gradient', out, agent, WHOLE);
  }

  /** `out` is zeros before. Whether its entries are finite is left to whoever adds them up. */
  sampleGradient(x: Float64Array, out: Float64Array, agent: number, sample: number): void {
    let returned: unknown;
    const target = this.#targetOf(out);
    if (target !== out) target.fill(0);
    this.#sampleGradientCall.begin(agent, this.context.round);
    try {
      returned = this.#functions.sampleGradient(this.#pointOf(x), target, agent, sample, this.context);
    } catch (cause) {
      throw this.#threw('sampleGradient', cause, agent, sample);
    } finally {
      this.#sampleGradientCall.end();
    }
    this.#take('sampleGradient', out, agent, sample);
    if (returned !== undefined) throw this.#filled('sampleGradient', returned, agent, sample);
  }

  /** The same for one sample that is asked about by itself: `out` may hold anything, and comes out finite. */
  checkedSampleGradient(x: Float64Array, out: Float64Array, agent: number, sample: number): void {
    out.fill(0);
    this.sampleGradient(x, out, agent, sample);
    if (!allFinite(out)) throw this.#notFinite('sampleGradient', out, agent, sample);
  }

  /** dim finite numbers. Only of a module that exports it. */
  optimum(refuse: Refuse): Float64Array {
    const { dim } = this.context;
    let answer: unknown;
    try {
      answer = watchedCall(this.#module, 'optimum', () => this.#functions.optimum?.(this.context));
    } catch (cause) {
      throw refuse(`optimum threw ${describeThrown(cause)}`, cause);
    }
    const length =
      Array.isArray(answer) || ArrayBuffer.isView(answer) ? (answer as Float64Array).length : null;
    if (length !== dim) {
      const found = length === null ? describeReturned(answer) : `${length} numbers`;
      throw refuse(`optimum returned ${found}, expected ${dim} numbers (plan: dim)`);
    }
    const x = Float64Array.from(answer as ArrayLike<number>);
    const bad = x.findIndex((entry) => !Number.isFinite(entry));
    if (bad >= 0) throw refuse(`optimum returned ${x[bad]} in entry ${bad}, expected finite numbers`);
    return x;
  }

  /** What the module is given for `x`. */
  #pointOf(x: Float64Array): Float64Array {
    if (this.#inModule === null) return x;
    this.#inModule.arrays.claim();
    this.#inModule.x.set(x);
    return this.#inModule.x;
  }

  /** What the module is given for `out`. */
  #targetOf(out: Float64Array): Float64Array {
    return this.#inModule === null ? out : this.#inModule.out;
  }

  /** What it has made of it, where that is not `out` itself. */
  #take(name: CostFunction, out: Float64Array, agent: number, sample: number): void {
    if (this.#inModule === null) return;
    const damage = this.#inModule.arrays.damage();
    if (damage !== null) throw this.#failure(`${name} ${damage}`, agent, sample);
    out.set(this.#inModule.out);
  }

  #threw(name: CostFunction, cause: unknown, agent: number, sample: number): CostFailure {
    return this.#failure(`${name} threw ${describeThrown(cause)}`, agent, sample, { cause });
  }

  #returned(name: CostFunction, returned: unknown, agent: number, sample: number): CostFailure {
    const notFinite = typeof returned === 'number';
    const found = notFinite ? String(returned) : describeReturned(returned);
    const what = `${name} returned ${found}, expected a finite number`;
    return this.#failure(what, agent, sample, { notFinite });
  }

  #filled(name: CostFunction, returned: unknown, agent: number, sample: number): CostFailure {
    const what = `${name} returned ${describeReturned(returned)}, expected nothing: it fills out`;
    return this.#failure(what, agent, sample);
  }

  #notFinite(name: CostFunction, out: Float64Array, agent: number, sample: number): CostFailure {
    const bad = out.findIndex((entry) => !Number.isFinite(entry));
    const what = `${name} left ${out[bad]} in entry ${bad} of out, expected finite numbers`;
    return this.#failure(what, agent, sample, { notFinite: true });
  }

  #failure(
    what: string,
    agent: number,
    sample: number,
    more?: { cause?: unknown; notFinite?: boolean },
  ): CostFailure {
    const { round } = this.context;
    return new CostFailure(this.#module, what, { agent, sample, round }, more);
  }
}

/** ` (agent 3, sample 7, round 20)`. */
export function whoseCost(agent: number, sample: number | null, round: number): string {
  const ofSample = sample === null || sample === WHOLE ? '' : `, sample ${sample}`;
  return ` (agent ${agent}${ofSample}, round ${round})`;
}

/** What the module's plan returns, whatever it is. */
export function askPlan(module: UserModule, inputs: CostInputs, refuse: Refuse): unknown {
  try {
    return watchedCall(module, 'plan', () => functionsOf(module).plan(inputs));
  } catch (cause) {
    throw refuse(`plan threw ${describeThrown(cause)}`, cause);
  }
}

/**
 * f_i and its gradient, put together from the module's parts. Nothing is allocated in a call. `x` is changed
 * by nobody but the module's own `value` and `gradient`, which are asked last.
 */
export class AgentCosts {
  readonly calls: ModuleCalls;
  readonly #scale: number;
  readonly #part: Float64Array;
  /** The factor of a sample's gradient. In an array: one that is read from a field or made is allocated. */
  readonly #factor = new Float64Array(1);

  /** `scale` is n/N. */
  constructor(calls: ModuleCalls, scale: number) {
    this.calls = calls;
    this.#scale = scale;
    this.#part = new Float64Array(calls.context.dim);
  }

  /** f_i(x) of an agent of so many samples. */
  value(x: Float64Array, agent: number, samples: number): number {
    const { calls } = this;
    let losses = 0;
    for (let sample = 0; sample < samples; sample++) losses += calls.sampleValue(x, agent, sample);
    const own = calls.whole ? calls.value(x, agent) : 0;
    return samples === 0 ? own : this.#scale * losses + own;
  }

  /**
   * out = grad value + weight (samples / count) sum of grad sampleValue over `count` samples: those numbered
   * picks[at ..] less `from`, or all where `picks` is null. The weight is n/N, or one over the samples for
   * their `mean`.
   */
  gradient(
    x: Float64Array,
    out: Float64Array,
    agent: number,
    samples: number,
    mean: boolean,
    picks: Uint32Array | null,
    at: number,
    count: number,
    from: number,
  ): void {
    const { calls } = this;
    const part = this.#part;
    const factor = this.#factor;
    if (mean) factor[0] = 1 / samples;
    else factor[0] = this.#scale;
    if (picks !== null) factor[0] *= samples / count;
    const used = picks === null ? samples : count;
    if (used === 0) {
      if (calls.whole) calls.gradient(x, out, agent);
      else out.fill(0);
      return;
    }
    out.fill(0);
    part.fill(0);
    for (let t = 0; t < used; t++) {
      calls.sampleGradient(x, part, agent, picks === null ? t : picks[at + t]! - from);
      for (let c = 0; c < out.length; c++) {
        out[c]! += factor[0]! * part[c]!;
        part[c] = 0;
      }
    }
    if (!allFinite(out)) this.#blame(x, agent, used, picks, at, from);
    if (!calls.whole) return;
    calls.gradient(x, part, agent);
    for (let c = 0; c < out.length; c++) out[c]! += part[c]!;
  }

  /** Asks again, sample by sample, whose entry was not finite; their sum may have run over by itself. */
  #blame(
    x: Float64Array,
    agent: number,
    used: number,
    picks: Uint32Array | null,
    at: number,
    from: number,
  ): void {
    for (let t = 0; t < used; t++) {
      this.calls.checkedSampleGradient(x, this.#part, agent, picks === null ? t : picks[at + t]! - from);
    }
  }
}

/** Beyond this a run is on its way to infinity between two rows of the trace. */
const LARGEST_ENTRY = 1e100;

/** Copies a point; false where it is so far out that a module is not to be blamed for what it makes of it. */
export function copyPoint(from: Reals, at: number, x: Float64Array): boolean {
  let reasonable = true;
  for (let c = 0; c < x.length; c++) {
    const entry = from[at + c]!;
    x[c] = entry;
    if (!(Math.abs(entry) < LARGEST_ENTRY)) reasonable = false;
  }
  return reasonable;
}

export function functionsOf(module: UserModule): Functions {
  return module.exports as unknown as Functions;
}

const MAX_DIM = 2 ** 28;
const MAX_SAMPLES = 2 ** 32 - 1;
const ANSWERS = ['dim', 'm', 'l', 'convex', 'samples', 'check', 'solve', 'data'];

/** Which of the functions that it needs a module lacks, as half a sentence; null where it has them all. */
export function missingExports({ exports }: UserModule): string | null {
  const lacks = (names: readonly string[]) =>
    names.filter((name) => typeof exports[name] !== 'function').join(' and ');
  const has = (name: string) => exports[name] !== undefined;
  const sampled = has('sampleValue') || has('sampleGradient');
  const whole = !sampled || has('value') || has('gradient');
  const expected = [
    'plan',
    ...(whole ? ['value', 'gradient'] : []),
    ...(sampled ? ['sampleValue', 'sampleGradient'] : []),
  ];
  const missing = lacks(expected);
  if (missing !== '') {
    const list = `${expected.slice(0, -1).join(', ')} and ${expected.at(-1)}`;
    return `exports no function ${missing}, expected ${list}`;
  }
  const { optimum } = exports;
  if (optimum === undefined || typeof optimum === 'function') return null;
  return `exports an optimum that is ${describeReturned(optimum)}, expected a function or none`;
}

/** What `plan` returned, every value in its range; `sampled`: whether the module has functions of samples. */
export function checkAnswer(
  answer: unknown,
  { agents, sampled }: { agents: number; sampled: boolean },
  refuse: Refuse,
): CostAnswer {
  if (answer === null || typeof answer !== 'object' || answer instanceof Promise) {
    throw refuse(
      `plan returned ${describeReturned(answer)}, expected an object such as { dim: 8, m: 1, l: 10 }`,
    );
  }
  const unknown = Object.keys(answer).find((key) => !ANSWERS.includes(key));
  if (unknown !== undefined)
    throw refuse(`plan returned an unknown ${unknown}, expected ${ANSWERS.join(', ')}`);
  const given = answer as CostAnswer;
  const { dim, m, l, convex, samples, data } = given;
  if (!Number.isInteger(dim) || dim < 1 || dim > MAX_DIM) {
    throw refuse(`plan returned dim ${formatValue(dim)}, expected a whole number in 1..2^28`);
  }
  if (m !== undefined && !(typeof m === 'number' && m >= 0 && m < Infinity)) {
    const hint = typeof m === 'number' && m < 0 ? ' (convex: false is for costs that are not convex)' : '';
    throw refuse(`plan returned m ${formatValue(m)}, expected a number >= 0${hint}`);
  }
  if (l !== undefined && !(typeof l === 'number' && l > 0 && l < Infinity)) {
    throw refuse(`plan returned l ${formatValue(l)}, expected a number > 0`);
  }
  if (m !== undefined && l !== undefined && m > l) {
    throw refuse(`plan returned m ${m} and l ${l}, expected m <= l`);
  }
  for (const name of ['convex', 'check', 'solve'] as const) {
    if (given[name] !== undefined && typeof given[name] !== 'boolean') {
      throw refuse(`plan returned ${name} ${formatValue(given[name])}, expected true or false`);
    }
  }
  if (convex === false && (m ?? 0) > 0) {
    throw refuse(`plan returned convex false and m ${m}, expected no m of a cost that is not convex`);
  }
  if (sampled && samples === undefined) {
    throw refuse('exports sampleValue, but plan returned no samples: expected how many each agent has');
  }
  if (!sampled && samples !== undefined) {
    throw refuse('plan returned samples, but the module exports no function sampleValue and sampleGradient');
  }
  if (samples !== undefined) checkSamples(samples, agents, refuse);
  try {
    structuredClone(data);
  } catch {
    throw refuse('plan returned data that cannot be sent to workers, expected plain data (no functions)');
  }
  return given;
}

function checkSamples(samples: unknown, agents: number, refuse: Refuse): void {
  const whole = (count: unknown) => Number.isInteger(count) && (count as number) >= 0;
  const each = Array.isArray(samples) || ArrayBuffer.isView(samples);
  if (!each && !(whole(samples) && (samples as number) > 0)) {
    throw refuse(
      `plan returned samples ${formatValue(samples)}, expected a whole number > 0, or ${agents} of them`,
    );
  }
  const counts = each
    ? Array.from(samples as ArrayLike<number>)
    : Array<number>(agents).fill(samples as number);
  if (counts.length !== agents) {
    throw refuse(`plan returned samples of ${counts.length} agents, expected ${agents}: one number for each`);
  }
  const bad = counts.findIndex((count) => !whole(count));
  if (bad >= 0) {
    throw refuse(
      `plan returned samples ${formatValue(counts[bad])} of agent ${bad}, expected a whole number >= 0`,
    );
  }
  const total = counts.reduce((sum, count) => sum + count, 0);
  if (total < 1 || total > MAX_SAMPLES) {
    throw refuse(`plan returned ${total} samples in all, expected 1..2^32 - 1`);
  }
}
