/** Costs of one coordinate, entry, node and edge against sizes, both axes logarithmic; caches end at lines. */

import { logPlot, type Panel, type PlotSeries } from '../report/plot.js';

/** What became of an axis; plain data for the picture and for JSON. */
export interface Curve {
  id: string;
  title: string;
  of: string;
  unit: string;
  /** Sizes. */
  x: number[];
  /** ns for one unit: medians. */
  own: number[];
  loop: number[];
  /** Sizes at which what is gone through no longer fits. */
  ends: { cache: string; at: number }[];
}

export function drawGrowth(curves: readonly Curve[]): string {
  const rounds = curves.filter(({ id }) => id.startsWith('round/'));
  const setUp = curves.filter(({ id }) => !id.startsWith('round/'));
  const all = curves.flatMap(({ own, loop }) => [...own, ...loop]);
  const floor = 10 ** Math.floor(Math.log10(Math.min(...all)));
  const ceiling = 10 ** Math.ceil(Math.log10(Math.max(...all)));
  const lines = (curve: Curve): PlotSeries[] =>
    curve.ends.map(({ cache, at }) => ({
      label: `the ${cache} cache ends`,
      x: [at, at],
      y: [floor, ceiling],
      thin: true,
    }));
  const panels: Panel[] = rounds.map((curve) => ({
    xLabel: `${curve.of} (${curve.title})`,
    logX: true,
    series: [
      { label: 'a round', x: curve.x, y: curve.own },
      { label: 'a plain loop over as much memory', x: curve.x, y: curve.loop },
      ...lines(curve),
    ],
  }));
  if (setUp.length > 0) {
    panels.push({
      xLabel: 'agents (before the rounds)',
      logX: true,
      series: setUp.map(({ title, x, own }) => ({ label: title, x, y: own })),
    });
  }
  return logPlot(panels, {
    title:
      'What one coordinate, entry, or node and edge costs: level lines grow with their size and no faster',
    yLabel: 'ns',
    floor,
    ceiling,
  });
}
