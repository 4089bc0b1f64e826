/**
 * What pictures are written in: SVG as text, in colours that most eyes tell apart, and in no font of its own.
 */

import { visibleLine } from '../base/visible.js';

/** Okabe and Ito's. */
export const COLOURS = ['#0072b2', '#d55e00', '#009e73', '#cc79a7', '#e69f00', '#56b4e9', '#000000'];
/** Width of a character of 12 units, about: for what is placed beside text. */
export const CHARACTER = 6.6;

/** The whole file, on white; `title` also stands for the picture where it is read aloud. */
export function svgDocument(
  width: number,
  height: number,
  title: string,
  body: readonly string[],
  defs = '',
): string {
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" width="${round(width)}" height="${round(height)}" viewBox="0 0 ${round(width)} ${round(height)}" font-family="Helvetica, Arial, sans-serif" font-size="12" fill="#222">`,
    `<title>${escapeXml(title)}</title>`,
    ...(defs === '' ? [] : [`<defs>${defs}</defs>`]),
    '<rect width="100%" height="100%" fill="#fff"/>',
    ...body,
    '</svg>',
    '',
  ].join('\n');
}

/** The heading of a picture. */
export function heading(x: number, y: number, content: string): string {
  return `<text x="${round(x)}" y="${round(y)}" font-size="15" font-weight="bold">${escapeXml(content)}</text>`;
}

export function line(x1: number, y1: number, x2: number, y2: number, colour: string, more = ''): string {
  return `<line x1="${round(x1)}" y1="${round(y1)}" x2="${round(x2)}" y2="${round(y2)}" stroke="${colour}"${more}/>`;
}

/** `content` is XML: escape what may hold anything. `more`: further attributes, with a space before each. */
export function text(x: number, y: number, content: string, anchor: string, more = ''): string {
  return `<text x="${round(x)}" y="${round(y)}" text-anchor="${anchor}"${more}>${content}</text>`;
}

export function rect(
  x: number,
  y: number,
  width: number,
  height: number,
  fill: string,
  more = '',
  inner = '',
): string {
  const open = `<rect x="${round(x)}" y="${round(y)}" width="${round(width)}" height="${round(height)}" fill="${fill}"${more}`;
  return inner === '' ? `${open}/>` : `${open}>${inner}</rect>`;
}

/** 1, 2 or 5 times a power of ten, and at least `rough`. */
export function niceStep(rough: number): number {
  const power = 10 ** Math.floor(Math.log10(rough));
  const factor = [1, 2, 5, 10].find((candidate) => candidate * power >= rough) ?? 10;
  return Math.max(factor * power, Number.MIN_VALUE);
}

export function round(value: number): number {
  return Math.round(value * 100) / 100;
}

export function escapeXml(content: string): string {
  return visibleLine(content)
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;')
    .replaceAll('"', '&quot;');
}
