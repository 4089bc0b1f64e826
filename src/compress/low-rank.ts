/**
 * Low rank: the vector as a matrix M of rows x columns (row by row), of which a few directions are sent, found
 * by a step of power iteration from those of the last message. With columns <= rows (else of the transpose),
 * for t = 1 .. rank:
 *
 *     R   = M - P P^T M                                what the directions so far leave
 *     q_t = the last message's, or the unit vector of R's largest column where |R q_t|^2 < |R|^2 |q_t|^2 / columns
 *     p_t = R q_t / |R q_t|
 *
 *     C(e, k) = P P^T M        sent: P and Q = M^T P, the next message's q
 *
 * P P^T is a projection, and each direction keeps |R q|^2 / |q|^2 of |R|^2 at least, so that every message
 * keeps 1 - (1 - 1/columns)^rank of any matrix; of one that changes little, soon nearly what its largest singular
 * values have. After a message that said all of its directions, nothing of the error lies along the old q: that
 * is what the second choice of q_t is for.
 *
 * Bits: 64 rank (rows + columns). Floats an agent: rank columns. Biased, never linear.
 * Source: Vogels, Karimireddy, Jaggi 2019 (PowerSGD, arXiv 1905.13727). Departures: every agent has its own
 * directions, where theirs are averaged over all workers; the second choice of q_t; directions one by one.
 * `power-gossip` is the flow that compresses differences over edges so.
 */

import { rowsThatLast } from '../arena/layout.js';
import { unexpected } from '../base/errors.js';
import { defineCodec } from './define.js';
import { realBitsOf } from './wire/format.js';

/** Directions of the vector as a matrix. */
export const lowRank = defineCodec({
  kind: 'low-rank',
  metadata: {
    title: 'Low rank',
    summary: 'sends a few directions of the vector as a matrix, found from those of the last message',
    source: 'Vogels, Karimireddy, Jaggi 2019 (arXiv 1905.13727)',
  },
  parameters: (z) => ({
    rows: z.int().min(1).describe('of the matrix; divides dim'),
    rank: z.int().min(1).optional().describe('directions of a message, 1 by default'),
  }),
  takes: ['rows'],
  plan: ({ rows, rank = 1 }, context) => {
    const { dim, path, agents } = context;
    if (dim % rows !== 0) throw unexpected([...path, 'rows'], rows, `a divisor of ${dim} (dim)`);
    const columns = Math.min(rows, dim / rows);
    if (rank > columns)
      throw unexpected([...path, 'rank'], rank, `1..${columns}, the shorter side of the matrix`);
    const directions = `${path.join('.')}.directions`;
    return {
      // Of the matrix as it is worked on, and whether that is the transpose.
      long: dim / columns,
      columns,
      transposed: rows < dim / rows,
      rank,
      messageBits: realBitsOf(context) * rank * (rows + dim / rows),
      work: { own: 4 * rank * dim, neighbour: rank * dim },
      contraction: 1 - (1 - 1 / columns) ** rank,
      contractionKind: 'worst',
      projects: true,
      directions,
      fields: [rowsThatLast({ name: directions, type: 'f64', length: agents * rank * columns }, agents)],
    };
  },
  codec: (plan, { arena }) => {
    const { dim, long, columns, transposed, rank, realBits } = plan;
    const kept = arena.view(plan.directions, 'f64');
    const matrix = new Float64Array(dim);
    const p = new Float64Array(rank * long);
    const q = new Float64Array(rank * columns);
    /** Where entry (i, j) of the matrix stands in the vector. */
    const at = (i: number, j: number) => (transposed ? j * long + i : i * columns + j);

    /** p_t of the matrix, not yet of length 1, by the old q_t or the largest column; its length squared. */
    const imageOf = (t: number, old: number, energy: number): number => {
      const begin = t * long;
      let length = 0;
      for (let j = 0; j < columns; j++) length += kept[old + j] * kept[old + j];
      let squares = 0;
      for (let i = 0; i < long; i++) {
        let sum = 0;
        for (let j = 0; j < columns; j++) sum += matrix[i * columns + j] * kept[old + j];
        p[begin + i] = sum;
        squares += sum * sum;
      }
      if (length > 0 && squares * columns >= energy * length) return squares;
      let largest = -1;
      let chosen = 0;
      for (let j = 0; j < columns; j++) {
        let column = 0;
        for (let i = 0; i < long; i++) column += matrix[i * columns + j] * matrix[i * columns + j];
        if (column > largest) {
          largest = column;
          chosen = j;
        }
      }
      for (let i = 0; i < long; i++) p[begin + i] = matrix[i * columns + chosen];
      return largest;
    };

    return {
      encode(error, message, _round, _agent, row) {
        let size = 0;
        for (let c = 0; c < dim; c++) size = Math.max(size, Math.abs(error[c]));
        const unit = size > 0 ? size : 1;
        let energy = 0;
        for (let i = 0; i < long; i++) {
          for (let j = 0; j < columns; j++) {
            const entry = error[at(i, j)] / unit;
            matrix[i * columns + j] = entry;
            energy += entry * entry;
          }
        }
        const nothing = energy * ROUNDING;
        for (let t = 0; t < rank; t++) {
          const old = (row * rank + t) * columns;
          const squares = imageOf(t, old, energy);
          if (squares <= nothing) {
            p.fill(0, t * long, (t + 1) * long);
            q.fill(0, t * columns, (t + 1) * columns);
            continue;
          }
          const length = Math.sqrt(squares);
          for (let i = 0; i < long; i++) p[t * long + i] /= length;
          energy = 0;
          for (let j = 0; j < columns; j++) {
            let sum = 0;
            for (let i = 0; i < long; i++) sum += p[t * long + i] * matrix[i * columns + j];
            q[t * columns + j] = sum * unit;
            kept[old + j] = sum;
            for (let i = 0; i < long; i++) {
              matrix[i * columns + j] -= p[t * long + i] * sum;
              energy += matrix[i * columns + j] * matrix[i * columns + j];
            }
          }
        }
        for (let t = 0; t < p.length; t++) message.number(p[t], realBits);
        for (let t = 0; t < q.length; t++) message.number(q[t], realBits);
      },
      decode(message, out) {
        for (let t = 0; t < p.length; t++) p[t] = message.number(realBits);
        for (let t = 0; t < q.length; t++) q[t] = message.number(realBits);
        for (let i = 0; i < long; i++) {
          for (let j = 0; j < columns; j++) {
            let entry = 0;
            for (let t = 0; t < rank; t++) entry += p[t * long + i] * q[t * columns + j];
            out[at(i, j)] = entry;
          }
        }
      },
    };
  },

  reference: (plan) => {
    const { dim, rank } = plan;
    const memory = new Map<number, number[][]>();
    return (error, _round, agent) => {
      const size = error.reduce((most, entry) => Math.max(most, Math.abs(entry)), 0) || 1;
      const whole = matrixOf(
        plan,
        error.map((entry) => entry / size),
      );
      const old = memory.get(agent) ?? [];
      const directions: number[][] = [];
      const lengths: number[][] = [];
      let rest = whole;
      const first = squaresOf(rest.flat());
      for (let t = 0; t < rank; t++) {
        const energy = squaresOf(rest.flat());
        const columns = rest[0].map((_, j) => rest.map((row) => row[j]));
        const sizes = columns.map(squaresOf);
        const q = old[t] ?? columns.map(() => 0);
        let image = rest.map((row) => product(row, q));
        if (squaresOf(q) === 0 || squaresOf(image) * columns.length < energy * squaresOf(q)) {
          image = columns[sizes.indexOf(Math.max(...sizes))];
        }
        if (squaresOf(image) <= first * ROUNDING) break;
        const p = image.map((entry) => entry / Math.sqrt(squaresOf(image)));
        const length = columns.map((column) => product(p, column));
        directions.push(p);
        lengths.push(length);
        old[t] = length;
        rest = rest.map((row, i) => row.map((entry, j) => entry - p[i] * length[j]));
      }
      memory.set(agent, old);
      const said = whole.map((row, i) =>
        row.map((_, j) => directions.reduce((sum, p, t) => sum + p[i] * lengths[t][j] * size, 0)),
      );
      return vectorOf(plan, said, dim);
    };
  },
  examples: (dim) => [{ rows: nearlySquare(dim) }],
});

/** What is left of a matrix by rounding, of its energy: nothing that would have a direction. */
const ROUNDING = 1e-26;

interface Shaped {
  long: number;
  columns: number;
  transposed: boolean;
}

const product = (a: readonly number[], b: readonly number[]) => a.reduce((sum, x, i) => sum + x * b[i], 0);
const squaresOf = (a: readonly number[]) => product(a, a);

function matrixOf({ long, columns, transposed }: Shaped, vector: Float64Array): number[][] {
  return Array.from({ length: long }, (_, i) =>
    Array.from({ length: columns }, (__, j) => vector[transposed ? j * long + i : i * columns + j]),
  );
}

function vectorOf({ transposed }: Shaped, matrix: number[][], dim: number): Float64Array {
  const rows = transposed ? matrix[0].map((_, j) => matrix.map((row) => row[j])) : matrix;
  const vector = new Float64Array(dim);
  vector.set(rows.flat());
  return vector;
}

/** The largest divisor up to the root. */
function nearlySquare(dim: number): number {
  let rows = Math.floor(Math.sqrt(dim));
  while (dim % rows !== 0) rows--;
  return rows;
}
