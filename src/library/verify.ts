/** The library's `verify`: whether a run is the same however it is made, and a folder what its run left. */

import { statSync } from 'node:fs';
import { InputError } from '../base/errors.js';
import { showPath } from '../base/show-path.js';
import type { LoadedConfig } from '../run/config.js';
import type { Verification, Verifying, VerifyProgress } from '../verify/types.js';
import { load } from './configs.js';
import { checkOptions } from './options.js';
import type { ConfigInput } from './specs.js';
import { onCoordinator } from './tasks.js';

/** How something is verified. */
export interface VerifyOptions {
  /** Of a config: rounds of each run, at most, instead of its own. */
  rounds?: number;
  /** Of a folder: looks at its files and runs nothing; false where absent. */
  quick?: boolean;
  /** Ends it. It resolves with what was done by then, which is not `complete`. */
  signal?: AbortSignal;
  /** Called now and then with where it is. What it throws ends it and rejects it. */
  onProgress?: (progress: VerifyProgress) => void;
}

const OPTIONS = ['rounds', 'quick', 'signal', 'onProgress'];

/**
 * Verifies a config or what a run has left.
 *
 * A config is run again and again: with one worker and with several, agents laid out otherwise, on one thread
 * and on threads, in one piece and broken off twice and gone on with. Every run has to end with the same state
 * hash and the same trace. Of a run's folder (or its manifest) files, inputs and checkpoints are looked at, and
 * the run is made again in another way; of a comparison's folder, every cell is looked at.
 *
 * ```ts
 * const { good, variants, notes } = await verify({
 *   topology: { kind: 'ring', nodes: 8 },
 *   cost: { kind: 'quadratic', dim: 4 },
 *   flow: { kind: 'primal-dual' },
 *   rounds: 60,
 * });
 * for (const { name, outcome, stateHash } of variants) console.log(outcome, stateHash, name);
 * console.log(good, notes);
 * ```
 *
 * @param given plain data, what `loadConfig` and `parseConfig` give, the path of a config, of a manifest, or of
 *   a folder
 * @returns also where something is wrong: `good` says it
 * @throws InputError where it is none of these, or the config or an option is wrong
 */
export async function verify(
  given: ConfigInput | LoadedConfig | string,
  options: VerifyOptions = {},
): Promise<Verification> {
  checkOptions('verify', options, OPTIONS);
  const { rounds, quick = false, signal, onProgress } = options;
  const ended = new AbortController();
  const stop = () => ended.abort();
  signal?.addEventListener('abort', stop);
  if (signal?.aborted) stop();
  const thrown: unknown[] = [];
  const verifying: Verifying = {
    signal: ended.signal,
    part: (task, told) =>
      onCoordinator('part', task, { signal: ended.signal, onProgress: told, loaded: task.loaded }),
    onProgress: (progress) => {
      if (thrown.length > 0) return;
      try {
        onProgress?.(progress);
      } catch (error) {
        thrown.push(error);
        stop();
      }
    },
  };
  try {
    const verification = await verifyGiven(given, rounds, quick, verifying);
    if (thrown.length > 0) throw thrown[0];
    return verification;
  } finally {
    signal?.removeEventListener('abort', stop);
  }
}

async function verifyGiven(
  given: ConfigInput | LoadedConfig | string,
  rounds: number | undefined,
  quick: boolean,
  verifying: Verifying,
): Promise<Verification> {
  if (typeof given === 'string') {
    const folder = await verifyFolder(given, rounds, quick, verifying);
    if (folder !== null) return folder;
  }
  if (quick) throw new InputError('quick looks at the files of a folder, and this is a config');
  const [loaded, { verifyConfig }] = await Promise.all([
    load(given, rounds === undefined ? {} : { rounds }),
    import('../verify/config.js'),
  ]);
  return verifyConfig(loaded, verifying);
}

/** Null where the path is that of a config. */
async function verifyFolder(
  given: string,
  rounds: number | undefined,
  quick: boolean,
  verifying: Verifying,
): Promise<Verification | null> {
  const { manifestAt } = await import('../output/manifest-file.js');
  const manifest = manifestAt(given);
  const isFolder = statSync(given, { throwIfNoEntry: false })?.isDirectory() ?? false;
  if (manifest === null && !isFolder) return null;
  if (rounds !== undefined)
    throw new InputError('rounds are of a config: a run that is there is made again with its own');
  if (manifest !== null) return (await import('../verify/folder.js')).verifyRun(manifest, quick, verifying);
  const { checkComparison, isComparisonFolder } = await import('../compare/store.js');
  if (!isComparisonFolder(given)) {
    throw new InputError(`${showPath(given)} holds no run and no comparison`, {
      file: given,
      hint: 'a run leaves manifest.json in its folder when it begins, and a comparison compare.json',
    });
  }
  const checks = checkComparison(given);
  const good = checks.every((check) => check.good);
  return { of: 'comparison', good, complete: true, checks, variants: [], notes: [] };
}
