/**
 * A scene as PDF, by pdfkit: one page of the figure's size, with the letters that are used of the font inside
 * it, as journals ask. The same scene, the same bytes: the file's date is that of what is drawn.
 */

import { fontFile, type Measure } from './fonts.js';
import { CORNERS, type Mark, type Pen, RAISED, type Scene } from './scene.js';

type Document = PDFKit.PDFDocument;

/** `date`: written into the file. */
export async function renderPdf(scene: Scene, date: Date): Promise<Uint8Array> {
  const { default: PDFDocument } = await import('pdfkit');
  const document = new PDFDocument({
    size: [scene.width, scene.height],
    margin: 0,
    info: { Title: scene.title, Creator: 'Sottovoce', Producer: 'PDFKit', CreationDate: date },
    displayTitle: true,
    lang: 'en',
  });
  const chunks: Uint8Array[] = [];
  document.on('data', (chunk: Uint8Array) => chunks.push(chunk));
  const ended = new Promise((resolve, reject) => {
    document.on('end', resolve);
    document.on('error', reject);
  });
  document.registerFont('plain', fontFile());
  document.registerFont('bold', fontFile(true));
  if (scene.background !== '#ffffff') document.rect(0, 0, scene.width, scene.height).fill(scene.background);
  for (const mark of scene.marks) draw(document, mark, scene.colour);
  document.end();
  await ended;
  return new Uint8Array(Buffer.concat(chunks));
}

function draw(document: Document, mark: Mark, ink: string): void {
  document.save();
  switch (mark.mark) {
    case 'rule':
      document.moveTo(...(mark.from as [number, number])).lineTo(...(mark.to as [number, number]));
      stroke(document, mark.pen);
      break;
    case 'stroke':
      follow(document, mark.points);
      stroke(document, mark.pen);
      break;
    case 'area':
      follow(document, mark.points);
      document.closePath().fillOpacity(mark.opacity).fill(mark.fill);
      break;
    case 'box':
      document.rect(mark.x, mark.y, mark.width, mark.height);
      if (mark.fill !== undefined) document.fill(mark.fill);
      else if (mark.pen !== undefined) stroke(document, mark.pen);
      break;
    case 'dot':
      dot(document, mark);
      break;
    case 'words':
      words(document, mark, ink);
      break;
    case 'window':
      document.rect(mark.x, mark.y, mark.width, mark.height).clip();
      for (const inner of mark.marks) draw(document, inner, ink);
      break;
  }
  document.restore();
}

function follow(document: Document, points: readonly number[]): void {
  for (let i = 0; i + 1 < points.length; i += 2) {
    const [x, y] = [points[i] as number, points[i + 1] as number];
    if (i === 0) document.moveTo(x, y);
    else document.lineTo(x, y);
  }
}

function stroke(document: Document, { colour, width, dash, opacity = 1 }: Pen): void {
  document.lineWidth(width).lineJoin('round').strokeOpacity(opacity);
  // pdfkit takes strokes and gaps as a list, which its types do not know.
  if (dash !== undefined) document.dash(dash as unknown as number, {});
  document.stroke(colour);
}

function dot(document: Document, { shape, x, y, radius, colour }: Mark & { mark: 'dot' }): void {
  if (shape === 'circle') {
    document.circle(x, y, radius).fill(colour);
    return;
  }
  if (shape === 'cross') {
    document.moveTo(x - radius, y - radius).lineTo(x + radius, y + radius);
    document.moveTo(x - radius, y + radius).lineTo(x + radius, y - radius);
    document.lineWidth(radius / 2).stroke(colour);
    return;
  }
  follow(
    document,
    CORNERS[shape].map((at, i) => (i % 2 === 0 ? x : y) + radius * at),
  );
  document.closePath().fill(colour);
}

function words(document: Document, mark: Mark & { mark: 'words' }, ink: string): void {
  const { x, y, words: content, size, anchor, colour = ink, bold = false, upwards } = mark;
  const runs = typeof content === 'string' ? [{ text: content }] : content;
  document.font(bold ? 'bold' : 'plain').fillColor(colour);
  const measure: Measure = (text, points) => document.fontSize(points).widthOfString(text);
  const sizeOf = (raised: boolean | undefined) => (raised ? RAISED.size * size : size);
  const width = runs.reduce((sum, run) => sum + measure(run.text, sizeOf('raised' in run && run.raised)), 0);
  if (upwards) document.rotate(-90, { origin: [x, y] });
  let at = x - { start: 0, middle: width / 2, end: width }[anchor];
  for (const run of runs) {
    const raised = 'raised' in run && run.raised;
    const points = sizeOf(raised);
    const wide = measure(run.text, points);
    document.text(run.text, at, raised ? y - RAISED.by * size : y, {
      lineBreak: false,
      baseline: 'alphabetic',
    });
    at += wide;
  }
}
