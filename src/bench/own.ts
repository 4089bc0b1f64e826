/** How fast is a flow of a user's own beside the built-in one? The examples, in turns with what they are. */

import { fileURLToPath } from 'node:url';
import { UNCOMPRESSED } from '../compress/registry.js';
import { examplesUrl } from '../run/locations.js';
import { figure, ratioFigure, spreadText } from './figures.js';
import { interleave } from './interleave.js';
import { DIM, FLATTENED_SIGN, IN_CACHE_AGENTS, problemConfig } from './problem.js';
import { Rig } from './rig.js';
import type { Benchmark, Figure } from './types.js';

const GAINS = { step: 0.01, mixing: 0.05 };
/** An example of examples/07-own-flow and the built-in flow that it is. */
const PAIRS = [
  { own: 'dgd', flow: { kind: 'dgd', ...GAINS }, compressor: UNCOMPRESSED, target: { atLeast: 0.25 } },
  { own: 'extra', flow: { kind: 'extra', ...GAINS }, compressor: UNCOMPRESSED },
  {
    own: 'choco-sgd',
    flow: { kind: 'choco-sgd', ...GAINS, gamma: 0.1 },
    compressor: FLATTENED_SIGN,
  },
  { own: 'lead', flow: { kind: 'lead', ...GAINS, gamma: 0.1, alpha: 1 }, compressor: FLATTENED_SIGN },
];
const SAMPLE_SECONDS = 0.15;

export const own: Benchmark = {
  name: 'own',
  summary: "a user's own flow beside the built-in flow that it is",
  description: `How fast is a flow of a user's own? Four examples of docs/your-own-flow.md in turns with the built-in flows that they are, on one worker, over a random
regular graph of degree 8 (d = 64). JavaScript, an agent at a time, against kernels: the gap is largest where a round is shortest.`,
  async run({ seed, passes, progress, quick }) {
    const pairs = quick ? PAIRS.slice(0, 1) : PAIRS;
    const agents = quick ? 100 : IN_CACHE_AGENTS;
    progress.expect(2 * pairs.length * passes);
    const figures: Figure[] = [];
    const rows: string[][] = [];
    for (const { own: name, flow, compressor, target } of pairs) {
      const module = fileURLToPath(new URL(`07-own-flow/${name}.mjs`, examplesUrl));
      const { kind: _, ...gains } = flow;
      const rigs: Rig[] = [];
      try {
        for (const spec of [flow, { kind: 'custom', module, ...gains }]) {
          const rig = await Rig.open({ ...problemConfig({ agents, seed, compressor }), flow: spec }, 1);
          rigs.push(rig);
          await rig.calibrate(quick ? 0.01 : SAMPLE_SECONDS);
        }
        const [builtIn, mine] = await interleave(
          rigs.map((rig, index) => ({
            name: index === 0 ? flow.kind : `${name}.mjs`,
            sample: async () => (await rig.sample()).seconds,
          })),
          passes,
          progress,
        );
        const times = [builtIn, mine].map((seconds, index) =>
          figure(
            `own/${name}/${index === 0 ? 'built-in' : 'module'}`,
            `a round of ${index === 0 ? flow.kind : `${name}.mjs`}, ${agents} agents`,
            'us',
            'lower',
            seconds.map((s) => s * 1e6),
          ),
        );
        const share = ratioFigure(
          `own/${name}/speed`,
          `speed of ${name}.mjs over ${flow.kind}`,
          builtIn,
          mine,
          'higher',
          quick ? undefined : target,
        );
        figures.push(...times, share);
        rows.push([name, ...times.map((time) => spreadText(time)), spreadText(share)]);
      } finally {
        for (const rig of rigs) await rig.close();
      }
    }
    return {
      figures,
      tables: [
        {
          title: `A flow of one's own on one worker: ${agents} agents, d = ${DIM}`,
          columns: ['flow', 'built-in, us a round', 'module, us a round', 'speed of the module'],
          rows,
          notes: [],
        },
      ],
    };
  },
};
