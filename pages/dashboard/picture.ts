/** A picture of a network, whichever draws it: sigma up to ten thousand nodes, points beyond. */

import type { Scale } from '../shared/disagreement.js';

export interface NetworkPicture {
  /** What the last frames took to draw, in milliseconds. */
  readonly frameTimes: readonly number[];
  /** When they were drawn, by the clock of the page. */
  readonly drawnAt: readonly number[];
  /** Disagreement of the agents from `first` on; one value stands for `stride` of them. */
  paint(values: Float32Array, first: number, stride: number, scale: Scale): void;
  /** How much each agent said, 0..1: its edges are lighted accordingly for a moment. */
  light(share: Float32Array): void;
  /** Every edge that is cut now. */
  setCut(cut: readonly (readonly [number, number])[]): void;
  select(agent: number | null): void;
  /** Moves there. */
  look(agent: number): void;
  /** Where it is seen, in pixels from the upper left corner. */
  where(agent: number): { x: number; y: number };
  zoomBy(factor: number): void;
  whole(): void;
  restyle(dark: boolean): void;
  destroy(): void;
}

export interface PictureEvents {
  onNode(agent: number): void;
  onEdge(ends: readonly [number, number]): void;
  /** The graphics card was taken away: the picture must be made anew. */
  onLost(): void;
}
