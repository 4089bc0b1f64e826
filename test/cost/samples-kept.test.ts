/** Samples of an earlier start are those of the files, the agents and the numbers that they were made of. */

import { mkdtempSync, readdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { serialize } from 'node:v8';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { SampleParameters } from '../../src/cost/sampled.js';
import { readSamples, type Samples } from '../../src/cost/samples-host.js';
import type { CostContext } from '../../src/cost/types.js';
import { keepIn, keepNothing } from '../support/kept.js';
import { temporaryFolder } from '../support/run.js';
import { contextOf } from './support.js';

const ROWS = 20_000;

/** Two of three cells are 0. */
const table = (changed = 1) =>
  Array.from({ length: ROWS }, (_, r) =>
    [
      ...Array.from({ length: 12 }, (_, c) =>
        r === 17 && c === 3 ? changed : (r + c) % 3 ? 0 : (r * 7 + c) / 8,
      ),
      r % 2,
    ].join(),
  ).join('\n');

/** To the bit, and in arrays of the same kinds. */
const same = (a: Samples, b: Samples) => serialize(a).equals(serialize(b));

describe('samples that were made before', () => {
  let cache: string;
  let spec: SampleParameters;
  let warnings: string[];
  let context: CostContext;

  const kept = () => readdirSync(cache).filter((name) => name.startsWith('samples-')).length;
  /** With a folder of its own where nothing was kept. */
  const anew = async (changed: Partial<SampleParameters> = {}, other: Partial<CostContext> = {}) => {
    keepNothing();
    try {
      return await readSamples({ ...spec, ...changed }, { ...context, ...other });
    } finally {
      keepIn(cache);
    }
  };

  beforeEach(() => {
    const folder = temporaryFolder();
    cache = mkdtempSync(path.join(folder, 'made-'));
    keepIn(cache);
    const data = path.join(folder, 'table.csv');
    writeFileSync(data, table());
    spec = {
      data,
      header: false,
      split: 'contiguous',
      storage: 'auto',
      intercept: false,
      regularization: 0.1,
      solve: true,
    } as SampleParameters;
    warnings = [];
    context = { ...contextOf(4), warn: (message) => warnings.push(message) };
  });

  afterEach(() => {
    keepNothing();
  });

  it.each([
    ['sparse rows', {}],
    ['dense rows', { storage: 'dense' }],
    ['with an intercept', { intercept: true }],
    ['dealt out by a shuffle', { split: 'shuffled' }],
  ] as const)('are the very same: %s', async (_, changes) => {
    const given = { ...spec, ...changes } as SampleParameters;
    const right = await anew(changes as Partial<SampleParameters>);
    const first = await readSamples(given, context);
    expect(kept()).toBe(1);
    const again = await readSamples(given, context);
    expect(kept()).toBe(1);
    expect(same(first, right)).toBe(true);
    expect(same(again, right)).toBe(true);
    expect(again.rows.dot(17, new Float64Array(13).fill(1))).toBe(
      right.rows.dot(17, new Float64Array(13).fill(1)),
    );
  });

  it('are others of a file that was edited, for other agents, in other numbers', async () => {
    await readSamples(spec, context);
    writeFileSync(spec.data as string, table(9));
    expect(same(await readSamples(spec, context), await anew())).toBe(true);
    for (const other of [
      { agents: 5 },
      { precision: 'float32' as const },
      { batch: 7 },
      { ownMeans: true },
    ]) {
      expect(same(await readSamples(spec, { ...context, ...other }), await anew({}, other))).toBe(true);
    }
    expect(
      same(await readSamples({ ...spec, split: 'shuffled' }, context), await anew({ split: 'shuffled' })),
    ).toBe(true);
    const seed = { low: 5, high: 0 };
    expect(
      same(
        await readSamples({ ...spec, split: 'shuffled' }, { ...context, seed }),
        await anew({ split: 'shuffled' }, { seed }),
      ),
    ).toBe(true);
  });

  it('say again what was said of them', async () => {
    const many = { ...context, agents: ROWS + 2 };
    await readSamples(spec, many);
    expect(warnings).toEqual([expect.stringContaining(`2 of the ${ROWS + 2} agents hold no samples`)]);
    await readSamples(spec, many);
    expect(warnings).toHaveLength(2);
    expect(warnings[1]).toBe(warnings[0]);
  });

  it('are refused every time where they are wrong', async () => {
    writeFileSync(spec.data as string, `${table()}\n1,2`);
    for (const _ of [1, 2]) await expect(readSamples(spec, context)).rejects.toThrow(/table\.csv:20001/);
    await expect(readSamples({ ...spec, data: 'nowhere.csv' }, context)).rejects.toThrow('nowhere.csv');
    expect(kept()).toBe(0);
  });
});
