/**
 * What does each kernel cost, in ns a coordinate and GB/s, beside its plain TypeScript reference
 * implementation?
 */

import { formatQuantity } from '../base/format.js';
import { figure, medianText, ratioFigure, spreadText } from './figures.js';
import { interleave } from './interleave.js';
import { flat, type KernelCase, kernelCases } from './kernel-cases.js';
import { spreadOf } from './stats.js';
import type { BenchInputs, Benchmark, Figure } from './types.js';

const AGENTS = 64;
const DIM = 64;
const DEGREE = 8;
const SAMPLE_SECONDS = 0.01;
const TOLERANCE = 1e-9;

/** References that do their work in place and allocate nothing: of them a multiple says most. */
const LOOPS = new Set(['stepPrimalDual', 'valueQuadratic', 'wht', 'sum']);

const PREFACE = [
  'Each stands beside its reference: the same numbers by plain TypeScript, written to be read and to test against.',
  'Most references allocate rows, call a closure for an entry, or write a message bit by bit; `loop` marks those that',
  'are plain loops in place. Times as fast is over the reference, not over what good JavaScript could reach.',
];

export const kernels: Benchmark = {
  name: 'kernels',
  summary: 'each kernel in ns per coordinate and GB/s, beside its reference implementation in TypeScript',
  description: `What does each kernel cost? One thread, ${AGENTS} agents at d = ${DIM}, all of it in the first caches, on a random regular graph of degree ${DEGREE}. The reference implementation is the plain
TypeScript of kernels/reference, written for readers; both must give the same numbers before they are timed, in turns. GB/s counts what a kernel reads
and writes, each entry once.`,
  async run(inputs) {
    const { cases, missing } = await kernelCases(AGENTS, DIM, DEGREE, inputs.seed);
    const chosen = inputs.quick ? cases.filter((_, index) => index % 6 === 0) : cases;
    inputs.progress.expect(chosen.length * 2 * inputs.passes);
    const figures: Figure[] = [];
    const rows: string[][] = [];
    let least: Figure | null = null;
    for (const each of chosen) {
      check(each);
      const { own, plain } = await measure(each, inputs);
      const name = each.name;
      const ns = figure(
        `kernels/${name}`,
        name,
        'ns/coordinate',
        'lower',
        own.map((s) => (s * 1e9) / each.coordinates),
      );
      const gain = ratioFigure(
        `kernels/${name}/over-reference`,
        `${name}: speed over its reference's`,
        plain,
        own,
      );
      figures.push(ns, gain);
      if (each.simd && (least === null || gain.median < least.median)) least = gain;
      const bandwidth = each.bytes / spreadOf(own).median / 1e9;
      rows.push([
        name,
        each.simd ? 'SIMD' : '',
        spreadText(ns),
        formatQuantity(bandwidth, 3),
        LOOPS.has(name.split(' ')[0]) ? 'loop' : 'for readers',
        medianText(plain.map((s) => (s * 1e9) / each.coordinates)),
        spreadText(gain),
      ]);
    }
    if (least !== null) figures.push(leastOf(least));
    return {
      figures,
      tables: [
        {
          title: `Kernels: one thread, ${AGENTS} agents, d = ${DIM}`,
          preface: PREFACE,
          columns: ['kernel', '', 'ns a coordinate', 'GB/s', 'reference', 'its ns', 'times as fast'],
          rows,
          notes: missing.length > 0 ? [`not in this table: ${missing.join(', ')}`] : [],
        },
      ],
    };
  },
};

/** The promise holds for every SIMD kernel: it is held against the one that gains least. */
function leastOf(gain: Figure): Figure {
  const label = `least speed of a SIMD kernel over its reference implementation's (${gain.label.replace(/: .*/, '')})`;
  return { ...gain, id: 'kernels/least-over-reference', label, target: { atLeast: 3 } };
}

/** Kernel and reference implementation from the same beginning; throws where they differ. */
export function check({ name, run, plain, results }: KernelCase): void {
  run();
  const expected = flat(plain());
  const found = results();
  for (let i = 0; i < expected.length; i++) {
    const error = Math.abs(found[i] - expected[i]) / Math.max(1, Math.abs(expected[i]));
    if (!(error <= TOLERANCE)) {
      throw new Error(
        `${name} and its reference differ at ${i}: ${found[i]}, expected ${expected[i]}; nothing was timed`,
      );
    }
  }
}

async function measure(each: KernelCase, { quick, passes, progress }: BenchInputs) {
  const seconds = quick ? 0.0005 : SAMPLE_SECONDS;
  const [own, plain] = await interleave(
    [
      { name: each.name, sample: batch(each.run, seconds) },
      { name: `${each.name}, plain`, sample: batch(each.plain, seconds) },
    ],
    passes,
    progress,
  );
  return { own, plain };
}

/**
 * Samples of as many calls as take about this long; gives seconds a call. The calls that find out warm the
 * code up.
 */
function batch(call: () => unknown, seconds: number): () => Promise<number> {
  const time = (calls: number) => {
    const startedMs = performance.now();
    for (let k = 0; k < calls; k++) call();
    return (performance.now() - startedMs) / 1000;
  };
  let calls = 1;
  let took = time(calls);
  for (let tries = 0; tries < 30 && took < seconds / 2; tries++) {
    calls = Math.max(calls + 1, Math.min(calls * 4, Math.round((calls * seconds) / Math.max(took, 1e-7))));
    took = time(calls);
  }
  return async () => time(calls) / calls;
}
