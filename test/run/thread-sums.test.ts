/** Where the time of workers went: sums by hand, and of a run. */

import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { run } from '../../src/index.js';
import { schedulerTimes, sumThreadTimes } from '../../src/run/thread-times.js';

it('adds up the parts of a run, and what is left is sleep', () => {
  const times = (wall: number, onCore: number | null, putAside: number | null) => ({
    wall,
    onCore,
    putAside,
  });
  expect(
    sumThreadTimes([
      [times(2, 1, 0.5), times(2, 0.25, 0)],
      [times(1, 1.5, 1), times(1, 0, 0.25)],
    ]),
  ).toEqual([
    // A time on a core that was read late is cut to the clock.
    { worker: 0, seconds: 3, processorSeconds: 2, readySeconds: 0.5, asleepSeconds: 0.5 },
    { worker: 1, seconds: 3, processorSeconds: 0.25, readySeconds: 0.25, asleepSeconds: 2.5 },
  ]);
  expect(sumThreadTimes([[times(2, 1, null)]])).toEqual([
    { worker: 0, seconds: 2, processorSeconds: 1, readySeconds: null, asleepSeconds: 1 },
  ]);
  expect(sumThreadTimes([[times(2, 1, 0), times(2, null, null)]])).toBeNull();
  expect(sumThreadTimes([[]])).toBeNull();
});

it.skipIf(schedulerTimes('/proc/thread-self/schedstat') === null)(
  'stands in summary.json and on the page, and is no more than the clock',
  async () => {
    const folder = mkdtempSync(join(tmpdir(), 'sottovoce-worker-times-'));
    try {
      const { summary } = await run(
        {
          topology: { kind: 'ring', nodes: 64 },
          cost: { kind: 'quadratic', dim: 64 },
          flow: { kind: 'primal-dual', step: 0.001, alpha: 1, beta: 1 },
          workers: 2,
          rounds: 4000,
        },
        { outDir: folder },
      );
      const file = JSON.parse(readFileSync(join(folder, 'summary.json'), 'utf8'));
      expect(file.workersTime).toEqual(summary.workersTime);
      expect(summary.workersTime!.map(({ worker }) => worker)).toEqual([0, 1]);
      for (const { seconds, processorSeconds, readySeconds, asleepSeconds } of summary.workersTime!) {
        // The loop's own clock begins after the first barrier.
        expect(seconds).toBeGreaterThan(summary.seconds * 0.9);
        expect(processorSeconds).toBeGreaterThan(0);
        expect(processorSeconds + readySeconds! + asleepSeconds).toBeCloseTo(seconds, 9);
      }
      const html = readFileSync(join(folder, 'report.html'), 'utf8');
      expect(html).toContain('2 workers spent ');
      expect(html).toContain('ready while others had the cores');
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
  },
);
