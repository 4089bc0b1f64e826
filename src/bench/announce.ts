/** What a benchmark will take, said before it begins: people decide then whether to wait. */

import { formatBytes } from '../../topology/memory.js';
import { formatSeconds } from '../base/format.js';

export interface Need {
  seconds: number;
  /** Of memory, at most at a time. */
  bytes: number;
}

/** `two curves with 1, 2 workers, 11 passes: about 3 min 20 s, and 1.2 GiB of memory at most` */
export function announcement(what: string, { seconds, bytes }: Need): string {
  return `${what}: about ${formatSeconds(roughly(seconds))}, and ${formatBytes(bytes)} of memory at most`;
}

/** No more digits than an estimate has. */
function roughly(seconds: number): number {
  if (seconds < 10) return Number(seconds.toPrecision(1));
  return seconds < 100 ? Math.round(seconds / 5) * 5 : Math.round(seconds / 30) * 30;
}
