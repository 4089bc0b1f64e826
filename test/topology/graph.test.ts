import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { edgeList, edgeWeights, graphFromEdges, type TopologyError } from '../../topology/index.js';
import { errorOf } from './helpers.js';

const words = (...values: number[]) => Uint32Array.from(values);

describe('graphFromEdges', () => {
  // 0 - 1, 0 - 2 and 1 - 2, said in no order: a triangle. Rows 0: 1 2, 1: 0 2, 2: 0 1.
  test('a triangle, by hand', () => {
    const graph = graphFromEdges(3, words(2, 0, 2), words(0, 1, 1));
    expect([...graph.rowStart]).toEqual([0, 2, 4, 6]);
    expect([...graph.columns]).toEqual([1, 2, 0, 2, 0, 1]);
    expect(graph.edges).toBe(3);
    expect(graph.weights).toBeNull();
  });

  test('self-loops and parallel edges are dropped and counted; weights of parallel edges are summed, in both directions', () => {
    const graph = graphFromEdges(3, words(1, 0, 2, 0), words(0, 1, 2, 2), Float64Array.of(0.5, 9, 4, 2));
    expect(graph.dropped).toEqual({ selfLoops: 1, parallelEdges: 1 });
    expect([...graph.columns]).toEqual([1, 2, 0, 0]);
    expect([...(graph.weights ?? [])]).toEqual([9.5, 2, 9.5, 2]);
  });

  test('in a directed list, i -> j and j -> i are one edge said twice; only repeats are parallel', () => {
    const graph = graphFromEdges(3, words(0, 1, 0, 1), words(1, 0, 1, 2), null, null, { directed: true });
    expect(graph.edges).toBe(2);
    expect(graph.dropped.parallelEdges).toBe(1);
  });

  test('a directed list says one weight an edge, from both ends or from one', () => {
    const said = (...weights: number[]) =>
      graphFromEdges(3, words(0, 1, 0), words(1, 0, 1), Float64Array.from(weights), null, { directed: true });
    // 0 -> 1 twice, 1 -> 0 once: 2 + 3 = 5.
    expect([...(said(2, 5, 3).weights ?? [])]).toEqual([5, 5]);
    const unlike = said(2, 4, 3);
    expect(unlike.weights).toBeNull();
    expect(unlike.edges).toBe(1);
    expect(errorOf(() => edgeWeights(unlike, 'file')).message).toBe(
      'the edge between 0 and 1 has weight 5 one way and 4 the other, expected one weight',
    );
  });

  test('rows ascend, both directions agree, and every edge of the list is there', () => {
    const lists = fc.integer({ min: 1, max: 12 }).chain((nodes) =>
      fc.record({
        nodes: fc.constant(nodes),
        pairs: fc.array(fc.tuple(fc.nat(nodes - 1), fc.nat(nodes - 1), fc.integer({ min: 1, max: 99 })), {
          maxLength: 60,
        }),
      }),
    );
    fc.assert(
      fc.property(lists, ({ nodes, pairs }) => {
        const graph = graphFromEdges(
          nodes,
          Uint32Array.from(pairs, ([a]) => a),
          Uint32Array.from(pairs, ([, b]) => b),
          Float64Array.from(pairs, ([, , weight]) => weight),
        );
        const sums = new Map<string, number>();
        for (const [a, b, weight] of pairs) {
          const key = `${Math.min(a, b)} ${Math.max(a, b)}`;
          if (a !== b) sums.set(key, (sums.get(key) ?? 0) + weight);
        }
        const { from, to, weights } = edgeList(graph);
        const found = new Map(Array.from(from, (a, edge) => [`${a} ${to[edge]}`, weights?.[edge]]));
        expect(found).toEqual(sums);
        expect(graph.columns.length).toBe(2 * sums.size);
        for (let row = 0; row < nodes; row++) {
          for (let arc = graph.rowStart[row]; arc < graph.rowStart[row + 1]; arc++) {
            if (arc > graph.rowStart[row]) expect(graph.columns[arc]).toBeGreaterThan(graph.columns[arc - 1]);
            const other = graph.columns[arc];
            const back = graph.columns
              .subarray(graph.rowStart[other], graph.rowStart[other + 1])
              .indexOf(row);
            expect(graph.weights?.[graph.rowStart[other] + back]).toBe(graph.weights?.[arc]);
          }
        }
        const { selfLoops, parallelEdges } = graph.dropped;
        expect(graph.edges + selfLoops + parallelEdges).toBe(pairs.length);
      }),
    );
  });

  test.each<[string, () => unknown, Partial<TopologyError>]>([
    [
      'to[1] is 3, expected a node, 0..2',
      () => graphFromEdges(3, words(0, 0), words(1, 3)),
      { path: ['to', 1], value: 3 },
    ],
    [
      'weights[0] is NaN, expected a positive, finite weight',
      () => graphFromEdges(2, words(0), words(1), Float64Array.of(Number.NaN)),
      { path: ['weights', 0] },
    ],
    [
      'labels.length is 1, expected 2 (one a node)',
      () => graphFromEdges(2, words(0), words(1), null, ['a']),
      { value: 1 },
    ],
    [
      'nodes is 0, expected a whole number from 1 to 4294967294',
      () => graphFromEdges(0, words(), words()),
      {},
    ],
  ])('%s', (message, act, details) => {
    expect(errorOf(act)).toMatchObject({ message, code: 'BAD_INPUT', ...details });
  });

  test('survives a structured clone', () => {
    const graph = graphFromEdges(2, words(0), words(1), Float64Array.of(2), ['a', 'b']);
    expect(structuredClone(graph)).toEqual(graph);
  });
});
