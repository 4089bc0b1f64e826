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
export async function drawCurves(given) {
  return renderSvg(await placed(given, WIDTH));
}

/**
 * Several such pictures with axes of their own, side by side in rows of `columns`.
 *
 * @param {string} caption of all of them
 */
export async function drawBeside(caption, pictures, columns = 2) {
  const width = WIDTH / columns;
  const scenes = [];
  for (const given of pictures) scenes.push(await placed({ ...given, caption }, width - 6));
  const marks = [];
  let top = 0;
  for (let row = 0; row * columns < scenes.length; row++) {
    const beside = scenes.slice(row * columns, (row + 1) * columns);
    beside.forEach((scene, column) => {
      marks.push(...scene.marks.map((mark) => moved(mark, column * width, top)));
    });
    top += Math.max(...beside.map(({ height }) => height)) + 8;
  }
  return renderSvg({ ...scenes[0], width: WIDTH, height: top, title: caption.split('.')[0], marks });
}

function moved(mark, x, y) {
  switch (mark.mark) {
    case 'rule':
      return { ...mark, from: [mark.from[0] + x, mark.from[1] + y], to: [mark.to[0] + x, mark.to[1] + y] };
    case 'stroke':
    case 'area':
      return { ...mark, points: mark.points.map((value, i) => value + (i % 2 === 0 ? x : y)) };
    case 'window':
      return {
        ...mark,
        x: mark.x + x,
        y: mark.y + y,
        marks: mark.marks.map((inside) => moved(inside, x, y)),
      };
    default:
      return { ...mark, x: mark.x + x, y: mark.y + y };
  }
}

async function placed({ caption, x, y, panels, target = null, columns = null, height = null }, width) {
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
  return (await placeFigure(figure, { width, height, columns, legend: 'below' })).scene;
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
