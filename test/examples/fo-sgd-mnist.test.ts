/** FO-SGD on MNIST: the short model for a few rounds. The perceptron takes a minute, and is run by hand. */

import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { expect, it } from 'vitest';

const root = fileURLToPath(new URL('../..', import.meta.url));

it('softmax learns digits from one bit a coordinate each way', () => {
  const { status, stdout } = spawnSync(
    process.execPath,
    ['examples/02-fo-sgd-mnist/run.mjs', '--softmax', '--rounds', '15'],
    { cwd: root, encoding: 'utf8' },
  );
  expect(status).toBe(0);
  const row = (name: string) =>
    new RegExp(`^${name} +(\\S+)% +(\\S+) +(\\S+) `, 'm').exec(stdout)?.slice(1).map(Number) ?? [];
  const [accuracy, ...bits] = row('FO-SGD');
  expect(accuracy).toBeGreaterThan(60);
  expect(bits).toEqual([1, 1]);
  expect(row('SGD').slice(1)).toEqual([64, 64]);
  expect(stdout).toContain('32.0 times less');
});
