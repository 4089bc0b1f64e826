/** Pictures of studies, drawn by what draws all figures of the project (`src/figures`). */

import { loadMeasure } from '../../dist/src/figures/fonts.js';
import { placeFigure } from '../../dist/src/figures/plot.js';
import { renderSvg } from '../../dist/src/figures/render-svg.js';

/** Points: 6.5 in, the width of a page's text. */
export const WIDTH = 468;

/**
 * Curves in panels, as SVG.
 *
 * @param {object} given
 * @param {string} given.caption what is to be seen, in sentences
 * @param {{ title: string, scale?: 'linear' | 'log' | 'log2', low: number, high: number, labels?: 'si' | 'power' }} given.x
 * @param {{ title: string, scale?: 'linear' | 'log' | 'log2', low: number, high: number, labels?: 'si' | 'power' }} given.y
 * @param {{ title?: string, levels?: { value: number, style: number | null }[],
 *   curves: { label: string, x: number[], y: (number | null)[], low?: (number | null)[], high?: (number | null)[], thin?: boolean }[] }[]} given.panels
 *   curves of one label look alike in every panel
 * @param {number | null} [given.target] a dashed line at this height
 */
export async function drawCurves({ caption, x, y, panels, target = null, columns = null, height = null }) {
  const labels = [...new Set(panels.flatMap(({ curves }) => curves.map(({ label }) => label)))];
  const figure = {
    title: null,
    caption,
    style: 'light',
    x: axis(x),
    y: axis(y),
    panels: panels.map(({ title = null, levels = [], curves }) => ({
      title,
      levels,
      curves: curves.map((curve) => ({
        label: curve.label,
        style: labels.indexOf(curve.label),
        x: curve.x,
        y: curve.y.map(gap),
        low: curve.low?.map(gap) ?? null,
        high: curve.high?.map(gap) ?? null,
        diverges: false,
        ...(curve.thin && { thin: true }),
      })),
    })),
    labels,
    target,
    noise: null,
  };
  const { scene } = await placeFigure(figure, { width: WIDTH, height, columns, legend: 'below' });
  return renderSvg(scene);
}

const gap = (value) => value ?? Number.NaN;

function axis({ title, scale = 'linear', low, high, labels }) {
  return { title, scale, low, high, unit: 1, labels: labels ?? (scale === 'log' ? 'power' : 'si') };
}

/** A scene of marks (`src/figures/scene.ts`), for what is no curve. `words` gives how wide a text is. */
export async function drawScene(make) {
  const scene = make(await loadMeasure());
  return renderSvg({
    unit: 'pt',
    background: '#ffffff',
    colour: '#1a1a1a',
    size: 8,
    ...scene,
  });
}

/** Where an axis begins and ends so that all positive values lie on it, with a little room. */
export function logRange(values, room = 0.05) {
  const known = values.filter((value) => value > 0 && Number.isFinite(value));
  const [low, high] = [Math.min(...known), Math.max(...known)];
  const wide = Math.max((high / low) ** room, 1.15);
  return { low: low / wide, high: high * wide };
}
