import { describe, expect, it } from 'vitest';
import { parseConfig } from '../../src/library/configs.js';
import { programDefinition } from '../../src/program/registry.js';
import { frozen } from '../../src/run/program.js';

/** Paths of what could still be written to. */
function open(data: unknown, path = 'plan'): string[] {
  if (data === null || typeof data !== 'object' || ArrayBuffer.isView(data)) return [];
  const below = Object.entries(data).flatMap(([key, value]) => open(value, `${path}.${key}`));
  return Object.isFrozen(data) ? below : [path, ...below];
}

describe('frozen', () => {
  it('goes down to the leaves, through what is frozen above them only', () => {
    const plan = frozen({
      shallow: Object.freeze({ deep: { list: [{ leaf: 1 }] } }),
      x: new Float64Array(2),
    });
    expect(open(plan)).toEqual([]);
  });

  it('ends where data hold themselves', () => {
    const ring: { next?: unknown } = {};
    ring.next = { next: ring };
    frozen(ring);
    expect(Object.isFrozen(ring) && Object.isFrozen(ring.next)).toBe(true);
  });

  it.each([new Map([[1, 2]]), new Set([1])])('refuses what would stay open: %s', (collection) => {
    expect(() => frozen({ deep: { collection } })).toThrow(/a plan is plain data, and a (Map|Set) stands/);
  });
});

it('a plan is frozen, and so is each that a search makes of it', async () => {
  const config = await parseConfig({
    topology: { kind: 'ring', nodes: 6 },
    cost: { kind: 'quadratic', dim: 4 },
    flow: { kind: 'primal-dual', compress: 'error-state' },
    compressor: { kind: 'flatten', inner: { kind: 'sign' } },
    rounds: 50,
  });
  const { plan, openGains } = await programDefinition().prepare(config, 1);
  expect(open(plan)).toEqual([]);
  const starts = openGains!.starts();
  expect(starts.length).toBeGreaterThan(0);
  for (const gains of starts) expect(open(openGains!.planWith(gains))).toEqual([]);
});
