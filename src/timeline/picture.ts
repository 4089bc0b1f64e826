/**
 * A timeline as one static picture. Above, a few rounds of usual length: a lane for each worker, work in the
 * colours of its phases, waits pale, and arrows from the worker that arrived last to those that it lets go.
 * Below, all rounds that were recorded, as a bar for each worker: how long it worked, and how long it waited
 * for whom.
 */

import { plural } from '../base/format.js';
import { CHARACTER, escapeXml, heading, line, niceStep, rect, svgDocument, text } from '../figures/svg.js';
import type { Lap } from '../run/timeline.js';
import type { RecordedTimeline } from '../session/recorded-timeline.js';
import { workName } from './trace-events.js';
import { formatMs, lastOf, percent, total, type WorkerWaits, waitsOf } from './waits.js';

const LEFT = 92;
const WIDTH = 880;
const RIGHT = 24;
const TOP = 92;
/** Phases of a round, from its last one backwards, with what is written on them; then what else there is. */
const PHASES: readonly (readonly [fill: string, ink: string])[] = [
  ['#0072b2', '#fff'],
  ['#56b4e9', '#000'],
  ['#009e73', '#fff'],
  ['#cc79a7', '#000'],
];
const ROWS = '#e69f00';
const WAIT = '#e6e6e6';
const CROSSING = '#b0b0b0';
const COLLECTOR = '#000000';
const ARROW = '#c23b00';
const PALE_INK = '#444';

/** Laps to be seen at once, about. */
const SHOWN_LAPS = 10;
const MOST_ROUNDS = 6;
/** Workers that one may have waited for, each with a box of its own; of more there is one box for all. */
const MOST_APART = 3;
/** Of the picture's width, from which on a wait has an arrow. */
const LEAST_ARROW = 0.006;

export function drawTimeline(name: string, timeline: RecordedTimeline): string {
  const { workers, rounds } = timeline;
  const waits = waitsOf(timeline);
  const shown = usualRounds(rounds);
  const title = `${name}: who waits for whom`;
  if (shown.length === 0)
    return svgDocument(LEFT + WIDTH, 60, title, [heading(20, 26, `${title}: no rounds`)]);
  const lane = laneHeight(workers);
  const body: string[] = [heading(20, 28, title)];
  const [first, last] = [shown[0]![0]!.round, shown.at(-1)![0]!.round];
  const end = waits.firstRound + waits.rounds - 1;
  body.push(
    text(
      20,
      48,
      escapeXml(
        `Above: ${first === last ? `round ${first}` : `rounds ${first} to ${last}`}, of usual length. Below: all ${plural(waits.rounds, 'round')} recorded, ${waits.firstRound} to ${end}, ${formatMs(waits.milliseconds)}.`,
      ),
      'start',
    ),
    text(
      20,
      65,
      escapeXml(
        `Of the time of ${plural(workers, 'worker')}, ${percent(waits.shareWaited)} was spent waiting for another one, and ${percent(waits.shareCrossing)} crossing barriers.`,
      ),
      'start',
    ),
  );
  drawRounds(body, shown, timeline, lane);
  let y = TOP + workers * lane.step + 62;
  body.push(heading2(20, y, `All ${plural(waits.rounds, 'round')}: what each worker did`));
  y += 14;
  waits.byWorker.forEach((own, worker) => {
    drawBar(body, own, waits.milliseconds, worker, y, lane, timeline.phases);
    y += lane.step;
  });
  y = drawShares(body, y, waits.milliseconds);
  const collecting = waits.byWorker.some(({ collecting }) => collecting > 0);
  y = drawLegend(body, y + 22, timeline, collecting);
  return svgDocument(LEFT + WIDTH + RIGHT, y + 14, title, body, ARROWHEAD);
}

const ARROWHEAD = `<marker id="head" viewBox="0 0 8 8" refX="7" refY="4" markerWidth="7" markerHeight="7" orient="auto"><path d="M0,0.5L8,4L0,7.5z" fill="${ARROW}"/></marker>`;

interface Lane {
  height: number;
  step: number;
  /** One in so many workers has its name beside it. */
  named: number;
}

function laneHeight(workers: number): Lane {
  const step = Math.max(5, Math.min(40, Math.floor(560 / workers)));
  const height = step > 12 ? step - 8 : step - 1;
  return { height, step, named: Math.ceil(14 / step) };
}

/** Neighbouring rounds that take as long as most do. */
export function usualRounds(rounds: readonly Lap[][]): Lap[][] {
  if (rounds.length === 0) return [];
  const laps = rounds.map((round) => round.length).sort((a, b) => a - b)[rounds.length >> 1]!;
  const count = Math.min(rounds.length, MOST_ROUNDS, Math.max(2, Math.floor(SHOWN_LAPS / laps)));
  const stretches = Array.from({ length: rounds.length - count + 1 }, (_, at) => {
    const begin = Math.min(...rounds[at]![0]!.began);
    return { at, ms: Math.max(...rounds[at + count - 1]!.at(-1)!.released) - begin };
  });
  const median = stretches.map(({ ms }) => ms).sort((a, b) => a - b)[stretches.length >> 1]!;
  const nearest = stretches.reduce((best, stretch) =>
    Math.abs(stretch.ms - median) < Math.abs(best.ms - median) ? stretch : best,
  );
  return rounds.slice(nearest.at, nearest.at + count);
}

function drawRounds(body: string[], shown: Lap[][], timeline: RecordedTimeline, lane: Lane): void {
  const { workers, phases, collections, originMs } = timeline;
  const from = Math.min(...shown[0]![0]!.began);
  const span = Math.max(...shown.at(-1)!.at(-1)!.released) - from;
  const xOf = (ms: number) => LEFT + ((ms - from) / span) * WIDTH;
  const yOf = (worker: number) => TOP + worker * lane.step;
  const bottom = TOP + (workers - 1) * lane.step + lane.height;
  for (let worker = 0; worker < workers; worker += lane.named)
    body.push(text(LEFT - 10, yOf(worker) + lane.height / 2 + 4, `worker ${worker}`, 'end'));

  const arrows: string[] = [];
  const begins = shown.map((laps) => xOf(Math.min(...laps[0]!.began)));
  for (const [at, laps] of shown.entries()) {
    const x = begins[at]!;
    body.push(line(x, TOP - 14, x, bottom + 4, '#888', ' stroke-dasharray="2 3"'));
    const room = (begins[at + 1] ?? LEFT + WIDTH) - x;
    const { round } = laps[0]!;
    const called = [`round ${round}`, `${round}`].find((one) => CHARACTER * one.length + 6 < room);
    if (called !== undefined)
      body.push(text(x + 4, TOP - 5, called, 'start', ` font-size="11" fill="${PALE_INK}"`));
    for (const lap of laps) {
      const last = lastOf(lap);
      for (let worker = 0; worker < workers; worker++) {
        const [began, arrived, released] = [lap.began[worker]!, lap.arrived[worker]!, lap.released[worker]!];
        const y = yOf(worker);
        const work = workName(lap, phases);
        const [fill, ink] = colourOf(lap, phases);
        // Some come out of the barrier before later than the first.
        if (lap === shown[0]![0]) box(body, LEFT, xOf(began), y, lane, CROSSING, '', PALE_INK, began - from);
        box(body, xOf(began), xOf(arrived), y, lane, fill, work, ink, arrived - began);
        const came = lap.arrived[last]!;
        if (worker !== last) {
          const label = [`waits for worker ${last}`, `for ${last}`];
          box(body, xOf(arrived), xOf(came), y, lane, WAIT, label, PALE_INK, came - arrived);
        }
        box(body, xOf(came), xOf(released), y, lane, CROSSING, '', PALE_INK, released - came);
        if (worker !== last && came - arrived > LEAST_ARROW * span)
          arrows.push(arrowBetween(xOf(came), last, worker, yOf, lane));
      }
    }
  }
  for (let worker = 0; worker < workers; worker++) {
    for (const { kind, beganMs, endedMs } of collections[worker] ?? []) {
      const [begin, end] = [Math.max(from, beganMs - originMs), Math.min(from + span, endedMs - originMs)];
      if (end <= begin) continue;
      const width = Math.max(1, xOf(end) - xOf(begin));
      const y = yOf(worker) + lane.height * 0.75;
      body.push(rect(xOf(begin), y, width, lane.height * 0.25, COLLECTOR, '', titled(kind, end - begin)));
    }
  }
  body.push(...arrows);
  drawAxis(body, bottom + 8, span, xOf, from);
}

function arrowBetween(x: number, last: number, worker: number, yOf: (worker: number) => number, lane: Lane) {
  const down = worker > last;
  // From within the lane of the one that lets go, so that it is seen where lanes are near.
  const begin = yOf(last) + lane.height / 2;
  const end = yOf(worker) + (down ? 2 : lane.height - 2);
  return `<line class="arrow" x1="${x.toFixed(2)}" y1="${begin.toFixed(2)}" x2="${x.toFixed(2)}" y2="${end.toFixed(2)}" stroke="${ARROW}" stroke-width="1.5" marker-end="url(#head)"/>`;
}

function drawAxis(body: string[], y: number, span: number, xOf: (ms: number) => number, from: number): void {
  const step = niceStep(span / 8);
  const [factor, unit] = span >= 2 ? [1, 'ms'] : [1000, 'us'];
  body.push(line(LEFT, y, LEFT + WIDTH, y, '#666'));
  for (let at = 0; at * step <= span * (1 + 1e-9); at++) {
    const x = xOf(from + at * step);
    const value = Number((at * step * factor).toPrecision(6));
    body.push(line(x, y, x, y + 5, '#666'));
    body.push(text(x, y + 18, at === 0 ? `0 ${unit}` : `${value}`, 'middle'));
  }
}

/** A worker's time: work by phase, then waits by whom for, then crossings. */
function drawBar(
  body: string[],
  own: WorkerWaits,
  span: number,
  worker: number,
  y: number,
  lane: Lane,
  phases: readonly string[],
): void {
  if (worker % lane.named === 0)
    body.push(text(LEFT - 10, y + lane.height / 2 + 4, `worker ${worker}`, 'end'));
  let x = LEFT;
  const add = (ms: number, fill: string, label: string | string[], ink: string) => {
    const to = x + (ms / span) * WIDTH;
    box(body, x, to, y, lane, fill, label, ink, ms);
    x = to;
  };
  const share = (ms: number) => percent(ms / span);
  own.phases.forEach((ms, at) => {
    const called = phases[at] ?? '';
    const [fill, ink] = phaseColour(at, phases);
    add(ms, fill, [`${called} ${share(ms)}`, share(ms)], ink);
  });
  add(own.rows, ROWS, [`rows ${share(own.rows)}`, share(own.rows)], '#000');
  const waited = own.waitedFor
    .map((ms, last) => ({ ms, last }))
    .filter(({ ms, last }) => last !== worker && ms > 0)
    .sort((a, b) => b.ms - a.ms);
  if (waited.length <= MOST_APART) {
    for (const { ms, last } of waited) {
      const whole = `waited for worker ${last}: ${formatMs(ms)}, ${share(ms)}`;
      add(ms, WAIT, [whole, `for ${last}: ${share(ms)}`, `for ${last}`], PALE_INK);
    }
  } else {
    const all = total(own.waitedFor);
    const [most] = waited;
    const whole = `waited: ${formatMs(all)}, ${share(all)}; most for worker ${most!.last}: ${share(most!.ms)}`;
    add(all, WAIT, [whole, `waited ${share(all)}, most for ${most!.last}`, share(all)], PALE_INK);
  }
  add(own.crossing, CROSSING, [`barriers ${share(own.crossing)}`, share(own.crossing)], '#000');
}

function drawShares(body: string[], y: number, span: number): number {
  body.push(line(LEFT, y, LEFT + WIDTH, y, '#666'));
  for (let tenth = 0; tenth <= 10; tenth += 2) {
    const x = LEFT + (tenth / 10) * WIDTH;
    body.push(line(x, y, x, y + 5, '#666'));
    const label = tenth === 10 ? `100% of ${formatMs(span)}` : `${10 * tenth}%`;
    body.push(text(x, y + 18, label, tenth === 10 ? 'end' : 'middle'));
  }
  return y + 22;
}

function drawLegend(body: string[], y: number, timeline: RecordedTimeline, collecting: boolean): number {
  const { phases, rounds } = timeline;
  const entries: [string, string][] = phases.map((called, at) => [phaseColour(at, phases)[0], called]);
  if (rounds.flat().some(({ kind }) => kind !== 'phase')) entries.push([ROWS, 'trace rows, between rounds']);
  entries.push([WAIT, 'waits for the last to arrive'], [CROSSING, 'crosses the barrier']);
  if (collecting) entries.push([COLLECTOR, 'garbage collector']);
  entries.push(['', 'the last to arrive lets the others go']);
  let x = 20;
  for (const [fill, called] of entries) {
    const width = 26 + CHARACTER * called.length + 16;
    if (x + width > LEFT + WIDTH + RIGHT) {
      x = 20;
      y += 20;
    }
    if (fill === '')
      body.push(
        `<line x1="${x}" y1="${y - 5}" x2="${x + 17}" y2="${y - 5}" stroke="${ARROW}" stroke-width="1.5" marker-end="url(#head)"/>`,
      );
    else body.push(rect(x, y - 11, 18, 12, fill));
    body.push(text(x + 24, y, escapeXml(called), 'start'));
    x += width;
  }
  return y;
}

function colourOf({ kind, phase }: Lap, phases: readonly string[]): readonly [string, string] {
  return kind === 'phase' ? phaseColour(phase, phases) : [ROWS, '#000'];
}

function phaseColour(phase: number, { length }: readonly string[]): readonly [string, string] {
  return PHASES[(length - 1 - phase) % PHASES.length]!;
}

/** With the first of the labels that fits in it; the whole of it is told to a pointer. */
function box(
  body: string[],
  from: number,
  to: number,
  y: number,
  lane: Lane,
  fill: string,
  label: string | readonly string[],
  ink: string,
  ms: number,
): void {
  const width = to - from;
  if (width < 0.01) return;
  const labels = typeof label === 'string' ? [label] : label;
  body.push(rect(from, y, width, lane.height, fill, '', titled(labels[0] ?? '', ms)));
  const fits = labels.find((one) => one !== '' && CHARACTER * one.length + 8 <= width);
  if (fits !== undefined && lane.height >= 14)
    body.push(text((from + to) / 2, y + lane.height / 2 + 4, escapeXml(fits), 'middle', ` fill="${ink}"`));
}

function titled(what: string, ms: number): string {
  return `<title>${escapeXml(`${what === '' ? 'barrier' : what}: ${formatMs(ms)}`)}</title>`;
}

function heading2(x: number, y: number, content: string): string {
  return `<text x="${x}" y="${y}" font-weight="bold">${escapeXml(content)}</text>`;
}
