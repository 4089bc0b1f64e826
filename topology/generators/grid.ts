/**
 * Grid: rows x columns nodes, each beside those above, below, left and right of it; node = row * columns +
 * column. Laplacian eigenvalues: all sums of one eigenvalue of the path of `rows` and one of the path of
 * `columns`.
 */
import { EdgeBuffer } from '../graph.js';
import { cutOfOffsets } from '../outline.js';
import { checkEdgeCount, defineGenerator, generated, whole } from './generator.js';

export const grid = defineGenerator({
  kind: 'grid',
  summary: 'a rectangle of nodes, linked to the four beside them',
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
        if (row + 1 < rows) edges.push(node, node + columns);
      }
    }
    return generated(rows * columns, edges);
  },
  rows({ rows, columns }) {
    const nodes = rows * columns;
    return {
      nodes,
      degree(node) {
        const column = node % columns;
        return (
          Number(node >= columns) +
          Number(column > 0) +
          Number(column + 1 < columns) +
          Number(node + columns < nodes)
        );
      },
      write(node, into, at) {
        const column = node % columns;
        let slot = at;
        if (node >= columns) into[slot++] = node - columns;
        if (column > 0) into[slot++] = node - 1;
        if (column + 1 < columns) into[slot++] = node + 1;
        if (node + columns < nodes) into[slot] = node + columns;
      },
    };
  },
  outline({ rows, columns }) {
    const nodes = rows * columns;
    return {
      nodes,
      arcs: 2 * (rows * (columns - 1) + columns * (rows - 1)),
      expected: false,
      cut: (parts) => cutOfOffsets(nodes, parts, [-columns, -1, 1, columns], false),
      smaller: (most) => smallerSides(rows, columns, most),
    };
  },
});

/** Sides in the same proportion, of at most so many nodes. */
export function smallerSides(rows: number, columns: number, most: number): { rows: number; columns: number } {
  const shrink = Math.min(1, Math.sqrt(most / (rows * columns)));
  const short = Math.max(1, Math.floor(Math.min(rows, columns) * shrink));
  const long = Math.max(1, Math.min(Math.max(rows, columns), Math.floor(most / short)));
  return rows <= columns ? { rows: short, columns: long } : { rows: long, columns: short };
}
