/**
 * Torus: a grid of rows x columns whose opposite sides are joined; node = row * columns + column. A side of 2
 * would join the same two nodes twice: they share one edge, so the graph stays simple (and that direction is
 * a path, not a ring). Laplacian eigenvalues: all sums of one eigenvalue of the ring of `rows` and one of the
 * ring of `columns`.
 */
import { EdgeBuffer } from '../graph.js';
import { cutOfOffsets } from '../outline.js';
import { checkEdgeCount, defineGenerator, generated, whole } from './generator.js';
import { smallerSides } from './grid.js';

export const torus = defineGenerator({
  kind: 'torus',
  summary: 'a grid whose opposite sides are joined',
  parameters: {
    rows: whole('number of rows', 1),
    columns: whole('number of columns', 1),
  },
  generate({ rows, columns }) {
    checkEdgeCount(['rows'], rows, 2 * rows * columns);
    const edges = new EdgeBuffer(2 * rows * columns);
    for (let row = 0; row < rows; row++) {
      for (let column = 0; column < columns; column++) {
        const node = row * columns + column;
        if (column + 1 < columns) edges.push(node, node + 1);
        else if (columns > 2) edges.push(node, row * columns);
        if (row + 1 < rows) edges.push(node, node + columns);
        else if (rows > 2) edges.push(node, column);
      }
    }
    return generated(rows * columns, edges);
  },
  rows({ rows, columns }) {
    const nodes = rows * columns;
    // Of a side of 2 both ways lead to the same node, of a side of 1 to the node itself.
    const [along, across] = [columns, rows].map((side) => Math.min(side - 1, 2)) as [number, number];
    return {
      nodes,
      degree: () => along + across,
      write(node, into, at) {
        const column = node % columns;
        const row = (node - column) / columns;
        let slot = at;
        for (let k = 0; k < across; k++) {
          const other = beside(row, rows, k);
          if (other < row) into[slot++] = other * columns + column;
        }
        for (let k = 0; k < along; k++) into[slot++] = row * columns + beside(column, columns, k);
        for (let k = 0; k < across; k++) {
          const other = beside(row, rows, k);
          if (other > row) into[slot++] = other * columns + column;
        }
      },
    };
  },
  outline({ rows, columns }) {
    const nodes = rows * columns;
    const besides = [columns, rows].map((side) => Math.min(side - 1, 2)) as [number, number];
    return {
      nodes,
      arcs: nodes * (besides[0] + besides[1]),
      expected: false,
      cut: (parts) => cutOfOffsets(nodes, parts, [-columns, -1, 1, columns], true),
      smaller: (most) => smallerSides(rows, columns, most),
    };
  },
});

/** On a ring of `side`: the lower (k = 0) or the higher (k = 1) neighbour of `at`; of 2 there is one. */
function beside(at: number, side: number, k: number): number {
  if (side === 2) return 1 - at;
  if (at === 0) return k === 0 ? 1 : side - 1;
  if (at === side - 1) return k === 0 ? 0 : side - 2;
  return k === 0 ? at - 1 : at + 1;
}
