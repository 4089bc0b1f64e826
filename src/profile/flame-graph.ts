/**
 * Flame graphs as pages that need a browser and nothing else: no server, no network. The drawing is done by
 * d3-flame-graph, which the build bundles with our script (`pages/flame-graph.ts`) and which every page carries
 * beside its data, so that an installed package draws as a clone does.
 */

import { readFileSync } from 'node:fs';
import { InputError } from '../base/errors.js';
import { visibleLine } from '../base/visible.js';
import { flameGraphUrl } from '../run/locations.js';
import type { Frame } from './call-tree.js';
import { BARRIER_FILE } from './hottest.js';

/** A frame as a page wants it, in microseconds. */
export interface PageFrame {
  name: string;
  /** What the page colours it by. */
  kind: 'kernel' | 'code' | 'package' | 'engine' | 'waiting' | 'thread';
  /** On the stack. */
  value: number;
  /** On top of it. */
  self: number;
  /** Of `self`, now less before; where pages of differences are. */
  difference?: number;
  children: PageFrame[];
}

/** What a page is given. */
export interface PageData {
  /** One, or two views between which buttons change. */
  trees: { label: string; tree: PageFrame }[];
  /** Nanoseconds for each agent, coordinate and round that a microsecond is; null where it is not divided so. */
  nsPerUs: number | null;
}

export interface PageText {
  title: string;
  /** A line below it. */
  about: string;
  /** Lines below the graph. */
  notes: string[];
}

/** A page with everything in it but its data. */
export interface Page {
  around(data: PageData, text: PageText): string;
}

/** Asked for before anything is run: a profile that cannot be drawn should not cost the run first. Throws InputError. */
export function loadPage(file: URL = flameGraphUrl): Page {
  let script: string;
  try {
    script = readFileSync(file, 'utf8');
  } catch (cause) {
    throw new InputError(
      'this copy of the package was built without its pages, which draw the flame graphs',
      {
        hint: 'npm ci, which installs and builds; or --no-html for the text and the .cpuprofile files alone',
      },
      { cause },
    );
  }
  return { around: (data, text) => pageOf(script, data, text) };
}

/** `children` in the order in which they came; frames below half a microsecond are left out. */
export function pageFrame(frame: Frame): PageFrame {
  const children = frame.children.map(pageFrame).filter(({ value }) => value > 0);
  const self = Math.round(frame.selfUs);
  const value = children.reduce((total, child) => total + child.value, self);
  return { name: visibleLine(frame.name), kind: kindOf(frame), value, self, children };
}

function kindOf({ kind, file, name }: Frame): PageFrame['kind'] {
  if (file === null ? / src\/sync\/barrier\.ts:\d+$/.test(name) : BARRIER_FILE.test(file)) return 'waiting';
  switch (kind) {
    case 'wasm':
      return 'kernel';
    case 'app':
      return 'code';
    case 'deps':
    case 'core':
      return 'package';
    case 'thread':
      return 'thread';
    default:
      return 'engine';
  }
}

const LEGEND: [kind: PageFrame['kind'], says: string][] = [
  ['kernel', 'kernels'],
  ['code', "JavaScript, ours and the user's"],
  ['package', 'packages and Node'],
  ['engine', 'the engine'],
  ['waiting', 'the barrier'],
];
const SWATCHES: Record<string, string> = {
  kernel: 'rgb(241, 150, 85)',
  code: 'rgb(130, 180, 224)',
  package: 'rgb(150, 195, 125)',
  engine: 'rgb(180, 150, 210)',
  waiting: 'rgb(185, 185, 185)',
  more: 'rgb(222, 110, 104)',
  less: 'rgb(115, 154, 209)',
};

function pageOf(script: string, data: PageData, { title, about, notes }: PageText): string {
  const differs = data.trees.some(({ tree }) => tree.difference !== undefined);
  const legend = differs
    ? [
        ['more', 'more time of its own than before'],
        ['less', 'less'],
      ]
    : LEGEND.filter(([kind]) => data.trees.some(({ tree }) => has(tree, kind)));
  const chips = legend.map(
    ([kind = '', says = '']) =>
      `<span class="key"><i style="background:${SWATCHES[kind]}"></i>${asText(says)}</span>`,
  );
  return `<!DOCTYPE html>
<!-- Drawn with d3-flame-graph (Apache License 2.0, Martin Spier) and d3 (ISC License, Mike Bostock). -->
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${asText(title)}</title>
<style>${STYLE}</style>
</head>
<body>
<h1>${asText(title)}</h1>
<p class="about">${asText(about)}</p>
<div class="bar"><span id="trees"></span><button id="reset">All of it</button><input id="search" type="search" placeholder="Find a frame" aria-label="Find a frame"><span id="found"></span><span class="keys">${chips.join('')}</span></div>
<p id="details"></p>
<div id="graph"></div>
${notes.map((note) => `<p class="note">${asText(note)}</p>`).join('\n')}
<script>const DATA = ${asScript(data)};</script>
<script>${script}</script>
</body>
</html>
`;
}

function has(frame: PageFrame, kind: PageFrame['kind']): boolean {
  return frame.kind === kind || frame.children.some((child) => has(child, kind));
}

const STYLE = `
body { margin: 16px; font: 14px/1.4 'DejaVu Sans', Verdana, Arial, sans-serif; color: #1c1c1c; background: #fff; }
h1 { margin: 0; font-size: 20px; font-weight: 600; }
p { margin: 4px 0; }
.about, .note { color: #444; }
.bar { display: flex; flex-wrap: wrap; gap: 8px 12px; align-items: center; margin-top: 8px; }
button, input { font: inherit; padding: 3px 10px; border: 1px solid #999; border-radius: 3px; background: #fff; }
button { cursor: pointer; }
button[aria-pressed="true"] { background: #1c1c1c; color: #fff; }
#trees { display: flex; gap: 4px; }
#trees:empty { display: none; }
.keys { margin-left: auto; display: flex; flex-wrap: wrap; gap: 4px 14px; }
.key i { display: inline-block; width: 12px; height: 12px; margin-right: 5px; border-radius: 2px; vertical-align: -1px; }
#details { min-height: 1.4em; white-space: nowrap; overflow: hidden; text-overflow: ellipsis; }
#graph svg { display: block; }
#graph rect { stroke: #fff; cursor: pointer; }
#graph rect:hover { stroke: #000; }
#graph .fade { opacity: .55; }
.d3-flame-graph-label { padding: 0 5px; line-height: var(--row); font-size: 13px; white-space: nowrap; overflow: hidden; text-overflow: ellipsis; }
`;

/** JSON that may stand in a script: no name can end it. */
function asScript(data: unknown): string {
  return JSON.stringify(data).replaceAll('<', '\\u003c');
}

function asText(text: string): string {
  return visibleLine(text).replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('"', '&quot;');
}
