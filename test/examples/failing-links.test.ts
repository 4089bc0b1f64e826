/** The example of failing links: every row reaches its target, and failures cost rounds. */

import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { expect, it } from 'vitest';

it('one-bit agents agree over failing links', () => {
  const root = fileURLToPath(new URL('../..', import.meta.url));
  const { status, stdout } = spawnSync(process.execPath, ['examples/06-failing-links/run.mjs'], {
    cwd: root,
    encoding: 'utf8',
  });
  expect(status).toBe(0);
  const rows = stdout.trim().split('\n').slice(1);
  expect(rows).toHaveLength(3);
  const numbers = rows.map((row) => row.slice(24).trim().split(/\s+/).map(Number));
  for (const [, rmsError] of numbers) expect(rmsError).toBeLessThanOrEqual(1e-8);
  const [[reliable], [dropped]] = numbers;
  expect(dropped).toBeGreaterThan(reliable);
});
