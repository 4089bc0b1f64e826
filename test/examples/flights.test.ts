/**
 * The quickstart, as a newcomer runs it: what it must reach, and that its optimum is found and not typed in.
 */

import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { expect, it } from 'vitest';

const root = fileURLToPath(new URL('../..', import.meta.url));
/** f* of the flights with lambda = 0.01, found independently. */
const OPTIMUM = 0.5334646108205997;

it('305 airports agree on which flights are late, one bit per coordinate', () => {
  const { status, stdout } = spawnSync(process.execPath, ['examples/01-flights/run.mjs'], {
    cwd: root,
    encoding: 'utf8',
  });
  expect(status).toBe(0);
  const summary = JSON.parse(readFileSync(`${root}/runs/flights/summary.json`, 'utf8'));
  expect(summary).toMatchObject({ status: 'converged', agents: 305, edges: 2834, dim: 34 });
  expect(Math.abs(summary.final.optimum - OPTIMUM)).toBeLessThanOrEqual(1e-12);
  expect(summary.final.gap).toBeLessThanOrEqual(1e-6);
  expect(summary.final.gap).toBeGreaterThanOrEqual(0);
  expect(summary.final.consensusError).toBeLessThanOrEqual(1e-3);
  // 64 rotated coordinates and one scale.
  expect(summary.bits.perMessage).toBe(64 + 64);
  expect(summary.bits.broadcast).toBe(summary.rounds * 305 * 128);
  expect(stdout).toContain('AUC 0.622');
  expect(stdout).toMatch(/21:00 learned .* 30\.\d%\n\s+observed .* 38\.0%/);
});
