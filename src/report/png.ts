/**
 * An SVG as PNG, with a font that is the same on every machine. The renderer is loaded only when a picture is
 * asked for.
 */

import { createRequire } from 'node:module';

const FONT = 'dejavu-fonts-ttf/ttf/DejaVuSans.ttf';
const BOLD = 'dejavu-fonts-ttf/ttf/DejaVuSans-Bold.ttf';
/** Pixels for one unit of the drawing. */
const SCALE = 2;

export async function renderPng(svg: string): Promise<Uint8Array> {
  const { Resvg } = await import('@resvg/resvg-js');
  const { resolve } = createRequire(import.meta.url);
  const picture = new Resvg(svg, {
    font: {
      fontFiles: [resolve(FONT), resolve(BOLD)],
      loadSystemFonts: false,
      defaultFontFamily: 'DejaVu Sans',
      sansSerifFamily: 'DejaVu Sans',
    },
    fitTo: { mode: 'zoom', value: SCALE },
    background: '#fff',
  });
  return picture.render().asPng();
}
