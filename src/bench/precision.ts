/** How many times as fast as float64 is the same round in float32, in cache and out of it? */

import { describeSpec } from '../base/describe.js';
import { UNCOMPRESSED } from '../compress/registry.js';
import type { CompressorSpec } from '../compress/types.js';
import { countText, ratioFigure, spreadText } from './figures.js';
import { interleave } from './interleave.js';
import { DIM, FLATTENED_SIGN, IN_CACHE_AGENTS, OUT_OF_CACHE_AGENTS, problemConfig } from './problem.js';
import { Rig } from './rig.js';
import type { Benchmark, Figure, Target } from './types.js';

interface Case {
  agents: number;
  compressor: CompressorSpec;
  /** One, or all that the machine has. */
  alone: boolean;
  target: Target;
}

const CASES: readonly Case[] = [
  { agents: OUT_OF_CACHE_AGENTS, compressor: UNCOMPRESSED, alone: false, target: { atLeast: 1.8 } },
  { agents: IN_CACHE_AGENTS, compressor: UNCOMPRESSED, alone: true, target: { atLeast: 1.7 } },
  { agents: OUT_OF_CACHE_AGENTS, compressor: FLATTENED_SIGN, alone: false, target: { atLeast: 1.4 } },
];

const QUICK_AGENTS = 200;
const SAMPLE_SECONDS = 0.2;

export const precision: Benchmark = {
  name: 'precision',
  summary: 'float32 over float64: the same rounds, in cache and out of it',
  description: `How many times as fast is precision: float32? The same problem in both (primal-dual flow, random regular graph of degree 8, d = ${DIM}) takes turns: uncompressed
with ${countText(IN_CACHE_AGENTS)} agents on one worker (in cache), uncompressed and with flatten(sign) with ${countText(OUT_OF_CACHE_AGENTS)} agents on all workers (out of it).`,
  async run({ seed, passes, progress, quick, workers: counts }) {
    const most = counts.at(-1) ?? 1;
    progress.expect(CASES.length * 2 * passes);
    const figures: Figure[] = [];
    const rows: string[][] = [];
    for (const { alone, compressor, target, ...sized } of CASES) {
      const agents = quick ? QUICK_AGENTS : sized.agents;
      const workers = alone ? 1 : most;
      const name = compressor === UNCOMPRESSED ? 'none' : describeSpec(compressor);
      const label = `${name}, ${countText(agents)} agents, ${workers} worker${workers === 1 ? '' : 's'}`;
      const rigs: Rig[] = [];
      try {
        for (const given of ['float64', 'float32'] as const) {
          const rig = await Rig.open(
            { ...problemConfig({ agents, seed, compressor }), precision: given },
            workers,
          );
          rigs.push(rig);
          await rig.calibrate(quick ? 0.01 : SAMPLE_SECONDS);
        }
        const [double = [], single = []] = await interleave(
          rigs.map((rig, index) => ({
            name: `${index === 0 ? 'float64' : 'float32'}, ${label}`,
            sample: async () => (await rig.sample()).seconds,
          })),
          passes,
          progress,
        );
        const gain = ratioFigure(
          `precision/${sized.agents}/${alone ? 'one' : 'all'}/${name}`,
          `float32 over float64, ${label}`,
          double,
          single,
        );
        figures.push(quick ? gain : { ...gain, target });
        rows.push([label, spreadText(gain)]);
      } finally {
        for (const rig of rigs) await rig.close();
      }
    }
    return {
      figures,
      tables: [
        { title: `Rounds in float32, d = ${DIM}`, columns: ['round', 'over float64'], rows, notes: [] },
      ],
    };
  },
};
