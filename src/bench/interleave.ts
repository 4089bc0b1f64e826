/**
 * Measuring what is to be compared in turns: every pass takes one sample of each, beginning with another one
 * each time, so that a machine that warms up, clocks down or has a neighbour treats all alike.
 */

import type { Progress } from './types.js';

export interface Contestant<Sample> {
  name: string;
  /** Takes one sample. */
  sample(): Promise<Sample>;
}

/** `passes` samples of each, in the order in which they were taken; sample p of all belongs to pass p. */
export async function interleave<Sample>(
  contestants: readonly Contestant<Sample>[],
  passes: number,
  progress: Progress,
): Promise<Sample[][]> {
  const samples: Sample[][] = contestants.map(() => []);
  for (let pass = 0; pass < passes; pass++) {
    for (let turn = 0; turn < contestants.length; turn++) {
      const index = (pass + turn) % contestants.length;
      samples[index].push(await contestants[index].sample());
      progress.step(contestants[index].name);
      // A Ctrl-C is heard between two samples.
      await new Promise(setImmediate);
    }
  }
  return samples;
}
