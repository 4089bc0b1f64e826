import { expect, test } from 'vitest';
import { lineView, progressLine } from '../../src/cli/progress.js';
import { row } from '../report/fixtures.js';

const at = (round: number, rounds: number) => ({ round, rounds, paused: false, last: row(round) });

function linesOf(seconds: number, rounds: number): string[] {
  const lines: string[] = [];
  const view = lineView({ write: (text) => lines.push(text) });
  const steps = 20_000;
  for (let step = 0; step <= steps; step++) {
    view.update(at(Math.floor((rounds * step) / steps), rounds), (seconds * step) / steps);
  }
  return lines;
}

test('a line says where, how fast, how long, how well', () => {
  expect(progressLine(at(1200, 5000), 2)).toBe(
    "round 1,200 of 5,000 (24%), 600 rounds/s, 6.33 s left, agents' gap 0.2, 998 kbit",
  );
  expect(progressLine({ round: 0, rounds: 10, paused: true, last: null }, 0)).toBe(
    'round 0 of 10 (0%), paused',
  );
});

test('short runs leave no lines, long ones never more than twenty', () => {
  expect(linesOf(1, 1000)).toHaveLength(0);
  expect(linesOf(10, 1000).length).toBeGreaterThan(1);
  for (const seconds of [60, 3600, 86_400]) {
    const { length } = linesOf(seconds, 1_000_000);
    expect(length).toBeGreaterThanOrEqual(5);
    expect(length).toBeLessThanOrEqual(20);
  }
});
