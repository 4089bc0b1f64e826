/** What is announced is held against the size of the file and the memory that is free, before it is taken. */

import { afterEach, describe, expect, it, test } from 'vitest';
import { createArena } from '../../src/arena/arena.js';
import { layoutArena } from '../../src/arena/layout.js';
import { generate, parseGraph } from '../../topology/index.js';
import { assumeFreeMemory, beyondMemory, measureFreeMemory } from '../../topology/memory.js';

const GIB = 2 ** 30;
const files =
  (found: Record<string, string>) =>
  (file: string): string | null =>
    found[file] ?? null;

afterEach(() => assumeFreeMemory(null));

describe('what is free', () => {
  const own = { '/proc/self/cgroup': '0::/job/step\n' };

  it('is what the machine has, where nothing limits us', () => {
    expect(measureFreeMemory(3 * GIB, 0, files({}))).toEqual({ bytes: 3 * GIB, says: 'that are free' });
    const unlimited = files({ ...own, '/sys/fs/cgroup/job/memory.max': 'max\n' });
    expect(measureFreeMemory(3 * GIB, 2 ** 63, unlimited).bytes).toBe(3 * GIB);
  });

  it('is what the limit of the process says', () => {
    const found = measureFreeMemory(3 * GIB, GIB, files({}));
    expect(found).toEqual({ bytes: GIB, says: 'that this process may have' });
  });

  it('is what the smallest group above us leaves, pages of files not counted', () => {
    const read = files({
      ...own,
      '/sys/fs/cgroup/job/step/memory.max': 'max\n',
      '/sys/fs/cgroup/job/memory.max': `${2 * GIB}\n`,
      '/sys/fs/cgroup/job/memory.current': `${1.5 * GIB}\n`,
      '/sys/fs/cgroup/job/memory.stat': `anon 1\nactive_file 7\ninactive_file ${0.25 * GIB}\n`,
      '/sys/fs/cgroup/memory.max': `${8 * GIB}\n`,
    });
    expect(measureFreeMemory(16 * GIB, 0, read)).toEqual({
      bytes: 0.75 * GIB,
      says: 'that are left of the 2.00 GiB of the control group',
    });
  });

  it('is nothing where a group has more than its limit', () => {
    const read = files({
      ...own,
      '/sys/fs/cgroup/job/memory.max': '100',
      '/sys/fs/cgroup/job/memory.current': '200',
    });
    expect(measureFreeMemory(GIB, 0, read).bytes).toBe(0);
  });

  it('is read from groups of version 1', () => {
    const read = files({
      '/proc/self/cgroup': '4:cpu:/a\n7:memory:/job\n',
      '/sys/fs/cgroup/memory/job/memory.limit_in_bytes': `${GIB}\n`,
      '/sys/fs/cgroup/memory/job/memory.usage_in_bytes': `${GIB / 2}\n`,
      '/sys/fs/cgroup/memory/job/memory.stat': `total_inactive_file ${GIB / 4}\n`,
      '/sys/fs/cgroup/memory/memory.limit_in_bytes': '9223372036854771712\n',
    });
    expect(measureFreeMemory(16 * GIB, 0, read).bytes).toBe(0.75 * GIB);
  });
});

describe('refused with both numbers', () => {
  it('says them', () => {
    assumeFreeMemory(GIB);
    expect(beyondMemory(GIB)).toBeNull();
    expect(beyondMemory(3 * GIB)).toBe(
      'takes 3.00 GiB at least, expected at most the 1.00 GiB that are free',
    );
  });

  test.each([
    [{ kind: 'erdos-renyi', nodes: 1_000_000, probability: 0 }, 'nodes is 1000000, which takes 22.9 MiB'],
    [{ kind: 'ring', nodes: 1_000_000 }, 'nodes is 1000000, which takes 22.9 MiB'],
    [{ kind: 'grid', rows: 1000, columns: 1000 }, 'rows is 1000, which takes 45.8 MiB'],
    [
      { kind: 'stochastic-block', sizes: [4e6], within: 0, between: 0 },
      'nodes is 4000000: with 0 edges the graph takes 61.0 MiB',
    ],
    [{ kind: 'hypercube', dimension: 20 }, 'dimension is 20, which takes 240.0 MiB'],
  ])('a graph that is generated: %j', (spec, message) => {
    assumeFreeMemory(2 ** 24);
    expect(() => generate(spec, 1)).toThrow(
      `${message} at least, expected at most the 16.0 MiB that are free`,
    );
  });

  it('a graph in a file', () => {
    const file = '%%MatrixMarket matrix coordinate pattern general\n100000 100000 1\n1 2\n';
    expect(parseGraph(file, 'mtx', 'a.mtx').nodes).toBe(100_000);
    assumeFreeMemory(2 ** 20);
    expect(() => parseGraph(file, 'mtx', 'a.mtx')).toThrow(
      'a.mtx:2: file has 100000 nodes, which takes 12.2 MiB at least, expected at most the 1.00 MiB that are free',
    );
  });

  it('the arena of a run', () => {
    const layout = layoutArena([{ name: 'x', type: 'f64', length: 2 ** 20 }], 1);
    expect(createArena(layout).memory.buffer.byteLength).toBeGreaterThan(8 * 2 ** 20);
    assumeFreeMemory(2 ** 20);
    expect(() => createArena(layout)).toThrow(
      'the shared memory of this run takes 8.00 MiB at least, expected at most the 1.00 MiB that are free',
    );
  });
});

describe('nodes that a file announces, and cannot connect', () => {
  test.each([
    ['edgelist', '# Nodes: 20000000 Edges: 1\n0 1\n', 1],
    ['edgelist', '# Nodes: 20000000\n', 1],
    ['mtx', '%%MatrixMarket matrix coordinate pattern symmetric\n20000000 20000000 1\n2 1\n', 2],
    ['dimacs', 'p sp 20000000 1\na 1 2 1\n', 1],
    ['metis', '20000000 1\n2\n1\n', 1],
    ['pajek', '*Vertices 20000000\n*Edges\n1 2\n', 1],
    ['graph6', ':~~??@KQg', 1],
  ])('%s', (format, text, line) => {
    expect(() => parseGraph(text, format, 'a.file')).toThrow(
      new RegExp(
        `^a\\.file:${line}: file announces \\d+ nodes, and its \\d+ bytes can connect few of them, expected at most 131072$`,
      ),
    );
  });

  it('are few enough where the file is as long as its nodes ask for', () => {
    const isolated = `# Nodes: 200000\n${'# a comment\n'.repeat(5000)}0 1\n`;
    expect(parseGraph(isolated, 'edgelist', 'a.edges').nodes).toBe(200_000);
  });
});
