/**
 * A compressor of a user that does what it should, until SOTTOVOCE_CHAOS_MODULE says otherwise:
 * `KIND:PLACE:ROUND`, where KIND is throw, loop, stray, timer or exit, and PLACE load, plan, encode or decode.
 */

import { writeFileSync } from 'node:fs';

const [kind, place, at] = (process.env.SOTTOVOCE_CHAOS_MODULE ?? '').split(':');

function strike(here, round = 0) {
  if (here !== place || round < Number(at)) return;
  if (process.env.SOTTOVOCE_CHAOS_MARK) writeFileSync(process.env.SOTTOVOCE_CHAOS_MARK, '');
  if (kind === 'throw') throw new Error('module on purpose');
  if (kind === 'stray') Promise.reject(new Error('module on purpose'));
  if (kind === 'timer')
    setTimeout(() => {
      throw new Error('module on purpose');
    });
  if (kind === 'exit') process.exit(3);
  if (kind === 'loop') for (;;);
}

strike('load');

export function plan({ dim }) {
  strike('plan');
  return { messageBits: 64 * dim, linear: true };
}

export function encode(error, message, { agent, round }) {
  if (agent === 1) strike('encode', round);
  for (const entry of error) message.float64(entry);
}

export function decode(message, out) {
  strike('decode');
  for (let c = 0; c < out.length; c++) out[c] = message.float64();
}
