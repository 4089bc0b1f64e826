/** Edges that code yields: first graphs by hand, then everything that is no edge. */

import { describe, expect, test } from 'vitest';
import { graphFromYielded, isConnected, type YieldedOptions } from '../../topology/index.js';
import { MOST_YIELDED_EDGES } from '../../topology/yielded.js';
import { edgeTexts } from './helpers.js';

describe('by hand', () => {
  test('a list, a generator, typed arrays: a path of three', () => {
    function* path() {
      yield [0, 1];
      yield new Uint32Array([2, 1]);
    }
    for (const edges of [
      [
        [0, 1],
        [1, 2],
      ],
      path(),
      new Map([
        [0, 1],
        [1, 2],
      ]),
    ] as Iterable<unknown>[]) {
      const graph = graphFromYielded(edges);
      expect([graph.nodes, edgeTexts(graph).join(' ')]).toEqual([3, '0-1 1-2']);
      expect([graph.weights, graph.labels, graph.arcs]).toEqual([null, null, undefined]);
    }
  });

  test('nodes that no edge names are there where somebody says so', () => {
    const edges = [[0, 1]];
    expect(graphFromYielded(edges, { nodes: 4 }).nodes).toBe(4);
    expect(graphFromYielded(edges, { labels: ['a', 'b', 'c'] })).toMatchObject({
      nodes: 3,
      labels: ['a', 'b', 'c'],
    });
    expect(isConnected(graphFromYielded([], { nodes: 1 }))).toBe(true);
  });

  test('self-loops and parallel edges are dropped and counted, and weights add up', () => {
    const graph = graphFromYielded([
      [0, 1, 0.5],
      [1, 0, 0.25],
      [1, 1, 9],
      [1, 2, 2],
    ]);
    expect(graph.dropped).toEqual({ selfLoops: 1, parallelEdges: 1 });
    expect([...(graph.weights ?? [])]).toEqual([0.75, 0.75, 2, 2]);
  });

  test('arcs keep their directions: there and back are two', () => {
    const { arcs, edges, dropped } = graphFromYielded(
      [
        [0, 1],
        [1, 0],
        [1, 2],
        [2, 0],
        [2, 0],
      ],
      { directed: true },
    );
    expect(arcs?.count).toBe(4);
    expect([...(arcs?.outColumns ?? [])]).toEqual([1, 0, 2, 0]);
    expect(edges).toBe(3);
    expect(dropped).toEqual({ selfLoops: 0, parallelEdges: 1 });
  });
});

describe('what is no edge is named, with its number and its value', () => {
  const seen = new Array(7).fill([0, 1]);
  test.each<[unknown[], YieldedOptions, string]>([
    [[...seen, 3], {}, 'edge 7 is 3, expected [a, b] or [a, b, weight]'],
    [[[0]], {}, 'edge 0 is [0], expected [a, b]'],
    [[[0, 1, 1, 1]], {}, 'edge 0 is [0, 1, 1, 1], expected [a, b]'],
    [['ab'], {}, 'edge 0 is "ab", expected [a, b]'],
    [[null], {}, 'edge 0 is null, expected [a, b]'],
    [[...seen, [1, 2.5]], {}, 'edge 7 is [1, 2.5], expected whole numbers from 0'],
    [[[0, -1]], {}, 'edge 0 is [0, -1], expected whole numbers from 0'],
    [[[Number.NaN, 1]], {}, 'edge 0 is [NaN, 1], expected whole numbers from 0'],
    [[['0', '1']], {}, 'edge 0 is ["0", "1"], expected whole numbers from 0'],
    [[[0, undefined]], {}, 'edge 0 is [0, undefined], expected whole numbers from 0'],
    [[[0, 4e9]], {}, 'edge 0 is [0, 4000000000], expected whole numbers from 0 to 67108863'],
    [
      [[0, 5]],
      { nodes: 5 },
      'edge 0 is [0, 5], expected whole numbers in 0..4 for its nodes (there are 5 nodes)',
    ],
    [[[0, 2]], { labels: ['a', 'b'] }, 'edge 0 is [0, 2], expected whole numbers in 0..1'],
    [[[0, 1, 0]], {}, 'edge 0 is [0, 1, 0], expected a positive, finite weight'],
    [[[0, 1, Infinity]], {}, 'edge 0 is [0, 1, Infinity], expected a positive, finite weight'],
    [[[0, 1, '2']], {}, 'edge 0 is [0, 1, "2"], expected a positive, finite weight'],
    [
      [
        [0, 1, 2],
        [1, 2],
      ],
      {},
      'edge 1 is [1, 2], expected a weight too, since edge 0 has one',
    ],
    [
      [
        [0, 1],
        [1, 2, 2],
      ],
      {},
      'edge 1 is [1, 2, 2], expected no weight, since edge 0 has none',
    ],
    [[], {}, 'there is no edge, expected at least one'],
    [[], { nodes: 2 }, 'there is no edge, expected at least one'],
  ])('%j %j', (edges, options, message) => {
    expect(() => graphFromYielded(edges, options)).toThrow(message);
  });

  test('what never ends is refused before memory is gone', () => {
    const edge = [0, 1];
    let yielded = 0;
    const endless: Iterable<unknown> = {
      [Symbol.iterator]: () => ({ next: () => ({ value: edge, done: yielded++ < 0 }) }),
    };
    expect(() => graphFromYielded(endless)).toThrow(
      'edge 16777216 is one too many, expected at most 16,777,216 edges',
    );
    expect(yielded).toBe(MOST_YIELDED_EDGES + 1);
  });
});
