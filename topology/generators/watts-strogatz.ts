/**
 * Watts-Strogatz small world (Watts and Strogatz 1998): a ring in which every node is linked to the `degree`
 * nearest, half on either side; then each edge's far end moves, with probability `rewire`, to a node chosen
 * uniformly among those that keep the graph simple. 0 is the ring lattice, 1 nearly a random graph. It may,
 * rarely, fall apart. O(nodes * degree^2): adjacency is a scan of the edges that either end owns.
 */
import { parameterError } from '../errors.js';
import { EdgeBuffer } from '../graph.js';
import {
  checkEdgeCount,
  defineRandomGenerator,
  generated,
  nodeCount,
  probability,
  refuseOutside,
  whole,
} from './generator.js';

export const wattsStrogatz = defineRandomGenerator({
  kind: 'watts-strogatz',
  summary: 'a ring lattice, some of whose edges are moved at random',
  parameters: {
    nodes: nodeCount(),
    degree: whole('neighbours in the ring lattice, an even number', 0),
    rewire: probability('probability of moving an edge'),
  },
  generate({ nodes, degree, rewire }, random) {
    refuseOutside('degree', degree, 0, nodes - 1, 'fewer than nodes');
    if (degree % 2 === 1) throw parameterError(['degree'], degree, 'an even number, half on either side');
    const half = degree / 2;
    checkEdgeCount(['degree'], degree, nodes * half);

    // Node i owns the edges to i+1 .. i+half; targets[i * half + step] is where each leads now.
    const targets = new Uint32Array(nodes * half);
    const linked = new Uint32Array(nodes).fill(degree);
    for (let node = 0; node < nodes; node++) {
      for (let step = 0; step < half; step++) targets[node * half + step] = (node + step + 1) % nodes;
    }
    const owns = (a: number, b: number): boolean => {
      for (let slot = a * half; slot < (a + 1) * half; slot++) if (targets[slot] === b) return true;
      return false;
    };
    for (let step = 0; step < half && rewire > 0; step++) {
      for (let node = 0; node < nodes; node++) {
        if (random.uniform() >= rewire) continue;
        if (linked[node] === nodes - 1) continue; // Everybody is a neighbour already: nowhere to move to.
        let target = random.below(nodes);
        while (target === node || owns(node, target) || owns(target, node)) target = random.below(nodes);
        linked[targets[node * half + step]]--;
        linked[target]++;
        targets[node * half + step] = target;
      }
    }
    const edges = new EdgeBuffer(nodes * half);
    for (let slot = 0; slot < targets.length; slot++) edges.push(Math.floor(slot / half), targets[slot]);
    return generated(nodes, edges);
  },
});
