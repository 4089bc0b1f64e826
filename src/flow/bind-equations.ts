/**
 * What comes of a flow's equations on one worker: kernels of its own (`round-kernels.ts`), and between them
 * calls of what those do not know. Where they know everything, a block is one call.
 */

import type { FieldSpec } from '../arena/layout.js';
import type { BoundCost } from '../cost/types.js';
import type { PlanContext, Runtime } from '../runtime.js';
import { type Equation, Equations, type FlowEquations, next, type Row, rowsOf } from './equations.js';
import {
  makeKernels,
  NUMBERS_BYTES,
  Numbers,
  type RoundKernel,
  type RowStep,
  type StepList,
} from './round-kernels.js';
import { scratchFields, stateFields } from './state.js';
import type { BoundFlow } from './types.js';

const NUMBERS_FIELD = 'scratch.numbers';

/** What a flow's equations are about: rows of the state, and of scratch. */
export function equationFields(
  names: { state: readonly string[]; scratch: readonly string[] },
  context: PlanContext,
): FieldSpec[] {
  return [...stateFields(names.state, context), ...scratchFields(names.scratch, context), numbersField];
}

/** Steps and gains, as the kernels read them. */
export const numbersField: FieldSpec = {
  name: NUMBERS_FIELD,
  type: 'f64',
  length: NUMBERS_BYTES / 8,
  perWorker: true,
};

type Block = BoundFlow['block'];

/** What is done one after the other: steps of a kernel, and calls, which read rows of scratch. */
type Part = { steps: RowStep[] } | { call: Block; reads: readonly Row[] };

export function bindEquations(equations: FlowEquations, cost: BoundCost, runtime: Runtime): BoundFlow {
  const binder = new Binder(cost, runtime);
  const taken = (sends: 0 | 1, say: (r: Equations) => void) => {
    const taken = new Equations(sends, runtime);
    say(taken);
    return taken.list;
  };
  const prologue = binder.block('what is sent first', taken(0, equations.begin), false, true);
  const block = binder.round('round', taken(1, equations.round));
  const first = equations.first && binder.round('first round', taken(1, equations.first), true);
  binder.make();
  return {
    prologue,
    block: first ? (from, count, round) => (round === 0 ? first : block)(from, count, round) : block,
  };
}

class Binder {
  private readonly cost: BoundCost;
  private readonly runtime: Runtime;
  private readonly numbers = new Numbers();
  private readonly lists: StepList[] = [];
  private kernels: [RoundKernel, RoundKernel][] = [];
  private readonly memory: Float64Array;
  private readonly memoryAt: number;
  private readonly moving: { at: number; of: (round: number) => number }[] = [];

  constructor(cost: BoundCost, runtime: Runtime) {
    const { arena, worker } = runtime;
    this.cost = cost;
    this.runtime = runtime;
    this.memory = arena.view(NUMBERS_FIELD, 'f64', worker);
    this.memoryAt = arena.address(NUMBERS_FIELD, worker);
  }

  /** A round of agents; a hub's sum has been put together before it. */
  round(name: string, list: readonly Equation[], once = false): Block {
    const whole = this.block(name, list, true, once);
    const wires = list.flatMap((equation) =>
      equation.does === 'hear' && equation.channel.wire?.covers ? [equation.channel.wire.covers] : [],
    );
    if (wires.length === 0) return whole;
    const heard = this.block(`${name} of a hub`, list, false, once);
    return (first, count, round) => {
      for (let i = 0; i < wires.length; i++) {
        if (!wires[i](first, count)) return heard(first, count, round);
      }
      whole(first, count, round);
    };
  }

  /** One function for a list of equations. `direct`: neighbours' rows may be read. `once`: in round 0 alone. */
  block(name: string, list: readonly Equation[], direct: boolean, once: boolean): Block {
    const parts: Part[] = [];
    for (const equation of list) {
      const part = this.part(equation, direct, once);
      const last = parts.at(-1);
      if ('steps' in part && last !== undefined && 'steps' in last) last.steps.push(...part.steps);
      else parts.push(part);
    }
    const reads = parts.map((part) =>
      ('steps' in part ? part.steps.flatMap(rowsRead) : part.reads).map(({ at: [even] }) => even),
    );
    const runs = parts.map((part, index) => {
      if ('call' in part) return part.call;
      const kept = new Set(reads.flatMap((rows, other) => (other === index ? [] : rows)));
      return this.list(name, part.steps, kept, once);
    });
    if (runs.length === 1) return runs[0];
    return (first, count, round) => {
      for (let i = 0; i < runs.length; i++) runs[i](first, count, round);
    };
  }

  /** Makes the kernels of all lists; nothing runs before. */
  make(): void {
    this.kernels = makeKernels(this.lists, this.numbers, this.runtime);
    const { list } = this.numbers;
    // The last of them is thrown away.
    if (list.length >= this.memory.length)
      throw new Error(`a flow has ${list.length} numbers, expected fewer than ${this.memory.length}`);
    list.forEach((number, at) => {
      if (typeof number === 'number') this.memory[at] = number;
      else this.moving.push({ at, of: number });
    });
  }

  private list(name: string, steps: readonly RowStep[], kept: ReadonlySet<number>, once: boolean): Block {
    const index = this.lists.push({ name, steps, kept, once }) - 1;
    return (first, count, round) => {
      for (let i = 0; i < this.moving.length; i++) {
        const { at, of } = this.moving[i];
        this.memory[at] = of(round);
      }
      this.kernels[index][round & 1](first, count, this.memoryAt);
    };
  }

  /** One step by itself, whose result others read. */
  private single(step: RowStep, once: boolean): Block {
    return this.list('gradient steps', [step], new Set(step.out.at), once);
  }

  private part(equation: Equation, direct: boolean, once: boolean): Part {
    const { cost, runtime } = this;
    const slopes = cost.quadratic && { a: everyRow(cost.quadratic.a), b: everyRow(cost.quadratic.b) };
    const at = ({ at, ofAll }: Row, first: number, round: number): number =>
      at[round & 1] + (ofAll ? first * runtime.rowBytes : 0);
    const steps = (...steps: RowStep[]): Part => ({ steps });
    const call = (call: Block, ...reads: Row[]): Part => ({ call, reads });
    switch (equation.does) {
      case 'hear': {
        const { channel, out } = equation;
        const of = direct ? rowsOf(channel, runtime) : null;
        if (of !== null) return steps({ does: 'gather', of, out });
        return call((first, count, round) => channel.gather(first, count, round, at(out, first, round)));
      }
      case 'own': {
        const { channel, out } = equation;
        return call((first, count, round) => channel.decode(first, count, round, at(out, first, round)));
      }
      case 'gather':
      case 'sum':
        return steps(equation);
      case 'gradient': {
        const { x, out, later } = equation;
        if (slopes) return steps({ does: 'slope', out, x, ...slopes });
        return call((first, count, round) => {
          cost.beginRound?.(round + later);
          cost.gradient(first, count, at(x, first, round), at(out, first, round));
        }, x);
      }
      case 'descend': {
        const { x, out, steps: times, scratch, later } = equation;
        const given = equation.minusH;
        const minusH = typeof given === 'function' ? (round: number) => given(round + later) : given;
        if (slopes) return steps({ does: 'descend', out, x, ...slopes, minusH, steps: times });
        const move = (from: Row) =>
          this.single(
            {
              does: 'sum',
              out,
              terms: [
                [1, from],
                [minusH, scratch],
              ],
            },
            once,
          );
        const begin = move(x);
        const goOn = times > 1 ? move(out) : begin;
        return call((first, count, round) => {
          for (let t = 0; t < times; t++) {
            cost.beginRound?.(round + later, (round + later) * times + t);
            cost.gradient(first, count, at(t === 0 ? x : out, first, round), at(scratch, first, round));
            (t === 0 ? begin : goOn)(first, count, round);
          }
        }, x);
      }
      case 'prox': {
        const { out, x, linear, scratch, problem } = equation;
        const { inner } = problem;
        if (slopes) return steps({ does: 'prox', out, x, linear, problem, slopes });
        const move = (from: Row) =>
          this.single({ does: 'prox', out, x: from, linear, problem, gradient: scratch }, once);
        const begin = move(x);
        const goOn = inner > 1 ? move(out) : begin;
        return call(
          (first, count, round) => {
            for (let t = 0; t < inner; t++) {
              cost.beginRound?.(round, round * inner + t);
              cost.gradient(first, count, at(t === 0 ? x : out, first, round), at(scratch, first, round));
              (t === 0 ? begin : goOn)(first, count, round);
            }
          },
          x,
          linear,
        );
      }
      case 'send': {
        const { channel, row, later } = equation;
        const slots = rowsOf(channel, runtime);
        if (slots !== null) return steps({ does: 'copy', out: later === 0 ? slots : next(slots), x: row });
        return call(
          (first, count, round) => channel.send(first, count, round + later, at(row, first, round)),
          row,
        );
      }
      case 'call': {
        const { row } = equation;
        return call((first, count, round) => equation.call(first, count, round, at(row, first, round)), row);
      }
    }
  }
}

/** Rows of all agents that stand at one place in all rounds. */
const everyRow = (at: number): Row => ({ at: [at, at], ofAll: true });

/** Rows that a step reads; neighbours' are no scratch. */
function rowsRead(step: RowStep): Row[] {
  switch (step.does) {
    case 'gather':
      return [];
    case 'sum':
      return step.terms.map(([, row]) => row);
    case 'prox':
      return [step.x, step.linear, ...('gradient' in step ? [step.gradient] : [])];
    default:
      return [step.x];
  }
}
