/**
 * A picture as data: lines, areas, dots and texts at places on a page, which each format writes in its own
 * words (`render-svg.ts`, `pdf.ts`). Lengths are points of 1/72 inch, or pixels where `unit` says so; y grows
 * downwards. What lies in a `window` is cut off at its edges: a curve goes on beyond them at its true place.
 */

/** Text in pieces, of which some are raised: powers of ten. */
export type Words = string | readonly { text: string; raised?: boolean }[];

export interface Pen {
  colour: string;
  width: number;
  /** Lengths of strokes and gaps, in turns; an unbroken line where absent. */
  dash?: readonly number[];
  opacity?: number;
}

export type Shape = 'circle' | 'square' | 'up' | 'diamond' | 'down' | 'cross';

export type Mark =
  /** A straight line of the frame, the grid or a legend. */
  | { mark: 'rule'; from: readonly [x: number, y: number]; to: readonly [x: number, y: number]; pen: Pen }
  /** A curve through x, y, x, y, ... */
  | { mark: 'stroke'; points: readonly number[]; pen: Pen }
  | { mark: 'area'; points: readonly number[]; fill: string; opacity: number }
  | { mark: 'box'; x: number; y: number; width: number; height: number; fill?: string; pen?: Pen }
  | { mark: 'dot'; shape: Shape; x: number; y: number; radius: number; colour: string }
  | {
      mark: 'words';
      x: number;
      y: number;
      words: Words;
      size: number;
      anchor: 'start' | 'middle' | 'end';
      colour?: string;
      bold?: boolean;
      /** Upwards, turned about x, y. */
      upwards?: boolean;
    }
  | {
      mark: 'window';
      x: number;
      y: number;
      width: number;
      height: number;
      marks: readonly Mark[];
    };

export interface Scene {
  width: number;
  height: number;
  unit: 'pt' | 'px';
  background: string;
  /** Of texts that have none of their own. */
  colour: string;
  /** Of texts that have none of their own, in the unit. */
  size: number;
  /** Stands for the picture where it is read aloud. */
  title: string;
  description?: string;
  marks: readonly Mark[];
}

/** How much smaller, and how much higher, raised text is; in shares of its size. */
export const RAISED = { size: 0.72, by: 0.38 };

/** Corners of a shape about 0, 0, with radius 1; a circle has none, and a cross is two strokes. */
export const CORNERS: Readonly<Record<Exclude<Shape, 'circle' | 'cross'>, readonly number[]>> = {
  square: [-0.89, -0.89, 0.89, -0.89, 0.89, 0.89, -0.89, 0.89],
  up: [0, -1.25, 1.15, 0.8, -1.15, 0.8],
  diamond: [0, -1.3, 1.3, 0, 0, 1.3, -1.3, 0],
  down: [0, 1.25, 1.15, -0.8, -1.15, -0.8],
};

/** The same in one line, for what cannot raise letters. */
export function plainWords(words: Words): string {
  if (typeof words === 'string') return words;
  return words.map(({ text, raised }) => (raised ? `^${text}` : text)).join('');
}
