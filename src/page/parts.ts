/** Pieces of a report: tables, lists, bars. All text that goes in is escaped here; what is named `html` is not. */

import { formatCount } from '../base/count.js';
import { formatQuantity } from '../base/format.js';
import { asText } from './html.js';

/** A table that scrolls on its own where the page is narrow. */
export function table(
  caption: string,
  head: readonly string[],
  rows: readonly (readonly string[])[],
  { first = 'th' as 'th' | 'td', best = [] as readonly (readonly [row: number, column: number])[] } = {},
): string {
  const cells = (row: readonly string[], at: number) =>
    row
      .map((cell, column) => {
        const won = best.some(([r, c]) => r === at && c === column);
        const text = won ? `<strong>${asText(cell)}</strong>` : asText(cell);
        return column === 0 && first === 'th' ? `<th scope="row">${text}</th>` : `<td>${text}</td>`;
      })
      .join('');
  const body = rows.map((row, at) => `<tr>${cells(row, at)}</tr>`).join('\n');
  const names = head.map((name) => `<th scope="col">${asText(name)}</th>`).join('');
  return `<div class="scroll" role="region" aria-label="${asText(caption)}" tabindex="0"><table><caption class="visually-hidden">${asText(caption)}</caption><thead><tr>${names}</tr></thead><tbody>
${body}
</tbody></table></div>`;
}

/** What may be opened: the same as a picture, in numbers. */
export function details(summary: string, html: string): string {
  return `<details><summary>${asText(summary)}</summary>${html}</details>`;
}

/** Names and what they are; rows without a value are left out. */
export function list(rows: readonly (readonly [name: string, value: string | null | undefined])[]): string {
  const kept = rows.filter(([, value]) => value !== null && value !== undefined && value !== '');
  return `<dl>${kept.map(([name, value]) => `<div><dt>${asText(name)}</dt><dd>${asText(value as string)}</dd></div>`).join('\n')}</dl>`;
}

export function paragraph(text: string, kind?: string): string {
  return `<p${kind === undefined ? '' : ` class="${kind}"`}>${asText(text)}</p>`;
}

export function section(id: string, title: string, html: string): string {
  return `<section aria-labelledby="${id}"><h2 id="${id}">${asText(title)}</h2>
${html}
</section>`;
}

/** A picture with what it shows in a sentence, and the same as a table. */
export function figure(title: string, says: string, picture: string, more = ''): string {
  return `<figure><h3>${asText(title)}</h3>
${picture}
<figcaption>${asText(says)}</figcaption>
${more}</figure>`;
}

export interface BarPart {
  label: string;
  value: number;
  /** Which of the colours and hatchings of the style sheet. */
  kind: string;
}

/** Horizontal bars of parts, as SVG without a colour of its own. The first column is as wide as its names. */
export function bars(
  title: string,
  rows: readonly { label: string; text: string; parts: readonly BarPart[] }[],
): string {
  const most = Math.max(...rows.map(({ parts }) => parts.reduce((sum, { value }) => sum + value, 0)), 0);
  const height = 26;
  const labels = 150;
  const width = 640;
  const bar = width - labels - 110;
  const drawn = rows.map(({ label, text, parts }, at) => {
    const y = at * height;
    let x = labels;
    const boxes = parts.map(({ label: name, value, kind }) => {
      const wide = most > 0 ? (bar * value) / most : 0;
      const box = `<rect class="${kind}" x="${round(x)}" y="${y + 4}" width="${round(Math.max(wide, value > 0 ? 1 : 0))}" height="${height - 8}"><title>${asText(`${label}, ${name}`)}</title></rect>`;
      x += wide;
      return box;
    });
    return `<text class="end" x="${labels - 8}" y="${y + height / 2 + 4}">${asText(label)}</text>${boxes.join('')}<text x="${round(x + 8)}" y="${y + height / 2 + 4}">${asText(text)}</text>`;
  });
  return `<svg class="bars" role="img" aria-label="${asText(title)}" viewBox="0 0 ${width} ${rows.length * height}">${drawn.join('\n')}</svg>`;
}

/** Columns over equal steps; `labels` below the first, the last and one between. */
export function columns(title: string, counts: readonly number[], labels: readonly string[]): string {
  const width = 400;
  const height = 150;
  const [left, bottom] = [40, 24];
  const most = Math.max(...counts, 1);
  const step = (width - left) / counts.length;
  const drawn = counts.map((count, at) => {
    const tall = (count / most) * (height - bottom - 12);
    const wide = Math.max(1, Math.min(step - (step > 4 ? 2 : 0), 60));
    return `<rect class="bar" x="${round(left + at * step + (step - wide) / 2)}" y="${round(height - bottom - tall)}" width="${round(wide)}" height="${round(tall)}"><title>${asText(`${labels[at] ?? ''}: ${formatCount(count)}`)}</title></rect>`;
  });
  const shown =
    counts.length <= 12 ? counts.map((_, at) => at) : [0, (counts.length - 1) >> 1, counts.length - 1];
  const below = [...new Set(shown)].map((at) => {
    const text = labels[at] ?? '';
    const isLast = at === counts.length - 1 && counts.length > 1;
    const anchor = counts.length <= 12 ? 'middle' : isLast ? 'end' : at === 0 ? 'start' : 'middle';
    const share = anchor === 'middle' ? 0.5 : isLast ? 1 : 0;
    return `<text class="${anchor}" x="${round(left + (at + share) * step)}" y="${height - 7}">${asText(text)}</text>`;
  });
  return `<svg class="columns" role="img" aria-label="${asText(title)}" viewBox="0 0 ${width} ${height}"><line x1="${left}" x2="${width}" y1="${height - bottom}" y2="${height - bottom}"/><text class="end" x="${left - 8}" y="16">${asText(formatCount(most))}</text><text class="end" x="${left - 8}" y="${height - bottom + 4}">0</text>${drawn.join('\n')}${below.join('')}</svg>`;
}

function round(value: number): number {
  return Math.round(value * 100) / 100;
}

/** A dash where nothing is known. */
export function known(value: number | null | undefined, digits = 4): string {
  return value === null || value === undefined || Number.isNaN(value) ? '–' : formatQuantity(value, digits);
}
