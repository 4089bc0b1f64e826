/**
 * How does the engine compare with a good C programmer's OpenMP, and with vectorised NumPy? The same problem,
 * the same rounds, checked to give the same numbers, and timed in turns.
 */

import { readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { ownCores } from '../base/cores.js';
import { countText, figure, medianText, ratioFigure, spreadText } from './figures.js';
import { GATHER_LIMIT, gatherLimit } from './gather-limit.js';
import { type Contestant, interleave } from './interleave.js';
import { TRIAD_ENTRIES, TRIAD_REPEATS } from './memory.js';
import { openPeers, type Peers } from './peers-open.js';
import {
  type Agreement,
  checkAgreement,
  largestDifference,
  type Method,
  NUMPY_WAYS,
  shareProblem,
} from './peers-problem.js';
import { DIM, IN_CACHE_AGENTS, OUT_OF_CACHE_AGENTS } from './problem.js';
import { Rig } from './rig.js';
import { bytesAskedFor } from './round-bytes.js';
import { BenchThreads, crossingSeconds, defaultSpins, Triad } from './threads.js';
import type { BenchInputs, Benchmark, Figure, Table, Target } from './types.js';
import { bindTransform } from './wht.js';

export const peers: Benchmark = {
  name: 'peers',
  summary: 'against C/OpenMP and NumPy/SciPy, on the same problem',
  description: `How does the engine compare with a good C programmer's OpenMP, and with vectorised NumPy? bench/reference/ holds both; C is compiled with
gcc -O3 -march=native -fopenmp (CC names another), Python is python3 (PYTHON names another). What is missing is said and left out. Each must
give the engine's x to 1e-9 before it is timed; then all take turns. Ratios are theirs over ours in time: 2 is twice as fast as they.`,
  async run(inputs) {
    const opened = await openPeers();
    try {
      return await runPeers(inputs, opened);
    } finally {
      await opened.close();
    }
  },
};

interface Collected {
  figures: Figure[];
  tables: Table[];
  agreement: Agreement[];
}

async function runPeers(inputs: BenchInputs, opened: Peers) {
  const { c, numpy, missing } = opened;
  const threads = Math.min(ownCores().count, inputs.workers.at(-1) ?? 1);
  const sizes = inputs.quick ? [200] : [IN_CACHE_AGENTS, OUT_OF_CACHE_AGENTS];
  const whtSizes = inputs.quick ? [256, 4096] : [256, 1024, 4096, 16_384, 65_536];
  // Barriers, transforms and triads of each side; rounds count their contestants themselves.
  if (c) inputs.progress.expect((2 + whtSizes.length * 3 + 4) * inputs.passes);

  const collected: Collected = { figures: [], tables: [], agreement: [] };
  for (const agents of sizes) await compareRounds(inputs, opened, threads, agents, collected);
  if (c) {
    await compareTransforms(inputs, opened, whtSizes, collected);
    await compareBarriers(inputs, opened, threads, collected);
    await compareTriads(inputs, opened, threads, collected);
  }
  const notes = [
    ...(c ? [`C: ${c.description}`] : []),
    ...(numpy ? [`NumPy: ${numpy.description}`] : []),
    ...missing,
    ...collected.agreement.map(
      ({ peer, method, agents, rounds, difference }) =>
        `${peer} agrees: ${method}, ${countText(agents)} agents, ${rounds} rounds, largest difference ${difference.toExponential(1)}`,
    ),
  ];
  collected.tables.push({ title: 'Peers', columns: [], rows: [], notes });
  return {
    figures: collected.figures,
    tables: collected.tables,
    details: {
      missing,
      c: c?.description ?? null,
      numpy: numpy?.description ?? null,
      agreement: collected.agreement,
    },
  };
}

const inCache = (agents: number) => agents < OUT_OF_CACHE_AGENTS;

const OVER = {
  ours: '',
  c: "C/OpenMP's",
  'c-alone': null,
  numpy: "NumPy/SciPy's",
  'numpy-in-place': "NumPy/SciPy's in place",
  gather: null,
} as const;
type Contender = keyof typeof OVER;

/**
 * What the project set itself, against NumPy as it is usually written; only full runs at these sizes are held
 * to it.
 */
function roundTarget(peer: Contender, method: Method, agents: number): Target | undefined {
  if (peer === 'numpy-in-place') return undefined;
  if (agents !== IN_CACHE_AGENTS && agents !== OUT_OF_CACHE_AGENTS) return undefined;
  if (peer === 'c') return { atLeast: inCache(agents) ? 0.6 : 1 };
  if (method === 'flattened-sign') return { atLeast: 10 };
  return { atLeast: inCache(agents) ? 8 : 3 };
}

interface RoundContestant extends Contestant<number> {
  who: Contender;
  method: Method;
}

async function compareRounds(
  inputs: BenchInputs,
  opened: Peers,
  threads: number,
  agents: number,
  collected: Collected,
): Promise<void> {
  const { c, numpy } = opened;
  const problem = await shareProblem(opened, agents, inputs.seed);
  collected.agreement.push(...(await checkAgreement(problem, opened)));
  const seconds = inputs.quick ? 0.01 : 0.3;
  const rigs: Rig[] = [];
  try {
    const contestants: RoundContestant[] = [];
    for (const method of ['none', 'flattened-sign'] as const) {
      const rig = await Rig.open(problem.config(method), threads);
      rigs.push(rig);
      await rig.calibrate(seconds);
      const name = `${method}, ${countText(agents)} agents`;
      contestants.push({
        who: 'ours',
        method,
        name: `engine, ${name}`,
        sample: async () => (await rig.sample()).seconds,
      });
      if (c && method === 'none') {
        const contender = async (who: Contender, title: string, team: number) => {
          const [first] = await c.child.ask('rounds', team, 2, 3);
          const count = Math.max(1, Math.round((3 * seconds) / Number(first)));
          const sample = async () => (await c.child.seconds('rounds', team, 2, count)) / count;
          contestants.push({ who, method, name: `${title}, ${name}`, sample });
        };
        await contender('c', 'C', threads);
        // What more threads bring to C is what this machine gives to rounds whose rows go back and forth
        // between its cores.
        if (threads > 1) await contender('c-alone', 'C on one thread', 1);
        if (!inCache(agents)) {
          const sample = async () => bytesAskedFor(agents) / (await gatherLimit(c, agents, threads));
          contestants.push({
            who: 'gather',
            method,
            name: `a round's bytes at the gather limit, ${name}`,
            sample,
          });
        }
      }
      for (const [way, suffix] of numpy ? NUMPY_WAYS : []) {
        const { child } = numpy as NonNullable<Peers['numpy']>;
        const [first] = await child.ask('rounds', `${method}${suffix}`, 1, 1);
        const count = Math.max(1, Math.round(seconds / Number(first)));
        const sample = async () => (await child.seconds('rounds', `${method}${suffix}`, 1, count)) / count;
        contestants.push({ who: `numpy${suffix}`, method, name: `${way}, ${name}`, sample });
      }
    }
    inputs.progress.expect(contestants.length * inputs.passes);
    const samples = await interleave(contestants, inputs.passes, inputs.progress);
    const transform = numpy ? (await numpy.child.ask('transform'))[0] : null;
    collectRounds(contestants, samples, agents, transform, collected);
  } finally {
    for (const rig of rigs) await rig.close();
  }
}

function collectRounds(
  contestants: readonly RoundContestant[],
  samples: readonly (readonly number[])[],
  agents: number,
  transform: string | null,
  { figures, tables }: Collected,
): void {
  const where = `${agents}`;
  const find = (who: string, method: Method) =>
    contestants.findIndex((one) => one.who === who && one.method === method);
  const rows = contestants.map(({ who, method, name }, index) => {
    const speeds = samples[index].map((seconds) => (agents * DIM) / seconds / 1e6);
    const speed = figure(
      `peers/round/${method}/${where}/${who}`,
      `round, ${name}`,
      'Mcoordinates/s',
      'higher',
      speeds,
    );
    figures.push(speed);
    let ratio = '';
    if (OVER[who]) {
      const target = roundTarget(who, method, agents);
      const against = ratioFigure(
        `peers/round/${method}/${where}/over-${who}`,
        `${method} round, ${countText(agents)} agents: speed over ${OVER[who]}`,
        samples[index],
        samples[find('ours', method)],
        'higher',
        target,
      );
      figures.push(against);
      ratio = spreadText(against);
    }
    return [name, medianText(samples[index].map((s) => s * 1000)), spreadText(speed), ratio];
  });
  const plain = find('ours', 'none');
  const flattened = find('ours', 'flattened-sign');
  const gain = ratioFigure(
    `peers/round/${where}/flattened-over-none`,
    `flatten(sign) round over our own uncompressed round, ${countText(agents)} agents`,
    samples[plain],
    samples[flattened],
    'higher',
    agents === OUT_OF_CACHE_AGENTS ? { atLeast: 1.8 } : undefined,
  );
  figures.push(gain);
  const [alone, team] = [find('c-alone', 'none'), find('c', 'none')];
  const limit = find('gather', 'none');
  const limitShare =
    limit < 0
      ? null
      : ratioFigure(
          `peers/round/none/${where}/gather-limit`,
          `none round, ${countText(agents)} agents: share of the gather limit`,
          samples[limit],
          samples[plain],
          'higher',
          { atLeast: 0.5 },
        );
  if (limitShare) figures.push(limitShare);
  const scaling =
    alone < 0
      ? null
      : ratioFigure(
          `peers/round/none/${where}/c-scaling`,
          `none round, ${countText(agents)} agents: C/OpenMP over itself on one thread`,
          samples[alone],
          samples[team],
        );
  if (scaling) figures.push(scaling);
  tables.push({
    title: `Rounds, ${countText(agents)} agents, d = ${DIM}, random regular of degree 8`,
    columns: ['', 'ms a round', 'Mcoordinates/s (quartiles)', 'ours is so many times as fast'],
    rows,
    notes: [
      `flatten(sign) takes ${spreadText(gain)} times as many rounds a second as no compression`,
      ...(limitShare ? [`an uncompressed round reaches ${spreadText(limitShare)} of ${GATHER_LIMIT}`] : []),
      ...(scaling ? [`C is ${spreadText(scaling)} times as fast as on one thread`] : []),
      ...(transform
        ? [`NumPy transforms by ${transform.replace('-', ' ')}, the faster of two ways here`]
        : []),
    ],
  });
}

async function compareTransforms(
  inputs: BenchInputs,
  { c, folder }: Peers,
  sizes: readonly number[],
  { figures, tables }: Collected,
): Promise<void> {
  if (!c) return;
  const transform = await bindTransform(Math.max(...sizes));
  const entriesPerSample = inputs.quick ? 2e5 : 4e7;
  const rows: string[][] = [];
  const over: Figure[] = [];
  for (const n of sizes) {
    await checkTransform(c.child, transform.of, n, folder);
    const repeats = Math.max(1, Math.round(entriesPerSample / n / Math.log2(n)));
    // Twice: the first call's code is not the optimised one.
    transform.time(n, repeats);
    transform.time(n, repeats);
    const contestants: Contestant<number>[] = [
      { name: `transform ${n}, ours`, sample: async () => transform.time(n, repeats) / repeats },
      ...[0, 1].map((algorithm) => ({
        name: `transform ${n}, C`,
        sample: async () => (await c.child.seconds('wht', algorithm, n, repeats)) / repeats,
      })),
    ];
    const [ours, textbook, radix8] = await interleave(contestants, inputs.passes, inputs.progress);
    const overTextbook = ratioFigure(
      `peers/wht/${n}/over-textbook`,
      `Walsh-Hadamard ${countText(n)}: speed over C, textbook loops`,
      textbook,
      ours,
    );
    const overRadix8 = ratioFigure(
      `peers/wht/${n}/over-radix8`,
      `Walsh-Hadamard ${countText(n)}: speed over C, radix 8`,
      radix8,
      ours,
    );
    figures.push(
      figure(
        `peers/wht/${n}/ours`,
        `Walsh-Hadamard ${countText(n)}`,
        'us',
        'lower',
        ours.map((s) => s * 1e6),
      ),
      overTextbook,
      overRadix8,
    );
    over.push(overRadix8);
    const us = (values: readonly number[]) => medianText(values.map((s) => s * 1e6));
    rows.push([
      countText(n),
      us(ours),
      us(textbook),
      us(radix8),
      spreadText(overTextbook),
      spreadText(overRadix8),
    ]);
  }
  // The promise is held against the harder of the two, where we do worst.
  const least = over.reduce((worst, each) => (each.median < worst.median ? each : worst));
  const label = `Walsh-Hadamard, ${countText(sizes[0])} to ${countText(sizes[sizes.length - 1])}: least speed over C (radix 8)`;
  figures.push({ ...least, id: 'peers/wht/least-over-c', label, target: { atLeast: 0.9 } });
  tables.push({
    title: 'Walsh-Hadamard transform, one thread',
    columns: ['entries', 'ours, us', 'C textbook, us', 'C radix 8, us', 'over textbook', 'over radix 8'],
    rows,
    notes: [
      'radix 8 is the algorithm of our own kernel written in C; textbook is the three loops of every reference',
    ],
  });
}

async function checkTransform(
  child: NonNullable<Peers['c']>['child'],
  ours: (entries: Float64Array) => Float64Array,
  n: number,
  folder: string,
): Promise<void> {
  const entries = Float64Array.from({ length: n }, (_, c) => Math.sin(1 + 0.7 * c));
  const file = path.join(folder, 'transform.bin');
  for (const algorithm of [0, 1]) {
    await writeFile(file, new Uint8Array(entries.buffer));
    await child.ask('transform', algorithm, file, n);
    const bytes = await readFile(file);
    const difference = largestDifference(ours(entries), new Float64Array(bytes.buffer, bytes.byteOffset, n));
    if (!(difference <= 1e-9))
      throw new Error(`C's transform of ${n} entries differs from the kernel's by ${difference}`);
  }
}

async function compareBarriers(
  inputs: BenchInputs,
  { c }: Peers,
  parties: number,
  { figures, tables }: Collected,
): Promise<void> {
  if (!c) return;
  const crossings = inputs.quick ? 50 : 200_000;
  const threads = new BenchThreads(parties);
  try {
    const spins = defaultSpins(parties);
    await crossingSeconds(threads, parties, spins, crossings);
    const contestants: Contestant<number>[] = [
      { name: 'barrier, ours', sample: () => crossingSeconds(threads, parties, spins, crossings) },
      {
        name: 'barrier, libgomp',
        sample: async () => (await c.child.seconds('barrier', parties, crossings)) / crossings,
      },
    ];
    const [ours, theirs] = await interleave(contestants, inputs.passes, inputs.progress);
    const ns = (values: readonly number[]) => values.map((s) => s * 1e9);
    const ratio = ratioFigure(
      `peers/barrier/${parties}/over-libgomp`,
      `barrier, ${parties} threads: time over libgomp's`,
      ours,
      theirs,
      'lower',
      { atMost: 0.8 },
    );
    const own = figure(
      `peers/barrier/${parties}/ours`,
      `barrier, ${parties} threads`,
      'ns',
      'lower',
      ns(ours),
    );
    const other = figure(
      `peers/barrier/${parties}/libgomp`,
      `libgomp's barrier, ${parties} threads`,
      'ns',
      'lower',
      ns(theirs),
    );
    figures.push(own, other, ratio);
    tables.push({
      title: `Barrier, ${parties} threads`,
      columns: ['', 'ns a crossing (quartiles)'],
      rows: [
        ['ours', spreadText(own)],
        ['libgomp', spreadText(other)],
        ['ours over libgomp', spreadText(ratio)],
      ],
      notes: [],
    });
  } finally {
    await threads.close();
  }
}

async function compareTriads(
  inputs: BenchInputs,
  { c }: Peers,
  parties: number,
  { figures, tables }: Collected,
): Promise<void> {
  if (!c) return;
  const entries = inputs.quick ? 2 ** 14 : TRIAD_ENTRIES;
  const repeats = inputs.quick ? 3 : TRIAD_REPEATS;
  const triad = await Triad.create(entries);
  const threads = new BenchThreads(parties);
  try {
    await triad.bandwidth(threads, parties, repeats);
    await c.child.ask('triad', parties, entries, 1);
    const contestants = [1, parties].flatMap((count): Contestant<number>[] => [
      { name: 'triad, ours', sample: () => triad.bandwidth(threads, count, repeats) },
      {
        name: 'triad, C',
        sample: async () =>
          (24 * entries * repeats) / (await c.child.seconds('triad', count, entries, repeats)),
      },
    ]);
    const samples = await interleave(contestants, inputs.passes, inputs.progress);
    const rows = [1, parties].map((count, index) => {
      const [ours, theirs] = [samples[2 * index], samples[2 * index + 1]];
      const gb = (values: readonly number[]) => values.map((bytes) => bytes / 1e9);
      const own = figure(`peers/triad/${count}/ours`, `triad, ${count} threads`, 'GB/s', 'higher', gb(ours));
      const other = figure(
        `peers/triad/${count}/c`,
        `C's triad, ${count} threads`,
        'GB/s',
        'higher',
        gb(theirs),
      );
      const ratio = ratioFigure(
        `peers/triad/${count}/over-c`,
        `triad, ${count} threads: bandwidth over C's`,
        ours,
        theirs,
      );
      figures.push(own, other, ratio);
      return [String(count), spreadText(own), spreadText(other), spreadText(ratio)];
    });
    tables.push({
      title: `Triad a = b - 3 c, ${countText(Math.round((entries * 24) / 2 ** 20))} MiB`,
      columns: ['threads', 'ours, GB/s', 'C, GB/s', 'ours over C'],
      rows,
      notes: [],
    });
  } finally {
    await threads.close();
  }
}
