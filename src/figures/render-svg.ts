/** A scene as SVG. */

import { CORNERS, type Mark, type Pen, RAISED, type Scene, type Words } from './scene.js';
import { escapeXml, round } from './svg.js';

const FAMILY = "'DejaVu Sans', Helvetica, Arial, sans-serif";

export function renderSvg(scene: Scene): string {
  const { width, height, unit, background, colour, size, title, description } = scene;
  const box = `0 0 ${round(width)} ${round(height)}`;
  const [w, h] = [width, height].map((length) => `${round(length)}${unit === 'pt' ? 'pt' : ''}`);
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" width="${w}" height="${h}" viewBox="${box}" font-family="${FAMILY}" font-size="${size}" fill="${colour}" role="img">`,
    `<title>${escapeXml(title)}</title>`,
    ...(description === undefined ? [] : [`<desc>${escapeXml(description)}</desc>`]),
    `<rect width="100%" height="100%" fill="${background}"/>`,
    ...scene.marks.flatMap((mark) => svgOf(mark, size)),
    '</svg>',
    '',
  ].join('\n');
}

function svgOf(mark: Mark, usual: number): string[] {
  switch (mark.mark) {
    case 'rule': {
      const [x1, y1, x2, y2] = [...mark.from, ...mark.to].map(round);
      return [`<line x1="${x1}" y1="${y1}" x2="${x2}" y2="${y2}" ${penOf(mark.pen)}/>`];
    }
    case 'stroke':
      return [
        `<polyline points="${listOf(mark.points)}" fill="none" ${penOf(mark.pen)} stroke-linejoin="round"/>`,
      ];
    case 'area':
      return [
        `<polygon points="${listOf(mark.points)}" fill="${mark.fill}" fill-opacity="${mark.opacity}"/>`,
      ];
    case 'box': {
      const pen = mark.pen === undefined ? '' : ` ${penOf(mark.pen)}`;
      return [`<rect ${boxOf(mark)} fill="${mark.fill ?? 'none'}"${pen}/>`];
    }
    case 'dot':
      return [dot(mark)];
    case 'words':
      return [words(mark, usual)];
    case 'window': {
      // By its place: several pictures on one page may have the same one.
      const id = `window-${[mark.x, mark.y, mark.width, mark.height].map(round).join('-')}`;
      return [
        `<clipPath id="${id}"><rect ${boxOf(mark)}/></clipPath>`,
        `<g clip-path="url(#${id})">`,
        ...mark.marks.flatMap((inner) => svgOf(inner, usual)),
        '</g>',
      ];
    }
  }
}

function dot({ shape, x, y, radius, colour }: Mark & { mark: 'dot' }): string {
  if (shape === 'circle')
    return `<circle cx="${round(x)}" cy="${round(y)}" r="${round(radius)}" fill="${colour}"/>`;
  if (shape === 'cross') {
    const [left, right] = [round(x - radius), round(x + radius)];
    const [top, bottom] = [round(y - radius), round(y + radius)];
    return `<path d="M${left} ${top}L${right} ${bottom}M${left} ${bottom}L${right} ${top}" fill="none" stroke="${colour}" stroke-width="${round(radius / 2)}"/>`;
  }
  const corners = CORNERS[shape].map((at, i) => (i % 2 === 0 ? x : y) + radius * at);
  return `<polygon points="${listOf(corners)}" fill="${colour}"/>`;
}

function words(mark: Mark & { mark: 'words' }, usual: number): string {
  const { x, y, size, anchor, colour, bold, upwards } = mark;
  const place = upwards ? ` transform="rotate(-90 ${round(x)} ${round(y)})"` : '';
  const more = [
    ...(size === usual ? [] : [` font-size="${round(size)}"`]),
    ...(colour === undefined ? [] : [` fill="${colour}"`]),
    ...(bold ? [' font-weight="bold"'] : []),
  ].join('');
  return `<text x="${round(x)}" y="${round(y)}" text-anchor="${anchor}"${more}${place}>${spans(mark.words, size)}</text>`;
}

function spans(content: Words, size: number): string {
  if (typeof content === 'string') return escapeXml(content);
  return content
    .map(({ text, raised }, at) => {
      const dy = raised ? -RAISED.by * size : content[at - 1]?.raised ? RAISED.by * size : 0;
      const more = `${dy === 0 ? '' : ` dy="${round(dy)}"`}${raised ? ` font-size="${round(RAISED.size * size)}"` : ''}`;
      return more === '' ? escapeXml(text) : `<tspan${more}>${escapeXml(text)}</tspan>`;
    })
    .join('');
}

function penOf({ colour, width, dash, opacity }: Pen): string {
  const dashes = dash === undefined ? '' : ` stroke-dasharray="${dash.map(round).join(' ')}"`;
  const faint = opacity === undefined ? '' : ` stroke-opacity="${opacity}"`;
  return `stroke="${colour}" stroke-width="${round(width)}"${dashes}${faint}`;
}

function boxOf({ x, y, width, height }: { x: number; y: number; width: number; height: number }): string {
  return `x="${round(x)}" y="${round(y)}" width="${round(width)}" height="${round(height)}"`;
}

function listOf(points: readonly number[]): string {
  const places: string[] = [];
  for (let i = 0; i + 1 < points.length; i += 2)
    places.push(`${round(points[i] as number)},${round(points[i + 1] as number)}`);
  return places.join(' ');
}
