/**
 * The round loop: phases and barriers, pause and stop, rows of the trace. It knows no mathematics and
 * allocates nothing.
 *
 * A run that stops at a target does so in the round in which it arrived. Rows are some rounds apart, so the
 * first row that shows it is late: everyone goes back to the row before (REWIND), from a copy made there, and
 * looks at every round from then on. Rows in between leave the loop only where they would have anyway.
 *
 * Every worker runs it. The leader (worker 0) decides, everyone obeys at the same round: the leader writes
 * the command of round k + 1 before it arrives at the last barrier of round k, and that barrier publishes it.
 * Commands are doubled by parity, like outboxes: the leader cannot overwrite a command before every worker
 * has passed the barrier after which it was read. The loop stays in one function: which barrier publishes
 * what is seen only in its order.
 */

import type { LoopStaging } from '../src/checkpoint/staging.js';
import type { Council } from '../src/ranks/council.js';
import { looksEveryRound, type Snapshot } from '../src/run/snapshot.js';
import type { LoopReport, Standing } from '../src/run/tasks.js';
import type { BoundProgram, RunPlan, Verdict } from '../src/run/types.js';
import { watchedCount } from '../src/run/watched.js';
import { type Barrier, isPoisoned } from '../src/sync/barrier.js';
import { Command, commandWord, Until, Word } from '../src/sync/control.js';
import { COLUMNS, type RingWriter } from '../src/trace/ring.js';

export interface LoopInputs {
  plan: RunPlan;
  program: BoundProgram;
  barrier: Pick<Barrier, 'wait'>;
  words: Int32Array;
  leader: boolean;
  ring: RingWriter;
  /** This worker's share of what a rewind needs; null where a run never goes back. */
  snapshot: Snapshot | null;
  /** This worker's share of checkpoints; null where there are none. */
  staging: LoopStaging | null;
  /** Of the leader of one of several ranks: what it decides is what rank 0 does. */
  council: Council | null;
  /** After so many rounds everyone leaves; Infinity where that is not known before. */
  leaveAt: number;
  /** Diagnostics: called at these rounds, ascending; their results are returned. */
  heapAtRounds: readonly number[];
  sampleHeap: () => number;
}

export function runRounds(inputs: LoopInputs): LoopReport {
  const {
    plan,
    program,
    barrier,
    words,
    leader,
    ring,
    snapshot,
    staging,
    council,
    leaveAt,
    heapAtRounds,
    sampleHeap,
  } = inputs;
  const { phases, tracePhases } = program;
  const { rounds, traceEvery } = plan;
  const row = new Float64Array(COLUMNS.length + watchedCount(plan.watched));
  const heap: number[] = [];
  let sampled = 0;
  let round = 0;
  let traced = -1;
  let pushed = -1;
  /** The round of the snapshot, and the time in the loop until then. */
  let saved = -1;
  let savedMs = 0;
  /** Every round is looked at: always, or after going back once. */
  let refining = looksEveryRound(plan);
  let verdict: Verdict = 'go';
  /** What the leader has written to the two words of commands. */
  const said: [number, number] = [-1, -1];
  let pausedMs = 0;

  const changed = staging?.changed ?? null;
  // What begins where messages are made in another way has slots that are zero: silence.
  if (changed?.silent !== true) program.prologue();
  barrier.wait();
  const from = staging?.from ?? null;
  if (staging !== null && from !== null) {
    staging.restore(from.round);
    barrier.wait();
    program.restore?.(from.round);
    round = from.round;
    refining ||= from.refining;
  }
  if (program.meet !== undefined) {
    program.meet(round);
    barrier.wait();
  }
  const startedMs = performance.now() - 1000 * (from?.seconds ?? 0);
  const elapsedMs = () => performance.now() - startedMs - pausedMs;

  const look = () => {
    for (let phase = 0; phase < tracePhases.length; phase++) {
      tracePhases[phase](round);
      barrier.wait();
    }
    traced = round;
  };

  /** `entering`: its row has left the loop before the run was changed, if it has one. */
  const trace = (entering = false) => {
    look();
    if (leader) {
      verdict = program.traceRow(round, elapsedMs() / 1000, row);
      if (verdict === 'converged' && !refining && saved >= 0 && round - saved > 1) {
        verdict = 'go';
        say(council === null ? Command.REWIND : council.agree(Command.REWIND));
      } else {
        if (!entering && (!refining || verdict !== 'go' || round % traceEvery === 0)) push();
        decide();
      }
    }
    // Publishes the leader's decision.
    barrier.wait();
  };

  const push = () => {
    // Rows are the first rank's.
    if (council === null || council.decides) ring.push(row);
    pushed = round;
  };

  /** After a row from which the run goes on: where it would go back to. */
  const save = () => {
    snapshot?.save();
    saved = round;
    savedMs = elapsedMs();
    // Nobody writes into the round that somebody still copies.
    barrier.wait();
  };

  const rewind = () => {
    snapshot?.restore();
    program.restore?.(saved);
    // Everyone has read the command before the leader writes the next one, which may be in the same word.
    barrier.wait();
    // What is done again counts once.
    pausedMs = performance.now() - startedMs - savedMs;
    round = saved;
    traced = saved;
    pushed = saved;
    refining = true;
    if (leader) {
      Atomics.store(words, Word.ROUND, round); // [L2]
      decide();
    }
    barrier.wait();
  };

  /**
   * Whether all that a run needs to go on is in its arena: one that would go back to its last row can only be
   * gone on with from a row.
   */
  const standsWhole = (at = round) => snapshot === null || refining || traced === at;

  const pauseWanted = (until: number, at = round) => until >= Until.NOW && at >= until;

  /** What is to be done after `at` rounds. What is asked for is one word, read once. */
  const wanted = (at: number): number => {
    staging?.look();
    const until = Atomics.load(words, Word.UNTIL); // [L3]
    if (until === Until.STOP || verdict !== 'go') return Command.STOP;
    if (until === Until.LEAVE || (at >= leaveAt && at < rounds)) return Command.LEAVE;
    if (pauseWanted(until, at)) return Command.PAUSE;
    if (staging?.due(words, at) && standsWhole(at)) return Command.CHECKPOINT;
    return Command.GO;
  };

  /** The leader's decision for the round that follows; of several ranks, that of the first one. */
  const decide = () => {
    const command = wanted(round);
    say(council === null ? command : council.agree(command));
  };

  /**
   * Only where the word holds another one: everyone reads it in every round, and a line that is not written
   * to stays in everyone's cache.
   */
  const say = (command: number) => {
    if (said[round & 1] === command) return;
    said[round & 1] = command;
    Atomics.store(words, commandWord(round), command); // [L1]
  };

  /**
   * Everyone stands still until the leader lets them go. The leader alone looks at the condition: if each
   * worker looked for itself, a pause that ends and begins again would find one of them gone and the other
   * still here, each waiting for the other.
   */
  const pause = () => {
    const before = performance.now();
    // Nobody may still have to read the command that brought us here when the leader overwrites it below; and
    // everyone stands still when the leader says so.
    barrier.wait();
    if (leader) {
      // Where another rank decides, nobody is asked here.
      while (council === null || council.decides) {
        // ASKED is read before the condition: whoever asks writes UNTIL first and bumps ASKED after, so
        // either the condition is seen changed here, or the bump ends the wait.
        const asked = Atomics.load(words, Word.ASKED); // [L5]
        if (!pauseWanted(Atomics.load(words, Word.UNTIL)) || isPoisoned(words)) break; // [L6]
        // The answer is to this request: the UNTIL seen above is as new as ASKED, or newer, and as long as
        // nobody asks again we stay here. So whoever finds the latest ASKED answered knows that all stand
        // still.
        Atomics.store(words, Word.ANSWERED, asked); // [L7]
        Atomics.wait(words, Word.ASKED, asked); // [L8]
      }
      decide();
    }
    barrier.wait();
    pausedMs += performance.now() - before;
  };

  /** Everyone copies a share; the coordinator writes it to a file while the rounds go on. */
  const checkpoint = (kept: LoopStaging) => {
    const before = performance.now();
    kept.save(round);
    // All of it is there before the leader says so, and nobody still has to read the command that it
    // overwrites.
    barrier.wait();
    if (leader) {
      kept.publish(words, { round, seconds: elapsedMs() / 1000, refining }, performance.now() - before);
      decide();
    }
    barrier.wait();
  };

  if (from === null) trace();
  else if (changed !== null) {
    if (round % traceEvery === 0) pushed = round;
    if (leader) Atomics.store(words, Word.ROUND, round); // [L2]
    trace(true);
  } else {
    // Its row is there already, if the round has one.
    if (round % traceEvery === 0) traced = round;
    pushed = traced;
    if (leader) {
      Atomics.store(words, Word.ROUND, round); // [L2]
      decide();
    }
    barrier.wait();
  }
  let leaving = false;
  for (;;) {
    let command = Atomics.load(words, commandWord(round)); // [L9]
    while (command === Command.PAUSE || command === Command.CHECKPOINT) {
      if (command === Command.PAUSE) pause();
      else checkpoint(staging as LoopStaging);
      command = Atomics.load(words, commandWord(round)); // [L10]
    }
    if (command === Command.REWIND) {
      rewind();
      continue;
    }
    leaving = command === Command.LEAVE;
    if (leaving || command === Command.STOP || round >= rounds) break;
    if (snapshot !== null && !refining && traced === round && saved !== round) save();

    for (let phase = 0; phase < phases.length; phase++) {
      const isLast = phase === phases.length - 1;
      // Other ranks hear of it while messages go over.
      if (isLast && council !== null) council.begin(wanted(round + 1));
      phases[phase](round);
      if (isLast) {
        round++;
        if (leader) {
          Atomics.store(words, Word.ROUND, round); // [L11]
          if (council === null) decide();
          else say(council.end());
        }
      }
      barrier.wait();
    }
    if (refining || round % traceEvery === 0 || round === rounds) trace();
    if (sampled < heapAtRounds.length && round === heapAtRounds[sampled]) {
      heap[sampled] = sampleHeap();
      sampled++;
    }
  }
  if (leaving) {
    if (traced !== round) {
      look();
      if (leader) program.traceRow(round, elapsedMs() / 1000, row);
    }
    const seconds = elapsedMs() / 1000;
    const left = { rounds: round, seconds, heap, standing: { round, seconds, refining } };
    return { ...left, status: 'left', row: Array.from(row) };
  }
  const standing: Standing = standsWhole()
    ? { round, seconds: elapsedMs() / 1000, refining }
    : { round: saved, seconds: savedMs / 1000, refining };
  if (traced !== round) trace();
  // A run that is stopped while it looks at every round leaves its last row all the same.
  if (leader && pushed !== round) push();

  const seconds = elapsedMs() / 1000;
  const status = leader ? statusOf(verdict, round, rounds) : 'finished';
  return { rounds: round, status, seconds, heap, standing };
}

function statusOf(verdict: Verdict, round: number, rounds: number): LoopReport['status'] {
  if (verdict !== 'go') return verdict;
  return round >= rounds ? 'finished' : 'stopped';
}
