/**
 * How curves are told apart: by colour (Okabe and Ito's, which most eyes tell apart), by dashes and by the
 * shape of their dots, so that a grey print shows it, too. The eighth curve has the first colour again, with
 * other dashes and another shape.
 */

import type { Shape } from './scene.js';

export type StyleName = 'light' | 'dark';

export interface Theme {
  background: string;
  /** Of texts and frames. */
  ink: string;
  /** Of what is less important. */
  faint: string;
  grid: string;
  colours: readonly string[];
}

export const THEMES: Readonly<Record<StyleName, Theme>> = {
  light: {
    background: '#ffffff',
    ink: '#1a1a1a',
    faint: '#6a6a6a',
    grid: '#e6e6e6',
    // Neighbours in the list differ in how dark they are as well.
    colours: ['#0072b2', '#e69f00', '#000000', '#cc79a7', '#009e73', '#56b4e9', '#d55e00'],
  },
  dark: {
    background: '#16191d',
    ink: '#e8e8e8',
    faint: '#a0a4aa',
    grid: '#2c3138',
    colours: ['#56b4e9', '#e69f00', '#ffffff', '#cc79a7', '#1fc198', '#f0e442', '#ff8547'],
  },
};

/** In points: strokes and gaps in turns. */
const DASHES: readonly (readonly number[] | null)[] = [
  null,
  [5, 2],
  [1.4, 1.6],
  [7, 1.8, 1.4, 1.8],
  [9, 2.4],
];
const SHAPES: readonly Shape[] = ['circle', 'square', 'up', 'diamond', 'down', 'cross'];

export interface CurveStyle {
  colour: string;
  dash: readonly number[] | null;
  shape: Shape;
}

/** Of the curve with this number, from 0. Seven colours, five dashes, six shapes: 210 that differ. */
export function curveStyle(index: number, { colours }: Theme): CurveStyle {
  return {
    colour: colours[index % colours.length] as string,
    dash: DASHES[index % DASHES.length] as readonly number[] | null,
    shape: SHAPES[index % SHAPES.length] as Shape,
  };
}

/** A curve's colour nearer to that of texts: letters are thinner than lines. */
export function textColour(colour: string, { ink }: Theme): string {
  const channel = (from: string, at: number) => Number.parseInt(from.slice(1 + 2 * at, 3 + 2 * at), 16);
  const mixed = [0, 1, 2].map((at) => Math.round(0.62 * channel(colour, at) + 0.38 * channel(ink, at)));
  return `#${mixed.map((value) => value.toString(16).padStart(2, '0')).join('')}`;
}
