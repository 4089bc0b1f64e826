/**
 * The process that `startup.ts` starts: `sottovoce run CONFIG --out FOLDER --quiet`, given up after its first
 * round. Prints when what was done, in milliseconds since the process began. To know it costs a message to
 * the coordinator and the clock of the round loop.
 */

import { availableParallelism } from 'node:os';
import { performance } from 'node:perf_hooks';
import type { Startup } from '../bench/startup.js';
import { main } from './command.js';

const POLL_MS = 1;

const times: Omit<Startup, 'outside'> = {
  node: performance.nodeTiming.bootstrapComplete,
  loaded: 0,
  config: 0,
  coordinator: 0,
  prepared: 0,
  firstRound: 0,
};

/** Notes when a promise is kept. */
async function timed<T>(phase: keyof typeof times, promise: Promise<T>): Promise<T> {
  const kept = await promise;
  times[phase] = performance.now();
  return kept;
}

type Clock = typeof import('../run/clock.js');

function giveUpAfterFirstRound(readClock: Clock['readClock'], clock: SharedArrayBuffer): void {
  // A worker that has begun its second round has seen everyone finish the first.
  if ((readClock(clock)[0]?.rounds ?? 0) >= 2) {
    times.firstRound = performance.now();
    process.stdout.write(JSON.stringify(times), () => process.exit());
  } else setTimeout(giveUpAfterFirstRound, POLL_MS, readClock, clock).unref();
}

const [, config = '', folder = ''] = process.argv.slice(2);
const terminal = { stdout: process.stdout, stderr: process.stderr, env: process.env, debug: false };
main(['run', config, '--out', folder, '--quiet'], terminal, (dependencies) => ({
  ...dependencies,
  load: (file, changes) => timed('config', dependencies.load(file, changes)),
  async openSession() {
    times.loaded = performance.now();
    const { session, close } = await dependencies.openSession();
    timed('coordinator', session.progress()).catch(() => {});
    return {
      close,
      session: {
        ...session,
        async prepare(options) {
          const { workers } = options.config.config;
          const { createClock, readClock } = await import('../run/clock.js');
          const clock = createClock(workers === 'auto' ? availableParallelism() : workers);
          const report = await timed('prepared', session.prepare({ ...options, clock }));
          giveUpAfterFirstRound(readClock, clock);
          return report;
        },
      },
    };
  },
})).then((code) => {
  // A run that ends before its second round has none to show.
  process.exitCode = code || 1;
});
