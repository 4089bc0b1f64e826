/**
 * NumPy's .npy with a square array: the adjacency matrix. Floats, integers and booleans of either byte order,
 * C or Fortran order; booleans are edges without weights. What entries mean: see matrix.ts.
 */
import { fileError } from '../errors.js';
import { MAX_NPY_HEADER_BYTES, parseNpyHeader } from '../npy-header.js';
import { checkSquare, MatrixEntries } from './matrix.js';
import type { Reader } from './reader.js';

export const npy: Reader = {
  format: 'npy',
  extensions: ['.npy'],
  summary: "NumPy's .npy: the adjacency matrix",
  parseBytes(bytes, file, options) {
    const head = Buffer.from(bytes.buffer, bytes.byteOffset, Math.min(bytes.length, MAX_NPY_HEADER_BYTES));
    const header = parseNpyHeader(head, file, 2, (message) =>
      fileError(file, 0, message.replace(`${file} `, 'file ')),
    );
    const [nodes = 0, columns = 1] = header.shape;
    checkSquare(file, 0, nodes, columns);
    const itemBytes = Number(header.type.slice(1));
    const found = bytes.length - header.payloadOffset;
    if (found < nodes * nodes * itemBytes) {
      throw fileError(
        file,
        0,
        `file is cut short: ${found} bytes of numbers found, expected ${nodes * nodes * itemBytes}`,
      );
    }
    const entries = new MatrixEntries(
      nodes,
      { file, labels: null, readAs: `adjacency matrix, ${header.type}`, lineOf: () => 0 },
      header.type !== 'b1',
    );
    const view = new DataView(bytes.buffer, bytes.byteOffset + header.payloadOffset);
    for (let row = 0; row < nodes; row++) {
      for (let column = 0; column < nodes; column++) {
        const at = header.fortranOrder ? column * nodes + row : row * nodes + column;
        entries.add(row, column, header.decode(view, at * itemBytes, header.littleEndian));
      }
    }
    return entries.toGraph(options);
  },
};
