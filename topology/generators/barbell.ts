/**
 * Barbell: two complete graphs of `clique` nodes joined by a path of `path` nodes (0: by a single edge).
 * 2 clique + path nodes: first clique, path, second clique. The classic bottleneck: lambda2 falls as clique^-2 or faster.
 */
import { EdgeBuffer } from '../graph.js';
import { checkEdgeCount, type Generator, generated, integerOf } from './generator.js';

export const barbell: Generator = {
  kind: 'barbell',
  summary: 'two complete graphs joined by a path',
  random: false,
  parameters: (zod) =>
    zod.strictObject({
      clique: zod.number().int().min(1).describe('nodes in each of the two complete graphs'),
      path: zod.number().int().min(0).describe('nodes on the path between them'),
    }),
  generate(spec) {
    const clique = integerOf(spec, 'clique', 1);
    const path = integerOf(spec, 'path', 0);
    const nodes = 2 * clique + path;
    const count = clique * (clique - 1) + path + 1;
    checkEdgeCount(['clique'], clique, count);
    const edges = new EdgeBuffer(count);
    for (const first of [0, clique + path]) {
      for (let a = first; a < first + clique; a++) {
        for (let b = a + 1; b < first + clique; b++) edges.push(a, b);
      }
    }
    for (let node = clique - 1; node < clique + path; node++) edges.push(node, node + 1);
    return generated(nodes, edges);
  },
};
