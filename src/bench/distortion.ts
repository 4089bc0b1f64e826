/** How much error for how many bits? Every compressor that sends the whole of a vector, at once. */

import { readFile } from 'node:fs/promises';
import { Bench } from '../certify/bench.js';
import { RandomVector, type Start } from '../certify/starts.js';
import { compressors } from '../compress/registry.js';
import { checkSpec, parseSpecText } from '../config/spec-text.js';
import { kernelsUrl } from '../run/locations.js';
import { seedWords } from '../runtime.js';
import { countText, figure } from './figures.js';
import { kashinLoss } from './kashin.js';
import { quantile, spreadOf } from './stats.js';
import type { Benchmark, Figure, Table } from './types.js';
import { bindTransform } from './wht.js';

const DIMS = [64, 1024, 16_384];
/** Vectors of a kind, for each pass. */
const VECTORS = 4;
const SHARE_SPARSE = 1 / 50;

type Entry = (random: RandomVector) => number;
const gaussian: Entry = (random) => random.gaussian();
const VECTORS_OF: Record<string, Entry> = {
  gaussian,
  lognormal: (random) => Math.exp(random.gaussian()) * (random.uniform() < 0.5 ? -1 : 1),
  sparse: (random) => (random.uniform() < SHARE_SPARSE ? random.gaussian() : 0),
};

const levels = [1, 4, 15];
const bits = [1, 2, 3, 4, 5, 6, 8];
/** As people write them, and what else is known of a name. */
const COMPRESSORS: readonly { text: (dim: number) => string; label?: string }[] = [
  ...[
    'sign',
    'norm-sign',
    'one-bit',
    'terngrad',
    'natural',
    'flatten(sign)',
    'best-rotation',
    'flatten(one-bit)',
    'flatten(terngrad)',
    'flatten(natural)',
    'identity(wire=f16)',
    'identity(wire=f32)',
  ].map((text) => ({ text: () => text })),
  { text: () => 'flatten(sign(scale=unbiased))', label: 'DRIVE: flatten(sign(scale=unbiased))' },
  ...levels.flatMap((count) =>
    [`qsgd(levels=${count})`, `flatten(qsgd(levels=${count}))`].map((text) => ({ text: () => text })),
  ),
  ...bits.map((count) => ({ text: () => `eden(bits=${count})` })),
  ...[2, 4].map((count) => ({ text: () => `eden(bits=${count}, scale=unbiased)` })),
  ...[2, 4].map((count) => ({ text: () => `lloyd-max(bits=${count})` })),
  ...[64, 16].map((part) => ({
    text: (dim: number) => `top-k(k=${dim / part})`,
    label: `top-k(k=d/${part})`,
  })),
  ...[1, 4].map((rank) => ({
    text: (dim: number) => `low-rank(rows=${Math.sqrt(dim)}, rank=${rank})`,
    label: `low-rank(rows=sqrt d, rank=${rank})`,
  })),
];
const KASHIN_BITS = [1, 2];
/** Vectors of a kind: each takes some two hundred transforms. */
const MOST_KASHIN = 8;

interface Measured {
  label: string;
  bits: number;
  losses: Record<string, number[]>;
}

export const distortion: Benchmark = {
  name: 'distortion',
  summary: 'bits an entry against relative squared error, of every quantizer, on three kinds of vectors',
  description: `How much error for how many bits? One message of each compressor about vectors of 64, 1,024 and 16,384 entries: normal numbers, lognormal ones
with random signs, and a fiftieth of normal ones among zeros. |e - C(e)|^2 / |e|^2 of the packed messages, the median over the vectors with its quartiles;
* where nothing else in the table needs fewer bits for less error. Nothing is timed. Quantizers whose step is given (uniform-quantize, saturated-quantize)
are left out, since their error is whatever step one gives them; so are those that say a part of a vector a round.`,
  async run({ seed, passes, quick, progress }) {
    const count = VECTORS * passes;
    const dims = quick ? DIMS.slice(0, 1) : DIMS;
    const kinds = Object.keys(VECTORS_OF);
    progress.expect(dims.length * (COMPRESSORS.length + KASHIN_BITS.length));
    const kernels = await WebAssembly.compile(await readFile(kernelsUrl));
    const transform = await bindTransform(2 * (dims.at(-1) as number));
    const figures: Figure[] = [];
    const tables: Table[] = [];
    for (const dim of dims) {
      const starts = kinds.flatMap((name, kind) =>
        Array.from({ length: count }, (_, i) => vectorOf(name, dim, seedWords(seed), kind * count + i)),
      );
      const measured: Measured[] = COMPRESSORS.map(({ text, label }) => {
        const spec = checkSpec(parseSpecText(text(dim), compressors), compressors);
        const bench = new Bench({ spec, starts, dim, seed: seedWords(seed), rounds: 1, kernels });
        const losses: Record<string, number[]> = Object.fromEntries(kinds.map((name) => [name, []]));
        let longest = 0;
        const all = starts.map(() => true);
        bench.step(0, 0, all, (i, { before, left, bits: length }) => {
          losses[kinds[Math.floor(i / count)]].push((left / before) ** 2);
          longest = Math.max(longest, length);
        });
        progress.step(`d = ${countText(dim)}`);
        return { label: label ?? text(dim), bits: longest / dim, losses };
      });
      for (const each of KASHIN_BITS) {
        const losses = Object.fromEntries(
          kinds.map((name, kind) => [
            name,
            Array.from({ length: Math.min(count, MOST_KASHIN) }, (_, i) => {
              const { vector } = starts[kind * count + i];
              return kashinLoss(vector, each, new RandomVector(seedWords(seed), KASHIN_DRAWS + i), transform);
            }),
          ]),
        );
        measured.push({
          label: `Kashin, ${each} bit of 2 d coefficients`,
          bits: 2 * each + 64 / dim,
          losses,
        });
        progress.step(`d = ${countText(dim)}`);
      }
      measured.sort((a, b) => a.bits - b.bits);
      for (const { label, losses } of measured) {
        for (const name of kinds) {
          const id = `distortion/${dim}/${name}/${label}`;
          figures.push(figure(id, `${label}, ${name}, d = ${dim}`, '', 'lower', losses[name]));
        }
      }
      tables.push(tableOf(dim, count, kinds, measured));
    }
    return { figures, tables };
  },
};

/** Streams of vectors end before. */
const KASHIN_DRAWS = 1_000_000;

function vectorOf(name: string, dim: number, seed: { low: number; high: number }, n: number): Start {
  const random = new RandomVector(seed, n);
  const vector = Float64Array.from({ length: dim }, () => VECTORS_OF[name](random));
  // Of few entries it may happen that all are zeros.
  if (vector.every((entry) => entry === 0)) vector[0] = random.gaussian();
  return { name: `${name} ${n}`, extreme: false, vector };
}

function tableOf(dim: number, count: number, kinds: readonly string[], measured: readonly Measured[]): Table {
  const medians = measured.map(({ losses }) =>
    kinds.map((name) => quantile([...losses[name]].sort(ascending), 0.5)),
  );
  return {
    title: `Bits and error of one message, d = ${countText(dim)}`,
    columns: ['compressor', 'bits an entry', ...kinds],
    rows: measured.map(({ label, bits: own, losses }, row) => [
      label,
      own.toFixed(2),
      ...kinds.map((name, kind) => {
        const loss = medians[row][kind];
        const beaten = measured.some(
          (other, at) =>
            at !== row &&
            other.bits <= own &&
            medians[at][kind] <= loss &&
            (other.bits < own || medians[at][kind] < loss),
        );
        const { q1, q3 } = spreadOf(losses[name]);
        return `${short(loss)} (${short(q1)} to ${short(q3)})${beaten ? '' : ' *'}`;
      }),
    ]),
    notes: [
      `Medians of ${count} vectors with their quartiles; *: nothing else has less error with as few bits.`,
    ],
  };
}

const ascending = (a: number, b: number) => a - b;

/** Three digits; what is left by rounding alone is 0. */
function short(value: number): string {
  return value < 1e-20 ? '0' : Number(value.toPrecision(3)).toString();
}
