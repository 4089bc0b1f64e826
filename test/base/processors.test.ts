/** Who shares what with whom, on machines of many kinds. */

import os from 'node:os';
import { describe, expect, it } from 'vitest';
import {
  type Groups,
  listText,
  type Processors,
  parseList,
  readProcessors,
  within,
} from '../../src/base/processors.js';
import * as trees from '../support/processor-trees.js';
import { reading } from '../support/processor-trees.js';

const of = (tree: trees.Tree) => readProcessors(reading(tree));
const texts = (groups: Groups) => groups.map(listText);

describe('lists of processors', () => {
  it.each([
    ['0-3,8\n', [0, 1, 2, 3, 8]],
    ['\t5', [5]],
    ['8,0-1', [0, 1, 8]],
    ['', []],
    [null, []],
    ['x', []],
    ['0-3,', []],
    ['3-1', []],
    ['0-4294967295', []],
  ])('%j', (text, numbers) => expect(parseList(text)).toEqual(numbers));

  it.each(['0-3,8', '5', '', '0,2,4-6'])('are written as they are read: %j', (text) =>
    expect(listText(parseList(text))).toBe(text),
  );
});

describe('processors', () => {
  it('of two virtual ones', () => {
    expect(of(trees.smallVirtual)).toEqual<Processors>({
      online: [0, 1],
      allowed: [0, 1],
      cores: [[0], [1]],
      second: [[0], [1]],
      last: [[0, 1]],
      sockets: [[0, 1]],
      nodes: [[0, 1]],
      efficient: [],
    });
    expect(of(trees.siblingsVirtual).cores).toEqual([[0, 1]]);
  });

  it('of two sockets with SMT', () => {
    const { cores, second, last, sockets, nodes, allowed } = of(trees.xeonServer);
    expect(allowed).toHaveLength(128);
    expect(cores).toHaveLength(64);
    expect(cores.slice(0, 2)).toEqual([
      [0, 64],
      [1, 65],
    ]);
    expect(second).toEqual(cores);
    for (const groups of [last, sockets, nodes])
      expect(texts(groups)).toEqual(['0-31,64-95', '32-63,96-127']);
  });

  it('of a job that has eight of them: four cores', () => {
    const { allowed, cores, last } = of(trees.xeonJob);
    expect(listText(allowed)).toBe('40-43,104-107');
    expect(texts(within(cores, allowed))).toEqual(['40,104', '41,105', '42,106', '43,107']);
    expect(texts(within(last, allowed))).toEqual(['40-43,104-107']);
  });

  it('of sixteen complexes in four memories', () => {
    const { cores, last, sockets, nodes } = of(trees.epycServer);
    expect(cores).toHaveLength(64);
    expect(last).toHaveLength(16);
    expect(texts(last).slice(0, 3)).toEqual(['0-3', '4-7', '8-11']);
    expect(texts(sockets)).toEqual(['0-63']);
    expect(texts(nodes)).toEqual(['0-15', '16-31', '32-47', '48-63']);
  });

  it('of hybrid machines, with their slower cores', () => {
    const { cores, second, last, efficient } = of(trees.hybridLaptop);
    expect(texts(cores)).toEqual([...['0-1', '2-3', '4-5', '6-7'], ...'8 9 10 11 12 13 14 15'.split(' ')]);
    expect(texts(second)).toEqual(['0-1', '2-3', '4-5', '6-7', '8-11', '12-15']);
    expect(texts(last)).toEqual(['0-15']);
    expect(listText(efficient)).toBe('8-15');
    expect(listText(of(trees.armLaptop).efficient)).toBe('0-3');
  });

  it('of which no cache is described: a core and a socket stand for them', () => {
    const { cores, second, last, nodes, efficient } = of(trees.armServer);
    expect(second).toEqual(cores);
    expect(texts(last)).toEqual(['0-15']);
    expect(texts(nodes)).toEqual(['0-15']);
    expect(efficient).toEqual([]);
    expect(texts(of(trees.armLaptop).nodes)).toEqual(['0-7']);
  });

  it('that are off line, or not ours', () => {
    const { online, allowed, last } = of(trees.containerWithSet);
    expect(listText(online)).toBe('0-9,12-63');
    expect(listText(allowed)).toBe('6-9,12');
    expect(texts(last).slice(0, 4)).toEqual(['0-3', '4-7', '8-9', '12-15']);
    expect(texts(within(last, allowed))).toEqual(['6-7', '8-9', '12']);
  });

  it('of which nothing is said', () => {
    expect(of(trees.nothing)).toEqual<Processors>({
      online: [],
      allowed: [],
      cores: [],
      second: [],
      last: [],
      sockets: [],
      nodes: [],
      efficient: [],
    });
    const { allowed, last } = of({ '/sys/devices/system/cpu/online': '0-1\n' });
    expect([allowed, last]).toEqual([[0, 1], [[0, 1]]]);
  });

  it('stand in one group each, whatever the files say', () => {
    const cpu = '/sys/devices/system/cpu';
    const { cores, last } = of({
      [`${cpu}/online`]: '0-3',
      [`${cpu}/cpu0/topology/core_cpus_list`]: '0,1',
      [`${cpu}/cpu2/topology/core_cpus_list`]: '1-2',
      [`${cpu}/cpu3/topology/core_cpus_list`]: 'nonsense',
    });
    expect(cores).toEqual([[0, 1], [2], [3]]);
    expect(last).toEqual([[0, 1, 2, 3]]);
  });

  it.skipIf(process.platform !== 'linux')('of this machine agree with Node', () => {
    const { allowed, cores, last, sockets, nodes, online } = readProcessors();
    // A newer Node counts a quota of processor time as well.
    expect(allowed.length).toBeGreaterThanOrEqual(os.availableParallelism());
    for (const groups of [cores, last, sockets, nodes])
      expect(groups.flat().sort((a, b) => a - b)).toEqual(online);
  });
});
