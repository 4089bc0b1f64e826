/**
 * Watts-Strogatz small world (Watts and Strogatz 1998): a ring in which every node is linked to the `degree`
 * nearest, half on either side; then each edge's far end moves, with probability `rewire`, to a node chosen
 * uniformly among those that keep the graph simple. 0 is the ring lattice, 1 nearly a random graph. It may,
 * rarely, fall apart. O(nodes * degree^2): adjacency is a scan of the edges that either end owns.
 */
import { parameterError } from '../errors.js';
import { EdgeBuffer } from '../graph.js';
import { cutOfDrawn } from '../outline.js';
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
  outline({ nodes, degree, rewire }) {
    const half = degree / 2;
    // Whether an end was moved from here to a share of all nodes, or from there to here.
    const moved = (share: number) => 1 - (1 - rewire * share) ** half * Math.exp(-half * rewire * share);
    return {
      nodes,
      arcs: nodes * degree,
      expected: true,
      cut(parts) {
        const drawn = cutOfDrawn(nodes, nodes * degree * rewire, parts, moved);
        const { own } = drawn;
        if (parts === 1) return drawn;
        // On either side of an end of a part `half` nodes have links of the ring across it, `left` of them at first.
        let kept = 0;
        const reach = Math.min(half, (nodes - own) / 2);
        for (let left = 1; left <= reach; left++) kept += 2 * (1 - rewire ** left);
        const ghosts = drawn.ghosts + kept * (1 - moved(own / nodes));
        const besides = Math.min(parts - 1, 2 * Math.ceil(half / own));
        return {
          ...drawn,
          ghosts,
          sent: ghosts,
          boundary: Math.min(own, drawn.boundary + kept * (1 - moved(1 - own / nodes))),
          arcs: drawn.arcs + (1 - rewire) * half * (half + 1),
          peers: besides + (parts - 1 - besides) * (drawn.peers / (parts - 1)),
        };
      },
      smaller: (most) => ({ nodes: Math.min(nodes, Math.max(most, degree + 1)), degree, rewire }),
    };
  },
});
