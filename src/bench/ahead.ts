/** Does it pay to ask early for the rows that an agent is about to read, and does it pay to have large pages? */

import { countText, ratioFigure, spreadText } from './figures.js';
import { interleave } from './interleave.js';
import { DIM, OUT_OF_CACHE_AGENTS, problemConfig } from './problem.js';
import { Rig } from './rig.js';
import type { Benchmark, Figure, Table } from './types.js';

interface Case {
  name: string;
  agents: number;
  dim: number;
  flow?: object;
  precision?: 'float32';
}

const CASES: readonly Case[] = [
  { name: 'primal-dual', agents: OUT_OF_CACHE_AGENTS, dim: DIM },
  { name: 'primal-dual, float32', agents: OUT_OF_CACHE_AGENTS, dim: DIM, precision: 'float32' },
  {
    name: 'dgd',
    agents: OUT_OF_CACHE_AGENTS,
    dim: DIM,
    flow: { kind: 'dgd', step: 0.02, mixing: 0.05 },
  },
  { name: 'primal-dual', agents: 1_000_000, dim: 8 },
  // In cache it should stay off, and this says what it would cost.
  { name: 'primal-dual', agents: 1_000, dim: DIM },
];

/** The first is what the others are compared with. */
const WAYS = [
  { name: 'as it comes', pages: 'never', ahead: 0 },
  { name: '2 MiB pages', pages: '', ahead: 0 },
  { name: '2 MiB pages, 1 agent ahead', pages: '', ahead: 1 },
  { name: '2 MiB pages, 2 ahead', pages: '', ahead: 2 },
  { name: '2 MiB pages, 8 ahead', pages: '', ahead: 8 },
  { name: 'as auto chooses', pages: '', ahead: 'auto' },
] as const;

const QUICK_AGENTS = 300;
const SAMPLE_SECONDS = 0.2;
const SWITCH = 'SOTTOVOCE_HUGE_PAGES';

export const ahead: Benchmark = {
  name: 'ahead',
  summary: 'rows of neighbours asked for early, and pages of 2 MiB: what each is worth here',
  description: `Does it pay to ask early for the rows that an agent is about to read (layout: { ahead: N }), and to have pages of 2 MiB (with the optional package koffi,
where the kernel gives them)? The same uncompressed rounds in turns: with neither, with pages, and some agents ahead. Machines differ: what
gains a third on one gains nothing on another.`,
  async run({ seed, passes, progress, quick, workers: counts }) {
    const workers = counts.at(-1) ?? 1;
    const cases = quick ? CASES.slice(0, 1) : CASES;
    progress.expect(cases.length * WAYS.length * passes);
    const figures: Figure[] = [];
    const tables: Table[] = [];
    for (const { name, dim, flow, precision, ...sized } of cases) {
      const agents = quick ? QUICK_AGENTS : sized.agents;
      const title = `${name}, ${countText(agents)} agents, d = ${dim}`;
      const rigs: Rig[] = [];
      const before = process.env[SWITCH];
      try {
        for (const { pages, ahead } of WAYS) {
          process.env[SWITCH] = pages;
          const config = {
            ...problemConfig({ agents, dim, seed }),
            ...(flow && { flow }),
            ...(precision && { precision }),
            layout: { ahead },
          };
          const rig = await Rig.open(config, workers);
          rigs.push(rig);
          await rig.calibrate(quick ? 0.01 : SAMPLE_SECONDS);
        }
        const samples = await interleave(
          rigs.map((rig, index) => ({
            name: `${title}: ${WAYS[index]?.name}`,
            sample: async () => (await rig.sample()).seconds,
          })),
          passes,
          progress,
        );
        const [base = []] = samples;
        const rows = samples.map((seconds, index) => {
          const way = WAYS[index]?.name ?? '';
          const gain = ratioFigure(
            `ahead/${name}/${sized.agents}/${way}`,
            `${title}: ${way} over ${WAYS[0].name}`,
            base,
            seconds,
          );
          figures.push(gain);
          return [way, spreadText(gain)];
        });
        tables.push({ title, columns: ['', 'speed over the first'], rows, notes: [] });
      } finally {
        if (before === undefined) delete process.env[SWITCH];
        else process.env[SWITCH] = before;
        for (const rig of rigs) await rig.close();
      }
    }
    return { figures, tables };
  },
};
