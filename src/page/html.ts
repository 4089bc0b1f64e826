/**
 * A page that needs a browser and nothing else: text, tables, a style sheet, a script and its data, all in one
 * file. Nothing may be loaded from anywhere (Content-Security-Policy), and only the script that we wrote runs:
 * it is named by its hash. Whatever stands in a config or a label is text.
 */

import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { InputError } from '../base/errors.js';
import { visibleLine } from '../base/visible.js';
import { pagesUrl } from '../run/locations.js';

/** Text as HTML, in elements and in quoted attributes. */
export function asText(text: string): string {
  return visibleLine(text)
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;')
    .replaceAll('"', '&quot;')
    .replaceAll("'", '&#39;');
}

/** JSON that may stand in a script element: no text can end it. */
export function asJson(data: unknown): string {
  return JSON.stringify(data)
    .replaceAll('<', '\\u003c')
    .replaceAll('\u2028', '\\u2028')
    .replaceAll('\u2029', '\\u2029');
}

/** Bytes of a typed array, as the page reads them. */
export function base64(array: ArrayBufferView): string {
  return Buffer.from(array.buffer, array.byteOffset, array.byteLength).toString('base64');
}

/** Script and style sheet, as the build made them. */
export interface Assets {
  script: string;
  style: string;
}

let known: { assets: Assets; hashes: string } | null = null;

/** Throws InputError where the build has none. */
function loadAssets(): { assets: Assets; hashes: string } {
  if (known !== null) return known;
  let assets: Assets;
  try {
    const read = (name: string) => readFileSync(new URL(name, pagesUrl), 'utf8');
    // What ends a script element may stand in a text of it.
    assets = {
      script: read('report.js').replaceAll('</script', '<\\/script'),
      style: read('report.css').replaceAll('</style', '<\\/style'),
    };
  } catch (cause) {
    throw new InputError(
      'this copy of the package was built without its pages, of which reports are made',
      { hint: 'npm ci, which installs and builds' },
      { cause },
    );
  }
  const hash = (text: string) => `'sha256-${createHash('sha256').update(text).digest('base64')}'`;
  known = { assets, hashes: `script-src ${hash(assets.script)}; style-src ${hash(assets.style)}` };
  return known;
}

/** A whole page. `body` is HTML, `title` text. */
export function pageOf({ title, body, data }: { title: string; body: string; data: unknown }): string {
  const { assets, hashes } = loadAssets();
  return `<!DOCTYPE html>
<!-- Curves are drawn by uPlot (MIT, Leon Sorokin), networks laid out by d3-force (ISC, Mike Bostock). -->
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; ${hashes}; img-src data:; base-uri 'none'; form-action 'none'">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>${asText(title)}</title>
<style>${assets.style}</style>
</head>
<body>
${body}
<script type="application/json" id="data">${asJson(data)}</script>
<script>${assets.script}</script>
</body>
</html>
`;
}
