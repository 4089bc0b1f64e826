/**
 * Torus: a grid of rows x columns whose opposite sides are joined; node = row * columns + column. A side of 2
 * would join the same two nodes twice: they share one edge, so the graph stays simple (and that direction is
 * a path, not a ring). Laplacian eigenvalues: all sums of one eigenvalue of the ring of `rows` and one of the
 * ring of `columns`.
 */
import { EdgeBuffer } from '../graph.js';
import { checkEdgeCount, defineGenerator, generated, whole } from './generator.js';

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
});
