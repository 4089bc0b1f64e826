/** What rounds are made of, beside C's: the Walsh-Hadamard transform, the barrier, the triad. */

import { readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { countText, figure, medianText, ratioFigure, spreadText } from './figures.js';
import { type Contestant, interleave } from './interleave.js';
import { TRIAD_ENTRIES, TRIAD_REPEATS } from './memory.js';
import type { Peers } from './peers-open.js';
import { largestDifference } from './peers-problem.js';
import type { Collected } from './peers-rounds.js';
import { BenchThreads, crossingSeconds, defaultSpins, Triad } from './threads.js';
import type { BenchInputs, Figure } from './types.js';
import { bindTransform } from './wht.js';

export async function compareTransforms(
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

export async function compareBarriers(
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

export async function compareTriads(
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
