/** How many coordinates a second does a round take, for each compressor, in cache and out of it? */

import { describeSpec } from '../base/describe.js';
import * as build from '../compress/kinds.js';
import { compressors, isAlias, UNCOMPRESSED } from '../compress/registry.js';
import type { CompressorSpec } from '../compress/types.js';
import { countText, figure, ratioFigure, spreadText } from './figures.js';
import { interleave } from './interleave.js';
import { DIM, FLATTENED_SIGN, IN_CACHE_AGENTS, OUT_OF_CACHE_AGENTS, problemConfig } from './problem.js';
import { Rig } from './rig.js';
import type { BenchInputs, Benchmark, Figure, Table } from './types.js';

/** Parameters in the middle of their ranges. A new kind is a line here; the table says which have none. */
export const COMPRESSORS: readonly CompressorSpec[] = [
  FLATTENED_SIGN,
  build.sign(),
  build.normSign(),
  build.oneBit(),
  build.flatten(build.oneBit()),
  build.bestRotation({ choices: 4 }),
  build.topK(8),
  build.randK(8),
  build.threshold(0.5),
  build.saturatedQuantize(4, 0.01, { zoom: false }),
  build.uniformQuantize(0.01, { zoom: false }),
  build.qsgd({ levels: 7 }),
  build.terngrad(),
  build.natural(),
  build.scalarizeCyclic(),
  build.scalarizeSinusoid(),
  build.scalarizeRandom(),
  build.scalarizeSweep(),
  build.errorFeedback(FLATTENED_SIGN),
];
/** Kinds that the table has not; short names of others do not count. */
export function leftOut(): string[] {
  const measured = new Set([UNCOMPRESSED.kind, ...COMPRESSORS.map(({ kind }) => kind)]);
  return Object.entries(compressors)
    .filter(([kind, entry]) => !measured.has(kind) && !isAlias(entry))
    .map(([kind]) => kind);
}

/** Enough to show that it works. */
const QUICK = 3;
const SAMPLE_SECONDS = 0.15;

export const round: Benchmark = {
  name: 'round',
  summary: 'coordinates per second for each compressor, in cache and out of it',
  description: `How many coordinates a second does a round take? Every compressor alternates with the uncompressed round, in a primal-dual flow over a random
regular graph of degree 8 (d = 64, all workers), with ${countText(IN_CACHE_AGENTS)} agents (in cache) and ${countText(OUT_OF_CACHE_AGENTS)} (out of it). The last column says how many times as fast
as no compression: messages are small, so where memory is the limit compressing pays in the simulation too.`,
  async run(inputs) {
    const chosen = inputs.quick ? COMPRESSORS.slice(0, QUICK) : COMPRESSORS;
    const sizes = inputs.quick ? [200] : [IN_CACHE_AGENTS, OUT_OF_CACHE_AGENTS];
    inputs.progress.expect(sizes.length * chosen.length * 2 * inputs.passes);
    const figures: Figure[] = [];
    const tables: Table[] = [];
    for (const agents of sizes) tables.push(await measureSize(inputs, agents, chosen, figures));
    return { figures, tables };
  },
};

async function measureSize(
  inputs: BenchInputs,
  agents: number,
  chosen: readonly CompressorSpec[],
  figures: Figure[],
): Promise<Table> {
  const { seed, passes, progress, quick } = inputs;
  const workers = inputs.workers.at(-1) ?? 1;
  const open = async (compressor: CompressorSpec) => {
    const rig = await Rig.open(problemConfig({ agents, seed, compressor }), workers);
    await rig.calibrate(quick ? 0.01 : SAMPLE_SECONDS);
    return rig;
  };
  const speed = (name: string, seconds: readonly number[]) =>
    figure(
      `round/${agents}/${name}`,
      `round, ${name}, ${countText(agents)} agents`,
      'Mcoordinates/s',
      'higher',
      seconds.map((s) => (agents * DIM) / s / 1e6),
    );
  const plain: number[] = [];
  const rows: string[][] = [];
  const reference = await open(UNCOMPRESSED);
  try {
    for (const compressor of chosen) {
      const name = describeSpec(compressor);
      const rig = await open(compressor);
      try {
        const [own, none] = await interleave(
          [rig, reference].map((each, index) => ({
            name: `${index === 0 ? name : 'no compression'}, ${countText(agents)} agents`,
            sample: async () => (await each.sample()).seconds,
          })),
          passes,
          progress,
        );
        plain.push(...none);
        const measured = speed(name, own);
        const gain = ratioFigure(
          `round/${agents}/${name}/over-none`,
          `${name} over none, ${countText(agents)} agents`,
          none,
          own,
        );
        figures.push(measured, gain);
        const { perMessage } = rig.report.bits;
        rows.push([
          name,
          perMessage === null ? 'varies' : String(perMessage),
          spreadText(measured),
          spreadText(gain),
        ]);
      } finally {
        await rig.close();
      }
    }
  } finally {
    await reference.close();
  }
  const none = speed('none', plain);
  figures.push(none);
  return {
    title: `Rounds with ${workers} workers: ${countText(agents)} agents, d = ${DIM}`,
    columns: ['compressor', 'bits a message', 'Mcoordinates/s (quartiles)', 'over none'],
    rows: [['none', String(64 * DIM), spreadText(none), '1'], ...rows],
    notes: [`not in this table: ${leftOut().join(', ')}`],
  };
}
