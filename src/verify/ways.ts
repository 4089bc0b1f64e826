/**
 * Ways to make the same run: with other workers, agents laid out otherwise, on one thread and on threads, in
 * one piece and in three. None of them may change a bit.
 */

import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { isInputError } from '../base/errors.js';
import { plural } from '../base/format.js';
import { findCheckpoints } from '../checkpoint/folder.js';
import type { Manifest } from '../output/manifest.js';
import type { LoadedConfig } from '../run/config.js';
import { openSession } from '../session/client.js';
import type { Part } from '../session/single-thread.js';
import type { ResumePoint } from '../session/types.js';
import type { TraceRow } from '../trace/row.js';
import type { PartResult, Verifying } from './types.js';

/** How agents lie in memory; `own`: as the config says. */
export type Laid = 'own' | { order: 'given' | 'rcm'; block: number };

export interface Way {
  /** Of each piece. */
  workers: readonly [number, ...number[]];
  laid: Laid;
  threads: boolean;
  /** Rounds after which it is broken off, kept, and gone on with by threads that know nothing of it. */
  breaks: readonly number[];
  /** Of a run that was stopped: where it ended. */
  until?: number | null;
  /** Begins there. */
  from?: Part['from'];
  name?: string;
}

/** What is compared. */
export interface Made {
  rounds: number;
  stateHash: string;
  xHash: string | null;
  /** Of the pieces, one after the other. */
  rows: TraceRow[];
}

export const REFERENCE: Way = { workers: [1], laid: 'own', threads: false, breaks: [] };

/** Those that a config is verified by, where its run is as long, and may be broken off so, as this one. */
export function waysFor(
  { rounds, agents, every }: PartResult,
  hasLayout: boolean,
  ownWorkers: number,
): { ways: Way[]; left: string[] } {
  const breaks = [
    ...new Set([rounds / 3, (2 * rounds) / 3].map((at) => at - (at % every)).map(Math.floor)),
  ].filter((at) => at > 0 && at < rounds);
  const most = ([first, ...others]: Way['workers']): Way['workers'] => [
    Math.min(first, agents),
    ...others.map((count) => Math.min(count, agents)),
  ];
  const laid = (order: 'given' | 'rcm', block: number): Laid => (hasLayout ? { order, block } : 'own');
  const whole: Way[] = [
    { ...REFERENCE, name: 'the same once more' },
    { workers: most([2]), laid: laid('rcm', 3), threads: false, breaks: [] },
    { workers: most([3]), laid: laid('given', 7), threads: false, breaks: [] },
    { workers: most([5]), laid: laid('rcm', 1), threads: false, breaks: [] },
    { workers: most([ownWorkers]), laid: 'own', threads: true, breaks: [] },
    { workers: most([3]), laid: laid('rcm', 5), threads: true, breaks: [] },
  ];
  const pieces: Way[] = [
    { workers: most([2, 3, 1]), laid: laid('rcm', 3), threads: false, breaks },
    { workers: most([1, 3, 2]), laid: 'own', threads: true, breaks },
  ];
  if (breaks.length > 0) return { ways: [...whole, ...pieces], left: [] };
  return { ways: whole, left: [`a run of ${plural(rounds, 'round')} is not broken off on its way`] };
}

/** `2, 3 and 1 workers on one thread, order rcm, blocks of 3, gone on with after rounds 30 and 60`. */
export function nameOf({ workers, laid, threads, breaks, name }: Way): string {
  if (name !== undefined) return name;
  const [first] = workers;
  const count = breaks.length === 0 ? plural(first, 'worker') : `${listed(workers)} workers`;
  const parts = [`${count} on ${threads ? 'threads' : 'one thread'}`];
  if (laid !== 'own') parts.push(`order ${laid.order}, blocks of ${laid.block}`);
  if (breaks.length > 0)
    parts.push(`gone on with after ${breaks.length > 1 ? 'rounds' : 'round'} ${listed(breaks)}`);
  return parts.join(', ');
}

function listed(numbers: readonly number[]): string {
  return numbers.length < 2 ? numbers.join('') : `${numbers.slice(0, -1).join(', ')} and ${numbers.at(-1)}`;
}

export async function make(
  way: Way,
  loaded: LoadedConfig,
  verifying: Verifying,
  told: (round: number) => void,
): Promise<Made> {
  const run = way.threads ? onThreads : onOneThread;
  const { laid } = way;
  if (laid === 'own') return run(way, loaded, verifying, told);
  const otherwise = { ...loaded, config: { ...loaded.config, layout: laid } };
  try {
    return await run(way, otherwise, verifying, told);
  } catch (error) {
    // A graph or a method that takes no other order.
    if (!isInputError(error)) throw error;
    return run(way, loaded, verifying, told);
  }
}

async function onOneThread(
  { workers, breaks, until = null, from = null }: Way,
  loaded: LoadedConfig,
  { part }: Verifying,
  told: (round: number) => void,
): Promise<Made> {
  const rows: TraceRow[] = [];
  let begin: Part['from'] = from;
  for (const [at, end] of [...breaks, until].entries()) {
    const piece = await part({ loaded, workers: workers[at] ?? workers[0], from: begin, until: end }, told);
    for (const row of piece.rows) rows.push(row);
    const { rounds, stateHash, xHash, kept } = piece;
    if (at === breaks.length || kept === null) return { rounds, stateHash, xHash, rows };
    begin = { bytes: kept, round: rounds };
  }
  throw new Error('a run has at least one piece');
}

async function onThreads(
  { workers, breaks, until = null }: Way,
  loaded: LoadedConfig,
  { signal }: Verifying,
  told: (round: number) => void,
): Promise<Made> {
  // More workers than cores as well: they are held to none.
  const { checkpoint: _none, pin: _free, ...config } = loaded.config;
  const folder = breaks.length === 0 ? null : mkdtempSync(path.join(os.tmpdir(), 'sottovoce-verify-'));
  const rows: TraceRow[] = [];
  try {
    let from: ResumePoint | null = null;
    for (const [at, end] of [...breaks, until].entries()) {
      const piece: LoadedConfig = { ...loaded, config: { ...config, workers: workers[at] ?? workers[0] } };
      const result = await session(piece, folder, from, end, signal, told);
      for (const row of result.rows) rows.push(row);
      const { rounds, stateHash, status } = result.summary;
      if (status !== 'stopped' || folder === null) return { rounds, stateHash, xHash: null, rows };
      from = leftIn(folder, config['rounds']);
    }
    throw new Error('a run has at least one piece');
  } finally {
    if (folder !== null) rmSync(folder, { recursive: true, force: true });
  }
}

/** One session, up to its end or to a round. */
async function session(
  config: LoadedConfig,
  outDir: string | null,
  from: ResumePoint | null,
  until: number | null,
  signal: AbortSignal | undefined,
  told: (round: number) => void,
) {
  const { session: own, close } = await openSession();
  const abort = () => void close();
  signal?.addEventListener('abort', abort);
  const timer = setInterval(() => {
    own.progress().then(
      ({ round }) => told(round),
      () => {},
    );
  }, 100);
  try {
    await own.prepare({ config, outDir, keepRows: true, ...(from && { from }) });
    if (until === null) return await own.start(from ? { runId: from.manifest.run } : {});
    await own.pause();
    const running = own.start(from ? { runId: from.manifest.run } : {});
    running.catch(() => {});
    const steps = until - (from?.round ?? 0);
    await Promise.race([steps > 0 ? own.step(steps) : null, running]);
    await own.stop();
    return await running;
  } finally {
    clearInterval(timer);
    signal?.removeEventListener('abort', abort);
    await close();
  }
}

/** What a run that was stopped has left there, as `sottovoce resume` would find it. */
function leftIn(folder: string, plannedRounds: number): ResumePoint {
  const manifest = JSON.parse(readFileSync(path.join(folder, 'manifest.json'), 'utf8')) as Manifest;
  const newest = findCheckpoints([folder], () => {}).found[0];
  if (newest === undefined) throw new Error('a run that was stopped has left no checkpoint');
  const { file, header } = newest;
  return { checkpoint: file, round: header.round, trace: null, plannedRounds, manifest };
}
