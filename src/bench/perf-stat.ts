/**
 * Counters of the processor and of the kernel around what is measured: `perf stat`, attached to this process,
 * begins disabled, and is switched on and off through a pipe. It counts all threads that are there when it is
 * attached, so it is attached last.
 */

import { type ChildProcess, spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import type { Readable, Writable } from 'node:stream';

export const HARDWARE = [
  'instructions',
  'cycles',
  'branch-misses',
  'L1-dcache-load-misses',
  'cache-misses',
  'dTLB-load-misses',
] as const;
export const SOFTWARE = ['task-clock', 'context-switches', 'cpu-migrations', 'page-faults'] as const;
const EVENTS = [...HARDWARE, ...SOFTWARE] as const;
export type CounterName = (typeof EVENTS)[number];

/** Null: the machine does not count it. Task-clock in milliseconds. */
export type Counters = Record<CounterName, number | null>;

/** Longer than perf takes to attach to a hundred threads. */
const ANSWER_MS = 10_000;

export class PerfStat {
  private readonly child: ChildProcess;
  private readonly control: Writable;
  private readonly report: Promise<string>;
  private readonly answers: AsyncIterator<string>;
  private readonly end = () => {
    this.child.kill();
  };

  private constructor(command: string) {
    const options = ['stat', '-x,', '--delay', '-1', '--control', 'fd:3,4', '-e', EVENTS.join(',')];
    this.child = spawn(command, [...options, '-p', `${process.pid}`], {
      stdio: ['ignore', 'ignore', 'pipe', 'pipe', 'pipe'],
    });
    process.once('exit', this.end);
    const { stderr, stdio } = this.child;
    this.control = stdio[3] as Writable;
    this.control.on('error', () => {});
    this.answers = createInterface(stdio[4] as Readable)[Symbol.asyncIterator]();
    let text = '';
    stderr?.on('data', (chunk: Buffer) => {
      text += chunk.toString();
    });
    this.report = new Promise((resolve, reject) => {
      this.child.once('error', reject);
      this.child.once('close', () => resolve(text));
    });
    // Whoever waits for an answer hears of it.
    this.report.catch(() => {});
  }

  /** Attached, and not counting. Throws where perf is not there, or may not count; the reason is its message. */
  static async attach(command = 'perf'): Promise<PerfStat> {
    const perf = new PerfStat(command);
    try {
      // Off as it is: it answers once it is ready.
      await perf.say('disable');
      return perf;
    } catch (error) {
      perf.end();
      throw error;
    }
  }

  /** What was counted while `work` ran. It counts only once. */
  async around(work: () => Promise<void>): Promise<Counters> {
    await this.say('enable');
    await work();
    await this.say('disable');
    process.off('exit', this.end);
    this.child.kill('SIGINT');
    return parsePerfStat(await this.report);
  }

  close(): void {
    process.off('exit', this.end);
    this.end();
  }

  private async say(word: 'enable' | 'disable'): Promise<void> {
    this.control.write(`${word}\n`);
    const gone = this.report.then((text) => {
      throw new Error(firstSentence(text));
    });
    let timer: NodeJS.Timeout | undefined;
    const late = new Promise<never>((_, reject) => {
      timer = setTimeout(() => reject(new Error('perf does not answer')), ANSWER_MS);
    });
    try {
      const answer = await Promise.race([this.answers.next(), gone, late]);
      // Its end of the pipe closes a moment before it has said why.
      if (answer.done) await Promise.race([gone, late]);
    } finally {
      clearTimeout(timer);
    }
  }
}

/** Lines of `perf stat -x,`: value, unit, event, time counted, share of the time, ... */
export function parsePerfStat(text: string): Counters {
  const found = new Map<string, number>();
  for (const line of text.split('\n')) {
    const [value = '', , event = ''] = line.split(',');
    // In user mode alone, where the system allows no more: `cycles:u`.
    if (/^[\d.]+$/.test(value)) found.set(event.replace(/:u$/, ''), Number(value));
  }
  return Object.fromEntries(EVENTS.map((event) => [event, found.get(event) ?? null])) as Counters;
}

/** Why it ended, of several lines and of advice. */
function firstSentence(text: string): string {
  const lines = text
    .split('\n')
    .map((line) => line.trim())
    .filter((line) => line !== '' && !/^(Error:|Events? (dis|en)abled)/.test(line));
  return lines[0] ?? 'perf ended without a word';
}
