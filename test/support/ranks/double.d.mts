import type { OpenTransport, TransportTask } from '../../../src/ranks/transport.js';

/** Memory by which ranks of one process meet: plain data. */
export interface Mailboxes {
  ranks: number;
  rings: SharedArrayBuffer;
  bells: Int32Array;
}
export function mailboxes(ranks: number): Mailboxes;
export function doubleTask(boxes: Mailboxes, rank: number): TransportTask;
/** The code with which a rank has ended all of them; null where none has. */
export function abortCode(boxes: Mailboxes): number | null;
export const openTransport: OpenTransport;
