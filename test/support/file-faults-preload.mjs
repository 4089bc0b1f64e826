/**
 * For `node --import`: a file system that fails in a process and its threads. `SOTTOVOCE_FILE_FAULT` says how:
 * `KIND:CODE:SEED:MOST`, where KIND is `error` (one of the first MOST calls, 60 where absent), `short` (half of all
 * writes take a part), `full` (every write after such a call) or `kill` (the process is killed before it), each
 * thread by a seed of its own. SOTTOVOCE_CHAOS_MARK names a file that appears when it strikes.
 */

import { writeFileSync } from 'node:fs';
import { threadId } from 'node:worker_threads';

const [kind, code, seed, most = '60'] = (process.env.SOTTOVOCE_FILE_FAULT ?? '').split(':');
const mark = process.env.SOTTOVOCE_CHAOS_MARK;
// A thread of a run watches over its own calls of this one.
const kill = process.kill.bind(process);

if (kind) {
  let state = (Number(seed) * 2_654_435_761 + threadId * 97) >>> 0;
  const random = (below) => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return Math.floor((state / 2 ** 32) * below);
  };
  const fail = () => {
    if (mark) writeFileSync(mark, '', { flag: 'a' });
    if (kind === 'kill') kill(process.pid, 'SIGKILL');
    throw Object.assign(new Error(`${code}: on purpose`), { code });
  };
  const failsAt = random(Number(most));
  let calls = 0;
  const strike = (name) => {
    const call = calls++;
    if ((kind === 'error' || kind === 'kill') && call === failsAt) fail();
    if (kind === 'full' && call >= failsAt && /write|mkdir/.test(name)) fail();
  };
  globalThis[Symbol.for('sottovoce.fileSystem')] = (own) =>
    Object.fromEntries(
      Object.entries(own).map(([name, call]) => [
        name,
        name === 'fsyncLater'
          ? async (...given) => {
              strike(name);
              return call(...given);
            }
          : (...given) => {
              strike(name);
              if (kind === 'short' && name === 'writeSync' && given[3] > 1 && random(2) === 0)
                given[3] = 1 + random(given[3] - 1);
              return call(...given);
            },
      ]),
    );
}
