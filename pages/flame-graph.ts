/**
 * The script of a flame graph's page, for a browser: `npm run build` bundles it with d3-flame-graph into one file,
 * which `src/profile/flame-graph.ts` puts into every page beside its data.
 *
 * The graph takes the height of the window: rows are as high as fits, and never so low that a name cannot be read.
 * Colours say what a frame is, and the stronger one is, the more of the time was the frame's own. In a page of
 * differences red is more time than before, and blue less.
 */

import flamegraph, { type Chart, type ShownFrame } from 'd3-flame-graph';
import { select } from 'd3-selection';
import type { PageData, PageFrame } from '../src/profile/flame-graph.js';

declare const DATA: PageData;

const LOWEST_ROW = 20;
const HIGHEST_ROW = 44;
const MARGIN = 16;

type Colour = readonly [red: number, green: number, blue: number];
/** Pale and strong, by what a frame is. */
const KINDS: Record<PageFrame['kind'], readonly [Colour, Colour]> = {
  kernel: [
    [255, 226, 196],
    [236, 112, 20],
  ],
  code: [
    [222, 235, 247],
    [82, 150, 210],
  ],
  package: [
    [226, 240, 217],
    [110, 170, 80],
  ],
  engine: [
    [234, 226, 242],
    [150, 110, 190],
  ],
  waiting: [
    [236, 236, 236],
    [150, 150, 150],
  ],
  thread: [
    [246, 246, 246],
    [225, 225, 225],
  ],
};
const MORE: readonly [Colour, Colour] = [
  [240, 240, 240],
  [214, 47, 39],
];
const LESS: readonly [Colour, Colour] = [
  [240, 240, 240],
  [49, 104, 189],
];
const FOUND = 'rgb(255, 214, 10)';

function mix([pale, strong]: readonly [Colour, Colour], part: number): string {
  const channel = (at: number) => Math.round((pale[at] ?? 0) + part * ((strong[at] ?? 0) - (pale[at] ?? 0)));
  return `rgb(${channel(0)}, ${channel(1)}, ${channel(2)})`;
}

const element = (id: string) => document.getElementById(id) as HTMLElement;

function* all(frame: PageFrame): Generator<PageFrame> {
  yield frame;
  for (const child of frame.children) yield* all(child);
}

function depthOf(frame: PageFrame): number {
  return 1 + Math.max(0, ...frame.children.map(depthOf));
}

const percent = (part: number) => `${(100 * part).toFixed(1)}%`;
/** Of microseconds. */
const ms = (us: number) => `${(us / 1000).toFixed(us < 1e5 ? 1 : 0)} ms`;
const signed = (value: number, text: string) => `${value < 0 ? '-' : '+'}${text}`;

function describe({ name, value, self, difference }: PageFrame, total: number): string {
  const coordinates = (us: number) =>
    DATA.nsPerUs === null ? '' : `, ${(us * DATA.nsPerUs).toFixed(3)} ns a coordinate`;
  const all = `${name}: ${percent(value / total)} of the time (${ms(value)})`;
  const own = `itself ${percent(self / total)} (${ms(self)}${coordinates(self)})`;
  if (difference === undefined) return `${all}; ${own}`;
  const size = Math.abs(difference);
  return `${all}; ${own}; ${signed(difference, `${ms(size)}${coordinates(size)}`)} against before`;
}

let chart: Chart<PageFrame> | null = null;
let shown = 0;

function draw(): void {
  const tree = DATA.trees[shown]?.tree as PageFrame;
  const frames = [...all(tree)];
  const mostSelf = Math.max(...frames.map(({ self }) => self), 1);
  // Where all differences are small they should look so.
  const mostDifference = Math.max(
    ...frames.map(({ difference = 0 }) => Math.abs(difference)),
    0.02 * tree.value,
  );
  const colourOf = ({ data, highlight }: ShownFrame<PageFrame>): string => {
    if (highlight) return FOUND;
    if (data.difference !== undefined) {
      return mix(data.difference > 0 ? MORE : LESS, Math.sqrt(Math.abs(data.difference) / mostDifference));
    }
    return mix(KINDS[data.kind], Math.sqrt(data.self / mostSelf));
  };
  const place = element('graph');
  chart?.destroy();
  place.replaceChildren();
  const room = window.innerHeight - place.getBoundingClientRect().top - window.scrollY - MARGIN;
  const rows = depthOf(tree);
  const row = Math.max(LOWEST_ROW, Math.min(HIGHEST_ROW, Math.floor(room / rows)));
  document.documentElement.style.setProperty('--row', `${row}px`);
  chart = flamegraph<PageFrame>()
    .width(Math.max(320, document.documentElement.clientWidth - 2 * MARGIN))
    .height(rows * row)
    .cellHeight(row)
    .minFrameSize(0.3)
    .transitionDuration(0)
    .sort(true)
    .setColorMapper(colourOf)
    .setLabelHandler(({ data }) => describe(data, tree.value))
    .setDetailsHandler((text) => {
      element('details').textContent = text ?? element('found').dataset['text'] ?? '';
    })
    .setSearchMatch(({ data }, term) => term !== '' && data.name.toLowerCase().includes(term.toLowerCase()))
    .setSearchHandler((found, sum, total) => {
      const text =
        found.length === 0 ? 'no frame of this name' : `${((100 * sum) / total).toFixed(1)}% of the time`;
      element('found').dataset['text'] = element('found').textContent = text;
    });
  select(place).datum(tree).call(chart);
  search();
}

function search(): void {
  const term = (element('search') as HTMLInputElement).value;
  if (term !== '') chart?.search(term);
  else {
    chart?.clear();
    element('found').dataset['text'] = element('found').textContent = '';
  }
}

for (const [at, { label }] of DATA.trees.entries()) {
  if (DATA.trees.length < 2) break;
  const button = document.createElement('button');
  button.textContent = label;
  button.setAttribute('aria-pressed', String(at === shown));
  button.addEventListener('click', () => {
    shown = at;
    for (const [other, one] of [...element('trees').children].entries()) {
      one.setAttribute('aria-pressed', String(other === at));
    }
    draw();
  });
  element('trees').append(button);
}
element('reset').addEventListener('click', () => chart?.resetZoom());
element('search').addEventListener('input', search);
let waiting: number | undefined;
window.addEventListener('resize', () => {
  window.clearTimeout(waiting);
  waiting = window.setTimeout(draw, 100);
});
draw();
