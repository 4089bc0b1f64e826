/**
 * Signals that ask a command to end: Ctrl-C, `kill`, a terminal that is closed. Commands end in good order at
 * the first, at once at the second.
 *
 * Node resets what it inherits, so a SIGHUP that was to be ignored (`nohup`, `trap '' HUP`) would end it
 * after all. What is left of that wish is looked for: nohup names itself in `_`, and leaves a standard input
 * that cannot be read; a shell that ignores the signal itself is our parent.
 */

import { readFileSync, readlinkSync } from 'node:fs';
import { basename } from 'node:path';
import { ExitCode, type Output, printLine } from './terminal.js';

/** Said at a first signal while results are written. */
export const FINISHING = 'finishing what is being written… (again to leave at once)';

const SIGHUP_BIT = 1n;
const O_ACCMODE = 3;
const O_WRONLY = 1;

/**
 * What is being written is written to its end: a first signal waits for it and then ends the process, a
 * second one leaves at once, with nothing half-written.
 */
export async function writtenWhole<T>(stderr: Output, write: () => Promise<T>): Promise<T> {
  let code: number | null = null;
  const stopListening = onSignal((signal) => {
    if (code !== null) process.exit(exitCodeFor(signal));
    code = exitCodeFor(signal);
    printLine(stderr, FINISHING);
  });
  try {
    const result = await write();
    if (code !== null) process.exit(code);
    return result;
  } finally {
    stopListening();
  }
}

/** Ignores a hang-up for as long as the process lives, where its user wished that. */
export function heedNohup(): void {
  if (hangUpIsIgnored() && !process.listeners('SIGHUP').includes(ignore)) process.on('SIGHUP', ignore);
}

/** Calls back on every such signal; returns how to stop listening. */
export function onSignal(listener: (signal: NodeJS.Signals) => void): () => void {
  const signals: NodeJS.Signals[] = ['SIGINT', 'SIGTERM', 'SIGHUP'];
  // A signal that nobody listens to ends a process: what is to be ignored needs somebody, too, and for as
  // long as the process lives.
  if (hangUpIsIgnored()) {
    signals.pop();
    heedNohup();
  }
  for (const signal of signals) process.on(signal, listener);
  return () => {
    for (const signal of signals) process.off(signal, listener);
  };
}

function ignore(): void {}

/** As a shell has it: 128 and the signal's number. */
export function exitCodeFor(signal: NodeJS.Signals): number {
  if (signal === 'SIGTERM') return ExitCode.TERMINATED;
  return signal === 'SIGHUP' ? ExitCode.HUNG_UP : ExitCode.INTERRUPTED;
}

let known: boolean | undefined;

function hangUpIsIgnored(): boolean {
  known ??= wishedByNohup() || ignoredByParent();
  return known;
}

function wishedByNohup(): boolean {
  if (basename(process.env['_'] ?? '') === 'nohup') return true;
  try {
    const flags = /^flags:\s*([0-7]+)/m.exec(readFileSync('/proc/self/fdinfo/0', 'utf8'))?.[1] ?? '0';
    return (
      readlinkSync('/proc/self/fd/0') === '/dev/null' && (Number.parseInt(flags, 8) & O_ACCMODE) === O_WRONLY
    );
  } catch {
    return false;
  }
}

function ignoredByParent(): boolean {
  try {
    const status = readFileSync(`/proc/${process.ppid}/status`, 'utf8');
    const mask = /^SigIgn:\s*([0-9a-f]+)/m.exec(status)?.[1] ?? '0';
    return (BigInt(`0x${mask}`) & SIGHUP_BIT) !== 0n;
  } catch {
    return false;
  }
}
