/** The shapes of the barrier: who meets where, and when a tree is worth its steps. */

import { describe, expect, it } from 'vitest';
import { barrierChoice } from '../../src/session/barrier-choice.js';
import { CONTROL_WORDS, controlWords, NODE_WORDS } from '../../src/sync/control.js';
import {
  type BarrierShape,
  centralShape,
  chooseShape,
  crossingSeconds,
  describeShape,
  pathOf,
  treeShape,
} from '../../src/sync/tree.js';

const numbers = (count: number) => Array.from({ length: count }, (_, at) => at);

/** Every node is met by as many as it waits for, everyone ends at the root, and no line has many writers. */
function check(shape: BarrierShape, parties: number) {
  const met = shape.arrivals.map(() => 0);
  for (const leaf of shape.leaves) met[leaf] = (met[leaf] ?? 0) + 1;
  for (const above of shape.above) if (above >= 0) met[above] = (met[above] ?? 0) + 1;
  expect(met).toEqual(shape.arrivals);
  expect(shape.above.filter((above) => above < 0)).toEqual([-1]);
  for (const party of numbers(parties)) {
    const { nodes } = pathOf(shape, party);
    expect(nodes.at(-1)).toBe(0);
    for (const node of nodes.slice(0, -1)) {
      expect(node).toBeGreaterThanOrEqual(CONTROL_WORDS);
      expect(node + NODE_WORDS).toBeLessThanOrEqual(controlWords(parties));
    }
  }
}

describe('a tree', () => {
  it.each([...numbers(40).map((at) => at + 1), 64, 65, 127, 512, 513, 1024])('of %d parties', (parties) => {
    const shape = treeShape(parties);
    check(shape, parties);
    for (const arrivals of shape.arrivals) {
      expect(arrivals).toBeLessThanOrEqual(8);
      if (parties > 1) expect(arrivals).toBeGreaterThanOrEqual(2);
    }
  });

  it.each([
    [4, 'tree of 2, 2'],
    [9, 'tree of 3, 3'],
    [16, 'tree of 4, 4'],
    [17, 'tree of 5, 4'],
    [64, 'tree of 8, 8'],
    [128, 'tree of 6, 5, 5'],
  ])('of %d is a %s', (parties, text) => expect(describeShape(treeShape(parties))).toBe(text));

  it('has those together who share a cache, then those who share a socket', () => {
    // Two sockets, in each of them two caches of three.
    const nearby = numbers(12).map((party) => [Math.floor(party / 3) % 2, Math.floor(party / 6)]);
    const shape = treeShape(12, nearby);
    check(shape, 12);
    const together = (party: number) =>
      numbers(12).filter((other) => shape.leaves[other] === shape.leaves[party]);
    expect(together(0)).toEqual([0, 1, 2]);
    expect(together(4)).toEqual([3, 4, 5]);
    expect(together(6)).toEqual([6, 7, 8]);
    const second = (party: number) => pathOf(shape, party).nodes[1];
    expect(second(0)).toBe(second(3));
    expect(second(6)).toBe(second(9));
    expect(second(0)).not.toBe(second(6));
    expect(describeShape(shape)).toBe('tree of 3, 2, 2');
  });

  it('puts one that is alone in its cache where others meet', () => {
    const shape = treeShape(5, [[0], [0], [1], [2], [2]]);
    check(shape, 5);
    expect(shape.leaves[2]).toBe(0);
  });

  it('of sixteen complexes of four has no line of more than four', () => {
    const shape = treeShape(
      64,
      numbers(64).map((party) => [Math.floor(party / 4), 0]),
    );
    check(shape, 64);
    expect(Math.max(...shape.arrivals)).toBe(4);
  });
});

describe('which it is', () => {
  it('is one counter up to eight, and a tree past that', () => {
    for (const parties of numbers(8).map((at) => at + 1))
      expect(chooseShape(parties)).toEqual(centralShape(parties));
    for (const parties of [9, 10, 12, 16, 17, 32, 64, 128, 1024]) {
      expect(chooseShape(parties)).toEqual(treeShape(parties));
      check(chooseShape(parties), parties);
    }
  });

  it('goes by what a crossing costs, which grows by the writers of a line and by steps', () => {
    expect(crossingSeconds(centralShape(2))).toBeCloseTo(2e-6, 12);
    expect(crossingSeconds(centralShape(16))).toBeCloseTo(2e-6 + 14 * 60e-9, 12);
    expect(crossingSeconds(treeShape(16))).toBeCloseTo(2e-6 + 5 * 60e-9 + 200e-9, 12);
  });

  it('can be said', () => {
    expect(chooseShape(16, 'central')).toEqual(centralShape(16));
    expect(chooseShape(4, 'tree')).toEqual(treeShape(4));
    expect(barrierChoice('tree')).toBe('tree');
    expect(barrierChoice('')).toBe('auto');
    expect(() => barrierChoice('bush')).toThrowError(
      'SOTTOVOCE_BARRIER is bush, expected one of auto, central, tree',
    );
  });
});
