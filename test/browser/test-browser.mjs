/**
 * Opens what we draw in Chromium, and asks it what a reader would see. Timelines are recorded here, of a
 * flow, of a hub that workers share, of a parameter server and of many workers; the pictures of docs/ are
 * looked at too.
 *
 *  - the picture is drawn: as an image on a canvas it has pixels of every colour of its boxes;
 *  - every text lies within the picture, and on no other text;
 *  - what is written in a box is no wider than the box;
 *  - a screenshot can be taken of the file as it stands.
 *
 * Usage: npm run test:browser [-- --keep FOLDER] for the pictures and their screenshots. Where there is no
 * Chromium and none can be installed, it says so and exits with 0: nothing was checked.
 */

import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { timeline } from 'sottovoce';
import { dumpPage, findChromium, NO_CHROMIUM, takePicture } from '../../scripts/chromium.mjs';
import { checkReports } from './report.mjs';

const { values: options } = parseArgs({ options: { keep: { type: 'string' } } });
const docs = fileURLToPath(new URL('../../docs', import.meta.url));
const quadratic = { cost: { kind: 'quadratic', dim: 64, condition: 4 } };
const flow = { flow: { kind: 'primal-dual', step: 0.0001, alpha: 0.5, beta: 0.5 } };
const RUNS = {
  flow: { topology: { kind: 'ring', nodes: 200 }, ...quadratic, ...flow, workers: 2, trace: { every: 3 } },
  hub: { topology: { kind: 'star', nodes: 4001 }, ...quadratic, ...flow, workers: 2 },
  server: {
    program: { kind: 'parameter-server', agents: 20, lambda: 0.3, gamma: 0.05, batch: 'all' },
    ...quadratic,
    workers: 2,
  },
  alone: { topology: { kind: 'ring', nodes: 200 }, ...quadratic, ...flow, workers: 1 },
  many: { topology: { kind: 'ring', nodes: 200 }, ...quadratic, ...flow, workers: 12 },
};

const browser = findChromium('look at pictures as a reader would');
if (browser === null) {
  console.log(`test:browser checked nothing: ${NO_CHROMIUM}`);
  process.exit(0);
}
const folder = options.keep ?? mkdtempSync(path.join(os.tmpdir(), 'sottovoce-browser-'));
mkdirSync(folder, { recursive: true });
let failed = 0;
try {
  for (const [name, config] of Object.entries(RUNS)) {
    const { svg } = await timeline({ name, ...config }, { rounds: 300, window: 100 });
    const file = path.join(folder, `timeline-${name}.svg`);
    writeFileSync(file, svg);
    check(file);
  }
  const drawn = readdirSync(docs).filter((name) => name.endsWith('.svg'));
  for (const name of drawn) check(path.join(docs, name));
  failed += await checkReports(browser, folder);
} finally {
  if (options.keep === undefined) rmSync(folder, { recursive: true, force: true });
}
if (failed > 0) process.exit(1);

function check(file) {
  const name = path.basename(file, '.svg');
  const svg = readFileSync(file, 'utf8');
  const [, width, height] = /<svg [^>]*width="([\d.]+)" height="([\d.]+)"/.exec(svg) ?? [];
  const window = `${Math.ceil(Number(width))},${Math.ceil(Number(height))}`;
  const page = path.join(folder, `${name}.html`);
  writeFileSync(page, pageAround(svg));
  const [, answer] = /<pre id="answer">(.*?)<\/pre>/s.exec(dumpPage(browser, `file://${page}`, window)) ?? [];
  const problems =
    answer === undefined ? ['the page gave no answer'] : problemsOf(JSON.parse(unescapeXml(answer)));
  const picture = path.join(folder, `${name}.png`);
  const why = takePicture(browser, `file://${file}`, picture, window);
  if (why !== null) problems.push(`no screenshot: ${why}`);
  else if (statSync(picture).size < 5000) problems.push('the screenshot is empty');
  failed += problems.length;
  console.log(`${name}: ${problems.length === 0 ? `sound, ${window}` : problems.join('; ')}`);
}

function problemsOf({ error, texts, colours, outside, overlapping, wide }) {
  if (error) return [error];
  const problems = [];
  if (texts < 10) problems.push(`there are ${texts} texts`);
  for (const [colour, pixels] of Object.entries(colours))
    if (pixels === 0) problems.push(`nothing is drawn in ${colour}`);
  for (const text of outside) problems.push(`"${text}" leaves the picture`);
  for (const [a, b] of overlapping) problems.push(`"${a}" stands on "${b}"`);
  for (const text of wide) problems.push(`"${text}" is wider than its box`);
  return problems;
}

/** What the page does with the picture; it leaves what it saw in an element that is dumped with the page. */
async function look() {
  const svg = document.querySelector('svg');
  const [, , width, height] = svg.getAttribute('viewBox').split(' ').map(Number);
  const texts = [...svg.querySelectorAll('text')].map((element) => ({ element, box: element.getBBox() }));
  const label = ({ element }) => element.textContent;
  const turned = ({ element }) => element.hasAttribute('transform');
  // Others cut a drawing, or are the edge of one.
  const filled = (rect) => /^#/.test(rect.getAttribute('fill') ?? '');
  const outside = texts.filter(
    (text) =>
      !turned(text) &&
      (text.box.x < 0 ||
        text.box.y < 0 ||
        text.box.x + text.box.width > width ||
        text.box.y + text.box.height > height),
  );
  // Lines of text may touch: what counts is the height of letters, some two thirds of the box.
  const meets = (a, b) =>
    a.x < b.x + b.width && b.x < a.x + a.width && Math.abs(a.y - b.y) < 0.6 * Math.min(a.height, b.height);
  const overlapping = texts.flatMap((a, at) =>
    texts
      .slice(at + 1)
      .filter((b) => !turned(a) && !turned(b) && meets(a.box, b.box))
      .map((b) => [label(a), label(b)]),
  );
  // What is written in a box follows it.
  const wide = texts.filter(({ element, box }) => {
    const before = element.previousElementSibling;
    if (element.getAttribute('text-anchor') !== 'middle' || before?.tagName !== 'rect') return false;
    if (!filled(before)) return false;
    const rect = before.getBBox();
    return box.width > rect.width;
  });
  const colours = {};
  const large = [...svg.querySelectorAll('rect')].filter(
    (rect) => filled(rect) && rect.getBBox().width >= 3 && rect.getBBox().height >= 6,
  );
  for (const rect of large) colours[rect.getAttribute('fill')] = 0;
  const image = new Image();
  image.src = `data:image/svg+xml,${encodeURIComponent(new XMLSerializer().serializeToString(svg))}`;
  await image.decode();
  const canvas = Object.assign(document.createElement('canvas'), { width, height });
  const context = canvas.getContext('2d');
  context.drawImage(image, 0, 0);
  const { data } = context.getImageData(0, 0, width, height);
  const hex = (at) => `#${[0, 1, 2].map((c) => data[at + c].toString(16).padStart(2, '0')).join('')}`;
  for (let at = 0; at < data.length; at += 4) {
    const colour = hex(at);
    const short = colour === '#ffffff' ? '#fff' : colour;
    if (short in colours) colours[short]++;
  }
  const told = (list) => list.map(label);
  return { texts: texts.length, colours, outside: told(outside), overlapping, wide: told(wide) };
}

function pageAround(svg) {
  const answer = `const pre = document.body.appendChild(document.createElement('pre')); pre.id = 'answer'; const say = (seen) => { pre.textContent = JSON.stringify(seen); };`;
  return `<!doctype html><meta charset="utf-8"><body style="margin:0">${svg}<script>${answer}\n${look}\nlook().then(say, (error) => say({ error: String(error) }));</script>`;
}

function unescapeXml(text) {
  return text.replaceAll('&lt;', '<').replaceAll('&gt;', '>').replaceAll('&amp;', '&');
}
