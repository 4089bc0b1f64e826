/** Caches as the system tells them, and what is chosen by them. */

import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it, onTestFinished } from 'vitest';
import { readCaches, sizesOf } from '../../src/base/caches.js';
import { chooseBlock } from '../../src/program/flow/plan.js';

it('are read level by level; instructions are no data', () => {
  const folder = mkdtempSync(join(tmpdir(), 'sottovoce-'));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  const told = [
    { level: '1', type: 'Data', size: '48K' },
    { level: '2', type: 'Instruction', size: '4M' },
    { level: '2', type: 'Unified', size: '2M' },
  ];
  for (const [index, cache] of told.entries()) {
    mkdirSync(join(folder, `index${index}`));
    for (const [name, text] of Object.entries(cache))
      writeFileSync(join(folder, `index${index}`, name), `${text}\n`);
  }
  const caches = readCaches(folder);
  expect(caches.map(({ bytes }) => bytes)).toEqual([48 * 1024, 4 * 2 ** 20, 2 * 2 ** 20]);
  expect(sizesOf(caches)).toEqual({ second: 2 * 2 ** 20, last: 8 * 2 ** 20 });
});

it('are taken for usual ones where nothing is told', () => {
  expect(readCaches('/nowhere')).toEqual([]);
  const usual = { second: 512 * 1024, last: 8 * 2 ** 20 };
  expect(sizesOf([])).toEqual(usual);
  expect(sizesOf([{ level: 2, type: 'Unified', size: '', bytes: 0 }])).toEqual(usual);
});

it('decide how many agents make a block', () => {
  const blocks = (secondBytes: number) =>
    [16, 64, 1024, 16_384].map((dim) => chooseBlock(8 * dim, secondBytes));
  expect(blocks(512 * 1024)).toEqual([128, 64, 4, 1]);
  expect(blocks(2 ** 21)).toEqual([128, 128, 16, 1]);
});
