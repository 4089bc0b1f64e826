/** A figure that has been laid out, as a scene. */

import type { Figure } from './figure.js';
import { type Layout, type PlacedCurve, type PlacedPanel, SIZE, SMALL, targetWords } from './layout.js';
import type { Mark, Pen, Scene, Words } from './scene.js';
import { curveStyle, THEMES, type Theme, textColour } from './style.js';

const LINE = 1.1;
const DOT = 1.9;

export function drawFigure(figure: Figure, layout: Layout): Scene {
  const theme = THEMES[figure.style];
  const marks: Mark[] = [];
  const words = (x: number, y: number, text: Words, more: Partial<Mark & { mark: 'words' }> = {}) =>
    marks.push({ mark: 'words', x, y, words: text, size: SIZE, anchor: 'start', ...more });
  if (layout.title !== null && figure.title !== null)
    words(layout.title.x, layout.title.y, figure.title, { bold: true });
  layout.panels.forEach((panel, p) => {
    marks.push(...drawPanel(figure, panel, theme));
    if (p === 0 && layout.target !== null && figure.target !== null) {
      words(layout.target.x, layout.target.y + 0.85 * SMALL, targetWords(figure.target), {
        size: SMALL,
        colour: theme.faint,
      });
    }
  });
  words(layout.xTitle.x, layout.xTitle.y, figure.x.title, { anchor: 'middle' });
  words(layout.yTitle.x, layout.yTitle.y, figure.y.title, { anchor: 'middle', upwards: true });
  for (const { label, style, x, y, sample } of layout.legend) {
    const { shape, colour } = curveStyle(style, theme);
    const middle = y - SIZE * 0.36;
    marks.push({ mark: 'rule', from: [x, middle], to: [x + sample, middle], pen: penOf(style, theme) });
    marks.push({ mark: 'dot', shape, x: x + sample / 2, y: middle, radius: DOT, colour });
    words(x + sample + 4, y, label);
  }
  return {
    width: layout.width,
    height: layout.height,
    unit: 'pt',
    background: theme.background,
    colour: theme.ink,
    size: SIZE,
    title: figure.title ?? `${figure.y.title} against ${figure.x.title}`,
    description: figure.caption,
    marks,
  };
}

function drawPanel(figure: Figure, panel: PlacedPanel, theme: Theme): Mark[] {
  const { frame, x, y, numbered } = panel;
  const { x: left, y: top, width, height } = frame;
  const bottom = top + height;
  const grid: Pen = { colour: theme.grid, width: 0.5 };
  const ink: Pen = { colour: theme.ink, width: 0.6 };
  const marks: Mark[] = [];
  const inside: Mark[] = [];
  const words = (at: number, to: number, text: Words, more: Partial<Mark & { mark: 'words' }> = {}) =>
    marks.push({ mark: 'words', x: at, y: to, words: text, size: SIZE, anchor: 'start', ...more });

  for (const { value, label } of y.ticks) {
    const at = y.of(value);
    if (label !== null) inside.push({ mark: 'rule', from: [left, at], to: [left + width, at], pen: grid });
  }
  const noise = figure.noise === null ? Number.NaN : y.of(figure.noise);
  if (noise < bottom) {
    inside.push({
      mark: 'area',
      points: [left, noise, left + width, noise, left + width, bottom, left, bottom],
      fill: theme.faint,
      opacity: 0.14,
    });
    inside.push({
      mark: 'words',
      x: left + width - 3,
      y: Math.min(bottom - 2, noise + SMALL + 1),
      words: 'rounding',
      size: SMALL,
      anchor: 'end',
      colour: theme.faint,
    });
  }
  if (figure.target !== null) {
    const at = y.of(figure.target);
    inside.push({
      mark: 'rule',
      from: [left, at],
      to: [left + width, at],
      pen: { colour: theme.faint, width: 0.7, dash: [4, 2.5] },
    });
  }
  for (const { value, style } of panel.levels) {
    const colour = style === null ? theme.faint : curveStyle(style, theme).colour;
    const at = y.of(value);
    inside.push({
      mark: 'rule',
      from: [left, at],
      to: [left + width, at],
      pen: { colour, width: 0.8, dash: [4, 2.5] },
    });
  }
  for (const curve of panel.curves) inside.push(...bands(curve, theme));
  for (const curve of panel.curves) inside.push(...lines(curve, theme));
  marks.push({ mark: 'window', ...frame, marks: inside });

  for (const { value, label } of y.ticks) {
    const at = y.of(value);
    marks.push({ mark: 'rule', from: [left, at], to: [left - (label === null ? 1.5 : 3), at], pen: ink });
    if (numbered.left && label !== null) words(left - 5, at + SIZE * 0.36, label, { anchor: 'end' });
  }
  for (const { value, label } of x.ticks) {
    const at = x.of(value);
    marks.push({ mark: 'rule', from: [at, bottom], to: [at, bottom + (label === null ? 1.5 : 3)], pen: ink });
    if (numbered.below && label !== null) words(at, bottom + 3 + SIZE + 1.5, label, { anchor: 'middle' });
  }
  marks.push({ mark: 'box', ...frame, pen: ink });
  if (panel.title !== null) words(left + width / 2, top - 4, panel.title, { anchor: 'middle' });
  for (const { label, x: at, y: to } of panel.labels) {
    const style = figure.labels.indexOf(label);
    words(at, to, label, { colour: textColour(curveStyle(style, theme).colour, theme) });
  }
  return marks;
}

function bands({ bands: outlines, curve }: PlacedCurve, theme: Theme): Mark[] {
  const fill = curveStyle(curve.style, theme).colour;
  return outlines.map((points) => ({ mark: 'area', points, fill, opacity: 0.18 }));
}

function lines({ curve, pieces, dots, lost }: PlacedCurve, theme: Theme): Mark[] {
  const { colour, shape } = curveStyle(curve.style, theme);
  const usual = penOf(curve.style, theme);
  const pen = curve.thin ? { ...usual, width: 0.7 } : usual;
  return [
    ...pieces.filter((points) => points.length > 2).map((points): Mark => ({ mark: 'stroke', points, pen })),
    ...dots.map(({ x, y }): Mark => ({ mark: 'dot', shape, x, y, radius: DOT, colour })),
    ...(lost === null
      ? []
      : [{ mark: 'dot', shape: 'cross', x: lost[0], y: lost[1], radius: 3, colour } as Mark]),
  ];
}

function penOf(style: number, theme: Theme): Pen {
  const { colour, dash } = curveStyle(style, theme);
  return { colour, width: LINE, ...(dash !== null && { dash }) };
}
