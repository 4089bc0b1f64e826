/**
 * What does a crossing of the barrier cost: by threads, by how long they spin before they sleep, and with
 * more threads than cores; at one counter, and in a tree?
 */

import { ownCores } from '../base/cores.js';
import { DEFAULT_SPINS } from '../sync/barrier.js';
import { type BarrierShape, centralShape, chooseShape, describeShape, treeShape } from '../sync/tree.js';
import { countText, figure, ratioFigure, spreadText } from './figures.js';
import { type Contestant, interleave } from './interleave.js';
import { BenchThreads, crossingSeconds, defaultSpins } from './threads.js';
import type { Benchmark, Figure } from './types.js';

const SAMPLE_SECONDS = 0.05;
const MAX_CROSSINGS = 200_000;
const SPIN_BUDGETS = [0, 100, 1_000, DEFAULT_SPINS];
/** Where one counter is held against a tree; a tree of two is one counter. */
const TREES = [2, 4, 8, 16];

interface Case {
  id: string;
  parties: number;
  spins: number;
  shape: BarrierShape;
}

export const barrier: Benchmark = {
  name: 'barrier',
  summary: 'ns a crossing, by threads, spin budgets and oversubscription; one counter against a tree',
  description: `What does a crossing of the barrier cost? Threads cross the engine's own barrier with nothing between crossings: 1 to twice as many threads as cores, each with
spin budgets from 0 (sleep at once) to the default. * marks the budget that a run would use: with more threads than cores it is 0, since whoever
spins then keeps the others from arriving. Then one counter and a tree in turns, for 2, 4, 8 and 16 threads; more threads than cores say what sleeping
and waking costs, and little of lines of cache.`,
  async run({ workers, passes, progress, quick }) {
    const { threads: processors } = ownCores();
    const most = workers.at(-1) ?? 1;
    const counts = [...new Set([...workers, ...(quick ? [] : [2 * processors])])].sort((a, b) => a - b);
    const budgets = counts.flatMap((parties): Case[] =>
      (parties === 1 ? [DEFAULT_SPINS] : SPIN_BUDGETS).map((spins) => ({
        id: `${parties}/${spins}`,
        parties,
        spins,
        shape: centralShape(parties),
      })),
    );
    const trees = TREES.flatMap((parties): Case[] =>
      [centralShape(parties), treeShape(parties)].map((shape, at) => ({
        id: `${['central', 'tree'][at]}/${parties}`,
        parties,
        spins: defaultSpins(parties),
        shape,
      })),
    );
    progress.expect((budgets.length + trees.length) * passes);
    const threads = new BenchThreads(Math.max(most, ...counts, ...TREES));
    try {
      const measure = async (cases: readonly Case[]) => {
        const contestants: Contestant<number>[] = [];
        for (const { parties, spins, shape } of cases) {
          // Sleeping costs a thousand times what spinning does: a number of crossings for each.
          const trial = quick ? 10 : 200;
          const crossings = Math.round(
            SAMPLE_SECONDS / (await crossingSeconds(threads, parties, spins, trial, shape)),
          );
          const count = quick ? trial : Math.max(trial, Math.min(MAX_CROSSINGS, crossings));
          contestants.push({
            name: `${parties} threads, ${describeShape(shape)}, ${countText(spins)} spins`,
            sample: () => crossingSeconds(threads, parties, spins, count, shape),
          });
        }
        const samples = await interleave(contestants, passes, progress);
        const figures = cases.map(
          ({ id }, index): Figure =>
            figure(
              `barrier/${id}`,
              `barrier, ${contestants[index].name}`,
              'ns',
              'lower',
              samples[index].map((seconds) => seconds * 1e9),
            ),
        );
        return { samples, figures };
      };
      const named = (parties: number) => `${parties}${parties > processors ? ' (more than cores)' : ''}`;
      const ofBudgets = await measure(budgets);
      const ofTrees = await measure(trees);
      const ratios = TREES.map((parties, at) =>
        ratioFigure(
          `barrier/tree/${parties}/over-central`,
          `barrier, ${parties} threads: time in a tree over that at one counter`,
          ofTrees.samples[2 * at + 1],
          ofTrees.samples[2 * at],
          'lower',
        ),
      );
      const rows = budgets.map(({ parties, spins }, index) => [
        named(parties),
        `${countText(spins)}${spins === defaultSpins(parties) ? ' *' : ''}`,
        spreadText(ofBudgets.figures[index]),
      ]);
      const treeRows = TREES.map((parties, at) => {
        const chosen = describeShape(chooseShape(parties));
        const mark = ({ shape }: Case) => (describeShape(shape) === chosen ? ' *' : '');
        return [
          named(parties),
          `${spreadText(ofTrees.figures[2 * at])}${mark(trees[2 * at])}`,
          `${describeShape(trees[2 * at + 1].shape)}: ${spreadText(ofTrees.figures[2 * at + 1])}${mark(trees[2 * at + 1])}`,
          spreadText(ratios[at]),
        ];
      });
      const cores = `* what a run would use; ${processors} ${processors === 1 ? 'core' : 'cores'}`;
      return {
        figures: [...ofBudgets.figures, ...ofTrees.figures, ...ratios],
        tables: [
          {
            title: 'Barrier',
            columns: ['threads', 'spins before sleep', 'ns a crossing (quartiles)'],
            rows,
            notes: [cores],
          },
          {
            title: 'One counter or a tree',
            columns: ['threads', 'ns at one counter', 'ns in a tree', 'tree over counter'],
            rows: treeRows,
            notes: [
              cores,
              'more threads than cores sleep at once: what is seen there is the system waking them',
            ],
          },
        ],
      };
    } finally {
      await threads.close();
    }
  },
};
