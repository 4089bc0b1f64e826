/**
 * The example that shows the paper's point must show it: on sparse features flattening saves what plain bits
 * and majority votes lose.
 */

import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { expect, it } from 'vitest';

const root = fileURLToPath(new URL('../..', import.meta.url));

it('FO-SGD is ahead of one bit unflattened and far ahead of signSGD, with a sixty-fourth of the bits of SGD', () => {
  const { status, stdout } = spawnSync(
    process.execPath,
    ['examples/03-sparse-gradients/run.mjs', '--rounds', '1500'],
    { cwd: root, encoding: 'utf8' },
  );
  expect(status).toBe(0);
  const row = (name: string) =>
    new RegExp(`^${name}.* (\\d\\S+e\\S+) +(\\d+) +(\\d+) `, 'm').exec(stdout)?.slice(1).map(Number) ?? [];
  const [fo, up, down] = row('FO-SGD');
  expect([up, down]).toEqual([1, 1]);
  expect(row('SGD').slice(1)).toEqual([64, 64]);
  expect(fo).toBeLessThan(row('one bit, not flattened')[0]);
  expect(fo).toBeLessThan(row('signSGD')[0] / 3);
});
