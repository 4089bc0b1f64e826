/**
 * Where a run goes on that was ended before its time: the newest checkpoint of it that can be used, in its
 * folder or in what a later attempt has left there.
 */

import { randomUUID } from 'node:crypto';
import { existsSync, readdirSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { mostWorkers } from '../base/cores.js';
import { InputError, isInputError } from '../base/errors.js';
import { plural } from '../base/format.js';
import { showPath } from '../base/show-path.js';
import { type CheckpointHeader, Unusable } from '../checkpoint/file.js';
import { findCheckpoints, type Refused } from '../checkpoint/folder.js';
import { readWhole } from '../checkpoint/parts.js';
import { refusal } from '../output/failures.js';
import { type KeptRun, loadManifest } from '../output/load-manifest.js';
import type { Manifest } from '../output/manifest.js';
import { manifestAt } from '../output/manifest-file.js';
import { INCOMPLETE, openSettled, readJson } from '../output/run-folder.js';
import type { LoadedConfig, Override } from '../run/config.js';
import { configDigest, sayChanged } from '../run/inputs.js';
import { originOf } from './checkpoints.js';
import type { ResumePoint } from './types.js';

const SEEN_MS = 5000;
const LOOK_MS = 50;

export interface Resumption {
  /** The run's folder, absolute. */
  folder: string;
  /** Id of the run, which stays the same. */
  run: string;
  loaded: LoadedConfig;
  from: ResumePoint;
  /** What somebody should know, as sentences. */
  notes: string[];
}

/**
 * @param given the folder of a run, or its manifest
 * @param overrides of workers, rounds and layout
 * @throws InputError where there is nothing to go on with, or not to the same bits
 */
export async function findResumption(given: string, overrides: readonly Override[]): Promise<Resumption> {
  const manifestFile = manifestAt(given);
  if (manifestFile === null) {
    const torn = path.join(path.resolve(given), 'manifest.json');
    if (existsSync(torn)) {
      throw new InputError(`${showPath(torn)} is torn, or no run's: it cannot be read as a manifest`, {
        file: torn,
        hint: 'bring it back as the run wrote it, or begin a new run',
      });
    }
    throw new InputError(`${showPath(path.resolve(given))} holds no run, expected the folder of one`, {
      file: path.resolve(given),
      hint: 'a run leaves manifest.json in its folder when it begins',
    });
  }
  const folder = path.dirname(manifestFile);
  try {
    openSettled(folder, randomUUID());
  } catch (error) {
    throw isInputError(error) ? error : refusal(showPath(folder), error);
  }
  const kept = await loadManifest(folder, overrides);
  refuseOver(kept);
  refuseEdited(kept);
  refuseChanged(kept);
  const { manifest, loaded } = kept;
  const { found, refused } = usable(folder, manifest);
  if (found === null) throw nothingFound(folder, refused, kept.notes);
  const { file, header } = found;
  refuseDone(kept, header);
  const notes = [...kept.notes, ...refused.map(({ file: bad, why }) => `${showPath(bad)} ${why}`)];
  return {
    folder,
    run: manifest.run,
    loaded,
    from: {
      checkpoint: file,
      round: header.round,
      trace: traceBeside(file),
      plannedRounds: manifest.config.rounds,
      manifest: continued(manifest, loaded, header),
    },
    notes,
  };
}

/**
 * The same on another rank than the first, which alone settles the folder, and says which checkpoint all go on from.
 * It may be moving files meanwhile: what cannot be read is looked for again for some seconds.
 */
export async function findResumptionOfRank(
  given: string,
  overrides: readonly Override[],
): Promise<Omit<Resumption, 'notes'>> {
  const start = performance.now();
  for (;;) {
    const manifestFile = manifestAt(given);
    if (manifestFile !== null) {
      const folder = path.dirname(manifestFile);
      const { manifest, loaded } = await loadManifest(folder, overrides);
      const plannedRounds = loaded.config.rounds;
      return {
        folder,
        run: manifest.run,
        loaded,
        from: { checkpoint: null, round: 0, trace: null, plannedRounds, manifest },
      };
    }
    if (performance.now() - start > SEEN_MS)
      throw new InputError(
        `${showPath(path.resolve(given))} holds no run on ${os.hostname()}, expected the folder of one: it has to lie on a file system that all hosts share`,
        { file: path.resolve(given) },
      );
    await new Promise((resolve) => setTimeout(resolve, LOOK_MS));
  }
}

/** Its checkpoints are of what it had become, and the config says how it began. */
function refuseEdited({ manifest, file }: KeptRun): void {
  const { changes = [] } = manifest;
  if (changes.length === 0) return;
  throw new InputError(
    `the run in ${showPath(path.dirname(file))} was changed on its way, and cannot be gone on with`,
    { file, hint: `sottovoce run ${showPath(file)} makes it again, with its changes` },
  );
}

function refuseOver({ summary, file }: KeptRun): void {
  if (summary?.status !== 'converged' && summary?.status !== 'diverged') return;
  const { status, rounds } = summary;
  throw new InputError(
    `the run in ${showPath(path.dirname(file))} ${status} after ${plural(rounds, 'round')}: there is nothing to go on with`,
    { file },
  );
}

/**
 * One whose results are written has nothing to go on to, however long before its end its newest checkpoint
 * is. One that was ended after its last round and before that has them all, and goes on to write them.
 */
function refuseDone({ summary, loaded, file }: KeptRun, { round }: CheckpointHeader): void {
  const { rounds } = loaded.config;
  const isWritten =
    summary?.status === 'finished' && summary.rounds >= rounds && summary.incomplete === undefined;
  if (round <= rounds && !isWritten) return;
  const folder = path.dirname(file);
  throw new InputError(`the run in ${showPath(folder)} has all of its ${plural(rounds, 'round')}`, {
    file: folder,
    hint: `--rounds ${2 * Math.max(round, rounds)} goes on with it${laterRun(folder)}`,
  });
}

/** A second run into the folder that did not come to its end lies beside it, as a run of its own. */
function laterRun(folder: string): string {
  const beside = path.join(folder, INCOMPLETE);
  return existsSync(path.join(beside, 'manifest.json'))
    ? `; a later run that was ended is in ${showPath(beside)}: sottovoce resume ${showPath(beside)}`
    : '';
}

function refuseChanged({ changed, file }: KeptRun): void {
  if (changed.length === 0) return;
  throw new InputError(`the run cannot go on to the same bits: ${sayChanged(changed)} since it began`, {
    file,
    hint: 'bring them back as they were, or begin a new run',
  });
}

/** The newest that is whole and of this run; and those that are not. */
function usable(folder: string, manifest: Manifest) {
  const { found, refused } = findCheckpoints(foldersOf(folder, manifest.run), checkOf(manifest));
  for (const candidate of found) {
    try {
      readWhole(candidate.file, null);
      return { found: candidate, refused: refused.filter(({ round }) => round > candidate.header.round) };
    } catch (error) {
      if (!(error instanceof Unusable)) throw error;
      refused.push({ file: candidate.file, round: candidate.header.round, why: error.message });
    }
  }
  return { found: null, refused };
}

/**
 * What a checkpoint is held against: it throws Unusable where it is not of this run, config and version. One of a
 * run that was changed is of what that had become, and the manifest's config says how it began.
 */
export function checkOf(manifest: Manifest): (header: CheckpointHeader) => void {
  const origin = originOf(manifest.config);
  const { changes = [] } = manifest;
  return (header) => {
    if (header.run !== manifest.run) throw new Unusable(`is of another run (${header.run})`);
    if (changes.length === 0 && header.config !== origin.config)
      throw new Unusable('is of another config than the manifest has');
    if (header.sottovoce !== origin.sottovoce)
      throw new Unusable(
        `was written by Sottovoce ${header.sottovoce}, and this is ${origin.sottovoce}: the bits may differ`,
      );
    if (header.kernels !== origin.kernels)
      throw new Unusable('was written with other kernels: the bits may differ');
  };
}

/** The run's own folder, and those beside its results that hold more of the same run. */
function foldersOf(folder: string, run: string): string[] {
  const beside = readdirSync(folder)
    .filter((name) => name.startsWith(INCOMPLETE))
    .map((name) => path.join(folder, name))
    .filter((other) => readJson(path.join(other, 'manifest.json'))['run'] === run);
  return [folder, ...beside];
}

function nothingFound(folder: string, refused: readonly Refused[], notes: readonly string[]): InputError {
  const why = refused.map(({ file, why: reason }) => `; ${showPath(file)} ${reason}`).join('');
  const known = notes.map((note) => `; ${note}`).join('');
  return new InputError(`${showPath(folder)} has no checkpoint to go on from${why}${known}`, {
    file: folder,
    hint: 'a run leaves one where it is stopped, and on its way with `checkpoint: { everySeconds: 60 }` in its config',
  });
}

function traceBeside(checkpoint: string): string | null {
  const file = path.join(path.dirname(path.dirname(checkpoint)), 'trace.csv');
  return existsSync(file) ? file : null;
}

/** It is the same run, of more rounds at most. */
function continued(manifest: Manifest, { config }: LoadedConfig, { round }: CheckpointHeader): Manifest {
  const longer = { ...manifest.config, rounds: config.rounds };
  const time = new Date().toISOString();
  const resumed = [
    ...(manifest.resumed ?? []),
    { round, time, workers: mostWorkers(config), node: process.versions.node },
  ];
  return { ...manifest, config: longer, configDigest: configDigest(longer), resumed };
}
