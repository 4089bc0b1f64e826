/**
 * The scaling curve: speed-up against workers, both axes in powers of two, with the ideal line, what pure
 * arithmetic reached beside the rounds, and the fitted laws.
 */

import { log2Plot, type Panel, type PlotSeries } from '../report/plot.js';
import { type Amdahl, amdahlSpeedup, type Point, type Usl, uslSpeedup } from './fits.js';
import { medianOf } from './stats.js';

/** What pure arithmetic came to on as many threads. */
export interface CeilingPoint {
  speedup: number;
  barrier: number;
}

export interface CurvePoint extends Point {
  /** Ends of the 95% interval of the speed-up; quartiles where samples are too few for one. */
  low: number;
  high: number;
  barrier: number;
  imbalance: number;
  ceiling: CeilingPoint;
}

/** What became of a curve; plain data for the picture and for JSON. */
export interface Curve {
  id: string;
  title: string;
  kind: 'strong' | 'weak';
  points: CurvePoint[];
  /** Whether the laws are fitted to the speed-up over its ceiling, times the workers. */
  overCeiling: boolean;
  /** The largest number of workers that they are fitted to. */
  fittedTo: number;
  amdahl: Amdahl | null;
  usl: Usl | null;
}

/** Points of a fitted curve. */
const STEPS = 40;
/** Dots of several curves stand beside one another, in shares of an octave. */
const APART = 0.04;
/** Before the first dot and after the last, in octaves. */
const MARGIN = 0.2;

export function drawScaling(curves: readonly Curve[], machine: string): string {
  const points = curves.flatMap((curve) => curve.points);
  const most = Math.max(2, ...points.map(({ workers }) => workers));
  const values = points.flatMap(({ low, high, ceiling }) => [low, high, ceiling.speedup]);
  const panels = (['strong', 'weak'] as const).flatMap((kind): Panel[] => {
    const chosen = curves.filter((curve) => curve.kind === kind);
    if (chosen.length === 0) return [];
    return [
      {
        xLabel: `workers, ${kind} scaling`,
        logX: 2,
        xRange: [2 ** -MARGIN, most * 2 ** MARGIN],
        series: [
          ...chosen.map((curve, index) => seriesOf(curve, index - (chosen.length - 1) / 2)),
          ceilingOf(chosen),
          { label: 'ideal', x: [1, most], y: [1, most], isReference: true },
        ],
      },
    ];
  });
  return log2Plot(panels, {
    title: 'Speed-up over one worker',
    subtitle: `${machine}. Dots: medians, with 95% intervals; lines: the law of scaling that fits them.`,
    yLabel: 'speed-up',
    floor: 2 ** (Math.min(0, Math.floor(Math.log2(Math.min(...values)))) - MARGIN),
    ceiling: 2 ** Math.max(Math.log2(most) + MARGIN, Math.log2(Math.max(...values))),
  });
}

/** The machine's own: the median over the curves of a panel, each of which measured it anew. */
function ceilingOf(curves: readonly Curve[]): PlotSeries {
  const x = [...new Set(curves.flatMap(({ points }) => points.map(({ workers }) => workers)))];
  const y = x.map((workers) => {
    const all = curves.flatMap(({ points }) => points.filter((point) => point.workers === workers));
    return medianOf(all.map(({ ceiling }) => ceiling.speedup));
  });
  return { label: 'arithmetic in registers only', x, y };
}

function seriesOf(curve: Curve, beside: number): PlotSeries {
  const { title, points } = curve;
  // One worker over itself is 1 for all: there they stand on one another.
  const place = (workers: number) => (workers === 1 ? 1 : workers * 2 ** (beside * APART));
  return {
    label: title.replace(/^(Strong|Weak) scaling: /, ''),
    x: points.map(({ workers }) => place(workers)),
    y: points.map(({ speedup }) => speedup),
    low: points.map(({ low }) => low),
    high: points.map(({ high }) => high),
    fit: lawOf(curve),
  };
}

/** The richer law, where there are points enough for it, as far as it is fitted. */
function lawOf({ points, usl, amdahl, overCeiling, fittedTo: last }: Curve): { x: number[]; y: number[] } {
  const law = usl
    ? (n: number) => uslSpeedup(n, usl.sigma, usl.kappa)
    : amdahl
      ? (n: number) => amdahlSpeedup(n, amdahl.sigma)
      : null;
  if (law === null || last === 1) return { x: [], y: [] };
  const x = Array.from({ length: STEPS + 1 }, (_, i) => last ** (i / STEPS));
  // Of the ceiling's shares of n, between two numbers of workers in proportion.
  return { x, y: x.map((n) => (overCeiling ? (law(n) / n) * ceilingAt(points, n) : law(n))) };
}

function ceilingAt(points: readonly CurvePoint[], n: number): number {
  const after = Math.max(
    1,
    points.findIndex(({ workers }) => workers >= n * (1 - 1e-9)),
  );
  const [from, to] = [points[after - 1], points[after]];
  const share = Math.log(n / from.workers) / Math.log(to.workers / from.workers);
  return from.ceiling.speedup * (to.ceiling.speedup / from.ceiling.speedup) ** share;
}
