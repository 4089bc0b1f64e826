/**
 * A user's own cost on the host: the module is asked for its plan, its answers are checked, and objective and
 * optimum are put together from its functions. `custom.ts` is what workers see.
 */

import type { Arena } from '../arena/arena.js';
import type { FieldSpec } from '../arena/layout.js';
import { formatPath, InputError, type SpecPath } from '../base/errors.js';
import { placeIn, type UserModule, userModule } from '../plugin/modules.js';
import { batchFields, batchShare, planBatch } from './batch.js';
import { CompensatedSum } from './compensated.js';
import { type Declared, findFault, type Region, sizeOf } from './custom-checks.js';
import {
  AgentCosts,
  askPlan,
  type CostAnswer,
  CostFailure,
  checkAnswer,
  ModuleCalls,
  missingExports,
  type Refuse,
} from './custom-module.js';
import { minimiseByGradients } from './lbfgs.js';
import { counted } from './sampled-model.js';
import type { CostContext, CostModel, CostPlan, Optimum } from './types.js';

export interface CustomPlan extends CostPlan {
  module: string;
  agents: number;
  parameters: Record<string, unknown>;
  data: unknown;
  /** n / N; 1 where there are no samples. */
  scale: number;
  /** Samples of a mini-batch; 0: all. */
  batch: number;
  /** Gradients are means over an agent's own samples, see `batch.ts`. */
  own: boolean;
}

/** Multiply-adds that calling the module is taken for: agents cost alike, but for their samples. */
const WORK_PER_ENTRY = 20;
/**
 * What the solver may spend: gradients of the mean, as many as WORK multiply-adds and calls are, but no fewer
 * than FEWEST and no more than MOST.
 */
const SOLVE_WORK = 2e9;
const CALL_WORK = 100;
const FEWEST_GRADIENTS = 200;
const MOST_GRADIENTS = 10_000;
/**
 * At an optimum of the module's own a gradient above this share of what is added up to it is worth a word.
 */
const STATIONARY = 1e-6;
/** Of the optimum's largest entry: how far around it the checks look. */
const AROUND_OPTIMUM = 0.01;

/** `parameters`: what stands beside kind and module. */
export function loadCustom(
  kind: string,
  file: { url: string; parameters: Record<string, unknown> },
  context: CostContext,
): CostModel<CustomPlan> {
  const { agents, path, batch = 'all', batchPath = ['flow', 'batch'] } = context;
  const module = userModule(file.url);
  const refuse: Refuse = (what, cause) =>
    new InputError(
      `${placeIn(cause, module.url, module.file)}: ${what}`,
      { path: [...path, 'module'] },
      { cause },
    );
  const missing = missingExports(module);
  if (missing !== null) throw refuse(missing);
  const { parameters } = file;
  const said = askPlan(module, { agents, parameters }, refuse);
  const sampled = typeof module.exports['sampleValue'] === 'function';
  const answer = checkAnswer(said, { agents, sampled }, refuse);
  const samples = answer.samples === undefined ? null : offsetsOf(answer.samples, agents);
  if (samples === null && batch !== 'all') throw noSamples(module, batch, batchPath);
  const plan: CustomPlan = {
    kind,
    dim: answer.dim,
    module: module.url,
    agents,
    parameters,
    data: answer.data,
    scale: samples === null ? 1 : agents / samples[agents]!,
    batch: samples === null ? 0 : planBatch(batch, samples),
    own: samples !== null && (context.ownMeans ?? false),
  };
  const model = new CustomModel(plan, module, answer, samples, context, refuse);
  model.checkStart();
  return model;
}

function noSamples(module: UserModule, batch: number, path: SpecPath): InputError {
  return new InputError(
    `${formatPath(path)} is ${batch}, expected all: ${module.file} is not made of samples`,
    { path, hint: 'leave batch out, or export sampleValue and sampleGradient: docs/your-own-cost.md' },
  );
}

/** Agent i holds [offsets[i], offsets[i + 1]). */
function offsetsOf(samples: number | ArrayLike<number>, agents: number): Uint32Array {
  const offsets = new Uint32Array(agents + 1);
  for (let i = 0; i < agents; i++) {
    offsets[i + 1] = offsets[i]! + (typeof samples === 'number' ? samples : samples[i]!);
  }
  return offsets;
}

/** Before the run what a module does is bad input, with its place in the config. */
function asInput<T>(refuse: Refuse, task: () => T): T {
  try {
    return task();
  } catch (failure) {
    if (failure instanceof CostFailure) throw refuse(failure.what + failure.whose, failure.cause);
    throw failure;
  }
}

class CustomModel implements CostModel<CustomPlan> {
  readonly plan: CustomPlan;
  readonly dim: number;
  readonly fields: FieldSpec[];
  readonly work: Float64Array;
  readonly exactWork: number;
  readonly curvature: CostModel['curvature'];
  readonly nonconvex: boolean;
  readonly description: string;
  readonly samples?: Uint32Array;
  whyNoOptimum: string | null = null;
  readonly #file: string;
  readonly #hasOptimum: boolean;
  readonly #answer: CostAnswer;
  readonly #declared: Declared;
  readonly #costs: AgentCosts;
  readonly #refuse: Refuse;
  readonly #note: CostContext['note'];
  readonly #warn: CostContext['warn'];
  /** Of the region that the start lies in. */
  #size: number | undefined;
  #solved: Optimum | null | undefined;

  constructor(
    plan: CustomPlan,
    module: UserModule,
    answer: CostAnswer,
    samples: Uint32Array | null,
    { seed, note, warn }: CostContext,
    refuse: Refuse,
  ) {
    const { dim, agents, scale, batch } = plan;
    const { m = 0, l = Infinity, convex = true } = answer;
    this.plan = plan;
    this.dim = dim;
    this.curvature = { m, l, meanM: m, meanL: l };
    this.nonconvex = !convex;
    const counts = samples && Uint32Array.from({ length: agents }, (_, i) => samples[i + 1]! - samples[i]!);
    const calls = new ModuleCalls(plan, module);
    const ofAgent = calls.whole ? 1 : 0;
    this.work = new Float64Array(agents).fill(WORK_PER_ENTRY * dim);
    this.exactWork = agents * WORK_PER_ENTRY * dim;
    this.fields = [];
    const sizes: string[] = [];
    if (samples !== null && counts !== null) {
      this.samples = samples;
      for (let i = 0; i < agents; i++) {
        const looked = counts[i]! * batchShare(batch, counts[i]!);
        this.work[i] = WORK_PER_ENTRY * dim * (looked + ofAgent);
      }
      this.exactWork = WORK_PER_ENTRY * dim * (samples[agents]! + agents * ofAgent);
      this.fields.push(
        { name: 'cost.samples', type: 'u32', length: agents + 1 },
        ...batchFields(batch, samples),
      );
      sizes.push(counted(samples[agents]!, 'sample'), ...(batch > 0 ? [`batches of ${batch}`] : []));
    }
    this.description = [plan.kind, module.file, ...sizes].join(', ');
    this.#file = module.file;
    this.#hasOptimum = module.exports['optimum'] !== undefined;
    this.#answer = answer;
    this.#declared = { dim, agents, samples: counts, scale, m, l, convex, seed };
    this.#costs = new AgentCosts(calls, scale);
    this.#refuse = refuse;
    this.#note = note;
    this.#warn = warn;
    this.whyNoOptimum = this.#whyUnsolved();
  }

  fill(arena: Arena): void {
    if (this.samples) arena.view('cost.samples', 'u32').set(this.samples);
  }

  value(x: Float64Array): number {
    const sum = new CompensatedSum(1);
    const { agents } = this.plan;
    for (let agent = 0; agent < agents; agent++) {
      sum.add(0, this.#costs.value(x.slice(), agent, this.#samplesOf(agent)));
    }
    return sum.total(0) / agents;
  }

  /** Holds the module's functions against each other and against what it declares, near x = 0. */
  checkStart(): void {
    this.#check(() => {
      this.#size ??= sizeOf(this.#costs, this.#declared);
      return { name: 'the start', centre: new Float64Array(this.dim), size: this.#size };
    });
  }

  optimum(): Optimum | null {
    if (this.#solved !== undefined) return this.#solved;
    this.#solved = asInput(this.#refuse, () => (this.#hasOptimum ? this.#asTheModuleSays() : this.#solve()));
    const { x } = this.#solved ?? {};
    if (x) this.#check(() => ({ name: 'the optimum', centre: x, size: this.#sizeAround(x) }));
    return this.#solved;
  }

  #check(region: () => Region): void {
    if (this.#answer.check === false) return;
    const fault = asInput(this.#refuse, () => findFault(this.#costs, this.#declared, region()));
    if (fault === null) return;
    const refusal = this.#refuse(fault);
    refusal.hint = `mend it, or let plan return check: false (docs/your-own-cost.md says when)`;
    throw refusal;
  }

  #sizeAround(x: Float64Array): number {
    const largest = x.reduce((most, entry) => Math.max(most, Math.abs(entry)), 0);
    return largest > 0 ? AROUND_OPTIMUM * largest : (this.#size ?? 1);
  }

  /** Null where a solver may try. */
  #whyUnsolved(): string | null {
    const { convex = true, l, solve = true } = this.#answer;
    if (this.#hasOptimum) return null;
    const none = `${this.#file} exports no optimum()`;
    if (!convex) return `${none}, and declares convex: false: a stationary point need not be the best`;
    if (l === undefined) return `${none}, and no l by which a solver would know that it is smooth`;
    return solve ? null : `${none}, and plan returned solve: false`;
  }

  #asTheModuleSays(): Optimum {
    const x = this.#costs.calls.optimum(this.#refuse);
    const gradient = new Float64Array(this.dim);
    const terms = this.#meanGradient(x, gradient);
    const gradientNorm = gradient.reduce((largest, entry) => Math.max(largest, Math.abs(entry)), 0);
    if (this.curvature.l < Infinity && gradientNorm > STATIONARY * terms) {
      const size = gradientNorm.toExponential(1);
      const found = `the largest entry of the mean gradient is ${size}, expected about 0`;
      const so = 'the gap is measured against a point that is not the minimiser';
      this.#warn?.(`${this.#file}: at what optimum returned ${found}: ${so}`);
    }
    return { x, value: this.value(x), gradientNorm, iterations: 0, method: 'as the module says' };
  }

  #solve(): Optimum | null {
    if (this.whyNoOptimum !== null) return null;
    const { dim, plan, exactWork } = this;
    const calls = (this.samples?.[plan.agents] ?? 0) + plan.agents;
    const work = exactWork / WORK_PER_ENTRY + CALL_WORK * calls;
    const budget = Math.min(MOST_GRADIENTS, Math.max(FEWEST_GRADIENTS, Math.floor(SOLVE_WORK / work)));
    const problem = {
      dim,
      smoothness: this.curvature.meanL,
      strongConvexity: this.curvature.meanM,
      budget,
      value: (x: Float64Array) => this.value(x),
      gradient: (x: Float64Array, out: Float64Array) => {
        try {
          return this.#meanGradient(x, out);
        } catch (failure) {
          if (failure instanceof CostFailure && failure.notFinite) return null;
          throw failure;
        }
      },
    };
    const { optimum, reason } = minimiseByGradients(problem, this.#note);
    if (reason !== null) this.whyNoOptimum = `${this.#file} exports no optimum(), and ${reason}`;
    return optimum;
  }

  /** out = grad f(x); returns the largest entry of what was added up to it, in magnitudes. */
  #meanGradient(x: Float64Array, out: Float64Array): number {
    const { dim, plan } = this;
    const { agents } = plan;
    const sum = new CompensatedSum(dim);
    const sizes = new Float64Array(dim);
    const point = new Float64Array(dim);
    for (let agent = 0; agent < agents; agent++) {
      point.set(x);
      this.#costs.gradient(point, out, agent, this.#samplesOf(agent), false, null, 0, 0, 0);
      for (let c = 0; c < dim; c++) {
        sum.add(c, out[c]!);
        sizes[c]! += Math.abs(out[c]!);
      }
    }
    for (let c = 0; c < dim; c++) out[c] = sum.total(c) / agents;
    return sizes.reduce((largest, entry) => Math.max(largest, entry), 0) / agents;
  }

  #samplesOf(agent: number): number {
    return this.#declared.samples?.[agent] ?? 0;
  }
}
