/** The page about one's own compressor and its example are what a newcomer copies from: both must hold. */

import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { expect, it } from 'vitest';

const root = fileURLToPath(new URL('../..', import.meta.url));

it('four compressors reach the same gap, and two bits a coordinate take 64 + 64 + 2 dim', () => {
  const { status, stdout } = spawnSync(process.execPath, ['examples/04-own-compressor/run.mjs'], {
    cwd: root,
    encoding: 'utf8',
  });
  expect(status).toBe(0);
  const rows = stdout.trimEnd().split('\n').slice(1);
  expect(rows).toHaveLength(4);
  for (const row of rows) expect(Number(/\S+$/.exec(row)?.[0])).toBeLessThanOrEqual(1e-9);
  expect(rows[2]).toMatch(/^two-level\.mjs +192 /);
});

it('the encode and decode on the page are those of the example', () => {
  const body = (file: string) => {
    const text = readFileSync(`${root}/${file}`, 'utf8');
    return /export function decode[\s\S]*?\n}/.exec(text)?.[0];
  };
  expect(body('docs/your-own-compressor.md')).toBe(body('examples/04-own-compressor/two-level.mjs'));
});
