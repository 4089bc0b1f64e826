/**
 * Whether all ranks are about to do the same: before the first round each holds what decides the bits of its run
 * against that of the first rank.
 */

import { isDeepStrictEqual } from 'node:util';
import { InputError } from '../src/base/errors.js';
import { versions } from '../src/output/versions.js';
import { broadcast } from '../src/ranks/council.js';
import { Tag } from '../src/ranks/exchange.js';
import type { Transport } from '../src/ranks/transport.js';
import type { RunPlan } from '../src/run/types.js';

/** What of a plan is the same on all ranks, whatever each of them holds. */
const ALIKE = [
  'program',
  'agents',
  'edges',
  'dim',
  'rounds',
  'stop',
  'traceEvery',
  'messageBits',
  'uncompressedBits',
  'network',
  'flow',
] as const;
const MOST_CHARACTERS = 200;

/** All ranks alike. Throws on every rank that is about to do something else than the first one. */
export function agreeOnRun(transport: Transport, plan: RunPlan, own = versions()): void {
  const { rank } = transport;
  const { sottovoce, node, kernels } = own;
  const said: Record<string, unknown> = { sottovoce, node, kernels };
  for (const key of ALIKE) said[key] = (plan as unknown as Record<string, unknown>)[key];
  said.precision = plan.layout.precision;
  said.seed = plan.seed.high * 2 ** 32 + plan.seed.low;
  const mine = JSON.stringify(said);
  const text = Buffer.from(mine);
  const length = Uint32Array.of(text.length);
  broadcast(transport, 0, Tag.RUN, new Uint8Array(length.buffer));
  const first = rank === 0 ? text : Buffer.alloc(length[0]);
  broadcast(transport, 0, Tag.RUN, first);
  const theirs = JSON.parse(first.toString('utf8')) as Record<string, unknown>;
  const known = JSON.parse(mine) as Record<string, unknown>;
  const other = Object.keys({ ...theirs, ...known }).find(
    (key) => !isDeepStrictEqual(theirs[key], known[key]),
  );
  if (other === undefined) return;
  const shown = (value: unknown) => String(JSON.stringify(value)).slice(0, MOST_CHARACTERS);
  throw new InputError(
    `${other} is ${shown(known[other])} on rank ${rank} and ${shown(theirs[other])} on rank 0: all ranks do the same run`,
    { hint: 'start all of them with the same config, Sottovoce and Node' },
  );
}
