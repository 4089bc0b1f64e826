import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Dataset } from '../../src/data/dataset.js';
import { writeNpy } from '../../src/data/npy.js';
import { equalParts, reorder, type SplitContext, type SplitSpec, splitRows } from '../../src/data/split.js';
import { seedWords } from '../../src/runtime.js';
import { scratchFolder } from '../cost/support.js';
import { runs } from '../support/properties.js';

/** One feature, whose value is the row's number; line 10 + row. */
function numbered(rows: number, groups: string[] | null = null): Dataset {
  const numbers = Float64Array.from({ length: rows }, (_, r) => r);
  return {
    file: 'data.libsvm',
    rows,
    columnCount: 1,
    matrix: { kind: 'dense', values: numbers },
    labels: numbers.map((r) => -r),
    lines: Uint32Array.from(numbers, (r) => 10 + r),
    groups,
  };
}

const contextOf = (agents: number, more: Partial<SplitContext> = {}): SplitContext => ({
  agents,
  seed: seedWords(1),
  resolve: (path) => path,
  path: ['cost', 'split'],
  ...more,
});

/** Which rows each agent holds. */
async function holdings(spec: SplitSpec, dataset: Dataset, context: SplitContext): Promise<number[][]> {
  const { order, samples } = await splitRows(spec, dataset, context);
  const { labels } = reorder(dataset, order);
  return Array.from({ length: context.agents }, (_, i) =>
    [...labels.slice(samples[i], samples[i + 1])].map((y) => 0 - y),
  );
}

describe('contiguous', () => {
  it('cuts as numpy.array_split does', async () => {
    expect(await holdings({ kind: 'contiguous' }, numbered(8), contextOf(3))).toEqual([
      [0, 1, 2],
      [3, 4, 5],
      [6, 7],
    ]);
    expect(await holdings({ kind: 'contiguous' }, numbered(2), contextOf(4))).toEqual([[0], [1], [], []]);
  });

  it('gives everyone the same number, give or take one, the longer first', () => {
    fc.assert(
      fc.property(fc.nat(5000), fc.integer({ min: 1, max: 400 }), (rows, agents) => {
        const parts = equalParts(rows, agents);
        const lengths = Array.from({ length: agents }, (_, i) => parts[i + 1]! - parts[i]!);
        expect(parts[0]).toBe(0);
        expect(parts[agents]).toBe(rows);
        expect(lengths).toEqual([...lengths].sort((a, b) => b - a));
        expect(lengths[0]! - lengths[agents - 1]!).toBeLessThanOrEqual(1);
      }),
    );
  });
});

describe('shuffled', () => {
  it('deals every row once, by the seed', async () => {
    const deal = (seed?: number) => holdings({ kind: 'shuffled', seed }, numbered(50), contextOf(7));
    const dealt = await deal();
    expect(dealt.map((rows) => rows.length)).toEqual([8, 7, 7, 7, 7, 7, 7]);
    expect(dealt.flat().sort((a, b) => a - b)).toEqual(Array.from({ length: 50 }, (_, r) => r));
    expect(dealt.flat()).not.toEqual([...dealt.flat()].sort((a, b) => a - b));
    expect(await deal(1)).toEqual(dealt);
    expect(await deal(2)).not.toEqual(dealt);
  });
});

describe('counts', () => {
  it('gives each agent the next rows of the file', async () => {
    expect(await holdings({ kind: 'counts', counts: [2, 0, 1] }, numbered(3), contextOf(3))).toEqual([
      [0, 1],
      [],
      [2],
    ]);
  });

  it('reads them from a file', async () => {
    const file = `${scratchFolder()}/counts.npy`;
    await writeNpy(file, { shape: [2], data: Float64Array.of(1, 2) });
    expect(await holdings({ kind: 'counts', counts: file }, numbered(3), contextOf(2))).toEqual([
      [0],
      [1, 2],
    ]);
    await writeNpy(file, { shape: [1, 2], data: Float64Array.of(1, 2) });
    await expect(holdings({ kind: 'counts', counts: file }, numbered(3), contextOf(2))).rejects.toThrow(
      /counts\.npy has shape \(1, 2\), expected \(2,\): a number for each agent/,
    );
  });

  it.each([
    [[1, 2], 'cost.split.counts has 2 entries, expected 3: one for each agent'],
    [[1, 1, 2], 'cost.split.counts adds up to 4, expected 3: the samples of data.libsvm'],
    [[1, 1, 0], 'cost.split.counts adds up to 2, expected 3: the samples of data.libsvm'],
    [[1, 2.5, 0], 'cost.split.counts[1] is 2.5, expected a whole number >= 0'],
    [[1, -1, 3], 'cost.split.counts[1] is -1, expected a whole number >= 0'],
  ])('refuses %j', async (counts, message) => {
    await expect(holdings({ kind: 'counts', counts }, numbered(3), contextOf(3))).rejects.toThrow(message);
  });
});

describe('by-column', () => {
  const spec: SplitSpec = { kind: 'by-column', column: 'origin' };

  it('gives rows of one value to one agent, in the order of the file; values ascend as numbers do', async () => {
    const groups = ['10', '9', '10', '-1', '9', '10'];
    expect(await holdings(spec, numbered(6, groups), contextOf(3))).toEqual([[3], [1, 4], [0, 2, 5]]);
    expect(await holdings(spec, numbered(3, ['b', 'a', 'b']), contextOf(2))).toEqual([[1], [0, 2]]);
  });

  it('gives rows to the node whose label they name; a node that none names holds none', async () => {
    const labels = ['SFO', 'ORD', 'JFK'];
    expect(await holdings(spec, numbered(3, ['JFK', 'SFO', 'JFK']), contextOf(3, { labels }))).toEqual([
      [1],
      [],
      [0, 2],
    ]);
  });

  it('numbers of a graph file are names too, whoever holds none', async () => {
    const context = contextOf(4, { numbered: true });
    expect(await holdings(spec, numbered(3, ['3', '0', '3']), context)).toEqual([[1], [], [], [0, 2]]);
    await expect(holdings(spec, numbered(4, ['1', '2', '3', '4']), context)).rejects.toThrow(
      'data.libsvm:13: column origin is "4", expected the name of a node: 1 of 4 groups are not',
    );
  });

  it('in order, where that is asked for, whatever the names', async () => {
    const inOrder: SplitSpec = { ...spec, groups: 'in-order' };
    const labels = ['Berlin', 'Paris', 'Oslo'];
    expect(await holdings(inOrder, numbered(3, ['b', 'c', 'a']), contextOf(3, { labels }))).toEqual([
      [2],
      [0],
      [1],
    ]);
    expect(await holdings(inOrder, numbered(2, ['1', '2']), contextOf(2, { numbered: true }))).toEqual([
      [0],
      [1],
    ]);
  });

  // Each stands for two files that name the same thing differently: by order, the wrong agent would hold the
  // rows.
  it.each([
    ['case', ['berlin', 'oslo', 'paris'], ['Berlin', 'Paris', 'Oslo'], '"berlin" is not "Berlin"'],
    ['blanks', ['New  York', 'Oslo'], ['New York', 'Oslo'], '"New  York" is not "New York"'],
    ['leading zeros', ['01001', '10001'], ['1001', '10001'], '"01001" is not "1001"'],
    ['decimals', ['1.0', '2.0'], ['1', '2'], '"1.0" is not "1"'],
    ['another language', ['Köln', 'Wien'], ['Cologne', 'Vienna'], 'set groups: in-order in the split'],
    ['an agent too few', ['a', 'b', 'c'], ['a', 'b'], 'every group needs a node that holds it'],
  ])('refuses names that differ: %s', async (_, groups, labels, hint) => {
    const context = contextOf(labels.length, { labels });
    await expect(holdings(spec, numbered(groups.length, groups), context)).rejects.toMatchObject({
      message: expect.stringMatching(
        /^data\.libsvm:1\d: column origin is ".*", expected the name of a node: .* groups .*\(groups: ".*; nodes: ".*\)$/,
      ),
      line: groups.findIndex((group) => !labels.includes(group)) + 10,
      code: 'BAD_INPUT',
      hint: expect.stringContaining(hint),
    });
  });

  it('refuses two nodes of one name, and numbers written in two ways', async () => {
    await expect(
      holdings(spec, numbered(1, ['a']), contextOf(3, { labels: ['a', 'b', 'a'] })),
    ).rejects.toThrow(
      'column origin of data.libsvm has the group "a", and 2 nodes are called so (0, 2, from 0)',
    );
    await expect(holdings(spec, numbered(2, ['1', '1.0']), contextOf(2))).rejects.toThrow(
      'writes one number in two ways, "1" and "1.0"',
    );
    await expect(holdings(spec, numbered(2, ['a', '']), contextOf(2))).rejects.toThrow(
      'data.libsvm:11: column origin is empty, expected whose row it is',
    );
  });

  it('a generator names nobody: another number of values than of agents is refused', async () => {
    await expect(holdings(spec, numbered(3, ['a', 'b', 'c']), contextOf(2))).rejects.toThrow(
      'column origin of data.libsvm has 3 distinct values ("a", "b", "c"), expected one for each of the 2 agents',
    );
  });
});

describe('reorder', () => {
  it('moves sparse rows, labels and lines together', () => {
    const dataset: Dataset = {
      ...numbered(3),
      columnCount: 4,
      matrix: {
        kind: 'sparse',
        rowStart: Uint32Array.of(0, 2, 2, 3),
        columns: Uint32Array.of(0, 3, 1),
        values: Float64Array.of(1, 2, 3),
      },
    };
    expect(reorder(dataset, Uint32Array.of(2, 0, 1))).toMatchObject({
      labels: Float64Array.of(-2, -0, -1),
      lines: Uint32Array.of(12, 10, 11),
      matrix: {
        rowStart: Uint32Array.of(0, 1, 3, 3),
        columns: Uint32Array.of(1, 0, 3),
        values: Float64Array.of(3, 1, 2),
      },
    });
  });
});

/** The labels as given, one feature. */
const labelled = (labels: number[]): Dataset => ({
  ...numbered(labels.length),
  labels: Float64Array.from(labels),
});
const perAgent = async (spec: SplitSpec, dataset: Dataset, context: SplitContext): Promise<number[][]> => {
  const { order, samples } = await splitRows(spec, dataset, context);
  const { labels } = reorder(dataset, order);
  return Array.from({ length: context.agents }, (_, i) => [...labels.slice(samples[i], samples[i + 1])]);
};
const digits = (rows: number): number[] => Array.from({ length: rows }, (_, r) => (r * 7 + (r >> 3)) % 10);

describe('by-label', () => {
  it('gives each of ten agents two digits, and every row to one of them', async () => {
    const labels = digits(500);
    const parts = await perAgent({ kind: 'by-label' }, labelled(labels), contextOf(10));
    parts.forEach((part, i) => {
      expect([...new Set(part)].sort((a, b) => a - b)).toEqual([i, (i + 1) % 10].sort((a, b) => a - b));
    });
    expect(parts.flat().sort()).toEqual(labels.toSorted());
  });

  it('whatever the numbers: every class is held, holders share it equally, nobody holds more classes than said', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.integer({ min: 1, max: 30 }),
        fc.integer({ min: 1, max: 10 }),
        async (agents, each) => {
          fc.pre(agents * each >= 10);
          const labels = digits(700);
          const parts = await perAgent(
            { kind: 'by-label', labels: each },
            labelled(labels),
            contextOf(agents),
          );
          expect(parts.flat().sort()).toEqual(labels.toSorted());
          for (const part of parts) expect(new Set(part).size).toBe(each);
          for (let k = 0; k < 10; k++) {
            const held = parts.map((part) => part.filter((y) => y === k).length).filter((n) => n > 0);
            expect(Math.max(...held) - Math.min(...held)).toBeLessThanOrEqual(1);
          }
        },
      ),
      { numRuns: runs(60) },
    );
  });

  it('refuses too few classes for an agent, and labels that are none', async () => {
    const run = (labels: number[], each: number, agents: number) =>
      splitRows({ kind: 'by-label', labels: each }, labelled(labels), contextOf(agents));
    await expect(run(digits(100), 2, 3)).rejects.toThrow(
      /cost.split.labels is 2, expected a whole number in 4..10/,
    );
    await expect(run(digits(100), 11, 3)).rejects.toThrow(/labels is 11/);
    await expect(run([1, 2, 2.5], 1, 3)).rejects.toThrow(
      'data.libsvm:12: the label is 2.5, expected a whole number',
    );
  });
});

describe('dirichlet', () => {
  const split = (alpha: number, seed: number, agents = 10, labels = digits(3000), more = {}) =>
    perAgent({ kind: 'dirichlet', alpha, seed, ...more }, labelled(labels), contextOf(agents));
  /**
   * How far the shares of a class are from equal, on average: 0 where they are, towards 1 where one agent
   * holds all.
   */
  const unlike = (parts: number[][]) => {
    let sum = 0;
    for (let k = 0; k < 10; k++) {
      const held = parts.map((part) => part.filter((y) => y === k).length);
      const total = held.reduce((a, b) => a + b);
      sum += held.reduce((s, n) => s + (n / total) ** 2, 0);
    }
    return sum / 10;
  };

  it('deals out every row once, whatever alpha', async () => {
    for (const alpha of [1e-3, 0.1, 1, 1e6]) {
      const parts = await split(alpha, 3, 10, digits(3000), { allowEmpty: true });
      expect(parts.flat().sort()).toEqual(digits(3000).sort());
    }
  });

  it('has the second moment of the Dirichlet distribution', async () => {
    // E sum_i p_i^2 = (alpha + 1) / (n alpha + 1); over 10 classes and 40 seeds.
    for (const alpha of [0.1, 1, 10]) {
      let mean = 0;
      for (let seed = 0; seed < 40; seed++)
        mean += unlike(await split(alpha, seed, 10, digits(3000), { allowEmpty: true })) / 40;
      const expected = (alpha + 1) / (10 * alpha + 1);
      expect(Math.abs(mean - expected)).toBeLessThan(0.08 * expected + 0.002);
    }
  });

  it('repeats with its seed, and differs with another', async () => {
    expect(await split(0.5, 7)).toEqual(await split(0.5, 7));
    expect(await split(0.5, 7)).not.toEqual(await split(0.5, 8));
  });

  it('names the agents it leaves without samples, unless that is allowed', async () => {
    await expect(split(0.01, 1, 40)).rejects.toMatchObject({
      code: 'BAD_INPUT',
      message: expect.stringMatching(/^cost.split: alpha 0.01 leaves agents \d+, .* without samples$/),
      hint: expect.stringContaining('allowEmpty'),
    });
    const parts = await split(0.01, 1, 40, digits(3000), { allowEmpty: true });
    expect(parts.some((part) => part.length === 0)).toBe(true);
  });
});
