/**
 * The command line with a fault in one of its workers: SOTTOVOCE_CHAOS_WORKER is `KIND:WORKER:ROUND`, a fault of
 * `PrepareOptions`. Everything else is as the command has it.
 */

import { writeFileSync } from 'node:fs';
import { main, processTerminal } from '../../dist/src/cli/main.js';

const LOOK_MS = 5;
const [kind, worker, round] = process.env.SOTTOVOCE_CHAOS_WORKER.split(':');
const fault = { kind, worker: Number(worker), round: Number(round) };

function faulty(session) {
  const marking = async () => {
    for (let reached = 0; reached < fault.round; ) {
      await new Promise((resolve) => setTimeout(resolve, LOOK_MS));
      reached = (await session.progress()).round;
    }
    writeFileSync(process.env.SOTTOVOCE_CHAOS_MARK, '');
  };
  return {
    ...session,
    prepare: (options) => session.prepare({ ...options, fault }),
    start: (options) => {
      marking().catch(() => {});
      return session.start(options);
    },
  };
}

const adapt = (dependencies) => ({
  ...dependencies,
  openSession: async () => {
    const opened = await dependencies.openSession();
    return { ...opened, session: faulty(opened.session) };
  },
});
const argv = process.argv.slice(2);
process.exitCode = await main(argv, processTerminal(argv), adapt);
setTimeout(() => process.exit(), 1000).unref();
