/** Does `workers: auto` choose well: its choice beside every number that might have been given? */

import { candidates } from '../base/cores.js';
import { UNCOMPRESSED } from '../compress/registry.js';
import { parseConfig } from '../config/load.js';
import { prepareRun } from '../session/prepare.js';
import { chooseWorkers } from '../session/workers.js';
import { countText, figure, ratioFigure, spreadText } from './figures.js';
import { interleave } from './interleave.js';
import { FLATTENED_SIGN, problemConfig } from './problem.js';
import { Rig } from './rig.js';
import type { Benchmark, Figure } from './types.js';

const AGENTS = [25, 100, 305, 1_000, 10_000, 100_000];
const SAMPLE_SECONDS = 0.1;
/** As many as make a run that is worth a choice. */
const ROUNDS = 1_000_000;

export const workers: Benchmark = {
  name: 'workers',
  summary: 'what `workers: auto` chooses, beside the best fixed number',
  description: `Does \`workers: auto\` choose well? Rounds of a primal-dual flow over a random regular graph of degree 8 (d = 64) with 1, 2, 4, ... workers, in turns, of 25 to
100,000 agents, uncompressed and with flatten(sign). auto chooses once for each, as before a run of a million rounds. The ratio is its speed over that of the number
that was fastest. Workers are held to no cores, as in a run whose config does not say so.`,
  async run({ workers: counts, seed, passes, progress, quick }) {
    const most = counts.at(-1) ?? 1;
    const tried = candidates(most);
    const sizes = quick ? AGENTS.slice(0, 2) : AGENTS;
    const compressors = [
      { name: 'none', compressor: UNCOMPRESSED },
      { name: 'flatten(sign)', compressor: FLATTENED_SIGN },
    ];
    progress.expect(sizes.length * compressors.length * tried.length * passes);
    const figures: Figure[] = [];
    const rows: string[][] = [];
    for (const agents of sizes) {
      for (const { name, compressor } of compressors) {
        const config = problemConfig({ agents, seed, compressor });
        const loaded = await parseConfig({ ...config, rounds: ROUNDS });
        const { workers: chosen, why } = await chooseWorkers(await prepareRun(loaded, 1), undefined, {
          count: most,
          limit: null,
        });
        const contestants = [...new Set([...tried, chosen])].sort((a, b) => a - b);
        const rigs: Rig[] = [];
        try {
          for (const count of contestants) rigs.push(await Rig.open(config, count));
          for (const rig of rigs) await rig.calibrate(quick ? 0.01 : SAMPLE_SECONDS);
          const samples = await interleave(
            rigs.map((rig, at) => ({
              name: `${name}, ${countText(agents)} agents, ${contestants[at]} workers`,
              sample: async () => (await rig.sample()).seconds,
            })),
            passes,
            progress,
          );
          const microseconds = samples.map((seconds, at) =>
            figure(
              `workers/${agents}/${name}/${contestants[at]}`,
              `round, ${name}, ${countText(agents)} agents, ${contestants[at]} workers`,
              'us',
              'lower',
              seconds.map((s) => s * 1e6),
            ),
          );
          const fastest = microseconds.reduce(
            (found, { median }, at) => (median < microseconds[found]!.median ? at : found),
            0,
          );
          const over = ratioFigure(
            `workers/${agents}/${name}/auto`,
            `workers: auto over the best fixed number, ${name}, ${countText(agents)} agents`,
            samples[fastest]!,
            samples[contestants.indexOf(chosen)]!,
            'higher',
            quick ? undefined : { atLeast: 0.9 },
          );
          figures.push(...microseconds, over);
          rows.push([
            name,
            countText(agents),
            contestants.map((count, at) => `${count}: ${spreadText(microseconds[at]!)}`).join('; '),
            `${chosen}`,
            spreadText(over),
            why ?? '',
          ]);
        } finally {
          for (const rig of rigs) await rig.close();
        }
      }
    }
    return {
      figures,
      tables: [
        {
          title: 'workers: auto',
          columns: ['compressor', 'agents', 'us a round, by workers', 'auto', 'over the best', 'why'],
          rows,
          notes: ['against the number that turned out fastest: noise alone makes the ratio fall below 1'],
        },
      ],
    };
  },
};
