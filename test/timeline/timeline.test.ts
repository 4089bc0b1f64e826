/** From a record to who waits for whom, to trace.json and to a picture; by hand, and of runs as they are. */

import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { SaxesParser } from 'saxes';
import { describe, expect, it } from 'vitest';
import { profile, timeline } from '../../dist/src/index.js';
import type { RecordedTimeline } from '../../src/session/recorded-timeline.js';
import { drawTimeline, usualRounds } from '../../src/timeline/picture.js';
import { formatTrace, type TraceEvent, traceFile } from '../../src/timeline/trace-events.js';
import { formatWaits, waitsOf } from '../../src/timeline/waits.js';
import { sottovoce } from '../support/command-line.js';
import { temporaryFolder } from '../support/run.js';
import { byHand } from './by-hand.js';
import { badlyNested, traceFile as format } from './trace-event-format.js';

/** Worker 1 has half of the work of worker 0 in the first phase, worker 0 nothing to do in the second. */
const UNEVEN = [
  [8, 4],
  [0, 6],
];

const folder = temporaryFolder();
type Complete = Extract<TraceEvent, { ph: 'X' }>;
const completeOf = (events: readonly TraceEvent[]) =>
  events.filter((event): event is Complete => event.ph === 'X');

describe('who waits for whom', () => {
  it('is what the worker that comes last takes longer; the rest of a wait is the crossing', () => {
    const waits = waitsOf(byHand(3, UNEVEN));
    // A round is 8 + 1 + 6 + 1 ms.
    expect(waits).toMatchObject({ workers: 2, rounds: 3, firstRound: 10, milliseconds: 48 });
    expect(waits.byWorker).toEqual([
      { phases: [24, 0], rows: 0, waitedFor: [0, 18], crossing: 6, collecting: 0 },
      { phases: [12, 18], rows: 0, waitedFor: [12, 0], crossing: 6, collecting: 0 },
    ]);
    expect(waits.shareWaited).toBe(30 / 96);
    expect(waits.shareCrossing).toBe(12 / 96);
  });

  it('says it in words', () => {
    const text = formatWaits(waitsOf(byHand(3, UNEVEN)));
    expect(text).toContain('timeline of 3 rounds (10..12): 48 ms');
    expect(text).toContain('    50.0%     25.0%  phase 1');
    expect(text).toContain('worker 0 waited 18 ms (37.5%) for worker 1');
    expect(text).toContain('all workers: 31.3% of the time waiting for another one, 12.5% crossing barriers');
    expect(formatWaits(waitsOf({ ...byHand(0, UNEVEN) }))).toContain('no whole round was recorded');
  });

  it('counts the collector within the rounds alone', () => {
    const recorded = byHand(3, UNEVEN);
    const { originMs } = recorded;
    recorded.collections[1] = [
      { kind: 'minor collection', beganMs: originMs - 2, endedMs: originMs + 1 },
      { kind: 'major collection', beganMs: originMs + 9, endedMs: originMs + 11 },
      { kind: 'minor collection', beganMs: originMs + 47, endedMs: originMs + 60 },
      { kind: 'minor collection', beganMs: originMs + 90, endedMs: originMs + 91 },
    ];
    expect(waitsOf(recorded).byWorker.map(({ collecting }) => collecting)).toEqual([0, 4]);
  });

  it('holds the clocks against the barriers, and finds one that is wrong', () => {
    const { clock } = waitsOf(byHand(3, UNEVEN));
    // Let go a millisecond after the last has come: one may be ahead of the other by so much.
    expect(clock).toEqual({ statedUs: 0.1, observedUs: 1000, ordered: true });
    const wrong = byHand(3, UNEVEN);
    for (const lap of wrong.rounds.flat())
      for (const times of [lap.began, lap.arrived, lap.released]) times[1]! -= 1.5;
    expect(waitsOf(wrong).clock.ordered).toBe(false);
    expect(formatWaits(waitsOf(wrong))).toContain('CONTRADICT');
  });
});

describe('trace.json', () => {
  const recorded = byHand(2, UNEVEN, { phases: ['send', 'apply'], rows: 1 });
  recorded.collections[0] = [
    { kind: 'minor collection', beganMs: recorded.originMs + 1, endedMs: recorded.originMs + 1.5 },
    { kind: 'minor collection', beganMs: recorded.originMs - 9, endedMs: recorded.originMs - 8 },
  ];
  recorded.coordinator.spans.push(
    { what: 'rows of the trace', beganMs: recorded.originMs + 3, endedMs: recorded.originMs + 4 },
    { what: 'rows of the trace', beganMs: recorded.originMs + 1e6, endedMs: recorded.originMs + 1e6 + 1 },
  );
  const file = traceFile('by hand', recorded);

  it('has a track for each worker and the coordinator', () => {
    const names = file.traceEvents.flatMap((event) =>
      event.ph === 'M' && event.name === 'thread_name' ? [[event.tid, event.args]] : [],
    );
    expect(names).toEqual([
      [1, { name: 'worker 0' }],
      [2, { name: 'worker 1' }],
      [3, { name: 'coordinator' }],
    ]);
    const of = (tid: number) =>
      completeOf(file.traceEvents)
        .filter((event) => event.tid === tid && event.ts < 18e3)
        .map(({ name, ts, dur }) => `${name} ${ts} ${dur}`);
    expect(of(1)).toEqual([
      'round 10 0 25000',
      'send 0 8000',
      'barrier 8000 1000',
      'apply 9000 0',
      'wait for worker 1 9000 7000',
      'trace row, phase 1 16000 8000',
      'minor collection 1000 500',
    ]);
    expect(of(2).slice(0, 3)).toEqual(['round 10 0 25000', 'send 0 4000', 'wait for worker 0 4000 5000']);
    expect(of(3)).toEqual(['rows of the trace 3000 1000']);
  });

  it('draws an arrow from the last to arrive to whom it lets go', () => {
    const [from, to] = file.traceEvents.filter(
      (event) => (event.ph === 's' || event.ph === 'f') && event.ts < 9500,
    );
    expect(from).toMatchObject({ ph: 's', tid: 1, ts: 8000 });
    expect(to).toMatchObject({ ph: 'f', bp: 'e', tid: 2, ts: 9000 });
    // One for each of the six barriers.
    expect(file.traceEvents.filter(({ ph }) => ph === 'f')).toHaveLength(6);
  });

  it('is what the format says, and a schema that refuses what it is not', () => {
    expect(format.safeParse(JSON.parse(formatTrace(file))).error).toBeUndefined();
    expect(badlyNested(format.parse(file).traceEvents)).toEqual([]);
    const changed = (change: (event: Record<string, unknown>) => void) => {
      const copy = JSON.parse(formatTrace(file));
      change(copy.traceEvents.find(({ ph }: { ph: string }) => ph === 'X'));
      return format.safeParse(copy).success;
    };
    const noChange = () => {};
    expect(changed(noChange)).toBe(true);
    expect(changed((event) => delete event['dur'])).toBe(false);
    expect(changed((event) => Object.assign(event, { dur: -1 }))).toBe(false);
    expect(changed((event) => Object.assign(event, { ts: '0' }))).toBe(false);
    expect(changed((event) => Object.assign(event, { tid: 'worker' }))).toBe(false);
    expect(changed((event) => Object.assign(event, { duration: 1 }))).toBe(false);
    const lone = file.traceEvents.filter(({ ph }) => ph !== 'f');
    expect(format.safeParse({ ...file, traceEvents: lone }).success).toBe(false);
  });

  it('nests, and the test of it finds what does not', () => {
    const event = (name: string, ts: number, dur: number) =>
      ({ ph: 'X', name, cat: 'a', pid: 1, tid: 1, ts, dur }) as const;
    expect(badlyNested([event('a', 0, 10), event('b', 2, 8), event('c', 10, 5)])).toEqual([]);
    expect(badlyNested([event('a', 0, 10), event('b', 2, 9)])).toEqual(['1 1: b ends after a']);
  });
});

/** A cost whose gradient takes half a millisecond at agents from this one on. */
function slowFrom(agent: number): string {
  const file = path.join(folder, 'slow.mjs');
  writeFileSync(
    file,
    `export const plan = () => ({ dim: 2, m: 1, l: 1 });
    export const value = (x, agent) => (x[0] - agent) ** 2 / 2 + x[1] ** 2 / 2;
    export function gradient(x, out, agent) {
      const until = performance.now() + (agent >= ${agent} ? 0.5 : 0);
      while (performance.now() < until);
      out[0] = x[0] - agent;
      out[1] = x[1];
    }`,
  );
  return file;
}

const RING = {
  topology: { kind: 'ring', nodes: 31 },
  cost: { kind: 'quadratic', dim: 32, condition: 4 },
  flow: { kind: 'primal-dual', step: 0.05, alpha: 0.5, beta: 0.5 },
  trace: { every: 7 },
} as const;

describe('of a run as it is', () => {
  it.each([1, 2, 3])(
    '%i workers: events nest, and nobody starts a phase before all have arrived',
    async (workers) => {
      const { trace, waits, summary } = await timeline({ ...RING, workers }, { rounds: 3000, window: 60 });
      expect(summary.rounds).toBe(3000);
      const { traceEvents } = format.parse(JSON.parse(formatTrace(trace)));
      expect(badlyNested(traceEvents)).toEqual([]);
      const events = completeOf(trace.traceEvents);
      const lasting = events.filter(({ cat }) => cat === 'work' || cat === 'wait' || cat === 'barrier');
      const byWorker = Array.from({ length: workers }, (_, worker) =>
        lasting.filter(({ tid }) => tid === worker + 1),
      );
      const [first] = byWorker;
      expect(first!.filter(({ name }) => name === 'round')).toHaveLength(60);
      expect(
        new Set(first!.filter(({ name }) => name.startsWith('trace row')).map(({ args }) => args!['round'])),
      ).toEqual(new Set(Array.from({ length: 60 }, (_, at) => 1471 + at).filter((round) => round % 7 === 0)));
      for (const events of byWorker) expect(events).toHaveLength(first!.length);
      // Work and what follows it, in turns; the same on each track.
      const allowedUs = waits.clock.statedUs + 0.002;
      for (let at = 1; at < first!.length; at += 2) {
        const arrived = byWorker.map((events) => events[at]!.ts);
        for (const events of byWorker) {
          const [work, wait, next] = events.slice(at - 1, at + 2);
          expect(work!.cat).toBe('work');
          expect(wait!.cat).not.toBe('work');
          expect(wait!.ts).toBeCloseTo(work!.ts + work!.dur, 3);
          if (next === undefined) continue;
          expect(next.ts).toBeGreaterThanOrEqual(Math.max(...arrived) - allowedUs);
        }
      }
      expect(waits.clock.ordered).toBe(true);
      const all = waits.byWorker.map(({ phases, rows, waitedFor, crossing }) =>
        [...phases, rows, ...waitedFor, crossing].reduce((sum, ms) => sum + ms, 0),
      );
      for (const ms of all) expect(ms / waits.milliseconds).toBeCloseTo(1, 1);
      if (workers === 1) expect(waits.shareWaited).toBe(0);
    },
  );

  // A machine that stands still for a moment takes its time from whoever it stops.
  it('what keeps the others waiting is named', { retry: 2 }, async () => {
    const { waits } = await timeline(
      {
        topology: { kind: 'complete', nodes: 8 },
        cost: { kind: 'custom', module: slowFrom(4) },
        flow: { kind: 'dgd', step: 0.01 },
        workers: 2,
        // Rows share the agents out evenly.
        trace: { every: 1000, sample: 0 },
      },
      { rounds: 60, window: 40 },
    );
    const [idle, working] = waits.byWorker;
    expect(idle!.waitedFor[1]! / waits.milliseconds).toBeGreaterThan(0.5);
    expect(working!.waitedFor[0]! / waits.milliseconds).toBeLessThan(0.2);
  });

  it('profile leaves both files beside its own', async () => {
    const outDir = path.join(folder, 'profiled');
    const { files, timeline } = await profile(
      { ...RING, workers: 2 },
      { rounds: 4000, outDir, html: false, timelineRounds: 30 },
    );
    expect(files.map((file) => path.basename(file))).toEqual(
      expect.arrayContaining(['trace.json', 'timeline.svg']),
    );
    expect(timeline!.waits.rounds).toBe(30);
    const { otherData } = format.parse(JSON.parse(readFileSync(path.join(outDir, 'trace.json'), 'utf8')));
    expect(otherData).toMatchObject({ format: 'sottovoce-timeline/1', name: 'run', workers: 2, rounds: 30 });
    expect(readFileSync(path.join(outDir, 'timeline.svg'), 'utf8')).toBe(timeline!.svg);
    // The next profile takes their place.
    await profile({ ...RING, workers: 1 }, { rounds: 400, outDir, html: false });
    expect(existsSync(path.join(outDir, 'trace.json'))).toBe(false);
  });

  it('an option that is wrong is refused', async () => {
    await expect(timeline(RING, { window: 0 })).rejects.toThrow(
      'window is 0, expected a whole number of rounds',
    );
    await expect(timeline(RING, { seconds: 0 })).rejects.toThrow('seconds is 0, expected');
    await expect(timeline(RING, { windows: 3 } as never)).rejects.toThrow('unknown option windows');
    await expect(profile('a.yaml', { whole: true, timelineRounds: 3 })).rejects.toThrow('given with whole');
  });
});

describe('the command', () => {
  const config = path.join(folder, 'ring.yaml');
  writeFileSync(config, JSON.stringify({ ...RING, workers: 2 }));
  const command = (...args: string[]) => sottovoce(folder, 'profile', config, '--no-html', ...args);

  it('says who waited, and names the files', async () => {
    const out = path.join(folder, 'by-command');
    const { status, stdout } = await command('--rounds', '3000', '--timeline', '--out', out);
    expect(status).toBe(0);
    expect(stdout).toMatch(/timeline of 200 rounds \(1400\.\.1599\)/);
    expect(stdout).toMatch(/all workers: .* waiting for another one/);
    expect(stdout).toContain('trace.json, timeline.svg');
    expect(existsSync(path.join(out, 'timeline.svg'))).toBe(true);
  });

  it.each([
    [['--timeline-rounds', '0'], '--timeline-rounds is 0, expected a whole number >= 1'],
    [
      ['--timeline-rounds', '200001'],
      '--timeline-rounds is 200001, expected a whole number of rounds in 1..100000',
    ],
    [['--timeline', '--whole'], '--timeline is given with --whole'],
  ])('%j is refused', async (args, message) => {
    const { status, stderr } = await command(...args);
    expect(status).toBe(2);
    expect(stderr).toContain(message);
  });
});

describe('the picture', () => {
  /** Elements of well-formed XML, with their text. */
  function elementsOf(svg: string) {
    const found: { name: string; attributes: Record<string, string>; text: string }[] = [];
    const open: typeof found = [];
    const parser = new SaxesParser();
    parser.on('error', (error) => {
      throw error;
    });
    parser.on('opentag', ({ name, attributes }) => {
      const element = { name, attributes: attributes as Record<string, string>, text: '' };
      found.push(element);
      open.push(element);
    });
    parser.on('text', (text) => {
      if (open.length > 0) open.at(-1)!.text += text;
    });
    parser.on('closetag', () => void open.pop());
    parser.write(svg).close();
    return found;
  }
  const many = (workers: number): RecordedTimeline =>
    byHand(40, [Array.from({ length: workers }, (_, worker) => 2 + (worker % 5))], {
      phases: ['round'],
      rows: 1,
    });

  it.each([1, 2, 7, 64])('%i workers: a lane each, all within the picture', (workers) => {
    const elements = elementsOf(drawTimeline('a <name> & more', many(workers)));
    const [svg] = elements;
    const [width, height] = [Number(svg!.attributes['width']), Number(svg!.attributes['height'])];
    expect(svg!.attributes['viewBox']).toBe(`0 0 ${width} ${height}`);
    const texts = elements.filter(({ name }) => name === 'text');
    expect(texts[0]!.text).toBe('a <name> & more: who waits for whom');
    // Above and below; of many workers some have their names.
    const named = texts.filter(({ text }) => /^worker \d+$/.test(text));
    if (workers <= 40) expect(named).toHaveLength(2 * workers);
    else expect(named.length).toBeGreaterThan(20);
    const rects = elements.filter(
      ({ name, attributes }) => name === 'rect' && attributes['width'] !== '100%',
    );
    for (const { attributes } of [...rects, ...texts]) {
      const [x, y] = [Number(attributes['x']), Number(attributes['y'])];
      expect(x).toBeGreaterThanOrEqual(0);
      expect(x + Number(attributes['width'] ?? 0)).toBeLessThanOrEqual(width);
      expect(y).toBeGreaterThan(0);
      expect(y + Number(attributes['height'] ?? 0)).toBeLessThanOrEqual(height);
    }
    // Names do not stand upon one another.
    const tops = named.map(({ attributes }) => Number(attributes['y'])).sort((a, b) => a - b);
    for (let at = 1; at < tops.length; at++) expect(tops[at]! - tops[at - 1]!).toBeGreaterThan(11);
  });

  it('an arrow for every wait that can be seen, from the last to arrive', () => {
    const svg = drawTimeline('uneven', byHand(9, UNEVEN));
    const arrows = elementsOf(svg).filter(({ attributes }) => attributes['class'] === 'arrow');
    // Five rounds of two laps are shown; in the first worker 0 lets worker 1 go, in the second the other way.
    const down = arrows.map(({ attributes }) => Number(attributes['y2']) > Number(attributes['y1']));
    expect(down).toEqual([true, false, true, false, true, false, true, false, true, false]);
    expect(svg).toContain('waits for worker 0: 4 ms');
    expect(svg).toContain('waited for worker 0: 36 ms, 25.0%');
  });

  it('shows rounds that are as long as most', () => {
    const rounds = byHand(20, [[3, 3]]).rounds.map((laps, at) => [
      { ...laps[0]!, released: laps[0]!.released.map((ms) => ms + (at >= 10 ? 100 * (at - 9) : 0)) },
    ]);
    const shown = usualRounds(rounds);
    expect(shown.length).toBeGreaterThan(1);
    expect(shown.map(([lap]) => lap!.round - shown[0]![0]!.round)).toEqual(shown.map((_, at) => at));
    // The longest stand at the end.
    expect(shown.at(-1)![0]!.round).toBeLessThan(29);
  });

  it('of nothing says so', () => {
    expect(drawTimeline('empty', byHand(0, UNEVEN))).toContain('empty: who waits for whom: no rounds');
  });
});
