/** How many coordinates a second does a round take, for each compressor, in cache and out of it? */

import { describeSpec } from '../base/describe.js';
import * as build from '../compress/kinds.js';
import { compressors, isAlias, UNCOMPRESSED } from '../compress/registry.js';
import type { CompressorSpec } from '../compress/types.js';
import type { LoadedConfig } from '../run/config.js';
import { countText, figure, ratioFigure, spreadText } from './figures.js';
import { interleave } from './interleave.js';
import { FLATTENED_SIGN, IN_CACHE_AGENTS, OUT_OF_CACHE_AGENTS, problemConfig } from './problem.js';
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

/** What all compressors of a table share. */
interface Setting {
  /** Part of the figures' ids. */
  id: string;
  title: string;
  config(compressor: CompressorSpec): object | Promise<LoadedConfig>;
  /** Of a config: its own compressor, if it has one. */
  own?: readonly CompressorSpec[];
}

export const round: Benchmark = {
  name: 'round',
  summary: 'coordinates per second for each compressor, in cache and out of it',
  description: `How many coordinates a second does a round take? Every compressor alternates with the uncompressed round, in a primal-dual flow over a random
regular graph of degree 8 (d = 64, all workers), with ${countText(IN_CACHE_AGENTS)} agents (in cache) and ${countText(OUT_OF_CACHE_AGENTS)} (out of it). The last column says how many times as fast
as no compression: messages are small, so where memory is the limit compressing pays in the simulation too. --only measures some of them, or any other
compressor: --only 'top-k; flatten(one-bit); custom(module=./mine.mjs)'. With a CONFIG it is that run's rounds, with its own modules, and its compressor
unless --only names others.`,
  takesConfig: true,
  options: [
    {
      flags: '--only <list>',
      name: 'only',
      description: 'kinds, or compressors with their parameters, a ; between them',
    },
  ],
  async run(inputs) {
    const { given, quick, passes, progress } = inputs;
    const only = given?.['only'];
    const named = typeof only === 'string' ? await chosenOf(only) : null;
    const settings = inputs.config === null ? builtIn(inputs) : [await ownSetting(inputs.config)];
    const figures: Figure[] = [];
    const tables: Table[] = [];
    for (const setting of settings) {
      const table = quick ? COMPRESSORS.slice(0, QUICK) : COMPRESSORS;
      const chosen = named ?? setting.own ?? table;
      // Without any the uncompressed round stands alone.
      progress.expect(Math.max(1, chosen.length * 2) * passes);
      const notes = named || setting.own ? [] : [`not in this table: ${leftOut().join(', ')}`];
      tables.push(await measureSetting(inputs, setting, chosen, notes, figures));
    }
    return { figures, tables };
  },
};

function builtIn({ quick, seed }: BenchInputs): Setting[] {
  return (quick ? [200] : [IN_CACHE_AGENTS, OUT_OF_CACHE_AGENTS]).map((agents) => ({
    id: `${agents}`,
    title: `${countText(agents)} agents`,
    config: (compressor) => problemConfig({ agents, seed, compressor }),
  }));
}

/** A config of the user's own, as it stands but for its compressor; that is none where its flow takes none. */
async function ownSetting(file: string): Promise<Setting> {
  const { loadConfig } = await import('../config/load.js');
  const loaded = await loadConfig(file);
  const { compressor } = loaded.config as { compressor?: CompressorSpec };
  const name = loaded.config.name ?? file;
  const isCompressed = compressor !== undefined && compressor.kind !== UNCOMPRESSED.kind;
  return {
    id: name,
    title: name,
    own: isCompressed ? [compressor] : [],
    config: async (wanted) =>
      // A flow without messages to compress refuses any compressor.
      wanted === UNCOMPRESSED && compressor === undefined
        ? loaded
        : loadConfig(file, [{ path: ['compressor'], value: wanted, origin: '--only' }]),
  };
}

/**
 * Of a list such as `top-k; flatten(sign)`: a kind that the table has, with the table's parameters; else what
 * is written. Throws InputError.
 */
export async function chosenOf(list: string): Promise<CompressorSpec[]> {
  const { checkSpec, parseSpecText } = await import('../certify/spec-text.js');
  return list
    .split(';')
    .map((text) => text.trim())
    .filter((text) => text !== '')
    .map((text) => {
      const known = COMPRESSORS.find((spec) => spec.kind === text || describeSpec(spec) === text);
      return known ?? (checkSpec(parseSpecText(text, compressors), compressors) as CompressorSpec);
    });
}

async function measureSetting(
  inputs: BenchInputs,
  { id, title, config }: Setting,
  chosen: readonly CompressorSpec[],
  notes: readonly string[],
  figures: Figure[],
): Promise<Table> {
  const { passes, progress, quick } = inputs;
  const workers = inputs.workers.at(-1) ?? 1;
  const open = async (compressor: CompressorSpec) => {
    const rig = await Rig.open(await config(compressor), workers);
    await rig.calibrate(quick ? 0.01 : SAMPLE_SECONDS);
    return rig;
  };
  const plain: number[] = [];
  const rows: string[][] = [];
  const reference = await open(UNCOMPRESSED);
  const { agents, dim } = reference.report;
  const speed = (name: string, seconds: readonly number[]) =>
    figure(
      `round/${id}/${name}`,
      `round, ${name}, ${title}`,
      'Mcoordinates/s',
      'higher',
      seconds.map((s) => (agents * dim) / s / 1e6),
    );
  const contestant = (rig: Rig, name: string) => ({
    name: `${name}, ${title}`,
    sample: async () => (await rig.sample()).seconds,
  });
  try {
    for (const compressor of chosen) {
      const name = describeSpec(compressor);
      const rig = await open(compressor);
      try {
        const [own, none] = await interleave(
          [contestant(rig, name), contestant(reference, 'no compression')],
          passes,
          progress,
        );
        plain.push(...none);
        const measured = speed(name, own);
        const gain = ratioFigure(`round/${id}/${name}/over-none`, `${name} over none, ${title}`, none, own);
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
    if (chosen.length === 0)
      plain.push(...(await interleave([contestant(reference, 'no compression')], passes, progress))[0]);
  } finally {
    await reference.close();
  }
  const none = speed('none', plain);
  figures.push(none);
  return {
    title: `Rounds with ${workers} workers: ${title}, ${inputs.config === null ? '' : `${countText(agents)} agents, `}d = ${dim}`,
    columns: ['compressor', 'bits a message', 'Mcoordinates/s (quartiles)', 'over none'],
    rows: [['none', String(reference.report.bits.uncompressedPerMessage), spreadText(none), '1'], ...rows],
    notes,
  };
}
