/**
 * An SVG as PNG, with a font that is the same on every machine. The renderer is loaded only when a picture is
 * asked for.
 */

import { fontFile } from './fonts.js';

/** Pixels for one unit of the drawing. */
const SCALE = 2;
/** For what is drawn in points: 300 pixels an inch. The renderer has 96 to the inch before. */
export const PRINT_SCALE = 300 / 96;

/** `scale`: pixels for one unit of the drawing. */
export async function renderPng(svg: string, scale = SCALE): Promise<Uint8Array> {
  const { Resvg } = await import('@resvg/resvg-js');
  const picture = new Resvg(svg, {
    font: {
      fontFiles: [fontFile(), fontFile(true)],
      loadSystemFonts: false,
      defaultFontFamily: 'DejaVu Sans',
      sansSerifFamily: 'DejaVu Sans',
    },
    fitTo: { mode: 'zoom', value: scale },
    background: '#fff',
  });
  return picture.render().asPng();
}
