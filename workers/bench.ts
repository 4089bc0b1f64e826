/**
 * What runs on threads for `sottovoce bench` beside the engine itself: crossings of the barrier with nothing
 * between them, a triad over the kernels' memory, and rounds of pure arithmetic. One thread, many tasks; the
 * first crossing of a task gathers everyone.
 */

import { parentPort } from 'node:worker_threads';
import { bindKernels } from '../kernels/bindings.js';
import type { BenchAnswer, BenchTask } from '../src/bench/tasks.js';
import { withClock } from '../src/run/clock.js';
import { Barrier } from '../src/sync/barrier.js';

const port = parentPort;
if (!port) throw new Error('bench.js is a worker thread: sottovoce bench starts it');
port.on('message', (task: BenchTask) => {
  let answer: BenchAnswer;
  try {
    answer = { seconds: timed(task) };
  } catch (error) {
    answer = { error: (error as Error).message };
  }
  port.postMessage(answer);
});

function timed(task: BenchTask): number {
  switch (task.kind) {
    case 'barrier':
      return crossings(task);
    case 'triad':
      return triad(task);
    case 'arithmetic':
      return arithmetic(task);
  }
}

function crossings(task: Extract<BenchTask, { kind: 'barrier' }>): number {
  const barrier = new Barrier(task.words, task.path, task.spins);
  // The first of these wait for threads that still wake up.
  for (let k = 0; k < task.crossings / 10; k++) barrier.wait();
  const startedMs = performance.now();
  for (let k = 0; k < task.crossings; k++) barrier.wait();
  return (performance.now() - startedMs) / 1000;
}

function triad(task: Extract<BenchTask, { kind: 'triad' }>): number {
  const { a, b, c, entries, repeats, path, spins } = task;
  const barrier = new Barrier(task.words, path, spins);
  const kernels = bindKernels(task.module, task.memory);
  const pass = () => kernels.triad(entries, a, b, c, 3);
  pass();
  barrier.wait();
  const startedMs = performance.now();
  for (let k = 0; k < repeats; k++) {
    pass();
    barrier.wait();
  }
  return (performance.now() - startedMs) / 1000;
}

/** A run's rounds with its clock and its barrier, in which nobody reads or writes what another one does. */
function arithmetic(task: Extract<BenchTask, { kind: 'arithmetic' }>): number {
  const { words, path, spins, clock, party, steps, rounds } = task;
  const kernels = bindKernels(task.module, task.memory);
  const { program, barrier } = withClock(
    {
      prologue() {},
      phases: [() => kernels.arithmetic(steps)],
      tracePhases: [],
      traceRow: () => 'go',
    },
    clock,
    party,
    words,
    path,
    spins,
  );
  const [phase] = program.phases;
  const startedMs = performance.now();
  for (let round = 0; round < rounds; round++) {
    phase(round);
    barrier.wait();
  }
  return (performance.now() - startedMs) / 1000;
}
