/**
 * A few runs with a fault each, of fixed seeds, held against the promises. The long form is `npm run chaos`.
 */

import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { expect, it } from 'vitest';

const script = fileURLToPath(new URL('../chaos/run.mjs', import.meta.url));

function chaos(...args: string[]) {
  const { status, stdout, stderr } = spawnSync(process.execPath, [script, ...args], { encoding: 'utf8' });
  return { status, stdout, stderr };
}

it('commands under faults keep their promises', { timeout: 300_000 }, () => {
  const { status, stdout } = chaos('--seed', '2', '--only', '0,5,6,11');
  expect(stdout).toMatch(/^all +4 +\d+ +\d+ +0 +0 +0 +0 /m);
  expect(stdout).not.toContain('failed:');
  expect(status).toBe(0);
});

it('refuses a fault that there is not', () => {
  const { status, stderr } = chaos('--fault', 'kill');
  expect(stderr).toContain('fault is "kill", expected one of');
  expect(status).toBe(2);
});
