/**
 * The checkpoints of a run under way, on the coordinator's thread: asks for them, writes what the round loop
 * has staged, and leaves one of a run that is ended before its time.
 *
 * A checkpoint that cannot be written (a full disk) ends nothing: the one before stays, and the summary says
 * it. While one is being written no other is staged.
 */

import { randomBytes } from 'node:crypto';
import { readFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { isDeepStrictEqual } from 'node:util';
import { fileSystem } from '../../topology/file-system.js';
import { removeFile, writeWhole } from '../../topology/whole-file.js';
import type { Arena } from '../arena/arena.js';
import { InputError } from '../base/errors.js';
import { showPath } from '../base/show-path.js';
import {
  type CheckpointHeader,
  type Origin,
  type PartFileOf,
  Unusable,
  writeCheckpoint,
} from '../checkpoint/file.js';
import { checkpointName, partName, partsOf, prune } from '../checkpoint/folder.js';
import { Kept, keptBytes, sectionsOf, sectionsOfAll, sectionsOfPart } from '../checkpoint/kept.js';
import { type Answer, Board, createBoard } from '../checkpoint/over-ranks.js';
import { readWhole } from '../checkpoint/parts.js';
import { createStaging, readStaged, stagedBytes } from '../checkpoint/staging.js';
import { reasonOf } from '../output/failures.js';
import { CHECKPOINTS } from '../output/run-folder.js';
import { versions } from '../output/versions.js';
import type { PartPlan } from '../ranks/part.js';
import type { CheckpointSpec, RunConfig } from '../run/config.js';
import { configDigest } from '../run/inputs.js';
import type { CheckpointReport } from '../run/reports.js';
import { Snapshot } from '../run/snapshot.js';
import type { LoopReport, StagingTask, Standing } from '../run/tasks.js';
import { Word } from '../sync/control.js';
import type { ResumePoint } from './types.js';
import type { Writing } from './writing.js';

const POLL_MS = 20;
const ANSWERS_MS = 5;
const KEEP = 2;
const NOTHING = new Uint8Array();

export interface CheckpointInputs {
  arena: Arena;
  words: Int32Array;
  config: RunConfig;
  run: string;
  /** The run's folder, once there is one; null where nothing is written. */
  folder: () => string | null;
  /** The trace has all rows up to here on the disk. */
  syncRows: () => void;
  from: ResumePoint | null;
  /** Of one of several ranks: its part. */
  part?: PartPlan | null;
  /** A run that was changed: how it stood then, and those before. */
  changed?: { standing: Standing; silent: boolean; take(into: Uint8Array): void; earlier: RunCheckpoints };
}

/** What decides the bits of a run beside its state: a checkpoint is of no use where it differs. */
export function originOf(config: RunConfig): Origin {
  const { sottovoce, node, kernels } = versions();
  return { config: configDigest(config, ['rounds']), sottovoce, node, kernels };
}

export class RunCheckpoints {
  /** What the workers are told; null where nothing is staged. */
  readonly task: StagingTask | null;
  readonly #inputs: CheckpointInputs;
  readonly #spec: CheckpointSpec | null;
  readonly #origin: Origin;
  readonly #timers: NodeJS.Timeout[] = [];
  #writing: Promise<void> = Promise.resolve();
  #busy = false;
  #written = 0;
  #bytes = 0;
  #last: number | null = null;
  #failed: string | null = null;
  /** Of one of several ranks. */
  readonly #part: PartPlan | null;
  readonly #board: Board | null = null;
  #over = false;

  /** Reads what the run goes on from. Throws what a checkpoint is unusable for. */
  constructor(inputs: CheckpointInputs) {
    this.#inputs = inputs;
    const { config, arena, from, changed } = inputs;
    this.#spec = config.checkpoint ?? null;
    // Gains that were chosen at the run's first beginning are numbers now: it is still the same run.
    this.#origin = originOf(from?.manifest.config ?? config);
    this.task = null;
    this.#part = inputs.part ?? null;
    if (this.#part !== null) {
      const board = createBoard(this.#part.rank, this.#part.ranks);
      this.#board = new Board(board);
      this.task = {
        staging: createStaging(keptBytes(sectionsOfPart(arena.layout, this.#part))),
        everyRounds: this.#spec?.everyRounds ?? 0,
        // What all go on from the first rank says.
        from: null,
        board,
        ofFinished: this.#spec !== null,
      };
      return;
    }
    if (this.#spec === null && from === null && changed === undefined) return;
    const staging = createStaging(keptBytes(sectionsOf(arena.layout)));
    if (changed !== undefined) {
      const { earlier, standing, silent } = changed;
      this.#written = earlier.#written;
      this.#bytes = earlier.#bytes;
      this.#last = earlier.#last;
      this.#failed = earlier.#failed;
      changed.take(stagedBytes(staging));
      const everyRounds = this.#spec?.everyRounds ?? 0;
      this.task = { staging, everyRounds, from: standing, changed: { silent } };
      return;
    }
    this.task = {
      staging,
      everyRounds: this.#spec?.everyRounds ?? 0,
      from: from?.checkpoint ? this.#read(from.checkpoint, staging) : null,
    };
  }

  /** Before the rounds. What the run goes on from is kept until it has left a newer one. */
  begin(): void {
    const { words, from, folder, syncRows } = this.#inputs;
    const place = folder();
    let kept: string | null = null;
    if (from?.checkpoint && place !== null) {
      syncRows();
      const folder = path.join(place, CHECKPOINTS);
      for (const part of partsOf(from.checkpoint))
        keepLink(path.join(path.dirname(from.checkpoint), part), folder);
      kept = keepLink(from.checkpoint, folder);
    }
    if (this.#part?.rank === 0) {
      this.#board?.tell({
        run: this.#inputs.run,
        folder: place === null ? null : path.resolve(place),
        attempt: randomBytes(4).toString('hex'),
        from: kept ?? from?.checkpoint ?? null,
        asked: this.#spec !== null,
      });
    }
    if (this.#spec === null && this.#board === null) return;
    this.#timers.push(setInterval(() => this.#take(), POLL_MS));
    const everySeconds = this.#spec?.everySeconds;
    if (everySeconds === undefined) return;
    const ask = () => void Atomics.store(words, Word.CHECKPOINT, 1); // [K5]
    this.#timers.push(setInterval(ask, 1000 * everySeconds));
  }

  /** The loop is over, whatever became of it: resolves when nothing is being written any more. */
  async end(): Promise<void> {
    for (const timer of this.#timers) clearInterval(timer);
    this.#over = true;
    // Over ranks all that is staged has been written, unless the run has failed.
    if (this.#board === null) this.#take();
    await this.#writing;
  }

  /**
   * Of a run that was ended before its time, and of one with checkpoints that could be given more rounds. By
   * now the arena is nobody's. Ranks leave theirs together, before they part (`LoopStaging.conclude`). `snapshots`: where the run would have gone back to.
   */
  async last(
    { status, standing, rounds }: LoopReport,
    snapshots: SharedArrayBuffer | null,
    writing: Writing,
  ): Promise<void> {
    const wanted = status === 'stopped' || (status === 'finished' && this.#spec !== null);
    if (!wanted || standing.round === this.#last) return;
    if (this.#inputs.folder() === null) return;
    const { arena } = this.#inputs;
    const { workers } = arena.layout;
    if (standing.round < rounds && snapshots !== null) {
      for (let w = 0; w < workers; w++) new Snapshot(arena, w, workers, snapshots).restore();
    }
    const kept = new Kept(arena);
    const bytes = this.task === null ? new Uint8Array(kept.bytes) : stagedBytes(this.task.staging);
    kept.save(bytes, standing.round, 0, 1);
    await this.#write(standing, bytes, writing.begin('a checkpoint', bytes.length));
  }

  /** For the summary; null where there was nothing to do. */
  report(): CheckpointReport | null {
    if (this.#written === 0 && this.#failed === null) return null;
    const staged = this.task && readStaged(this.task.staging);
    return {
      written: this.#written,
      lastRound: this.#last,
      bytes: this.#bytes,
      loopSeconds: (staged?.tookMs ?? 0) / 1000,
      ...(this.#failed !== null && { failed: this.#failed }),
    };
  }

  #read(file: string, staging: SharedArrayBuffer): Standing {
    const sections = sectionsOf(this.#inputs.arena.layout);
    try {
      const header = readWhole(file, stagedBytes(staging));
      if (isDeepStrictEqual(header.sections, sections)) return header;
      throw new Unusable('holds other things than this run keeps: its config plans another run now');
    } catch (error) {
      if (!(error instanceof Unusable)) throw error;
      throw new InputError(`${showPath(file)} ${error.message}`, { file });
    }
  }

  /** What is staged, if anything, is written; the loop may stage the next one after that. */
  #take(): void {
    const { task } = this;
    const { words } = this.#inputs;
    if (task === null || this.#busy || Atomics.load(words, Word.STAGED) === 0) return; // [K6]
    this.#busy = true;
    const staged = readStaged(task.staging);
    const kept = stagedBytes(task.staging);
    const write = this.#part === null ? this.#write(staged, kept) : this.#writePart(staged, kept, this.#part);
    this.#writing = write.finally(() => {
      this.#busy = false;
      Atomics.store(words, Word.STAGED, 0); // [K7]
    });
  }

  async #write(
    { round, seconds, refining }: Standing,
    kept: Uint8Array,
    told: (bytes: number) => void = () => {},
  ): Promise<void> {
    const { run, arena, folder, syncRows } = this.#inputs;
    const place = path.join(folder() as string, CHECKPOINTS);
    const sections = sectionsOf(arena.layout);
    const header = this.#header({ round, seconds, refining }, sections, kept.length);
    try {
      // A run that goes on from here has all rows before it.
      syncRows();
      makePlace(place);
      const file = path.join(place, checkpointName(run, round));
      this.#bytes = (await writeCheckpoint(file, header, kept, told)).bytes;
      this.#written++;
      this.#last = round;
      prune(place, run, this.#spec?.keep ?? KEEP);
    } catch (error) {
      this.#failed = reasonOf(error);
    }
  }

  #header({ round, seconds, refining }: Standing, sections: CheckpointHeader['sections'], bytes: number) {
    const time = new Date().toISOString();
    return { run: this.#inputs.run, round, seconds, refining, ...this.#origin, sections, bytes, time };
  }

  /** This rank's part of it; by the first rank then the head, when all parts are there. */
  async #writePart(standing: Standing, kept: Uint8Array, part: PartPlan): Promise<void> {
    const { arena, syncRows } = this.#inputs;
    const board = this.#board as Board;
    const told = board.tellings;
    // Why it is blind has been said.
    if (told === null || told.folder === null) return;
    const { rank, ranks } = part;
    const { run } = told;
    const place = path.join(told.folder, CHECKPOINTS);
    const file = partName(run, standing.round, told.attempt, rank, ranks);
    const sections = sectionsOfPart(arena.layout, part);
    let answer: Answer;
    try {
      if (rank === 0) syncRows();
      makePlace(place);
      const header = { ...this.#header(standing, sections, kept.length), run, part: { rank, ranks } };
      answer = { file, ...(await writeCheckpoint(path.join(place, file), header, kept)) };
    } catch (error) {
      answer = { failed: `${reasonOf(error)} (rank ${rank}, on ${os.hostname()})` };
    }
    board.answer(answer);
    if (rank > 0) return;
    while (board.answered !== standing.round) {
      if (this.#over) return;
      await sleep(ANSWERS_MS);
    }
    const parts: (PartFileOf & { bytes: number })[] = [];
    for (const one of board.all) {
      if ('failed' in one) this.#failed = one.failed;
      else parts.push(one);
    }
    try {
      if (parts.length < ranks) {
        for (const { file } of parts) removeFile(path.join(place, file));
        return;
      }
      const all = sectionsOfAll(sections, part);
      const head = {
        ...this.#header(standing, all, keptBytes(all)),
        parts: parts.map(({ file, digest }) => ({ file, digest })),
      };
      const { bytes } = await writeCheckpoint(
        path.join(place, checkpointName(run, standing.round)),
        head,
        NOTHING,
      );
      this.#bytes = parts.reduce((sum, { bytes }) => sum + bytes, bytes);
      this.#written++;
      this.#last = standing.round;
      board.committed = standing.round;
      prune(place, run, this.#spec?.keep ?? KEEP);
    } catch (error) {
      this.#failed = reasonOf(error);
    }
  }
}

/** The same file under a name there; a copy where the file system has no links. Gives the name. */
function keepLink(file: string, folder: string): string {
  makePlace(folder);
  const place = path.join(folder, path.basename(file));
  if (place === path.resolve(file)) return place;
  try {
    fileSystem.linkSync(file, place);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') writeWhole(place, readFileSync(file));
  }
  return place;
}

function sleep(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}

function makePlace(folder: string): void {
  try {
    fileSystem.mkdirSync(folder);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
  }
}
