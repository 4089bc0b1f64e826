/**
 * A process that stays and answers a line with a line: so that another program's work can be timed by itself,
 * in turns with ours. See `bench/reference/` for what it is told.
 */

import { type ChildProcessWithoutNullStreams, spawn } from 'node:child_process';
import { createInterface } from 'node:readline';

/**
 * Threads of OpenMP go on spinning for some milliseconds after their work is done; nobody is to be timed
 * beside them.
 */
const SETTLE_MS = 20;

export class LineChild {
  private readonly process: ChildProcessWithoutNullStreams;
  private waiting: { resolve(line: string): void; reject(error: Error): void } | null = null;
  private errors = '';
  private readonly end = () => {
    this.process.kill();
  };

  constructor(command: string, args: readonly string[]) {
    this.process = spawn(command, args);
    process.once('exit', this.end);
    this.process.stderr.on('data', (chunk: Buffer) => {
      this.errors += chunk.toString();
    });
    createInterface(this.process.stdout).on('line', (line) => {
      this.waiting?.resolve(line);
      this.waiting = null;
    });
    const gone = (reason: string) => {
      this.waiting?.reject(
        new Error(`${command} ${reason}${this.errors === '' ? '' : `: ${this.errors.trim()}`}`),
      );
      this.waiting = null;
    };
    this.process.on('error', (error) => gone(error.message));
    this.process.on('exit', (code) => gone(`ended with code ${code}`));
    this.process.stdin.on('error', () => {});
  }

  /** The words of the answer behind `ok`. */
  async ask(...words: (string | number)[]): Promise<string[]> {
    const line = await new Promise<string>((resolve, reject) => {
      this.waiting = { resolve, reject };
      this.process.stdin.write(`${words.join(' ')}\n`);
    });
    const [status, ...answer] = line.trim().split(' ');
    if (status !== 'ok') throw new Error(`asked for ${words[0]}, it answered: ${line}`);
    return answer;
  }

  /** Asks for a time, and lets the machine come to rest after it. */
  async seconds(...words: (string | number)[]): Promise<number> {
    const [seconds] = await this.ask(...words);
    await new Promise((resolve) => setTimeout(resolve, SETTLE_MS));
    return Number(seconds);
  }

  close(): void {
    process.off('exit', this.end);
    this.end();
  }
}
