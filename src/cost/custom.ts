/**
 * A user's own cost: f_i(x) and its gradient, functions in a module that the config names. Dimension, m and l
 * are what the module's `plan` says; a central optimum is what its `optimum` says, and is checked to be of
 * the right length.
 *
 * The module works on private copies, an agent at a time, and never sees the shared memory: whatever it
 * throws, returns by mistake or leaves not finite ends the run with file, function, agent and round. The
 * interface is documented in docs/your-own-cost.md.
 *
 * Departure from the other costs: no reference implementation. The module is the mathematics.
 */

import { rowLength } from '../arena/layout.js';
import { formatValue, InputError } from '../base/errors.js';
import {
  describeReturned,
  describeThrown,
  moduleUrl,
  placeIn,
  type UserModule,
  userModule,
} from '../plugin/modules.js';
import { WatchedFunction, watchedCall } from '../plugin/watch.js';
import { CompensatedSum } from './compensated.js';
import { type CostModel, type CostPlan, defineCost, type Optimum } from './types.js';

/** What a cost's module exports. */
export interface CostModule {
  /** Once, on the host. Refuse parameters by throwing an Error that says what was expected. */
  plan(inputs: CostInputs): CostAnswer;
  /** f_i(x) of one agent. `x` is a copy. */
  value(x: Float64Array, agent: number, context: CostModuleContext): number;
  /** Fills `out`, which comes as zeros, with the gradient of f_i at x. */
  gradient(x: Float64Array, out: Float64Array, agent: number, context: CostModuleContext): void;
  /** The minimiser of (1/n) sum_i f_i, where it is known: the gap and the error are measured against it. */
  optimum?(context: CostModuleContext): ArrayLike<number>;
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
export interface CostAnswer {
  /** Entries of x. */
  dim: number;
  /**
   * Strong convexity: m |x - y|^2 <= (x - y) . (grad f_i(x) - grad f_i(y)) for every agent. Default 0, which
   * is always true of convex costs.
   */
  m?: number;
  /**
   * Smoothness: |grad f_i(x) - grad f_i(y)| <= l |x - y| for every agent. Without it no gain can be `auto`.
   */
  l?: number;
  /** Handed back as `context.data`, on every worker: plain data worked out once. */
  // biome-ignore lint/suspicious/noExplicitAny: a module knows what is in it, and `unknown` would ask it to say so at every use.
  data?: any;
}

/** What value and gradient are told beside x. */
export interface CostModuleContext {
  /** Entries of x. */
  readonly dim: number;
  /** Agents of the run. */
  readonly agents: number;
  /** Everything that stands beside `kind` and `module` in the config. */
  // biome-ignore lint/suspicious/noExplicitAny: a module knows what is in it, and `unknown` would ask it to say so at every use.
  readonly parameters: Readonly<Record<string, any>>;
  /** What `plan` returned as `data`. */
  // biome-ignore lint/suspicious/noExplicitAny: a module knows what is in it, and `unknown` would ask it to say so at every use.
  readonly data: any;
  /** The round; 0 before the run. */
  readonly round: number;
}

interface CustomPlan extends CostPlan {
  module: string;
  agents: number;
  parameters: Record<string, unknown>;
  data: unknown;
}

const FUNCTIONS = ['plan', 'value', 'gradient'] as const;
const ANSWERS = ['dim', 'm', 'l', 'data'];
const MAX_DIM = 2 ** 28;
/**
 * Beyond this a run is on its way to infinity between two rows of the trace: that is not the module's doing,
 * so it is not asked.
 */
const LARGEST_ENTRY = 1e100;
/** Multiply-adds that calling the module is taken for: agents cost alike, whatever they are. */
const WORK_PER_ENTRY = 20;

export const custom = defineCost({
  kind: 'custom',
  metadata: {
    title: "A user's own cost",
    summary: 'calls value and gradient of your module; parameters beside it are handed to it',
    source: 'docs/your-own-cost.md',
  },
  parameters: (z) =>
    z.looseObject({
      kind: z.literal('custom'),
      module: z.string().min(1).describe('your .mjs or .ts file, relative to the config'),
    }),

  async load({ kind, module: file, ...parameters }, { agents, path }) {
    const module = userModule(moduleUrl(file));
    const refuse = (what: string, cause?: unknown) =>
      new InputError(
        `${placeIn(cause, module.url, module.file)}: ${what}`,
        { path: [...path, 'module'] },
        { cause },
      );
    const missing = FUNCTIONS.filter((name) => typeof module.exports[name] !== 'function');
    if (missing.length > 0) {
      throw refuse(`exports no function ${missing.join(' and ')}, expected plan, value and gradient`);
    }
    const { optimum } = module.exports;
    if (optimum !== undefined && typeof optimum !== 'function') {
      throw refuse(`exports an optimum that is ${describeReturned(optimum)}, expected a function or none`);
    }
    let answer: unknown;
    try {
      answer = watchedCall(module, 'plan', () => functionsOf(module).plan({ agents, parameters }));
    } catch (cause) {
      throw refuse(`plan threw ${describeThrown(cause)}`, cause);
    }
    const said = checkAnswer(answer, refuse);
    const { dim, data } = said;
    const plan: CustomPlan = { kind, dim, module: module.url, agents, parameters, data };
    return new CustomModel(plan, module, said, refuse);
  },

  bind(plan: CustomPlan, runtime) {
    const { dim } = plan;
    const calls = new ModuleCalls(plan, userModule(plan.module));
    const memory = new Float64Array(runtime.arena.memory.buffer);
    const rowEntries = runtime.rowBytes / 8;
    const x = new Float64Array(dim);
    const gradient = new Float64Array(dim);
    return {
      beginRound(round) {
        calls.context.round = round;
      },
      gradient(first, count, points, out) {
        for (let r = 0; r < count; r++) {
          const from = points / 8 + r * rowEntries;
          for (let c = 0; c < dim; c++) x[c] = memory[from + c]!;
          calls.gradient(x, gradient, first + r);
          const to = out / 8 + r * rowEntries;
          memory.set(gradient, to);
          // Padding stays zero, whatever the row held before.
          memory.fill(0, to + dim, to + rowLength(dim));
        }
      },
      values(first, count, point, out) {
        for (let agent = first; agent < first + count; agent++) {
          for (let c = 0; c < dim; c++) x[c] = memory[point / 8 + c]!;
          memory[out / 8 + agent] = calls.value(x, agent);
        }
      },
    };
  },
});

function functionsOf(module: UserModule): CostModule {
  return module.exports as unknown as CostModule;
}

function checkAnswer(answer: unknown, refuse: (what: string) => Error): CostAnswer {
  if (answer === null || typeof answer !== 'object' || answer instanceof Promise) {
    throw refuse(
      `plan returned ${describeReturned(answer)}, expected an object such as { dim: 8, m: 1, l: 10 }`,
    );
  }
  const unknown = Object.keys(answer).find((key) => !ANSWERS.includes(key));
  if (unknown !== undefined)
    throw refuse(`plan returned an unknown ${unknown}, expected ${ANSWERS.join(', ')}`);
  const said = answer as CostAnswer;
  const { dim, m, l, data } = said;
  if (!Number.isInteger(dim) || dim < 1 || dim > MAX_DIM) {
    throw refuse(`plan returned dim ${formatValue(dim)}, expected a whole number in 1..2^28`);
  }
  if (m !== undefined && !(typeof m === 'number' && m >= 0 && m < Infinity)) {
    throw refuse(`plan returned m ${formatValue(m)}, expected a number >= 0`);
  }
  if (l !== undefined && !(typeof l === 'number' && l > 0 && l < Infinity)) {
    throw refuse(`plan returned l ${formatValue(l)}, expected a number > 0`);
  }
  if (m !== undefined && l !== undefined && m > l) {
    throw refuse(`plan returned m ${m} and l ${l}, expected m <= l`);
  }
  try {
    structuredClone(data);
  } catch {
    throw refuse('plan returned data that cannot be sent to workers, expected plain data (no functions)');
  }
  return said;
}

class CustomModel implements CostModel<CustomPlan> {
  readonly plan: CustomPlan;
  readonly dim: number;
  readonly fields = [];
  readonly work: Float64Array;
  readonly curvature: CostModel['curvature'];
  readonly description: string;
  readonly whyNoOptimum: string | null;
  readonly #calls: ModuleCalls;
  readonly #refuse: (what: string, cause?: unknown) => Error;
  readonly #optimum: CostModule['optimum'];

  constructor(
    plan: CustomPlan,
    module: UserModule,
    { m = 0, l = Infinity }: CostAnswer,
    refuse: (what: string, cause?: unknown) => Error,
  ) {
    this.plan = plan;
    this.dim = plan.dim;
    this.work = new Float64Array(plan.agents).fill(WORK_PER_ENTRY * plan.dim);
    this.curvature = { m, l, meanM: m, meanL: l };
    this.description = `custom, ${module.file}`;
    this.#calls = new ModuleCalls(plan, module);
    this.#refuse = refuse;
    this.#optimum = functionsOf(module).optimum;
    this.whyNoOptimum = this.#optimum ? null : `${module.file} exports no optimum()`;
  }

  fill(): void {}

  value(x: Float64Array): number {
    const sum = new CompensatedSum(1);
    for (let agent = 0; agent < this.plan.agents; agent++) sum.add(0, this.#calls.value(x.slice(), agent));
    return sum.total(0) / this.plan.agents;
  }

  optimum(): Optimum | null {
    const optimum = this.#optimum;
    if (!optimum) return null;
    let answer: unknown;
    try {
      answer = watchedCall(userModule(this.plan.module), 'optimum', () => optimum(this.#calls.context));
    } catch (cause) {
      throw this.#refuse(`optimum threw ${describeThrown(cause)}`, cause);
    }
    const { dim } = this;
    const length =
      Array.isArray(answer) || ArrayBuffer.isView(answer) ? (answer as Float64Array).length : null;
    if (length !== dim) {
      const found = length === null ? describeReturned(answer) : `${length} numbers`;
      throw this.#refuse(`optimum returned ${found}, expected ${dim} numbers (plan: dim)`);
    }
    const x = Float64Array.from(answer as ArrayLike<number>);
    const bad = x.findIndex((entry) => !Number.isFinite(entry));
    if (bad >= 0) throw this.#refuse(`optimum returned ${x[bad]} in entry ${bad}, expected finite numbers`);

    const gradient = new CompensatedSum(dim);
    const one = new Float64Array(dim);
    try {
      for (let agent = 0; agent < this.plan.agents; agent++) {
        this.#calls.gradient(x.slice(), one, agent);
        for (let c = 0; c < dim; c++) gradient.add(c, one[c]!);
      }
      let largest = 0;
      for (let c = 0; c < dim; c++) largest = Math.max(largest, Math.abs(gradient.total(c)));
      const gradientNorm = largest / this.plan.agents;
      return { x, value: this.value(x), gradientNorm, iterations: 0, method: 'as the module says' };
    } catch (failure) {
      // Before the run this is bad input, with its place in the config.
      if (failure instanceof ModuleFailure) throw this.#refuse(failure.what, failure.cause);
      throw failure;
    }
  }
}

/** Something that the module did with one agent's cost. */
class ModuleFailure extends Error {
  override name = 'ModuleFailure';
  /** Without the place. */
  readonly what: string;
  constructor(module: UserModule, what: string, agent: number, round: number, cause?: unknown) {
    const whose = `${what} (agent ${agent}, round ${round})`;
    super(`${placeIn(cause, module.url, module.file)}: ${whose}`, { cause });
    this.what = whose;
  }
}

/** The module's functions with what comes back from them checked: once a call, and a sum over the entries. */
class ModuleCalls {
  readonly context: { -readonly [K in keyof CostModuleContext]: CostModuleContext[K] };
  readonly #module: UserModule;
  readonly #valueCall: WatchedFunction;
  readonly #gradientCall: WatchedFunction;

  constructor({ dim, agents, parameters, data }: CustomPlan, module: UserModule) {
    this.#valueCall = new WatchedFunction(module, 'value');
    this.#gradientCall = new WatchedFunction(module, 'gradient');
    this.context = { dim, agents, parameters, data, round: 0 };
    this.#module = module;
  }

  value(x: Float64Array, agent: number): number {
    if (!isReasonable(x)) return Number.NaN;
    const { value } = functionsOf(this.#module);
    let returned: unknown;
    this.#valueCall.begin(agent, this.context.round);
    try {
      returned = value(x, agent, this.context);
    } catch (cause) {
      throw this.#failed(`value threw ${describeThrown(cause)}`, agent, cause);
    } finally {
      this.#valueCall.end();
    }
    if (typeof returned === 'number' && Number.isFinite(returned)) return returned;
    const what = typeof returned === 'number' ? String(returned) : describeReturned(returned);
    throw this.#failed(`value returned ${what}, expected a finite number`, agent);
  }

  gradient(x: Float64Array, out: Float64Array, agent: number): void {
    if (!isReasonable(x)) {
      out.fill(Number.NaN);
      return;
    }
    const { gradient } = functionsOf(this.#module);
    let returned: unknown;
    out.fill(0);
    this.#gradientCall.begin(agent, this.context.round);
    try {
      returned = gradient(x, out, agent, this.context);
    } catch (cause) {
      throw this.#failed(`gradient threw ${describeThrown(cause)}`, agent, cause);
    } finally {
      this.#gradientCall.end();
    }
    if (returned !== undefined) {
      const what = describeReturned(returned);
      throw this.#failed(`gradient returned ${what}, expected nothing: it fills out`, agent);
    }
    const bad = out.findIndex((entry) => !Number.isFinite(entry));
    if (bad >= 0) {
      throw this.#failed(`gradient left ${out[bad]} in entry ${bad} of out, expected finite numbers`, agent);
    }
  }

  #failed(what: string, agent: number, cause?: unknown): ModuleFailure {
    return new ModuleFailure(this.#module, what, agent, this.context.round, cause);
  }
}

function isReasonable(x: Float64Array): boolean {
  for (let c = 0; c < x.length; c++) if (!(Math.abs(x[c]!) < LARGEST_ENTRY)) return false;
  return true;
}
