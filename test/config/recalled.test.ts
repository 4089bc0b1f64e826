/** A config of an earlier start is that of its text, or is checked again. */

import { mkdtempSync, readdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { checkSource, loadConfig, parseOverride } from '../../src/config/load.js';
import { recallConfig } from '../../src/config/recalled.js';
import type { Override } from '../../src/run/config.js';
import { keepIn, keepNothing } from '../support/kept.js';
import { temporaryFolder } from '../support/run.js';

const RING = 'topology: { kind: ring, nodes: 8 }\ncost: { kind: quadratic, dim: 4 }\nflow: { kind: dgd }\n';
const rounds = { path: ['rounds'], value: 7, origin: '--rounds 7' };

const check = vi.fn(
  async (source: string, file: string, set: readonly string[], overrides: readonly Override[]) =>
    checkSource(source, file, [...set.map(parseOverride), ...overrides]),
);
const recall = (file: string, set: readonly string[] = [], overrides: readonly Override[] = []) =>
  recallConfig(file, set, overrides, check);

describe('a config that was checked before', () => {
  let cache: string;
  let file: string;

  beforeEach(() => {
    const folder = temporaryFolder();
    cache = mkdtempSync(path.join(folder, 'made-'));
    keepIn(cache);
    file = path.join(folder, 'ring.yaml');
    writeFileSync(file, RING);
    check.mockClear();
  });

  afterEach(() => {
    keepNothing();
    vi.unstubAllEnvs();
  });

  it('is what loadConfig gives, and is not checked a second time', async () => {
    const first = await recall(file, ['seed=3'], [rounds]);
    const again = await recall(file, ['seed=3'], [rounds]);
    expect(check).toHaveBeenCalledTimes(1);
    expect(again).toEqual(first);
    const seed = { path: ['seed'], value: 3, origin: '--set seed=3' };
    expect(again).toEqual(await loadConfig(file, [seed, rounds]));
  });

  it('keeps its own place: the same text in another folder is of that folder', async () => {
    await recall(file);
    const other = path.join(temporaryFolder(), 'other.yaml');
    writeFileSync(other, RING);
    const loaded = await recall(other);
    expect(check).toHaveBeenCalledTimes(1);
    expect(loaded).toMatchObject({ file: other, folder: path.dirname(other), source: RING });
  });

  it('is checked again after any change of its text, and with other options', async () => {
    await recall(file);
    writeFileSync(file, RING.replace('8', '9'));
    expect((await recall(file)).config).toMatchObject({ topology: { nodes: 9 } });
    expect((await recall(file, ['topology.nodes=10'], [])).config).toMatchObject({
      topology: { nodes: 10 },
    });
    expect((await recall(file, [], [rounds])).config.rounds).toBe(7);
    expect(check).toHaveBeenCalledTimes(4);
  });

  it('is refused every time', async () => {
    writeFileSync(file, RING.replace('ring', 'rong'));
    for (const _ of [1, 2]) await expect(recall(file)).rejects.toThrow(/ring\.yaml:1:\d+: .*rong/);
    expect(check).toHaveBeenCalledTimes(2);
    expect(readdirSync(cache)).toEqual([]);
  });

  it('does not get past --no-custom because it was allowed before', async () => {
    writeFileSync(file, RING.replace('quadratic', 'custom').replace('dim: 4', 'module: ./mine.mjs'));
    await recall(file);
    await recall(file);
    expect(check).toHaveBeenCalledTimes(1);
    vi.stubEnv('SOTTOVOCE_NO_CUSTOM', '1');
    await expect(recall(file)).rejects.toThrow('runs code');
  });
});
