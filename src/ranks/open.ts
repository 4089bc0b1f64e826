/** How a rank comes to speak with the others, on the thread that does. */

import { isPoisoned } from '../sync/barrier.js';
import { bindCouncil, type Council } from './council.js';
import type { OpenTransport, Transport, TransportTask } from './transport.js';

/** A run that has failed here waits for nobody: `words` are its control words. */
export async function openRanks(
  { module, data }: TransportTask,
  words: Int32Array,
): Promise<{ transport: Transport; council: Council }> {
  const { openTransport } = (await import(module)) as { openTransport: OpenTransport };
  const transport = openTransport(data, () => isPoisoned(words));
  return { transport, council: bindCouncil(transport) };
}
