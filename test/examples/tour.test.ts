/** The tour of the library, in a folder of its own: what it prints, and that its pictures are some. */

import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, it } from 'vitest';
import { temporaryFolder } from '../support/run.js';

const tour = fileURLToPath(new URL('../../examples/09-tour/run.mjs', import.meta.url));

it('runs, ranks one bit before 64 by bits, and draws', () => {
  const cwd = temporaryFolder();
  const { status, stdout, stderr } = spawnSync(process.execPath, [tour], { cwd, encoding: 'utf8' });
  expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
  expect(stdout).toMatch(/^20 agents, 43 roads, lambda2 0\.\d+, diameter 5\nconverged after \d+ rounds/);
  const bits = (compressor: string) =>
    Number(new RegExp(`'primal-dual' . '${compressor}' +. \\d+ +. (\\d+)`).exec(stdout)?.[1]);
  expect(bits('flatten\\(sign\\)')).toBeLessThan(bits('identity') / 4);
  for (const name of ['run.svg', 'methods.svg']) {
    const svg = readFileSync(join(cwd, 'runs', 'tour', name), 'utf8');
    expect(svg).toMatch(/^<svg /);
    expect(svg.match(/<path|<polyline/g)?.length ?? 0).toBeGreaterThan(0);
  }
});
