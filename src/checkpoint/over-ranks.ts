/**
 * Checkpoints of a run over several ranks: how ranks come to write parts of the same one, and the first rank to know
 * that all of them are on the disk.
 *
 * On each rank the thread that speaks with the others and the coordinator, which writes, share a *board*:
 *
 *     told       by the first rank, once, before the rounds: where checkpoints are, and which one it goes on from
 *     answer     of this rank's coordinator: the part that it has written, or why it could not
 *     answers    on the first rank: those of all
 *     ALL        the round of whose checkpoint all answers are there: from then on the head may be written
 *     COMMITTED  the round of the last one whose head is on the disk
 *
 * Answers go over while the rounds go on: their threads look once a round. Only when the rounds are over is anybody
 * waited for. A part without a head is nothing (`folder.ts`).
 */

import { readFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { isDeepStrictEqual } from 'node:util';
import { broadcast } from '../ranks/council.js';
import { Tag } from '../ranks/exchange.js';
import { type Repeated, type Transport, TransportGivenUp } from '../ranks/transport.js';
import { isPoisoned } from '../sync/barrier.js';
import { Word } from '../sync/control.js';
import { type CheckpointHeader, Unusable } from './file.js';
import { type Kept, type KeptPart, sectionsOfAll } from './kept.js';
import { readShare } from './parts.js';

const WORDS_BYTES = 64;
const ALL = 0;
const COMMITTED = 1;
const TOLD_BYTES = 8192;
const ANSWER_BYTES = 1024;
/** How long a folder that another host has just made may take to be seen. */
const SEEN_MS = 5000;
const LOOK_MS = 20;

/** What the first rank says before the rounds. */
export interface Told {
  /** Id of the run. */
  run: string;
  /** The run's folder, absolute; null where nothing is written. */
  folder: string | null;
  /** See `partName`. */
  attempt: string;
  /** What the run goes on from; null where it begins. */
  from: string | null;
  /** The config asks for checkpoints: a rank that cannot write any is no use. */
  asked: boolean;
}

/** What a rank has written, or why it has not. */
export type Answer = { file: string; digest: string; bytes: number } | { failed: string };

export function createBoard(rank: number, ranks: number): SharedArrayBuffer {
  return new SharedArrayBuffer(WORDS_BYTES + TOLD_BYTES + ANSWER_BYTES * (rank === 0 ? ranks : 1));
}

export class Board {
  readonly told: Uint8Array;
  /** On the first rank those of all, by rank; elsewhere its own. */
  readonly answers: Uint8Array;
  readonly #words: Int32Array;

  constructor(memory: SharedArrayBuffer) {
    this.#words = new Int32Array(memory, 0, WORDS_BYTES / 4);
    this.told = new Uint8Array(memory, WORDS_BYTES, TOLD_BYTES);
    this.answers = new Uint8Array(memory, WORDS_BYTES + TOLD_BYTES);
  }

  tell(told: Told): void {
    write(this.told, told);
  }

  /** Null as long as nothing was told. */
  get tellings(): Told | null {
    return read<Told>(this.told);
  }

  /** By the coordinator, before it clears STAGED. */
  answer(answer: Answer): void {
    const one = this.answers.subarray(0, ANSWER_BYTES);
    write(one, 'failed' in answer ? { failed: answer.failed.slice(0, ANSWER_BYTES / 4) } : answer);
  }

  get all(): Answer[] {
    const count = this.answers.length / ANSWER_BYTES;
    return Array.from({ length: count }, (_, rank) => read<Answer>(answerOf(this.answers, rank)) as Answer);
  }

  get answered(): number {
    return Atomics.load(this.#words, ALL);
  }

  set answered(round: number) {
    Atomics.store(this.#words, ALL, round);
  }

  get committed(): number {
    return Atomics.load(this.#words, COMMITTED);
  }

  set committed(round: number) {
    Atomics.store(this.#words, COMMITTED, round);
  }
}

function answerOf(answers: Uint8Array, rank: number): Uint8Array {
  return answers.subarray(rank * ANSWER_BYTES, (rank + 1) * ANSWER_BYTES);
}

function write(into: Uint8Array, data: unknown): void {
  const text = Buffer.from(JSON.stringify(data));
  if (text.length > into.length)
    throw new Error(`${text.length} bytes are more than ${into.length}: ${text}`);
  into.fill(0);
  into.set(text);
}

function read<T>(from: Uint8Array): T | null {
  const text = Buffer.from(from).toString('utf8').replaceAll('\0', '');
  return text === '' ? null : (JSON.parse(text) as T);
}

/** The side of it that speaks with the other ranks. */
export class Parts {
  readonly #board: Board;
  readonly #transport: Transport;
  readonly #words: Int32Array;
  readonly #exchange: Repeated;
  /** A checkpoint is under way; and, on others than the first rank, its answer. */
  #round = 0;
  #answering = false;

  constructor(memory: SharedArrayBuffer, transport: Transport, words: Int32Array) {
    this.#board = new Board(memory);
    this.#transport = transport;
    this.#words = words;
    const { rank, ranks } = transport;
    const leg = { tag: Tag.ANSWER, base: this.#board.answers, rowBytes: ANSWER_BYTES };
    this.#exchange = transport.repeated(
      rank > 0
        ? [{ kind: 'send', peer: 0, ...leg, rows: Uint32Array.of(0) }]
        : Array.from({ length: ranks - 1 }, (_, i) => ({
            kind: 'receive' as const,
            peer: i + 1,
            ...leg,
            rows: Uint32Array.of(i + 1),
          })),
    );
  }

  /** All ranks alike, before the rounds. Throws where this rank's host does not see the run's folder. */
  meet(): Told {
    const { rank } = this.#transport;
    broadcast(this.#transport, 0, Tag.CHECKPOINT, this.#board.told);
    const told = this.#board.tellings as Told;
    const blind = rank === 0 || told.folder === null ? null : whyNotSeen(told.folder, told.run, rank);
    if (blind === null) return told;
    if (told.asked || told.from !== null) throw new Error(blind);
    // Of a run that may be stopped: then it leaves none.
    this.#board.tell({ ...told, folder: null });
    this.#board.answer({ failed: blind });
    return told;
  }

  /** The state after `round` rounds is about to be staged here. */
  begin(round: number): void {
    this.#round = round;
    if (this.#transport.rank > 0) return;
    this.#board.answered = 0;
    this.#exchange.start();
  }

  /** Once a round: what has come, and what may go. */
  look(): void {
    if (this.#round === 0) return;
    if (this.#transport.rank > 0 && !this.#answering) {
      if (Atomics.load(this.#words, Word.STAGED) !== 0) return;
      this.#exchange.start();
      this.#answering = true;
    }
    if (this.#exchange.done()) this.#over();
  }

  /** When the rounds are over: what is under way comes to its end. */
  finish(): void {
    if (this.#round > 0) {
      if (this.#transport.rank > 0) {
        if (!this.#answering) {
          this.#written();
          this.#exchange.start();
        }
      }
      this.#exchange.wait();
      this.#over();
    }
    this.#written();
  }

  /** Whether all leave a checkpoint of this round: what the first rank says. */
  agree(round: number): number {
    const word = Float64Array.of(round);
    broadcast(this.#transport, 0, Tag.CHECKPOINT, new Uint8Array(word.buffer));
    return word[0];
  }

  get committed(): number {
    return this.#board.committed;
  }

  get folder(): string | null {
    return this.#board.tellings?.folder ?? null;
  }

  #over(): void {
    if (this.#transport.rank === 0) this.#board.answered = this.#round;
    this.#round = 0;
    this.#answering = false;
  }

  /** The coordinator is done with what is staged. */
  #written(): void {
    const words = this.#words;
    for (;;) {
      const staged = Atomics.load(words, Word.STAGED);
      if (staged === 0) return;
      if (isPoisoned(words)) throw new TransportGivenUp('waiting for a checkpoint to be written');
      Atomics.wait(words, Word.STAGED, staged, LOOK_MS);
    }
  }
}

/** The share of one rank of what the run goes on from. Throws what it is unusable for. */
export function readShareOf(file: string, kept: Kept, part: KeptPart, into: Uint8Array): CheckpointHeader {
  try {
    const header = readShare(file, {
      bytes: into,
      sections: kept.sections,
      whose: kept.whose(),
      rank: part.rank,
    });
    if (isDeepStrictEqual(header.sections, sectionsOfAll(kept.sections, part))) return header;
    throw new Unusable('holds other things than this run keeps: its config plans another run now');
  } catch (error) {
    if (!(error instanceof Unusable)) throw error;
    throw new Error(`${file} ${error.message}`);
  }
}

/** The first rank has written its manifest there by now; a shared file system may show it a little later. */
function whyNotSeen(folder: string, run: string, rank: number): string | null {
  const word = new Int32Array(new SharedArrayBuffer(4));
  let found = '';
  for (let waited = 0; waited <= SEEN_MS; waited += LOOK_MS) {
    try {
      const manifest = JSON.parse(readFileSync(path.join(folder, 'manifest.json'), 'utf8')) as {
        run?: unknown;
      };
      if (manifest.run === run) return null;
      found = `holds run ${String(manifest.run)}, expected ${run}`;
    } catch (error) {
      found = (error as Error).message;
    }
    Atomics.wait(word, 0, 0, LOOK_MS);
  }
  return `rank ${rank}, on ${os.hostname()}, does not see the run's folder ${folder}, into which all ranks write checkpoints (${found}): it has to lie on a file system that all hosts share`;
}
