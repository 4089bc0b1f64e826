/**
 * Threads for what is measured beside the engine: see `workers/bench.ts`. They wait for tasks and sleep
 * between them.
 */

import { readFile } from 'node:fs/promises';
import { Worker } from 'node:worker_threads';
import { askForHugePages } from '../arena/huge-pages.js';
import { ownCores } from '../base/cores.js';
import { benchUrl, kernelsUrl } from '../run/locations.js';
import { threadExecArgv } from '../session/host.js';
import { DEFAULT_SPINS } from '../sync/barrier.js';
import { controlWords } from '../sync/control.js';
import { type BarrierPath, type BarrierShape, chooseShape, pathOf } from '../sync/tree.js';
import type { BenchAnswer, BenchTask } from './tasks.js';

const PAGE_BYTES = 65_536;

export class BenchThreads {
  private readonly workers: Worker[];

  constructor(count: number) {
    this.workers = Array.from({ length: count }, () => new Worker(benchUrl, { execArgv: threadExecArgv() }));
  }

  /** One task on each of the first threads; gives the slowest one's seconds. */
  async run(tasks: readonly BenchTask[]): Promise<number> {
    const answers = await Promise.all(
      tasks.map(
        (task, index) =>
          new Promise<BenchAnswer>((resolve, reject) => {
            const worker = this.workers[index];
            worker.once('error', reject);
            worker.once('message', (answer: BenchAnswer) => {
              worker.off('error', reject);
              resolve(answer);
            });
            worker.postMessage(task);
          }),
      ),
    );
    return Math.max(
      ...answers.map((answer) => {
        if ('error' in answer) throw new Error(answer.error);
        return answer.seconds;
      }),
    );
  }

  async close(): Promise<void> {
    await Promise.all(this.workers.map((worker) => worker.terminate()));
  }
}

export async function kernelModule(): Promise<WebAssembly.Module> {
  return WebAssembly.compile(await readFile(kernelsUrl));
}

/** What a thread is told of the barrier at which it meets the others. */
export interface Meeting {
  words: Int32Array;
  path: BarrierPath;
  spins: number;
}

/** Of each party, at a barrier of its own. */
export function meetings(
  parties: number,
  spins = defaultSpins(parties),
  shape: BarrierShape = chooseShape(parties),
): Meeting[] {
  const words = new Int32Array(new SharedArrayBuffer(controlWords(parties) * 4));
  return Array.from({ length: parties }, (_, party) => ({ words, path: pathOf(shape, party), spins }));
}

export function defaultSpins(parties: number): number {
  return parties > ownCores().threads ? 0 : DEFAULT_SPINS;
}

/** Seconds a crossing. */
export async function crossingSeconds(
  threads: BenchThreads,
  parties: number,
  spins: number,
  crossings: number,
  shape?: BarrierShape,
): Promise<number> {
  const tasks = meetings(parties, spins, shape).map(
    (meeting): BenchTask => ({ kind: 'barrier', ...meeting, crossings }),
  );
  return (await threads.run(tasks)) / crossings;
}

/** Three arrays in the kernels' own memory, and a pass over them by any number of threads. */
export class Triad {
  readonly entries: number;
  private readonly module: WebAssembly.Module;
  private readonly memory: WebAssembly.Memory;

  private constructor(entries: number, module: WebAssembly.Module) {
    this.entries = entries;
    this.module = module;
    const pages = Math.ceil((3 * entries * 8) / PAGE_BYTES) + 1;
    this.memory = new WebAssembly.Memory({ initial: pages, maximum: pages, shared: true });
    askForHugePages(this.memory);
    // Written once, so that no page is shared zeros.
    new Float64Array(this.memory.buffer).fill(1);
  }

  static async create(entries: number): Promise<Triad> {
    return new Triad(entries, await kernelModule());
  }

  /**
   * Bytes a second, as STREAM counts them: three arrays of 8 bytes an entry, the line fetched before a store
   * left out.
   */
  async bandwidth(threads: BenchThreads, parties: number, repeats: number): Promise<number> {
    const start = (party: number) => Math.floor((this.entries * party) / parties / 16) * 16;
    const tasks = meetings(parties).map((meeting, party): BenchTask => {
      const first = start(party);
      const end = party === parties - 1 ? this.entries : start(party + 1);
      const address = (array: number) => PAGE_BYTES + (array * this.entries + first) * 8;
      return {
        kind: 'triad',
        ...meeting,
        module: this.module,
        memory: this.memory,
        a: address(0),
        b: address(1),
        c: address(2),
        entries: end - first,
        repeats,
      };
    });
    return (3 * 8 * this.entries * repeats) / (await threads.run(tasks));
  }
}
