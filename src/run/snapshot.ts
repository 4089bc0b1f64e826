/**
 * A copy of everything in the arena that changes from round to round, so that a run can go back to the round
 * in which it was made.
 *
 * Rows of a trace are some rounds apart, and a run that stops is to stop in the very round in which it
 * arrived. Where a row is quick it is looked at every round. Where it is not, the run goes back from the
 * first row that shows the target to the row before and looks at every round from there
 * (`workers/round-loop.ts`). Every worker keeps a share of the bytes in memory of its own; what programs
 * count outside the arena they save themselves (`BoundProgram.save`).
 */

import type { Arena } from '../arena/arena.js';
import type { Layout } from '../arena/layout.js';
import { BYTES } from '../arena/layout.js';
import type { RunPlan } from './types.js';

/**
 * Written once by the host, or anew for every row; and the words and rows by which the outside steers and
 * reads. Scratch is kept: what is drawn for the next round lies there.
 */
const STAYS =
  /^(control|trace\.(ring|values|to.*|byPosition|agent.*|correct)|graph\.(rowStart|columns|weights|degrees|outStart|outColumns|reverse)|agents\..*|cost\..*|network\..*|reference\..*|scratch\.point.*)$/;

/**
 * Up to this many multiply-adds a row, some fifty microseconds, a run that stops is looked at every round:
 * then nothing between two rows is missed.
 */
const EVERY_ROUND_WORK = 1e5;

type Stopping = Pick<RunPlan, 'stop' | 'traceEvery' | 'rowWork'>;

export function looksEveryRound({ stop, rowWork }: Stopping): boolean {
  return Object.keys(stop).length > 0 && rowWork <= EVERY_ROUND_WORK;
}

/** Whether a run looks for the round of its arrival between two rows. */
export function goesBack(plan: Stopping): boolean {
  return plan.traceEvery > 1 && Object.keys(plan.stop).length > 0 && !looksEveryRound(plan);
}

/** Bytes of all workers' copies together. */
export function snapshotBytes(layout: Layout): number {
  return changing(layout).reduce((sum, { bytes }) => sum + bytes, 0);
}

function changing({ fields, workers }: Layout): { offset: number; bytes: number }[] {
  return Object.values(fields)
    .filter(({ name }) => !STAYS.test(name))
    .map(({ offset, stride, perWorker, length, type }) => ({
      offset,
      bytes: perWorker ? stride * workers : length * BYTES[type],
    }));
}

export class Snapshot {
  private readonly live: Uint8Array[] = [];
  /** Made with the first copy: a run that never goes back needs none. */
  private kept: Uint8Array[] = [];

  /** The share of one worker. */
  constructor(arena: Arena, worker: number, workers: number) {
    for (const { offset, bytes } of changing(arena.layout)) {
      const from = Math.floor((bytes * worker) / workers);
      const to = Math.floor((bytes * (worker + 1)) / workers);
      if (to === from) continue;
      this.live.push(new Uint8Array(arena.memory.buffer, offset + from, to - from));
    }
  }

  get saved(): boolean {
    return this.kept.length > 0;
  }

  save(): void {
    if (!this.saved) this.kept = this.live.map(({ length }) => new Uint8Array(length));
    for (let i = 0; i < this.live.length; i++) this.kept[i].set(this.live[i]);
  }

  /** Nothing, where nothing was saved. */
  restore(): void {
    for (let i = 0; i < this.kept.length; i++) this.live[i].set(this.kept[i]);
  }
}
