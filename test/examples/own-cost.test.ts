/** The page about one's own cost and its example are what a newcomer copies from: both must hold. */

import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { expect, it } from 'vitest';

const root = fileURLToPath(new URL('../..', import.meta.url));

it('the median stays with the many, the mean follows the few', () => {
  const { status, stdout } = spawnSync(process.execPath, ['examples/05-own-cost/run.mjs'], {
    cwd: root,
    encoding: 'utf8',
  });
  expect(status).toBe(0);
  const east = (name: string) => Number(new RegExp(`${name} +\\((\\S+),`).exec(stdout)?.[1]);
  expect(east('mean of the places')).toBeGreaterThan(2.5);
  expect(east("agent 0's median")).toBeLessThan(1.6);
  // The module does not say its optimum: what gap and error are measured against, the engine has found.
  expect(Number(/optimum +L-BFGS.*, to a gradient of (\S+)/.exec(stdout)?.[1])).toBeLessThan(1e-14);
  const table = Array.from(stdout.matchAll(/^ *(\d+) +(\d\S+) +(\d\S+)$/gm), (row) =>
    row.slice(1).map(Number),
  );
  expect(table.length).toBeGreaterThan(5);
  expect(table.at(-1)![1]).toBeLessThan(1e-8 * table[0]![1]!);
  expect(table.at(-1)![2]).toBeLessThan(1e-3 * table[0]![2]!);
  expect(Number(/gap (\S+)/.exec(stdout)?.[1])).toBeLessThanOrEqual(1e-9);
});

it('the value and gradient on the page are those of the example', () => {
  const body = (file: string) => {
    const text = readFileSync(`${root}/${file}`, 'utf8');
    return [/export function value[\s\S]*?\n}/, /export function gradient[\s\S]*?\n}/].map(
      (part) => part.exec(text)?.[0],
    );
  };
  expect(body('docs/your-own-cost.md')).toEqual(body('examples/05-own-cost/median.mjs'));
  expect(body('docs/your-own-cost.md')[0]).toBeDefined();
});
