/** The page about one's own network and its example are what a newcomer copies from: both must hold. */

import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { expect, it } from 'vitest';

const root = fileURLToPath(new URL('../..', import.meta.url));

it('friends far away are worth more than links that last', () => {
  const { status, stdout, stderr } = spawnSync(process.execPath, ['examples/08-own-network/run.mjs'], {
    cwd: root,
    encoding: 'utf8',
  });
  expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
  const rows = stdout.trim().split('\n').slice(1);
  const rounds = rows.map((row) => Number(/rounds? +(\d+)/.exec(row)?.[1]));
  expect(rounds).toHaveLength(4);
  const [few, , many] = rounds;
  expect(many).toBeLessThan(few / 2);
  // Every row reached its target before the rounds were up.
  expect(Math.max(...rounds)).toBeLessThan(5000);
});

it.each(['small-world', 'bursts'])('%s.mjs on the page is that of the example', (name) => {
  const example = readFileSync(`${root}/examples/08-own-network/${name}.mjs`, 'utf8');
  const own = example.slice(example.indexOf('/** @typedef')).trim();
  expect(readFileSync(`${root}/docs/your-own-network.md`, 'utf8')).toContain(own);
});
