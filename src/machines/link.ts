/** Links between machines as the command line has them: `10Gbit/s,20us`. */

import { InputError } from '../base/errors.js';
import { readBandwidth, readLatency } from '../links/units.js';
import { type Link, type MessageCost, RDMA, TCP } from './model.js';

const COSTS: Readonly<Record<string, MessageCost>> = { tcp: TCP, rdma: RDMA };

/**
 * Bandwidth of each direction, the time from one end to the other, and how messages come there: `tcp`, which is
 * the default, or `rdma`. Throws InputError.
 */
export function parseLink(text: string): Link {
  const [bandwidth = '', latency = '', how = 'tcp', ...rest] = text.split(',');
  const bitsPerSecond = readBandwidth(bandwidth);
  const latencySeconds = readLatency(latency);
  const cost = COSTS[how.trim()];
  if (rest.length === 0 && cost !== undefined && bitsPerSecond !== null && latencySeconds !== null)
    return { name: text.trim(), bitsPerSecond, latencySeconds, cost };
  throw new InputError(
    `--link is ${text}, expected bandwidth and latency with a comma between them, and perhaps ,rdma: 10Gbit/s,20us`,
  );
}

const BYTES: Readonly<Record<string, number>> = {
  B: 1,
  kB: 1e3,
  MB: 1e6,
  GB: 1e9,
  TB: 1e12,
  KiB: 2 ** 10,
  MiB: 2 ** 20,
  GiB: 2 ** 30,
  TiB: 2 ** 40,
};

/** `64GiB`. Throws InputError. */
export function parseBytes(option: string, text: string): number {
  const [, number = '', unit = ''] = /^\s*(\d+(?:\.\d+)?)\s*([A-Za-z]*)\s*$/.exec(text) ?? [];
  const bytes = Number(number) * (BYTES[unit === '' ? 'B' : unit] ?? Number.NaN);
  if (number !== '' && bytes > 0) return bytes;
  throw new InputError(`${option} is ${text}, expected a size such as 64GiB`);
}
