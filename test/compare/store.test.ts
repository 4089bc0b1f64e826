/** Results of a comparison take the place of an earlier one's together, whatever fails meanwhile. */

import { readdirSync, readFileSync, rmSync } from 'node:fs';
import path from 'node:path';
import { expect, test } from 'vitest';
import { readStudy } from '../../src/compare/read-study.js';
import { CompareDirectory } from '../../src/compare/store.js';
import { withFault } from '../support/file-faults.js';
import { temporaryFolder } from '../support/run.js';
import { ALL } from '../support/some.js';

// All of the calls with `npm run test:chaos`.
const STEP = ALL ? 1 : 5;
const NAMES = [
  ...['results.csv', 'results.json', 'results.parquet', 'curves.csv', 'curves.parquet', 'traces.parquet'],
  'picture.svg',
];
const files = (content: string, names = NAMES) => names.map((name) => ({ name, content }));

function contents(folder: string): Set<string> {
  const names = readdirSync(folder).filter((name) => /^(results|curves|traces|picture)/.test(name));
  return new Set(names.map((name) => readFileSync(path.join(folder, name), 'utf8')));
}

test.each(['error', 'killed'] as const)('%s at the calls that write', async (kind) => {
  const root = temporaryFolder();
  const write = (folder: string, content: string) => {
    const directory = CompareDirectory.open(folder);
    try {
      directory.writeResults(files(content));
    } finally {
      directory.release();
    }
  };
  const calls = await withFault(null, async () => write(path.join(root, 'count'), 'new'));
  expect(calls).toBeGreaterThan(20);
  let kept = 0;
  for (let at = 1; at <= calls; at += STEP) {
    const folder = path.join(root, `${kind}-${at}`);
    const first = CompareDirectory.open(folder);
    first.begin({ quantity: 'rmsError', bound: 1e-6 }, 1);
    first.writeResults(files('old', [...NAMES, 'picture-2.svg']));
    first.release();
    await withFault({ at, kind }, async () => write(folder, 'new')).catch(() => {});
    // The process that was killed held a lock, which nobody has any more.
    rmSync(path.join(folder, '.sottovoce.lock'), { force: true });
    CompareDirectory.open(folder).release();
    const found = [...contents(folder)];
    expect([['old'], ['new']]).toContainEqual(found);
    // But for names of a lock: they go with their process, which is this one.
    const left = readdirSync(folder).filter((name) => /^\.(?!sottovoce\.lock)/.test(name));
    expect(left).toEqual([]);
    if (found[0] === 'old') kept++;
    else expect(readdirSync(folder)).not.toContain('picture-2.svg');
  }
  expect(kept).toBeGreaterThan(0);
  expect(kept).toBeLessThan(calls);
});

test('the results of a sweep are not replaced by those of a comparison, nor the other way round', () => {
  for (const [here, other] of [
    ['comparison', 'sweep'],
    ['sweep', 'comparison'],
  ] as const) {
    const folder = temporaryFolder();
    const first = CompareDirectory.open(folder, here);
    first.begin({ quantity: 'rmsError', bound: 1e-6 }, 1);
    first.release();
    // Nothing is lost where there are no results yet.
    CompareDirectory.open(folder, other).release();
    const again = CompareDirectory.open(folder, here);
    const content = JSON.stringify({ format: `sottovoce-${here}/1`, rows: [] }, null, 2);
    again.writeResults([{ name: 'results.json', content }]);
    again.release();
    expect(() => CompareDirectory.open(folder, other)).toThrow(`holds the results of a ${here}`);
    expect(readFileSync(path.join(folder, 'results.json'), 'utf8')).toBe(content);
    CompareDirectory.open(folder, here).release();
    if (here === 'sweep') expect(() => readStudy(folder)).toThrow('holds a sweep');
  }
});
