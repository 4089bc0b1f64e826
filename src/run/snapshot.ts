/**
 * A copy of all that lasts in the arena, so that a run can go back to the round in which it was made.
 *
 * Rows of a trace are some rounds apart, and a run that stops is to stop in the very round in which it
 * arrived. Where a row is quick it is looked at every round. Where it is not, the run goes back from the
 * first row that shows the target to the row before and looks at every round from there
 * (`workers/round-loop.ts`). Every worker keeps a share of the bytes; what programs have drawn outside the
 * arena they draw again (`BoundProgram.restore`).
 */

import type { Arena } from '../arena/arena.js';
import type { Layout } from '../arena/layout.js';
import { BYTES } from '../arena/layout.js';
import type { RunPlan } from './types.js';

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
  return lasting(layout).reduce((sum, { bytes }) => sum + bytes, 0);
}

function lasting({ fields, workers }: Layout): { offset: number; bytes: number }[] {
  return Object.values(fields)
    .filter(({ lasts }) => lasts !== undefined)
    .map(({ offset, stride, perWorker, length, type }) => ({
      offset,
      bytes: perWorker ? stride * workers : length * BYTES[type],
    }));
}

/** Memory for all workers' copies: whoever has it can take a run back that its workers have left. */
export function createSnapshots(layout: Layout): SharedArrayBuffer {
  return new SharedArrayBuffer(snapshotBytes(layout));
}

export class Snapshot {
  private readonly live: Uint8Array[] = [];
  /** Of memory that was handed in; else made with the first copy: a run that never goes back needs none. */
  private kept: Uint8Array[] = [];

  /** The share of one worker; `memory` of `createSnapshots`, or the thread's own. */
  constructor(arena: Arena, worker: number, workers: number, memory?: SharedArrayBuffer) {
    let base = 0;
    for (const { offset, bytes } of lasting(arena.layout)) {
      const from = Math.floor((bytes * worker) / workers);
      const to = Math.floor((bytes * (worker + 1)) / workers);
      if (to > from) {
        this.live.push(new Uint8Array(arena.memory.buffer, offset + from, to - from));
        if (memory) this.kept.push(new Uint8Array(memory, base + from, to - from));
      }
      base += bytes;
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
