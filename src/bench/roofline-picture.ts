/** The roofline: rounds under what arithmetic and memory allow, by operations a byte. */

import { log2Plot } from '../report/plot.js';

export interface RooflinePoint {
  label: string;
  /** Operations a byte. */
  intensity: number;
  /** Gop/s: median and quartiles. */
  speed: number;
  low: number;
  high: number;
}

export interface Roofs {
  /** Gop/s. */
  arithmetic: number;
  /** GB/s in the second cache, and beyond all. */
  near: number;
  far: number;
  machine: string;
}

export function drawRoofline(points: readonly RooflinePoint[], roofs: Roofs): string {
  const { arithmetic, near, far, machine } = roofs;
  const across = [...points.map(({ intensity }) => intensity), arithmetic / far, arithmetic / near];
  const from = 2 ** (Math.floor(Math.log2(Math.min(...across))) - 1);
  const to = 2 ** (Math.ceil(Math.log2(Math.max(...across))) + 1);
  // Slope, ridge, level.
  const under = (bandwidth: number) => {
    const ridge = arithmetic / bandwidth;
    return { x: [from, ridge, to], y: [from * bandwidth, arithmetic, arithmetic] };
  };
  const lowest = Math.min(far * from, ...points.map(({ low }) => low));
  return log2Plot(
    [
      {
        xLabel: 'operations a byte',
        logX: 2,
        xRange: [from, to],
        series: [
          ...points.map(({ label, intensity, speed, low, high }) => ({
            label,
            x: [intensity],
            y: [speed],
            low: [low],
            high: [high],
            fit: { x: [], y: [] },
          })),
          { label: 'roof: triad in the second cache, arithmetic in registers', ...under(near) },
          { label: 'roof: triad beyond the caches', ...under(far) },
        ],
      },
    ],
    {
      title: 'Roofline: what limits a round',
      subtitle: `${machine}. Dots: medians, with quartiles.`,
      yLabel: 'Gop/s',
      floor: 2 ** Math.floor(Math.log2(lowest)),
      ceiling: 2 ** (Math.ceil(Math.log2(Math.max(arithmetic, ...points.map(({ high }) => high)))) + 0.5),
    },
  );
}
