/** A run in a process of its own whose V8 writes down what it deoptimises. */

import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { makeTemporaryFolder } from '../base/temporary-folder.js';
import { type Deoptimisation, deoptimisations } from '../profile/deopts.js';
import type { CpuProfile } from '../profile/record.js';
import type { LoadedConfig } from '../run/config.js';
import { roundsOf } from './record.js';
import { Contestant, ownBuild, sourceOf } from './turns.js';

/** What is recorded for it: longer runs of the loop bring no other ones. */
const MOST_SECONDS = 2;

export interface RecordedDeoptimisations {
  found: Deoptimisation[];
  seconds: number;
}

/** `profiles`: of another recording of the run, whose functions have names. */
export async function recordDeoptimisations(
  loaded: LoadedConfig,
  seconds: number,
  profiles: readonly CpuProfile[],
  signal?: AbortSignal,
): Promise<RecordedDeoptimisations> {
  const folder = makeTemporaryFolder('deopts');
  const lasting = Math.min(seconds, MOST_SECONDS);
  // A log for each thread, whose names V8 makes of this one.
  const contestant = new Contestant(ownBuild, [
    '--log-deopt',
    `--logfile=${path.join(folder.path, 'v8.log')}`,
  ]);
  const close = () => contestant.close();
  signal?.addEventListener('abort', close);
  try {
    const rounds = await roundsOf(loaded);
    // Not under the profiler: beside it V8 does not write its log.
    await contestant.call('open', sourceOf(loaded), rounds);
    let ns = 0;
    for (let count = 1; ns < 1e9 * lasting; ) {
      const window = await contestant.call('window', count);
      ns += window.ns;
      count = Math.max(
        1,
        Math.min(2 * count, Math.floor((1e9 * lasting - ns) / (window.ns / window.rounds))),
      );
    }
    await contestant.call('end');
    // V8 keeps the last of its log until the process ends.
    await contestant.leave();
    const logs = readdirSync(folder.path).map((name) => readFileSync(path.join(folder.path, name), 'utf8'));
    return { found: deoptimisations(logs, profiles), seconds: lasting };
  } catch (error) {
    signal?.throwIfAborted();
    throw error;
  } finally {
    signal?.removeEventListener('abort', close);
    close();
    folder.remove();
  }
}
