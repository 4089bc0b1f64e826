/**
 * How far ahead neighbours' messages are asked for. Where they lie in memory beyond the caches, a processor
 * that waits for one line after the other is slow; where they lie in a cache, asking twice is. It changes no
 * bits.
 */

import type { Runtime } from '../../runtime.js';

/** Lines of messages under way at once pay up to about here; more than this evict one another. */
const LINES = 64;
const LINE_BYTES = 64;
/**
 * Where a kernel has several rows open, lines of an agent's neighbours for which asking pays. With fewer the
 * processor gets to the next agent's by itself, and asking only takes its time; more evict one another.
 */
const OPEN_LEAST = 32;
const OPEN_MOST = 127;
/** A hardware prefetcher sees longer rows through by itself. */
const LONGEST_BYTES = 4096;

/**
 * How many agents ahead the slots of an agent's neighbours are asked for, where slots of all agents have
 * `slotBytes` each; 0: never.
 */
export function agentsAhead({ agents, ahead }: Pick<Runtime, 'agents' | 'ahead'>, slotBytes: number): number {
  if (ahead === undefined) return 0;
  const { choice, edges, cacheBytes, open } = ahead;
  if (choice !== 'auto') return choice;
  if (slotBytes > LONGEST_BYTES || agents * slotBytes <= cacheBytes) return 0;
  const lines = (Math.ceil(slotBytes / LINE_BYTES) * edges) / agents;
  if (open) return lines >= OPEN_LEAST && lines <= OPEN_MOST ? 1 : 0;
  return Math.max(1, Math.min(8, Math.round(LINES / lines)));
}
