/**
 * What does a crossing of the barrier cost: by threads, by how long they spin before they sleep, and with
 * more threads than cores?
 */

import { ownCores } from '../base/cores.js';
import { DEFAULT_SPINS } from '../sync/barrier.js';
import { countText, figure, spreadText } from './figures.js';
import { type Contestant, interleave } from './interleave.js';
import { BenchThreads, crossingSeconds, defaultSpins } from './threads.js';
import type { Benchmark, Figure } from './types.js';

const SAMPLE_SECONDS = 0.05;
const MAX_CROSSINGS = 200_000;
const SPIN_BUDGETS = [0, 100, 1_000, DEFAULT_SPINS];

interface Case {
  parties: number;
  spins: number;
}

export const barrier: Benchmark = {
  name: 'barrier',
  summary: 'ns a crossing, by threads, spin budgets and oversubscription',
  description: `What does a crossing of the barrier cost? Threads cross the engine's own barrier with nothing between crossings: 1 to twice as many threads as cores, each with
spin budgets from 0 (sleep at once) to the default. * marks the budget that a run would use: with more threads than cores it is 0, since whoever
spins then keeps the others from arriving.`,
  async run({ workers, passes, progress, quick }) {
    const cores = ownCores().count;
    const most = workers.at(-1) ?? 1;
    const counts = [...new Set([...workers, ...(quick ? [] : [2 * cores])])].sort((a, b) => a - b);
    const cases = counts.flatMap((parties): Case[] =>
      parties === 1 ? [{ parties, spins: DEFAULT_SPINS }] : SPIN_BUDGETS.map((spins) => ({ parties, spins })),
    );
    progress.expect(cases.length * passes);
    const threads = new BenchThreads(Math.max(most, ...counts));
    try {
      const contestants: Contestant<number>[] = [];
      for (const { parties, spins } of cases) {
        // Sleeping costs a thousand times what spinning does: a number of crossings for each.
        const trial = quick ? 10 : 200;
        const crossings = Math.round(
          SAMPLE_SECONDS / (await crossingSeconds(threads, parties, spins, trial)),
        );
        const count = quick ? trial : Math.max(trial, Math.min(MAX_CROSSINGS, crossings));
        contestants.push({
          name: `${parties} threads, ${countText(spins)} spins`,
          sample: () => crossingSeconds(threads, parties, spins, count),
        });
      }
      const samples = await interleave(contestants, passes, progress);
      const figures = cases.map(
        ({ parties, spins }, index): Figure =>
          figure(
            `barrier/${parties}/${spins}`,
            `barrier, ${contestants[index].name}`,
            'ns',
            'lower',
            samples[index].map((seconds) => seconds * 1e9),
          ),
      );
      const rows = cases.map(({ parties, spins }, index) => [
        `${parties}${parties > cores ? ' (more than cores)' : ''}`,
        `${countText(spins)}${spins === defaultSpins(parties) ? ' *' : ''}`,
        spreadText(figures[index]),
      ]);
      return {
        figures,
        tables: [
          {
            title: 'Barrier',
            columns: ['threads', 'spins before sleep', 'ns a crossing (quartiles)'],
            rows,
            notes: [`* what a run would use; ${cores} cores`],
          },
        ],
      };
    } finally {
      await threads.close();
    }
  },
};
