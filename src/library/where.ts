/** Where the runs of a comparison, a sweep or a map run, as options say it. */

import { InputError } from '../base/errors.js';
import type { Where } from '../compare/where.js';

/** What comparisons, sweeps and maps may be told of a queue. */
export interface QueueOptions {
  /**
   * `nats://host:4222`: runs are jobs for whoever is started there with `sottovoce worker`, in the place of
   * threads of this process; `jobs` then says nothing. With `user:password@` or `token@` before the host, or
   * these in SOTTOVOCE_QUEUE_LOGIN; `tls://` for a connection that is encrypted.
   */
  queue?: string;
  /** Whether what the server has of the study stays there at the end; false where absent. */
  keepQueue?: boolean;
  /** Seconds without a word after which a worker is dead, and its jobs go to others; 8 where absent. */
  redeliverSeconds?: number;
  /** Called with what is to be known of the queue: connections lost and found, workers that refuse. */
  onQueue?: (line: string) => void;
}

export const QUEUE_OPTIONS = ['queue', 'keepQueue', 'redeliverSeconds', 'onQueue'];
export const REDELIVER_SECONDS = 8;
/** Workers that may die with one job before it counts as failed. */
const DEATHS = 5;

/** Nothing of a queue is loaded where there is none. Throws InputError. */
export async function whereOf(jobs: number, options: QueueOptions): Promise<Where> {
  const { queue, keepQueue = false, redeliverSeconds = REDELIVER_SECONDS, onQueue = () => {} } = options;
  if (queue === undefined) {
    const { here } = await import('../compare/here.js');
    return here(jobs);
  }
  if (typeof queue !== 'string') throw new InputError(`queue is ${String(queue)}, expected nats://host:4222`);
  if (!(redeliverSeconds >= 1 && redeliverSeconds <= 3600))
    throw new InputError(`redeliverSeconds is ${redeliverSeconds}, expected seconds in 1..3600`);
  const { queued } = await import('../compare/queued.js');
  return queued({ queue, keep: keepQueue, redeliverSeconds, deaths: DEATHS, say: onQueue });
}
