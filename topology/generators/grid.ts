/**
 * Grid: rows x columns nodes, each beside those above, below, left and right of it; node = row * columns + column.
 * Laplacian eigenvalues: all sums of one eigenvalue of the path of `rows` and one of the path of `columns`.
 */
import { EdgeBuffer } from '../graph.js';
import { checkEdgeCount, type Generator, generated, integerOf } from './generator.js';

export const grid: Generator = {
  kind: 'grid',
  summary: 'a rectangle of nodes, linked to the four beside them',
  random: false,
  parameters: (zod) =>
    zod.strictObject({
      rows: zod.number().int().min(1).describe('number of rows'),
      columns: zod.number().int().min(1).describe('number of columns'),
    }),
  generate(spec) {
    const rows = integerOf(spec, 'rows', 1);
    const columns = integerOf(spec, 'columns', 1);
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
};
