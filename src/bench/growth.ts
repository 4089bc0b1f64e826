/**
 * Does anything grow faster than its size? The round against agents, degree, dim and samples, each with the
 * others held; and what comes before it: generators, weights, the spectrum that `auto` gains are made from.
 * Beside each of them, in turns with it, a plain loop over as much memory in the same order (`growth-loop.ts`):
 * where a cache ends both slow down, and what is left of an exponent is the program's own.
 */

import { formatBytes } from '../../topology/memory.js';
import { cacheBytes } from '../base/caches.js';
import { formatQuantity } from '../base/format.js';
import { makeTemporaryFolder } from '../base/temporary-folder.js';
import { countText, figure, spreadText } from './figures.js';
import { type Axis, agentsAxis, degreeAxis, dimAxis, type Point, samplesAxis } from './growth-axes.js';
import { type Curve, drawGrowth } from './growth-picture.js';
import { setUpAxes } from './growth-set-up.js';
import { interleave } from './interleave.js';
import { ratios, spreadOf } from './stats.js';
import type { BenchInputs, Benchmark, Figure, Table } from './types.js';

/** More than this and it grows faster than its size: a tenth is what sizes that are no powers leave. */
const MOST_EXPONENT = 1.1;
/** What takes seconds is not taken eleven times. */
const MOST_SET_UP_PASSES = 3;

export const growth: Benchmark = {
  name: 'growth',
  summary: 'cost of a coordinate and of an edge from 1,000 to 1,000,000 agents, and fitted exponents',
  description: `Does anything grow faster than its size? The round on one worker against agents (10^3 to 10^6, d = 8), degree (4 to 64), dim (8 to 4,096) and
samples, each with the others held; generators, weights and the spectrum of auto gains against agents. Each takes turns with a plain loop over as much
memory in the same order: an exponent is that of the time over the loop's, plus 1, so that caches drop out. About ten minutes, and 2 GB of memory.`,
  async run(inputs) {
    const folder = makeTemporaryFolder('growth');
    try {
      const axes = [agentsAxis, degreeAxis, dimAxis, samplesAxis].map((axis) => axis(inputs, folder.path));
      const setUp = setUpAxes(inputs);
      const passes = { round: inputs.passes, setUp: Math.min(inputs.passes, MOST_SET_UP_PASSES) };
      const steps = (chosen: readonly Axis[], count: number) =>
        chosen.reduce((sum, { sizes }) => sum + 2 * sizes.length * count, 0);
      inputs.progress.expect(steps(axes, passes.round) + steps(setUp, passes.setUp));
      const measured: Measured[] = [];
      for (const axis of axes) measured.push(await measureAxis(axis, passes.round, inputs));
      for (const axis of setUp) measured.push(await measureAxis(axis, passes.setUp, inputs));
      const curves = measured.map(({ curve }) => curve);
      return {
        figures: measured.flatMap(({ figures }) => figures),
        tables: [...measured.map(({ table }) => table), exponentTable(measured)],
        picture: drawGrowth(curves),
        details: { curves, caches: cacheBytes() },
      };
    } finally {
      folder.remove();
    }
  },
};

interface Measured {
  axis: Axis;
  figures: Figure[];
  table: Table;
  curve: Curve;
  exponents: { own: Figure; raw: Figure };
}

async function measureAxis(axis: Axis, passes: number, { quick, progress }: BenchInputs): Promise<Measured> {
  const points: Point[] = [];
  try {
    for (const size of axis.sizes) {
      const point = await axis.open(size);
      points.push(point);
      // Cold code, and the number of calls that a sample takes.
      await point.sample();
      await point.loop();
    }
    const samples = await interleave(
      points.flatMap(({ sample, loop }, index) => {
        const name = `${axis.title}, ${countText(axis.sizes[index])}`;
        return [
          { name, sample },
          { name: `${name}: plain loop`, sample: loop },
        ];
      }),
      passes,
      progress,
    );
    return summarizeAxis(axis, points, samples, quick);
  } finally {
    for (const point of points) await point.close();
  }
}

/** @param samples seconds: of the first size, of its loop, of the second size, ... */
export function summarizeAxis(
  axis: Axis,
  points: readonly Pick<Point, 'units' | 'edges' | 'bytes'>[],
  samples: readonly (readonly number[])[],
  quick = false,
): Measured {
  const { id, title, sizes, unit, of, target } = axis;
  const curve: Curve = { id, title, of, unit, x: [...sizes], own: [], loop: [], ends: [] };
  const figures: Figure[] = [];
  const rows = points.map(({ units, edges, bytes }, index) => {
    const [own, loop] = [samples[2 * index], samples[2 * index + 1]];
    const size = sizes[index];
    const held = target !== undefined && target.size === size && !quick;
    const seconds = figure(
      `growth/${id}/${size}/seconds`,
      `${title}, ${countText(size)} ${of}`,
      's',
      'lower',
      own,
      held ? { atMost: target.seconds } : undefined,
    );
    const each = own.map((s) => (1e9 * s) / units);
    const cost = figure(
      `growth/${id}/${size}`,
      `${title}, ${countText(size)} ${of}`,
      `ns a ${unit}`,
      'lower',
      each,
    );
    const loopCost = spreadOf(loop.map((s) => (1e9 * s) / units));
    figures.push(cost);
    if (held) figures.push(seconds);
    curve.own.push(cost.median);
    curve.loop.push(loopCost.median);
    return [
      countText(size),
      formatBytes(bytes),
      formatQuantity(seconds.median, 3),
      spreadText(cost),
      edges === null ? '' : formatQuantity((1e9 * seconds.median) / edges, 3),
      formatQuantity(loopCost.median, 3),
      spreadText(spreadOf(ratios(own, loop))),
    ];
  });
  curve.ends = cacheEnds(
    sizes,
    points.map(({ bytes }) => bytes),
  );
  const raw = figure(
    `growth/${id}/exponent-of-time`,
    `${title}: exponent of the time`,
    '',
    'lower',
    slopes(sizes, samples, false),
  );
  const own = figure(
    `growth/${id}/exponent`,
    `${title}: exponent in ${of}, caches left out`,
    '',
    'lower',
    slopes(sizes, samples, true),
    quick ? undefined : { atMost: MOST_EXPONENT },
  );
  figures.push(own, raw);
  const table: Table = {
    title: `${title} against ${of}`,
    columns: [of, 'memory', 's', `ns a ${unit}`, 'ns an edge', 'plain loop, ns', 'over the loop'],
    rows,
    notes: curve.ends.map(
      ({ cache, at }) => `the ${cache} cache ends at about ${formatQuantity(at, 2)} ${of}`,
    ),
  };
  return { axis, figures, table, curve, exponents: { own, raw } };
}

/** Of every pass: the slope of log(time), or of log(time over the loop's) + log(size), against log(size). */
function slopes(
  sizes: readonly number[],
  samples: readonly (readonly number[])[],
  overLoop: boolean,
): number[] {
  return samples[0].map((_, pass) => {
    const logs = sizes.map((size, index) => {
      const time = samples[2 * index][pass];
      return Math.log(overLoop ? (time / samples[2 * index + 1][pass]) * size : time);
    });
    return slope(sizes.map(Math.log), logs);
  });
}

/** Least squares. */
export function slope(x: readonly number[], y: readonly number[]): number {
  const mean = (values: readonly number[]) => values.reduce((sum, value) => sum + value, 0) / values.length;
  const [meanX, meanY] = [mean(x), mean(y)];
  let [above, below] = [0, 0];
  for (const [i, value] of x.entries()) {
    above += (value - meanX) * (y[i] - meanY);
    below += (value - meanX) ** 2;
  }
  return above / below;
}

/** Where the memory that is gone through passes a cache, between two sizes in proportion. */
export function cacheEnds(sizes: readonly number[], bytes: readonly number[]): Curve['ends'] {
  const { second, last } = cacheBytes();
  const caches = [
    { cache: 'second', limit: second },
    { cache: 'last', limit: last },
  ];
  return caches.flatMap(({ cache, limit }) => {
    const after = bytes.findIndex((size) => size > limit);
    if (after <= 0) return [];
    const share = Math.log(limit / bytes[after - 1]) / Math.log(bytes[after] / bytes[after - 1]);
    return [{ cache, at: sizes[after - 1] * (sizes[after] / sizes[after - 1]) ** share }];
  });
}

function exponentTable(measured: readonly Measured[]): Table {
  return {
    title: 'Exponents',
    columns: ['what', 'in', 'of the time', 'caches left out'],
    rows: measured.map(({ axis, exponents: { own, raw } }) => [
      axis.title,
      axis.of,
      spreadText(raw),
      spreadText(own),
    ]),
    notes: [
      '1: in proportion to its size; above 1: faster than its size; caches left out: over the plain loop',
    ],
  };
}
