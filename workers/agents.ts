/**
 * The Piscina task: one call per worker for a whole run. Attaches to the arena, binds, and runs the round
 * loop.
 *
 * A worker that fails poisons the barrier before its error leaves, so that no other waits for it. Those that
 * leave because of the poison return instead of throwing: only the cause is an error.
 */

import { getHeapStatistics } from 'node:v8';
import { bindKernels } from '../kernels/bindings.js';
import { attachArena } from '../src/arena/arena.js';
import { populate } from '../src/arena/populate.js';
import { holdTo } from '../src/base/affinity.js';
import { keepCompiledCode } from '../src/base/compiled-code.js';
import { isInputError } from '../src/base/errors.js';
import { LoopStaging } from '../src/checkpoint/staging.js';
import { refuseOtherFiles } from '../src/plugin/loaded-files.js';
import { loadModules } from '../src/plugin/modules.js';
import { guardThread, settleStrays } from '../src/plugin/stray.js';
import { useWatchWords, watchRun } from '../src/plugin/watch.js';
import { bindProgram } from '../src/program/registry.js';
import { broadcast } from '../src/ranks/council.js';
import { Tag } from '../src/ranks/exchange.js';
import { openRanks } from '../src/ranks/open.js';
import type { Transport } from '../src/ranks/transport.js';
import { TransportGivenUp } from '../src/ranks/transport.js';
import { withClock } from '../src/run/clock.js';
import { withLaps } from '../src/run/laps.js';
import { Snapshot } from '../src/run/snapshot.js';
import type { AgentsReport, AgentsTask, LoopReport, TouchTask } from '../src/run/tasks.js';
import { timeThread } from '../src/run/thread-times.js';
import type { BoundProgram } from '../src/run/types.js';
import { watchedCount } from '../src/run/watched.js';
import { Barrier, BarrierPoisoned, poison } from '../src/sync/barrier.js';
import { Poison, Word } from '../src/sync/control.js';
import { RingWriter } from '../src/trace/ring.js';
import { withFault } from './faults.js';
import { runRounds } from './round-loop.js';
import { agreeOnRun } from './same-run.js';

export default async function agents(task: AgentsTask | TouchTask): Promise<AgentsReport | null> {
  if (!('touch' in task)) return runAgents(task);
  const { memory, layout, partition } = task.touch;
  const letGo = task.cpu === null ? null : holdTo(task.cpu);
  try {
    populate(attachArena(memory, layout), task.worker, partition);
  } finally {
    letGo?.();
  }
  return null;
}

async function runAgents(task: AgentsTask): Promise<AgentsReport> {
  const { module, memory, plan, worker } = task;
  const arena = attachArena(memory, plan.layout);
  const words = arena.view('control', 'i32');
  let letGo: (() => void) | null = null;
  let meeting = false;
  try {
    if (task.watch) useWatchWords(task.watch);
    watchRun();
    if (plan.modules.length > 0) guardThread();
    await loadModules(plan.modules);
    await refuseOtherFiles(task.moduleFiles);
    await settleStrays();
    // Not before: what is loaded may start threads of the process, which would be held there as well.
    if (task.cpu !== null) letGo = holdTo(task.cpu);
    if (!task.touched) populate(arena, worker, plan.partition);
    meeting = true;
    const speaks = worker === 0 && task.ranks ? await openRanks(task.ranks.transport, words) : null;
    if (speaks) agreeOnRun(speaks.transport, plan);
    meeting = false;
    const bound = bindProgram(plan, arena, bindKernels(module, memory), worker, speaks?.transport);
    const staging = task.checkpoints
      ? new LoopStaging(task.checkpoints, arena, worker, plan, speaks?.transport)
      : null;
    staging?.meet();
    const failing = task.fault?.worker === worker ? withFault(bound, task.fault) : bound;
    const faulty = task.laps ? withLaps(failing, task.laps, worker) : failing;
    const { program, barrier } = task.clock
      ? withClock(faulty, task.clock, worker, words, task.path, task.spins)
      : { program: faulty, barrier: new Barrier(words, task.path, task.spins) };
    const timed = task.timeline
      ? (await import('../src/run/timeline.js')).withTimeline(
          program,
          barrier,
          task.timeline,
          worker,
          plan.workers,
        )
      : null;
    const loop = () =>
      runRounds({
        plan,
        program: timed?.program ?? program,
        barrier: timed?.barrier ?? barrier,
        words,
        leader: worker === 0,
        ring: new RingWriter(words, arena.view('trace.ring', 'f64'), watchedCount(plan.watched)),
        snapshot: task.snapshots ? new Snapshot(arena, worker, plan.workers, task.snapshots) : null,
        staging,
        council: speaks?.council ?? null,
        leaveAt: task.leaveAt ?? Number.POSITIVE_INFINITY,
        heapAtRounds: task.heapAtRounds,
        sampleHeap: () => getHeapStatistics().used_heap_size,
      });
    if (task.profileUs === 0) {
      const stop = timeThread();
      const result = loop();
      if (speaks) conclude(speaks.transport, bound, result, task, staging);
      const report = { ...result, profile: null, times: stop() };
      if (worker === 0) keepCompiledCode();
      await settleStrays();
      return { ...report, timeline: (await timed?.report()) ?? null };
    }
    const { record } = await import('../src/profile/record.js');
    const { result, profile, times } = await record(task.profileUs, () => barrier.wait(), loop);
    if (speaks) conclude(speaks.transport, bound, result, task, staging);
    await settleStrays();
    return { ...result, profile, times, timeline: (await timed?.report()) ?? null };
  } catch (error) {
    if (error instanceof BarrierPoisoned) return { poisoned: error.reason };
    // Whoever waited for another rank was let go, as at the barrier.
    if (error instanceof TransportGivenUp) return { poisoned: words[Word.POISON] };
    poison(words, Poison.WORKER_FAILED);
    if (meeting && isInputError(error)) return { refused: { message: error.message, hint: error.hint } };
    throw error;
  } finally {
    letGo?.();
  }
}

/** The rounds are over on all ranks: their states are brought together, and nobody speaks any more. */
function conclude(
  transport: Transport,
  { collect }: BoundProgram,
  report: LoopReport,
  { ranks, snapshots }: AgentsTask,
  staging: LoopStaging | null,
): void {
  collect?.(report.rounds, ranks?.state?.map((buffer) => new Uint8Array(buffer)) ?? null);
  staging?.conclude(report, snapshots);
  // On a slow link states are long on their way, and whoever has handed over its own waits here for those of others;
  // the end itself takes no time.
  broadcast(transport, 0, Tag.COLLECT, new Uint8Array(1));
  transport.close();
}
