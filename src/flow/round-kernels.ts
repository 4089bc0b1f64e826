/**
 * Kernels of a flow's own, made of its equations when a worker is bound: a WebAssembly function that takes an
 * agent through all of them, some vectors of its rows at a time. A row of memory is read once and written
 * once, and rows of scratch that nobody else reads are not in memory at all. The bits are those of
 * `gatherDense`, `gradientQuadratic` and `combine` one after the other.
 *
 *     for each agent of the block
 *       ask for the rows that the agent `ahead` further on hears
 *       for each tile of eight vectors
 *         the sums over neighbours, in eight vectors each
 *         for each vector  the equations, one after the other
 *
 * Addresses are constants in the code, since rows stand where they stand; rows that are doubled stand
 * elsewhere in odd rounds, so there are two functions. Numbers (steps, gains) are read from memory when a
 * function begins: a flow whose gains are another one's has the same code, and trial runs compile it once.
 */

import { agentsAhead } from '../compress/wire/ahead.js';
import type { Runtime } from '../runtime.js';
import type { Coefficient, ProxProblem, Row, Term } from './equations.js';
import { Body, F64, I32, LANES, moduleOf, OP, SPLAT_I32, V128 } from './wasm.js';

/** What a kernel knows how to do. */
export type RowStep =
  | { does: 'gather'; out: Row; of: Row }
  | { does: 'sum'; out: Row; terms: readonly Term[] }
  | { does: 'copy'; out: Row; x: Row }
  | { does: 'slope'; out: Row; x: Row; a: Row; b: Row }
  | { does: 'descend'; out: Row; x: Row; a: Row; b: Row; minusH: Coefficient; steps: number }
  /** Of a gradient that is there, or with `slopes` one after the other. */
  | { does: 'prox'; out: Row; x: Row; linear: Row; problem: ProxProblem; gradient: Row }
  | { does: 'prox'; out: Row; x: Row; linear: Row; problem: ProxProblem; slopes: { a: Row; b: Row } };

/** A step that looks at the agent alone. */
type OwnStep = Exclude<RowStep, { does: 'gather' }>;

/** Steps that follow one another, and the rows of scratch that others read of them. */
export interface StepList {
  name: string;
  steps: readonly RowStep[];
  kept: ReadonlySet<number>;
  /** Whether they are those of an even round alone. */
  once: boolean;
}

/**
 * Vectors of a tile: as many as registers hold over all neighbours, sums alone or with the agent's own beside
 * them (see `Edge.apart` in `kernels/lanes.ts`).
 */
const TILE = { float64: 8, float32: 4 };
const VECTOR_BYTES = 16;
/** Of WebAssembly.Memory, as the arena makes it. */
const MAX_PAGES = 65_536;
const TOUCH_PARAMETERS = 7;

/** Parameters of a function. */
const FIRST = 0;
const COUNT = 1;
const NUMBERS = 2;

export type RoundKernel = (first: number, count: number, numbers: number) => void;

/** A number, or one of the round. */
export type NumberOfRound = number | ((round: number) => number);

/** Numbers that the code reads from memory, each once. */
export class Numbers {
  readonly list: NumberOfRound[] = [];

  /** Where it stands. 0 and -0 are two. */
  at(number: NumberOfRound): number {
    const found = this.list.findIndex((other) => Object.is(other, number));
    return found >= 0 ? found : this.list.push(number) - 1;
  }
}

/** Compiled once for runs that differ in their numbers alone: trial runs, and the searches of `auto`. */
const compiled = new Map<string, WebAssembly.Module>();
const MOST_COMPILED = 64;

function compile(bytes: Uint8Array): WebAssembly.Module {
  const key = Buffer.from(bytes).toString('latin1');
  const known = compiled.get(key);
  if (known !== undefined) return known;
  const module = new WebAssembly.Module(bytes as BufferSource);
  if (compiled.size >= MOST_COMPILED) compiled.clear();
  compiled.set(key, module);
  return module;
}

/** For each list the function of even rounds and that of odd ones. */
export function makeKernels(
  lists: readonly StepList[],
  numbers: Numbers,
  runtime: Runtime,
): [RoundKernel, RoundKernel][] {
  if (lists.length === 0) return [];
  // What is done before round 0 has no odd rounds.
  const places: [number, number][] = [];
  const functions: { name: string; body: Body }[] = [];
  const add = (name: string, list: Omit<StepList, 'name'>, parity: 0 | 1) =>
    functions.push({ name, body: new Writer(list, parity, numbers, runtime).body() }) - 1;
  for (const { name, ...list } of lists) {
    const even = add(name, list, 0);
    places.push([even, list.once ? even : add(`${name}, odd rounds`, list, 1)]);
  }
  const module = compile(moduleOf({ pages: MAX_PAGES, parameters: TOUCH_PARAMETERS }, functions));
  const { exports } = new WebAssembly.Instance(module, {
    env: { memory: runtime.arena.memory, touch: runtime.kernels.touchSlots },
  });
  const get = (index: number) => exports[`${index}`] as unknown as RoundKernel;
  return places.map(([even, odd]) => [get(even), get(odd)]);
}

/** What neighbours say, in code: of the edge that a local stands at. */
interface Messages {
  /** Leaves whether it is one of the agent's. */
  isLeft(): void;
  /** Into `from` the place of the tile in the row of the neighbour that stands `index` edges on. */
  find(index: 0 | 1, from: number): void;
  /** Leaves vector v of the tile. */
  load(from: number, v: number): void;
  /** The same of the agent's own message. */
  loadOwn(v: number): void;
  /** A local for each vector, of what `of` leaves. */
  each(of: (v: number) => void): number[];
}

/** One function: one list in rounds of one parity. */
class Writer {
  private readonly b = new Body(3);
  private readonly list: Omit<StepList, 'name'>;
  private readonly parity: 0 | 1;
  private readonly numbers: Numbers;
  private readonly runtime: Runtime;
  private readonly lanes;
  private readonly single: boolean;
  /** Locals: vectors of numbers, and what is a float64 of its own. */
  private readonly splats = new Map<number, number>();
  private readonly scalars = new Map<number, number>();
  /** The same of the agent: products with its degree or with numbers of its own, and what a proximal step is made of. */
  private readonly own = new Map<string, number>();
  private agent = 0;
  /** Bytes of an agent's row behind rows of all, and behind those of the block. */
  private ofAll = 0;
  private ofBlock = 0;
  private degree = 0;
  private edge = 0;
  private lastEdge = 0;

  constructor(list: Omit<StepList, 'name'>, parity: 0 | 1, numbers: Numbers, runtime: Runtime) {
    this.list = list;
    this.parity = parity;
    this.numbers = numbers;
    this.runtime = runtime;
    this.lanes = LANES[runtime.arena.precision];
    this.single = runtime.arena.precision === 'float32';
  }

  body(): Body {
    const { b, runtime, list } = this;
    const { rowBytes: stride, graph: g, agents } = runtime;
    const vectorsOfTile = TILE[runtime.arena.precision];
    this.loadNumbers();
    this.agent = b.local(I32);
    this.degree = b.local(F64);
    this.edge = b.local(I32);
    this.lastEdge = b.local(I32);
    const end = b.local(I32);
    const rowAll = b.local(I32);
    const rowBlock = b.local(I32);
    const at = b.local(I32);
    this.ofAll = b.local(I32);
    this.ofBlock = b.local(I32);
    const gathers = list.steps.flatMap((step) => (step.does === 'gather' ? [step] : []));

    b.get(FIRST);
    b.set(this.agent);
    this.sum(FIRST, COUNT, end);
    b.get(FIRST);
    b.i32(stride);
    b.op(OP.i32Mul);
    b.set(rowAll);
    b.loop(
      () => {
        b.get(this.agent);
        b.get(end);
        b.op(OP.i32LtU);
      },
      () => {
        this.shifted(this.agent, 3);
        b.loadF64(g.degrees);
        b.set(this.degree);
        this.touch(gathers, stride, agents);
        this.loadOwnNumbers();
        const whole = Math.floor(stride / (vectorsOfTile * VECTOR_BYTES)) * vectorsOfTile * VECTOR_BYTES;
        const tile = (vectors: number) => {
          this.sum(rowAll, at, this.ofAll);
          this.sum(rowBlock, at, this.ofBlock);
          this.tile(vectors, at);
        };
        b.i32(0);
        b.set(at);
        if (whole > 0) {
          b.loop(
            () => {
              b.get(at);
              b.i32(whole);
              b.op(OP.i32LtU);
            },
            () => {
              tile(vectorsOfTile);
              this.add(at, vectorsOfTile * VECTOR_BYTES);
            },
          );
        }
        if (whole < stride) tile((stride - whole) / VECTOR_BYTES);
        this.add(this.agent, 1);
        this.add(rowAll, stride);
        this.add(rowBlock, stride);
      },
    );
    return b;
  }

  /** local += number. */
  private add(local: number, number: number): void {
    this.b.get(local);
    this.b.i32(number);
    this.b.op(OP.i32Add);
    this.b.set(local);
  }

  private sum(x: number, y: number, out: number): void {
    this.b.get(x);
    this.b.get(y);
    this.b.op(OP.i32Add);
    this.b.set(out);
  }

  private shifted(local: number, by: number): void {
    this.b.get(local);
    this.b.i32(by);
    this.b.op(OP.i32Shl);
  }

  /** A float64 on the stack to a vector of the run's numbers, each the nearest. */
  private splat(): void {
    if (this.single) this.b.op(OP.f32DemoteF64);
    this.b.simd(this.lanes.splat);
  }

  private loadNumbers(): void {
    const { b } = this;
    const number = (by: NumberOfRound): number => {
      const index = this.numbers.at(by);
      b.get(NUMBERS);
      b.loadF64(8 * index);
      return index;
    };
    const vector = (by: NumberOfRound) => {
      const index = number(by);
      this.splat();
      if (!this.splats.has(index)) this.splats.set(index, b.local(V128));
      b.set(this.splats.get(index)!);
    };
    const scalar = (by: number) => {
      const index = number(by);
      if (!this.scalars.has(index)) this.scalars.set(index, b.local(F64));
      b.set(this.scalars.get(index)!);
    };
    for (const step of this.list.steps) {
      if (step.does === 'sum') {
        step.terms.forEach(([by], k) => {
          if (typeof by === 'object') scalar(factorOf(by));
          else if (!isPlain(by, k)) vector(by);
        });
      } else if (step.does === 'descend') {
        if (typeof step.minusH === 'object') throw new Error('a step is no multiple of a degree');
        vector(step.minusH);
      } else if (step.does === 'prox') {
        const { p, q = 0, eta = 1, rho } = step.problem;
        for (const by of [1, p, q, eta, rho]) scalar(by);
      }
    }
  }

  /** What is the agent's own: once for each. */
  private loadOwnNumbers(): void {
    const { b } = this;
    this.own.clear();
    const keep = (name: string) => {
      this.splat();
      this.own.set(name, b.keep(V128));
    };
    for (const step of this.list.steps) {
      if (step.does === 'sum') {
        for (const [by] of step.terms) {
          if (typeof by !== 'object' || this.own.has(ownName(by))) continue;
          this.scalar(factorOf(by));
          if ('table' in by) {
            this.shifted(this.agent, 3);
            b.loadF64(by.table);
          } else b.get(this.degree);
          b.op(OP.f64Mul);
          keep(ownName(by));
        }
      } else if (step.does === 'prox') {
        const { p, q = 0, eta = 1, rho } = step.problem;
        const curvature = b.local(F64);
        const pull = b.local(F64);
        this.scalar(p);
        b.get(this.degree);
        b.op(OP.f64Mul);
        this.scalar(q);
        b.op(OP.f64Add);
        b.set(curvature);
        this.scalar(1);
        this.scalar(rho);
        b.get(curvature);
        b.op(OP.f64Add, OP.f64Div);
        const size = b.keep(F64);
        b.get(size);
        b.op(OP.f64Neg);
        b.set(pull);
        this.scalar(1);
        b.get(size);
        b.get(curvature);
        b.op(OP.f64Mul, OP.f64Sub);
        keep(`keep ${nameOf(step.problem)}`);
        b.get(pull);
        this.scalar(eta);
        b.op(OP.f64Mul);
        keep(`slope ${nameOf(step.problem)}`);
        b.get(pull);
        keep(`pull ${nameOf(step.problem)}`);
      }
    }
  }

  private scalar(by: number): void {
    this.b.get(this.scalars.get(this.numbers.at(by))!);
  }

  private touch(gathers: readonly { of: Row }[], stride: number, agents: number): void {
    const { b, runtime } = this;
    const { graph: g } = runtime;
    const ahead = agentsAhead(runtime, stride);
    if (ahead === 0 || gathers.length === 0) return;
    b.get(this.agent);
    b.i32(ahead);
    b.op(OP.i32Add);
    const next = b.keep(I32);
    b.get(next);
    b.i32(agents);
    b.op(OP.i32LtU);
    b.when(() => {
      for (const { of } of gathers) {
        b.get(next);
        b.i32(1);
        b.i32(g.rowStart);
        b.i32(g.columns);
        b.i32(of.at[this.parity]);
        b.i32(stride);
        // What keeps the loads alive goes behind the numbers.
        b.get(NUMBERS);
        b.i32(NUMBERS_BYTES - 8);
        b.op(OP.i32Add);
        b.call(0);
      }
    });
  }

  /** One tile of an agent: the sums over neighbours first, which nothing else in the round changes. */
  private tile(vectors: number, at: number): void {
    const values: Map<number, number>[] = Array.from({ length: vectors }, () => new Map());
    const { steps } = this.list;
    const gathered = steps.map((step) => (step.does === 'gather' ? this.gather(step.of, vectors, at) : []));
    let from = 0;
    const flush = (to: number) => {
      for (let v = 0; v < vectors; v++)
        for (let k = from; k < to; k++) {
          const step = steps[k];
          if (step.does === 'gather') this.write(step.out, v, values[v], gathered[k][v]);
          else this.vector(step, v, values[v]);
        }
      from = to + 1;
    };
    steps.forEach((step, index) => {
      if (step.does === 'gather' || repetitions(step) < 2) return;
      flush(index);
      this.repeated(step, values);
    });
    flush(steps.length);
  }

  /** Locals of the sums. */
  private gather(of: Row, vectors: number, at: number): number[] {
    const { b, runtime } = this;
    const { graph: g, rowBytes: stride } = runtime;
    const slots = of.at[this.parity];
    const edges = (end: 0 | 1, out: number) => {
      this.shifted(this.agent, 2);
      b.loadI32(g.rowStart + 4 * end);
      b.i32(2);
      b.op(OP.i32Shl);
      b.set(out);
    };
    edges(0, this.edge);
    edges(1, this.lastEdge);
    const messages: Messages = {
      isLeft: () => {
        b.get(this.edge);
        b.get(this.lastEdge);
        b.op(OP.i32LtU);
      },
      find: (index, from) => {
        b.get(this.edge);
        b.loadI32(g.columns + 4 * index);
        b.i32(stride);
        b.op(OP.i32Mul);
        b.get(at);
        b.op(OP.i32Add);
        b.set(from);
      },
      load: (from, v) => {
        b.get(from);
        b.load(slots + v * VECTOR_BYTES);
      },
      loadOwn: (v) => {
        b.get(this.ofAll);
        b.load(slots + v * VECTOR_BYTES);
      },
      each: (of) =>
        Array.from({ length: vectors }, (_, v) => {
          of(v);
          return b.keep(V128);
        }),
    };
    return this.single && g.weightStride === 0 ? this.pairs(messages) : this.edges(messages);
  }

  /** d own - sum_j w m_j; in float32 sum_j w (own - m_j). */
  private edges({ isLeft, find, load, loadOwn, each }: Messages): number[] {
    const { b, lanes, single, runtime } = this;
    const { weights, weightStride } = runtime.graph;
    const unit = weightStride === 0;
    const own = single ? each(loadOwn) : [];
    if (single) {
      b.i32(0);
      b.simd(SPLAT_I32);
    } else {
      b.get(this.degree);
      this.splat();
    }
    const begin = b.keep(V128);
    const sums = each((v) => {
      b.get(begin);
      if (single) return;
      loadOwn(v);
      b.simd(lanes.mul);
    });
    const from = b.local(I32);
    const weight = b.local(V128);
    b.loop(isLeft, () => {
      find(0, from);
      if (!unit) {
        this.shifted(this.edge, 1);
        b.loadF64(weights);
        this.splat();
        b.set(weight);
      }
      sums.forEach((sum, v) => {
        b.get(sum);
        if (!unit) b.get(weight);
        if (single) b.get(own[v]!);
        load(from, v);
        if (single) b.simd(lanes.sub);
        if (!unit) b.simd(lanes.mul);
        b.simd(single ? lanes.add : lanes.sub);
        b.set(sum);
      });
      this.add(this.edge, 4);
    });
    return sums;
  }

  /** In float32, of edges of weight 1: pairs, behind the first where their number is odd (`Edge.pair`). */
  private pairs({ isLeft, find, load, loadOwn, each }: Messages): number[] {
    const { b, lanes } = this;
    const own = each(loadOwn);
    const twice = each((v) => {
      b.get(own[v]!);
      b.get(own[v]!);
      b.simd(lanes.add);
    });
    // -0 where there are neighbours: with it a first pair keeps the signs of its zeros.
    isLeft();
    b.i32(31);
    b.op(OP.i32Shl);
    b.simd(SPLAT_I32);
    const begin = b.keep(V128);
    const sums = each(() => b.get(begin));
    const [from, other] = [b.local(I32), b.local(I32)];
    b.get(this.lastEdge);
    b.get(this.edge);
    b.op(OP.i32Sub);
    b.i32(4);
    b.op(OP.i32And);
    b.when(() => {
      find(0, from);
      sums.forEach((sum, v) => {
        b.get(own[v]!);
        load(from, v);
        b.simd(lanes.sub);
        b.set(sum);
      });
      this.add(this.edge, 4);
    });
    b.loop(isLeft, () => {
      find(0, from);
      find(1, other);
      sums.forEach((sum, v) => {
        b.get(sum);
        b.get(twice[v]!);
        load(from, v);
        b.simd(lanes.sub);
        load(other, v);
        b.simd(lanes.sub);
        b.simd(lanes.add);
        b.set(sum);
      });
      this.add(this.edge, 8);
    });
    return sums;
  }

  /** A vector of a row, read once. */
  private read(row: Row, v: number, values: Map<number, number>): void {
    const { b } = this;
    const address = row.at[this.parity];
    const known = values.get(address);
    if (known !== undefined) {
      b.get(known);
      return;
    }
    b.get(row.ofAll ? this.ofAll : this.ofBlock);
    b.load(address + v * VECTOR_BYTES);
    const local = b.keep(V128);
    values.set(address, local);
    b.get(local);
  }

  /** A vector of a row, from a local. */
  private write(row: Row, v: number, values: Map<number, number>, local: number): void {
    const { b } = this;
    const address = row.at[this.parity];
    values.set(address, local);
    if (!row.ofAll && !this.list.kept.has(address)) return;
    b.get(row.ofAll ? this.ofAll : this.ofBlock);
    b.get(local);
    b.store(address + v * VECTOR_BYTES);
  }

  private vector(step: OwnStep, v: number, values: Map<number, number>): void {
    const read = (row: Row) => this.read(row, v, values);
    this.value(step, read, () => 'x' in step && read(step.x));
    this.write(step.out, v, values, this.b.keep(V128));
  }

  /** Leaves what a step makes of x on the stack. */
  private value(step: OwnStep, read: (row: Row) => void, x: () => void): void {
    const { b, lanes } = this;
    const times = (factor: () => void, of: () => void) => {
      factor();
      of();
      b.simd(lanes.mul);
    };
    const gradient = (a: Row, of: Row) =>
      times(
        () => read(a),
        () => {
          x();
          read(of);
          b.simd(lanes.sub);
        },
      );
    const own = (name: string, problem: ProxProblem) => () =>
      b.get(this.own.get(`${name} ${nameOf(problem)}`)!);
    if (step.does === 'sum') {
      step.terms.forEach(([by, row], k) => {
        if (isPlain(by, k)) read(row);
        else
          times(
            () => this.coefficient(by),
            () => read(row),
          );
        if (k > 0) b.simd(by === -1 ? lanes.sub : lanes.add);
      });
    } else if (step.does === 'copy') {
      x();
    } else if (step.does === 'slope') {
      gradient(step.a, step.b);
    } else if (step.does === 'descend') {
      x();
      times(
        () => this.coefficient(step.minusH),
        () => gradient(step.a, step.b),
      );
      b.simd(lanes.add);
    } else {
      times(own('keep', step.problem), x);
      times(own('slope', step.problem), () =>
        'slopes' in step ? gradient(step.slopes.a, step.slopes.b) : read(step.gradient),
      );
      b.simd(lanes.add);
      times(own('pull', step.problem), () => read(step.linear));
      b.simd(lanes.add);
    }
  }

  private coefficient(by: Coefficient): void {
    const local = typeof by === 'object' ? this.own.get(ownName(by)) : this.splats.get(this.numbers.at(by));
    this.b.get(local!);
  }

  /** Gradient steps one after the other, all vectors of a tile at once: each would wait for itself. */
  private repeated(step: OwnStep, values: Map<number, number>[]): void {
    const { b } = this;
    if (!('x' in step)) return;
    const moving = values.map((known, v) => {
      this.read(step.x, v, known);
      return b.keep(V128);
    });
    b.i32(0);
    const count = b.keep(I32);
    b.loop(
      () => {
        b.get(count);
        b.i32(repetitions(step));
        b.op(OP.i32LtU);
      },
      () => {
        moving.forEach((local, v) => {
          this.value(
            step,
            (row) => this.read(row, v, values[v]),
            () => b.get(local),
          );
          b.set(local);
        });
        this.add(count, 1);
      },
    );
    moving.forEach((local, v) => {
      this.write(step.out, v, values[v], local);
    });
  }
}

/** A coefficient that is another for each agent: its number, and its name among the agent's own. */
type OwnCoefficient = Exclude<Coefficient, number | ((round: number) => number)>;
const factorOf = (by: OwnCoefficient): number => ('table' in by ? by.timesOwn : by.timesDegree);
const ownName = (by: OwnCoefficient): string =>
  'table' in by ? `table ${by.table} ${by.timesOwn}` : `degree ${by.timesDegree}`;

/** Problems of one name have one curvature and one step. */
const nameOf = ({ p, q = 0, eta = 1, rho }: ProxProblem) => `${p} ${q} ${eta} ${rho}`;

/** Whether the term with this index is added, or subtracted, as it is. */
function isPlain(by: Coefficient, index: number): boolean {
  return by === 1 || (index > 0 && by === -1);
}

/** How often a step is taken before the next. */
function repetitions(step: OwnStep): number {
  if (step.does === 'descend') return step.steps;
  return step.does === 'prox' && 'slopes' in step ? step.problem.inner : 1;
}

/** Bytes of the memory that numbers are read from, and what is thrown away behind them. */
export const NUMBERS_BYTES = 1024;
