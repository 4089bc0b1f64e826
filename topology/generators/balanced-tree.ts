/**
 * Balanced tree: node 0 is the root, every node but the leaves has `branching` children, all leaves are
 * `height` steps down. Nodes are numbered level by level: the parent of node i is floor((i - 1) / branching).
 */
import { parameterError } from '../errors.js';
import { EdgeBuffer } from '../graph.js';
import { cutOfRanges } from '../outline.js';
import { checkEdgeCount, defineGenerator, generated, MAX_NODES, whole } from './generator.js';

export const balancedTree = defineGenerator({
  kind: 'balanced-tree',
  summary: 'a rooted tree whose leaves are all equally far down',
  parameters: {
    branching: whole('children of every node but the leaves', 1),
    height: whole('steps from the root, node 0, down to a leaf', 0),
  },
  generate({ branching, height }) {
    const nodes = countNodes(branching, height);
    checkEdgeCount(['height'], height, nodes - 1);
    const edges = new EdgeBuffer(nodes);
    for (let node = 1; node < nodes; node++) edges.push(Math.floor((node - 1) / branching), node);
    return generated(nodes, edges);
  },
  rows({ branching, height }) {
    const nodes = countNodes(branching, height);
    if (!(nodes <= MAX_NODES))
      throw parameterError(['height'], height, `a tree of at most ${MAX_NODES} nodes`);
    const children = (node: number) => (branching * node + 1 < nodes ? branching : 0);
    return {
      nodes,
      degree: (node) => Number(node > 0) + children(node),
      write(node, into, at) {
        let slot = at;
        if (node > 0) into[slot++] = Math.floor((node - 1) / branching);
        const count = children(node);
        for (let child = 1; child <= count; child++) into[slot++] = branching * node + child;
      },
    };
  },
  outline({ branching, height }) {
    const nodes = countNodes(branching, height);
    return {
      nodes,
      arcs: 2 * (nodes - 1),
      expected: false,
      cut: (parts) =>
        cutOfRanges(nodes, parts, (first, end) => [
          {
            begin: Math.floor((Math.max(first, 1) - 1) / branching),
            end: end > 1 ? Math.floor((end - 2) / branching) + 1 : 0,
            times: branching,
          },
          { begin: Math.min(nodes, branching * first + 1), end: Math.min(nodes, branching * end + 1) },
        ]),
      smaller(most) {
        let lower = height;
        while (lower > 0 && countNodes(branching, lower) > most) lower--;
        return { branching, height: lower };
      },
    };
  },
});

function countNodes(branching: number, height: number): number {
  return branching === 1 ? height + 1 : (branching ** (height + 1) - 1) / (branching - 1);
}
