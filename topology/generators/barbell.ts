/**
 * Barbell: two complete graphs of `clique` nodes joined by a path of `path` nodes (0: by a single edge). 2
 * clique + path nodes: first clique, path, second clique. The classic bottleneck: lambda2 falls as clique^-2
 * or faster.
 */
import { EdgeBuffer } from '../graph.js';
import { checkEdgeCount, defineGenerator, generated, whole } from './generator.js';

export const barbell = defineGenerator({
  kind: 'barbell',
  summary: 'two complete graphs joined by a path',
  parameters: {
    clique: whole('nodes in each of the two complete graphs', 1),
    path: whole('nodes on the path between them', 0),
  },
  generate({ clique, path }) {
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
  rows({ clique, path }) {
    const second = clique + path;
    const inClique = (node: number) => node < clique || node >= second;
    return {
      nodes: 2 * clique + path,
      // A line from one clique's last node to the other's first goes on from either.
      degree: (node) =>
        inClique(node) ? clique - 1 + Number(node === clique - 1) + Number(node === second) : 2,
      write(node, into, at) {
        let slot = at;
        if (node >= clique && node <= second) into[slot++] = node - 1;
        if (inClique(node)) {
          const first = node < clique ? 0 : second;
          for (let other = first; other < first + clique; other++) if (other !== node) into[slot++] = other;
        }
        if (node >= clique - 1 && node < second) into[slot] = node + 1;
      },
    };
  },
});
