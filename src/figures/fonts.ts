/** The letters of every picture: DejaVu Sans, the same on every machine. */

import { createRequire } from 'node:module';

export type Measure = (text: string, size: number, bold?: boolean) => number;

/** File of the font. */
export function fontFile(bold = false): string {
  const { resolve } = createRequire(import.meta.url);
  return resolve(`dejavu-fonts-ttf/ttf/DejaVuSans${bold ? '-Bold' : ''}.ttf`);
}

/** How wide a text is, as the font has it. Loaded only when somebody asks. */
export async function loadMeasure(): Promise<Measure> {
  const { default: PDFDocument } = await import('pdfkit');
  const document = new PDFDocument({ autoFirstPage: false });
  return (text, size, bold = false) => document.font(fontFile(bold)).fontSize(size).widthOfString(text);
}
