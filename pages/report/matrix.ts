/** Tiles of an adjacency matrix, each as dark as it has entries. */

import type { TilesPayload } from '../../src/page/payload.js';
import { paletteTexts, STEPS } from '../shared/disagreement.js';
import { cssColour, h } from '../shared/dom.js';
import { bytesOf } from './network.js';
import { isDark } from './theme.js';

const WIDEST = 520;

export function drawMatrix(place: HTMLElement, { side, shades }: TilesPayload): void {
  const bytes = bytesOf(shades);
  const canvas = h('canvas', {
    attrs: {
      role: 'img',
      'aria-label': 'The adjacency matrix as tiles; the sentence below says what it shows',
    },
  });
  const width = Math.min(WIDEST, Math.max(240, place.clientWidth));
  const ratio = Math.max(2, devicePixelRatio);
  canvas.width = canvas.height = Math.round(width * ratio);
  canvas.style.width = canvas.style.height = `${width}px`;
  const context = canvas.getContext('2d');
  if (context === null) return;
  const colours = paletteTexts(isDark());
  const tile = canvas.width / side;
  context.fillStyle = cssColour('--sunken');
  context.fillRect(0, 0, canvas.width, canvas.height);
  for (let at = 0; at < bytes.length; at++) {
    const shade = bytes[at] ?? 0;
    if (shade === 0) continue;
    context.fillStyle = colours[Math.min(STEPS - 1, shade)] ?? '#888';
    const [row, column] = [Math.floor(at / side), at % side];
    const [x, y] = [Math.floor(column * tile), Math.floor(row * tile)];
    context.fillRect(x, y, Math.ceil(tile), Math.ceil(tile));
  }
  place.replaceChildren(canvas);
}
