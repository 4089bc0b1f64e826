/** The example of a directed graph: every row reaches its target, and one bit a coordinate needs far fewer bits. */

import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { expect, it } from 'vitest';

it('agents agree on a minimiser over arcs, with one bit a coordinate too', () => {
  const root = fileURLToPath(new URL('../..', import.meta.url));
  const { status, stdout } = spawnSync(process.execPath, ['examples/12-digraph/run.mjs'], {
    cwd: root,
    encoding: 'utf8',
  });
  expect(status).toBe(0);
  const rows = stdout.trim().split('\n').slice(1);
  expect(rows).toHaveLength(4);
  const numbers = rows.map((row) => row.slice(28).replace(' kbit', '').trim().split(/\s+/).map(Number));
  for (const [, rmsError] of numbers) expect(rmsError).toBeLessThanOrEqual(1e-8);
  for (const at of [0, 2]) expect(numbers[at]![2]).toBeGreaterThan(8 * numbers[at + 1]![2]!);
});
