/**
 * Quadratic: f_i(x) = 1/2 sum_c a_ic (x_c - b_ic)^2, the cost whose every figure is known in closed form.
 *
 * Needs a_ic >= 0 and, in every coordinate, one agent with a_ic > 0. Then x*_c = sum_i a_ic b_ic / sum_i
 * a_ic. Work: 2 dim multiply-adds a gradient; 16 dim bytes an agent.
 *
 * `a` and `b` come from two .npy files of shape agents x dim, from a program's memory, or are drawn: a_ic
 * uniform in (1, condition), b_ic uniform in (-1, 1), from Philox stream 8 (round 0 draws a, round 1 draws b;
 * agent i draws for itself). Uniform and not log-uniform, because plain arithmetic gives the same bits on
 * every machine and a logarithm need not. So each agent's condition number is near `condition`, while that of
 * their mean is near 1. Drawn rows go straight into the arena: no copy of them ever exists on the host.
 */

import type { z } from 'zod';
import type { Arena } from '../arena/arena.js';
import { type FieldSpec, type Precision, pointLength, rowLength } from '../arena/layout.js';
import { formatCount } from '../base/count.js';
import { formatPath, formatValue, InputError, type SpecPath, unexpected } from '../base/errors.js';
import type { UniformSource } from '../data/random.js';
import { NOWHERE } from '../ranks/part.js';
import type { Runtime } from '../runtime.js';
import { type RowsGiven, rowsParameter } from '../schema/array.js';
import { CompensatedSum } from './compensated.js';
import {
  type BoundCost,
  type CostContext,
  type CostModel,
  type CostPlan,
  defineCost,
  type Optimum,
} from './types.js';

const DEFAULT_CONDITION = 10;

/** Where rows come from: files, the generator, or the arena once they are in it. */
export interface Rows {
  /** a[0..dim) and b[0..dim) = the rows of the agent. */
  read(agent: number, a: Float64Array, b: Float64Array): void;
}

function parameters(zod: typeof z) {
  return zod
    .strictObject({
      kind: zod.literal('quadratic'),
      a: rowsParameter(zod, 'curvatures a_ic >= 0: a .npy file, agents x dim').optional(),
      b: rowsParameter(zod, 'minimisers b_ic: a .npy file, agents x dim').optional(),
      dim: zod.int().min(1).optional(),
      condition: zod.number().min(1).optional(),
      seed: zod.int().min(0).optional(),
    })
    .refine((spec) => isDrawn(spec) !== (spec.a !== undefined || spec.b !== undefined), {
      message: 'expected either a and b (two .npy files) or dim (with condition, seed) for a drawn problem',
    })
    .refine((spec) => (spec.a === undefined) === (spec.b === undefined), {
      message: 'expected a and b together',
    });
}

type Parameters = z.output<ReturnType<typeof parameters>>;

function isDrawn({ dim, condition, seed }: { dim?: unknown; condition?: unknown; seed?: unknown }): boolean {
  return dim !== undefined || condition !== undefined || seed !== undefined;
}

async function drawnModel(
  { dim, condition = DEFAULT_CONDITION, seed }: Parameters,
  context: CostContext,
): Promise<CostModel> {
  if (dim === undefined) throw unexpected([...context.path, 'dim'], dim, 'a whole number >= 1');
  const { STREAM_QUADRATIC } = await import('../data/random.js');
  const uniform = await uniformSource(seed, context);
  const middle = (condition + 1) / 2;
  const half = (condition - 1) / 2;
  const rows: Rows = {
    read(agent, a, b) {
      uniform.fill(a, 0, dim, agent, 0, STREAM_QUADRATIC);
      for (let c = 0; c < dim; c++) a[c] = middle + half * a[c]!;
      uniform.fill(b, 0, dim, agent, 1, STREAM_QUADRATIC);
    },
  };
  return new QuadraticModel('quadratic', dim, rows, `drawn, condition ${condition}`, context);
}

/** Uniform numbers in (-1, 1) of the cost's own seed, or of the run's. */
export async function uniformSource(seed: number | undefined, context: CostContext): Promise<UniformSource> {
  const { UniformSource } = await import('../data/random.js');
  const { seedWords } = await import('../runtime.js');
  return new UniformSource(seed === undefined ? context.seed : seedWords(seed));
}

async function modelFromFiles(parameters: Parameters, context: CostContext): Promise<CostModel> {
  const a = await readAgentRows(parameters.a, 'a', context);
  const b = await readAgentRows(parameters.b, 'b', context);
  if (a.dim !== b.dim) {
    throw new InputError(
      `${b.name} has shape (${context.agents}, ${b.dim}), expected that of ${a.name}: (${context.agents}, ${a.dim})`,
      { path: b.path, file: b.file },
    );
  }
  const dim = a.dim;
  for (let i = 0; i < a.data.length; i++) {
    if (!(a.data[i]! >= 0 && a.data[i]! < Infinity)) throw badEntry(a, i, 'a finite number >= 0');
    if (!Number.isFinite(b.data[i])) throw badEntry(b, i, 'a finite number');
  }
  const rows: Rows = {
    read(agent, aRow, bRow) {
      for (let c = 0; c < dim; c++) {
        aRow[c] = a.data[agent * dim + c]!;
        bRow[c] = b.data[agent * dim + c]!;
      }
    },
  };
  const origin = a.file === undefined ? 'given' : 'from files';
  const model = new QuadraticModel('quadratic', dim, rows, origin, context);
  const flat = model.columnWithoutCurvature;
  if (flat >= 0) {
    throw new InputError(
      `${a.name}: column ${flat} (from 0) is zero for every agent, so the sum of the costs has no single minimiser; expected one entry > 0`,
      a,
    );
  }
  return model;
}

/** Numbers with one row for each agent. */
export interface AgentRows {
  /** For people: the file, or the place in the config. */
  name: string;
  /** Where there is one. */
  file?: string;
  path: SpecPath;
  data: Float64Array;
  dim: number;
}

export async function readAgentRows(
  given: RowsGiven | undefined,
  name: string,
  context: CostContext,
): Promise<AgentRows> {
  const path = [...context.path, name];
  if (given === undefined) throw unexpected(path, given, 'a .npy file of shape agents x dim');
  if (typeof given !== 'string') return rowsInMemory(given, path, context);
  const { readNpy, formatShape } = await import('../data/npy.js');
  const file = context.resolve(given);
  const array = await readNpy(file);
  const shape = array.shape.length === 1 ? [array.shape[0]!, 1] : array.shape;
  if (shape[0] !== context.agents || shape[1] === 0) {
    throw new InputError(
      `${file} has shape ${formatShape(array.shape)}, expected (${context.agents}, dim): one row for each agent`,
      { path, file },
    );
  }
  return { name: file, file, path, data: array.data, dim: shape[1]! };
}

function rowsInMemory(data: Float64Array, path: SpecPath, { agents }: CostContext): AgentRows {
  const dim = data.length / agents;
  if (!Number.isInteger(dim) || dim === 0) {
    const expected = `a multiple of ${agents}: one row for each agent, row after row`;
    throw unexpected([...path, 'length'], data.length, expected);
  }
  return { name: formatPath(path), path, data, dim };
}

export function badEntry(rows: AgentRows, index: number, expected: string): InputError {
  const { name, file, path, data, dim } = rows;
  const place = `entry [${Math.floor(index / dim)}, ${index % dim}] (row, column, from 0)`;
  return new InputError(`${name}: ${place} is ${formatValue(data[index])}, expected ${expected}`, {
    file,
    path,
  });
}

/** The same rows as float32 has them. */
function rounded({ read }: Rows, dim: number): Rows {
  return {
    read(agent, a, b) {
      read(agent, a, b);
      for (let c = 0; c < dim; c++) {
        a[c] = Math.fround(a[c]!);
        b[c] = Math.fround(b[c]!);
      }
    },
  };
}

/** Sums over the agents; totals and minimiser have dim entries. */
interface Sums {
  m: number;
  l: number;
  totals: Float64Array;
  minimiser: Float64Array;
}

export class QuadraticModel implements CostModel {
  readonly plan: CostPlan;
  readonly dim: number;
  readonly fields: CostModel['fields'];
  readonly work: Float64Array;
  readonly description: string;
  readonly #agents: number;
  readonly #note: (message: string) => void;
  #sums: Sums | null = null;
  readonly #curvatures: Float64Array;
  /** Replaced by the arena in `fill`, which lets go of the files' arrays. */
  #rows: Rows;

  constructor(kind: string, dim: number, rows: Rows, origin: string, context: CostContext) {
    const { agents } = context;
    this.plan = { kind, dim, meanCurvature: 'cost.meanA' };
    this.dim = dim;
    const { precision } = context;
    this.work = new Float64Array(agents).fill(2 * dim);
    this.description = `${kind}, ${formatCount(agents)} agents, ${dim} coordinates, ${origin}`;
    this.#agents = agents;
    this.fields = this.fieldsIn(precision);
    this.#curvatures = new Float64Array(dim);
    this.#rows = precision === 'float32' ? rounded(rows, dim) : rows;
    this.#note = context.note ?? (() => {});
  }

  fieldsIn(precision: Precision | undefined): FieldSpec[] {
    const { dim } = this;
    const length = this.#agents * rowLength(dim, precision);
    return [
      { name: 'cost.a', type: 'real', length, perAgent: true },
      { name: 'cost.b', type: 'real', length, perAgent: true },
      { name: 'cost.meanA', type: 'f64', length: pointLength(dim) },
    ];
  }

  get curvature(): CostModel['curvature'] {
    const { m, l, totals } = this.#summed();
    return {
      m,
      l,
      meanM: totals.reduce((x, y) => Math.min(x, y)) / this.#agents,
      meanL: totals.reduce((x, y) => Math.max(x, y)) / this.#agents,
    };
  }

  /** First coordinate in which every a is 0; -1 where there is none. */
  get columnWithoutCurvature(): number {
    return this.#summed().totals.indexOf(0);
  }

  /**
   * One streaming pass for everything the host needs to know; made when first asked for, since drawing a
   * million rows takes a second.
   */
  #summed(): Sums {
    if (this.#sums) return this.#sums;
    this.#note(`summing ${this.description}`);
    const { dim } = this;
    const a = new Float64Array(dim);
    const b = new Float64Array(dim);
    const sumA = new CompensatedSum(dim);
    const sumAB = new CompensatedSum(dim);
    let m = Infinity;
    let l = 0;
    for (let agent = 0; agent < this.#agents; agent++) {
      this.#rows.read(agent, a, b);
      for (let c = 0; c < dim; c++) {
        m = Math.min(m, a[c]!);
        l = Math.max(l, a[c]!);
        sumA.add(c, a[c]!);
        sumAB.add(c, a[c]! * b[c]!);
      }
    }
    const totals = Float64Array.from({ length: dim }, (_, c) => sumA.total(c));
    this.#sums = { m, l, totals, minimiser: totals.map((total, c) => sumAB.total(c) / total) };
    return this.#sums;
  }

  fill(arena: Arena, positions?: Uint32Array): void {
    const { dim } = this;
    const stride = rowLength(dim, arena.precision);
    const a = arena.reals('cost.a');
    const b = arena.reals('cost.b');
    const aRow = new Float64Array(dim);
    const bRow = new Float64Array(dim);
    // The mean is that of all agents: once it is known, rows of other ranks are not drawn again.
    const known = this.#sums;
    const sumA = new CompensatedSum(dim);
    for (let agent = 0; agent < this.#agents; agent++) {
      const at = positions === undefined ? agent : positions[agent]!;
      if (at === NOWHERE && known !== null) continue;
      this.#rows.read(agent, aRow, bRow);
      if (known === null) for (let c = 0; c < dim; c++) sumA.add(c, aRow[c]!);
      if (at === NOWHERE) continue;
      a.set(aRow, at * stride);
      b.set(bRow, at * stride);
    }
    const meanA = arena.view('cost.meanA', 'f64');
    for (let c = 0; c < dim; c++) meanA[c] = (known?.totals[c] ?? sumA.total(c)) / this.#agents;
    // Of a part of the agents the arena has not all rows.
    if (positions?.includes(NOWHERE)) return;
    this.#rows = {
      read(agent, aOut, bOut) {
        const at = positions === undefined ? agent : positions[agent]!;
        for (let c = 0; c < dim; c++) {
          aOut[c] = a[at * stride + c]!;
          bOut[c] = b[at * stride + c]!;
        }
      },
    };
  }

  /** Averaging 1/2 |x - b_i|^2 is to agree on the mean of the b_i. */
  ownValue(agent: number, out: Float64Array): void {
    this.#rows.read(agent, this.#curvatures, out);
  }

  curvaturesOf(agent: number, out: Float64Array): void {
    this.#rows.read(agent, out, this.#curvatures);
  }

  value(x: Float64Array): number {
    return this.#evaluate(x).value;
  }

  optimum(): Optimum {
    const x = this.#summed().minimiser;
    return { x, ...this.#evaluate(x), iterations: 0, method: 'closed form' };
  }

  /** f and the largest entry of its gradient at x, in one pass. */
  #evaluate(x: Float64Array): { value: number; gradientNorm: number } {
    const a = new Float64Array(this.dim);
    const b = new Float64Array(this.dim);
    const sum = new CompensatedSum(1);
    const gradient = new CompensatedSum(this.dim);
    for (let agent = 0; agent < this.#agents; agent++) {
      this.#rows.read(agent, a, b);
      for (let c = 0; c < this.dim; c++) {
        const distance = x[c]! - b[c]!;
        sum.add(0, a[c]! * distance * distance);
        gradient.add(c, a[c]! * distance);
      }
    }
    let largest = 0;
    for (let c = 0; c < this.dim; c++) largest = Math.max(largest, Math.abs(gradient.total(c)));
    return { value: sum.total(0) / (2 * this.#agents), gradientNorm: largest / this.#agents };
  }
}

export function bindQuadratic(plan: CostPlan, runtime: Runtime): BoundCost {
  const { arena, kernels, rowBytes } = runtime;
  const n = rowBytes / arena.realBytes;
  const pointEntries = pointLength(plan.dim);
  const a = arena.address('cost.a');
  const b = arena.address('cost.b');
  return {
    quadratic: { a, b },
    gradient(first, count, x, out) {
      // Block addresses: this kernel reads a and b like x, from the row of agent `first` on.
      const offset = first * rowBytes;
      kernels.gradientQuadratic(count, rowBytes, n, x, a + offset, b + offset, out);
    },
    values(first, count, point, out) {
      kernels.valueQuadratic(first, count, rowBytes, pointEntries, point, a, b, out);
    },
  };
}

export const quadratic = defineCost({
  kind: 'quadratic',
  metadata: {
    title: 'Quadratic',
    summary: 'f_i(x) = 1/2 sum_c a_ic (x_c - b_ic)^2, from files or drawn',
    source: 'none',
  },
  placed: true,
  parameters,
  load: (parameters, context) =>
    isDrawn(parameters) ? drawnModel(parameters, context) : modelFromFiles(parameters, context),
  bind: bindQuadratic,
});
