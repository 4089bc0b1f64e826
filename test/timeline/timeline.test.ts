/** From a record to who waits for whom, to trace.json and to a picture; by hand, and of runs as they are. */

import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { SaxesParser } from 'saxes';
import { describe, expect, it } from 'vitest';
import { profile, timeline } from '../../dist/src/index.js';
import type { RecordedTimeline } from '../../src/session/recorded-timeline.js';
import { drawTimeline, usualRounds } from '../../src/timeline/picture.js';
import { formatTrace, traceFile } from '../../src/timeline/trace-events.js';
import { formatWaits, waitsOf } from '../../src/timeline/waits.js';
import { sottovoce } from '../support/command-line.js';
import { temporaryFolder } from '../support/run.js';
import { byHand } from './by-hand.js';
import { traceFile as format, slicesOf } from './trace-event-format.js';

/** Worker 1 has half of the work of worker 0 in the first phase, worker 0 nothing to do in the second. */
const UNEVEN = [
  [8, 4],
  [0, 6],
];

const folder = temporaryFolder();
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
      (slicesOf(file.traceEvents).get(tid) ?? [])
        .filter(({ from }) => from < 25e6)
        .map(({ name, from, to, depth }) => `${'  '.repeat(depth)}${name} ${from / 1e6}..${to / 1e6}`);
    expect(of(1)).toEqual([
      'round 10 0..25',
      '  send 0..8',
      '    minor collection 1..1.5',
      '  barrier 8..9',
      '  wait for worker 1 9..15',
      '  barrier 15..16',
      '  trace row, phase 1 16..24',
      '  barrier 24..25',
    ]);
    expect(of(2)).toEqual([
      'round 10 0..25',
      '  send 0..4',
      '  wait for worker 0 4..8',
      '  barrier 8..9',
      '  apply 9..15',
      '  barrier 15..16',
      '  trace row, phase 1 16..20',
      '  wait for worker 0 20..24',
      '  barrier 24..25',
    ]);
    expect(of(3)).toEqual(['rows of the trace 3..4']);
  });

  it('draws an arrow from the last to arrive to whom it lets go', () => {
    const [from, to] = file.traceEvents.filter(
      (event) => (event.ph === 's' || event.ph === 'f') && event.ts < 9500,
    );
    expect(from).toMatchObject({ ph: 's', tid: 1, ts: 8000 });
    expect(to).toMatchObject({ ph: 'f', bp: 'e', tid: 2, ts: 8000 });
    // One for each of the six barriers.
    expect(file.traceEvents.filter(({ ph }) => ph === 'f')).toHaveLength(6);
  });

  it('is what the format says, and a schema that refuses what it is not', () => {
    expect(format.safeParse(JSON.parse(formatTrace(file))).error).toBeUndefined();
    const changed = (change: (event: Record<string, unknown>) => void) => {
      const copy = JSON.parse(formatTrace(file));
      change(copy.traceEvents.find(({ ph }: { ph: string }) => ph === 'B'));
      return format.safeParse(copy).success;
    };
    const noChange = () => {};
    expect(changed(noChange)).toBe(true);
    expect(changed((event) => delete event['cat'])).toBe(false);
    expect(changed((event) => Object.assign(event, { ph: 'X' }))).toBe(false);
    expect(changed((event) => Object.assign(event, { ts: '0' }))).toBe(false);
    expect(changed((event) => Object.assign(event, { tid: 'worker' }))).toBe(false);
    expect(changed((event) => Object.assign(event, { duration: 1 }))).toBe(false);
    const lone = file.traceEvents.filter(({ ph }) => ph !== 'f');
    expect(format.safeParse({ ...file, traceEvents: lone }).success).toBe(false);
  });

  it('nests, and the test of it finds what does not', () => {
    const event = (ph: 'B' | 'E', name: string, ts: number) =>
      ({ ph, name, cat: 'a', pid: 1, tid: 1, ts }) as const;
    const [a, b, endOfB, endOfA] = [
      event('B', 'a', 0),
      event('B', 'b', 2),
      event('E', 'b', 3),
      event('E', 'a', 9),
    ];
    expect(slicesOf([a, b, endOfB, endOfA]).get(1)).toMatchObject([{ depth: 0 }, { depth: 1, to: 3000 }]);
    expect(() => slicesOf([a, b, endOfA, endOfB])).toThrow('track 1: a ends within b');
    expect(() => slicesOf([b, a])).toThrow('track 1 goes back at a');
    expect(() => slicesOf([a, b, endOfB])).toThrow('track 1: a does not end');
  });

  it('ends what seems to last beyond its neighbour where that ends', () => {
    const skewed = byHand(1, UNEVEN);
    skewed.collections[0] = [
      { kind: 'minor collection', beganMs: skewed.originMs + 7, endedMs: skewed.originMs + 8.00001 },
    ];
    const collection = slicesOf(traceFile('skewed', skewed).traceEvents)
      .get(1)!
      .find(({ cat }) => cat === 'gc');
    expect(collection).toMatchObject({ from: 7e6, to: 8e6, depth: 2 });
  });
});

/**
 * A cost whose gradient takes some milliseconds at agents from this one on: far longer than anybody else's.
 */
function slowFrom(agent: number): string {
  const file = path.join(folder, 'slow.mjs');
  writeFileSync(
    file,
    `export const plan = () => ({ dim: 2, m: 1, l: 1 });
    export const value = (x, agent) => (x[0] - agent) ** 2 / 2 + x[1] ** 2 / 2;
    export function gradient(x, out, agent) {
      const until = performance.now() + (agent >= ${agent} ? 4 : 0);
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
      const tracks = slicesOf(traceEvents);
      const byWorker = Array.from({ length: workers }, (_, worker) => tracks.get(worker + 1)!);
      for (const slices of byWorker) {
        const rounds = slices.filter(({ depth }) => depth === 0).map(({ name }) => name);
        expect(rounds).toEqual(Array.from({ length: 60 }, (_, at) => `round ${1470 + at}`));
        const rows = slices.filter(({ name }) => name === 'trace row, phase 1');
        expect(rows).toHaveLength(
          Array.from({ length: 60 }, (_, at) => 1471 + at).filter((round) => round % 7 === 0).length,
        );
      }
      // The n-th work of one worker ends at the same barrier as the n-th work of another.
      const work = byWorker.map((slices) => slices.filter(({ cat }) => cat === 'work'));
      for (const of of work) expect(of).toHaveLength(work[0]!.length);
      const allowedNs = 1000 * waits.clock.statedUs + 1;
      for (let at = 1; at < work[0]!.length; at++) {
        const allHaveCome = Math.max(...work.map((of) => of[at - 1]!.to));
        for (const of of work) expect(of[at]!.from).toBeGreaterThanOrEqual(allHaveCome - allowedNs);
      }
      expect(waits.clock.ordered).toBe(true);
      // Work, waits and crossings are all that there is of a worker's time.
      waits.byWorker.forEach(({ phases, rows, waitedFor, crossing }, worker) => {
        const ms = [...phases, rows, ...waitedFor, crossing].reduce((sum, part) => sum + part, 0);
        const rounds = byWorker[worker]!.filter(({ depth }) => depth === 0);
        expect(ms).toBeCloseTo((rounds.at(-1)!.to - rounds[0]!.from) / 1e6, 5);
      });
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
