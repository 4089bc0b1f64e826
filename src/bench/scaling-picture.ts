/**
 * The scaling curve: speed-up against workers, with the line of perfect scaling, what pure arithmetic reached
 * beside the rounds, and the fitted laws.
 */

import { linearPlot, type Panel, type PlotSeries } from '../report/plot.js';
import { type Amdahl, amdahlSpeedup, type Point, type Usl, uslSpeedup } from './fits.js';
import { spreadOf } from './stats.js';

/** What pure arithmetic came to on as many threads. */
export interface CeilingPoint {
  speedup: number;
  barrier: number;
}

/** What became of a curve; plain data for the picture and for JSON. */
export interface Curve {
  id: string;
  title: string;
  kind: 'strong' | 'weak';
  points: (Point & { barrier: number; imbalance: number; ceiling: CeilingPoint })[];
  /** Whether the laws are fitted to the speed-up over its ceiling, times the workers. */
  overCeiling: boolean;
  amdahl: Amdahl | null;
  usl: Usl | null;
}

/** Points of a fitted curve. */
const STEPS = 40;

export function drawScaling(curves: readonly Curve[]): string {
  const most = Math.max(...curves.flatMap(({ points }) => points.map(({ workers }) => workers)), 2);
  // Far enough to see where a fitted law bends.
  const end = 2 * most;
  const grid = Array.from({ length: STEPS + 1 }, (_, i) => 1 + ((end - 1) * i) / STEPS);
  const panels = (['strong', 'weak'] as const).flatMap((kind): Panel[] => {
    const chosen = curves.filter((curve) => curve.kind === kind);
    if (chosen.length === 0) return [];
    const series = [
      { label: 'perfect', x: [1, end], y: [1, end] },
      ...chosen.map((curve) => seriesOf(curve, grid)),
      ceilingOf(chosen),
    ];
    return [{ xLabel: `workers, ${kind} scaling`, series }];
  });
  return linearPlot(panels, {
    title: 'Speed-up over one worker: measured (dots) and what the laws of scaling make of it (lines)',
    yLabel: 'speed-up',
    ceiling: end,
  });
}

/** The machine's own: the median over the curves of a panel, each of which measured it anew. */
function ceilingOf(curves: readonly Curve[]): PlotSeries {
  const x = [...new Set(curves.flatMap(({ points }) => points.map(({ workers }) => workers)))];
  const y = x.map((workers) => {
    const all = curves.flatMap(({ points }) => points.filter((point) => point.workers === workers));
    return spreadOf(all.map(({ ceiling }) => ceiling.speedup)).median;
  });
  return { label: 'arithmetic in registers only', x, y };
}

/** The richer law, where there are points enough for it. */
function seriesOf({ title, points, usl, amdahl, overCeiling }: Curve, grid: readonly number[]): PlotSeries {
  const law = usl
    ? (n: number) => uslSpeedup(n, usl.sigma, usl.kappa)
    : amdahl
      ? (n: number) => amdahlSpeedup(n, amdahl.sigma)
      : null;
  return {
    label: title.replace(/^(Strong|Weak) scaling: /, ''),
    x: points.map(({ workers }) => workers),
    y: points.map(({ speedup }) => speedup),
    fit: law && !overCeiling ? { x: grid, y: grid.map(law) } : { x: [], y: [] },
  };
}
