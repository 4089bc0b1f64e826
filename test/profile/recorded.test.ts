/**
 * What is recorded in profiles/: every config says what to look for, and its flame graph and baseline belong
 * to it. `npm run profile` makes them anew.
 */

import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { loadConfig } from '../../dist/src/index.js';

const folder = 'profiles';
const names = readdirSync(folder)
  .filter((file) => file.endsWith('.yaml'))
  .map((file) => file.replace(/\.yaml$/, ''));
const read = (...parts: string[]) => readFileSync(path.join(folder, ...parts), 'utf8');

/** Kernels that a reader must find by name, in the runs that are quoted for them. */
const KERNELS: Record<string, string[]> = {
  'one-bit-100k': [
    'gatherRotatedSigns',
    'laterWordStages',
    'firstSignedStages',
    'packRotatedSigns',
    'updatePrimalDualQuadratic',
  ],
  'ring-topk': ['gatherSparse', 'encodeSparse'],
  'star-hub': ['gatherDense'],
  flights: ['gradientLinearSparse'],
  'mnist-fo': ['gradientSoftmaxSparse', 'uniformRange'],
};

it('the runs that the documentation names are there', () => {
  expect(names).toEqual(expect.arrayContaining(Object.keys(KERNELS)));
});

describe.each(names)('%s', (name) => {
  it('is a config that says what to look for, and the README lists it', async () => {
    expect(read(`${name}.yaml`)).toMatch(/^# Look for: /);
    expect((await loadConfig(path.join(folder, `${name}.yaml`))).config.name).toBe(name);
    expect(read('README.md')).toContain(`| [${name}](${name}.yaml) |`);
  });

  it('has a flame graph and a baseline with names for nearly all of the time', () => {
    const html = read(name, 'merged.html');
    const baseline = JSON.parse(read(name, 'baseline.json'));
    expect(baseline).toMatchObject({ format: 'sottovoce-baseline/1', name });
    expect(baseline.unnamed).toBeLessThan(0.1);
    expect(baseline.roundsPerSecond.median).toBeGreaterThan(0);
    const shares = baseline.frames.map(({ share }: { share: number }) => share);
    expect(shares.reduce((sum: number, share: number) => sum + share, 0)).toBeGreaterThan(0.95);
    for (const kernel of KERNELS[name] ?? []) {
      expect(html).toContain(`"name":"${kernel} [WASM]"`);
    }
    expect(read(name, 'hottest.txt')).toMatch(new RegExp(`^${name}: the round loop alone`));
    expect(html).toContain('"name":"barrierWait src/sync/barrier.ts:');
  });
});
