/**
 * Whether somebody's graph is one: what a program hands over may have been changed, or made by hand. Linear
 * in nodes + edges.
 */
import { parameterError } from './errors.js';
import type { Arcs, Graph } from './graph.js';

type Path = (string | number)[];

/**
 * Refuses what is not a graph as `graphFromEdges`, `readGraph` and `generate` make it: rows that are no
 * rows, neighbours that are no nodes or do not ascend, an edge that stands at one of its ends alone, weights
 * that are not positive or differ at the two ends.
 *
 * @param path where it stands, for messages: `graph.columns[3] is 9, expected ...`
 * @throws TopologyError with the place and the value
 */
export function checkGraph(graph: Graph, path: (string | number)[] = ['graph']): void {
  const { nodes, edges, rowStart, columns, weights, labels, arcs } = graph;
  if (!Number.isInteger(nodes) || nodes < 1 || nodes > 0xffff_fffe) {
    throw parameterError([...path, 'nodes'], nodes, 'a whole number >= 1');
  }
  checkRows(nodes, rowStart, columns, [path, 'rowStart', 'columns']);
  if (edges !== columns.length / 2) {
    throw parameterError([...path, 'edges'], edges, `${columns.length / 2}, half as many as columns`);
  }
  checkSymmetry(graph, path);
  if (weights !== null && weights !== undefined) checkWeights(graph, weights, path);
  if (labels !== null && labels !== undefined) checkLabels(labels, nodes, [...path, 'labels']);
  if (arcs !== undefined) checkArcs(graph, arcs, [...path, 'arcs']);
}

/** Offsets that ascend over all of the columns, and in each row nodes that ascend, itself not among them. */
function checkRows(
  nodes: number,
  start: Uint32Array,
  columns: Uint32Array,
  [path, startName, columnsName]: [Path, string, string],
): void {
  for (const [name, array] of [
    [startName, start],
    [columnsName, columns],
  ] as const) {
    if (!(array instanceof Uint32Array)) throw parameterError([...path, name], array, 'a Uint32Array');
  }
  const at = (name: string, index: number) => [...path, name, index];
  if (start.length !== nodes + 1) {
    throw parameterError([...path, startName, 'length'], start.length, `${nodes + 1} (nodes + 1)`);
  }
  if (start[0] !== 0) throw parameterError(at(startName, 0), start[0], '0');
  for (let row = 0; row < nodes; row++) {
    const end = start[row + 1];
    if (end < start[row] || end > columns.length) {
      throw parameterError(
        at(startName, row + 1),
        end,
        `${start[row]}..${columns.length}, an end of row ${row}`,
      );
    }
    for (let i = start[row]; i < end; i++) {
      const column = columns[i];
      if (column >= nodes || column === row) {
        throw parameterError(
          at(columnsName, i),
          column,
          `a neighbour of node ${row}: another node, 0..${nodes - 1}`,
        );
      }
      if (i > start[row] && column <= columns[i - 1]) {
        throw parameterError(
          at(columnsName, i),
          column,
          `more than ${columns[i - 1]}: rows ascend, each node once`,
        );
      }
    }
  }
  if (start[nodes] !== columns.length) {
    throw parameterError(at(startName, nodes), start[nodes], `${columns.length}, as many as ${columnsName}`);
  }
}

/**
 * Rows ascend, so whoever goes through them in order meets the entries of every row in order, if each edge
 * stands at both ends.
 */
function checkSymmetry({ nodes, rowStart, columns }: Graph, path: Path): void {
  const next = rowStart.slice();
  for (let row = 0; row < nodes; row++) {
    for (let i = rowStart[row]; i < rowStart[row + 1]; i++) {
      const other = columns[i];
      if (next[other] < rowStart[other + 1] && columns[next[other]] === row) next[other]++;
      else {
        // Either this row names a node that does not name it, or that one names an earlier node in vain.
        const [from, to] = columns[next[other]] < row ? [other, columns[next[other]]] : [row, other];
        throw parameterError(
          [...path, 'columns'],
          [from, to],
          `the edge ${from}, ${to} in the row of ${to} too`,
        );
      }
    }
  }
}

function checkWeights({ nodes, rowStart, columns }: Graph, weights: Float64Array, path: Path): void {
  if (!(weights instanceof Float64Array)) {
    throw parameterError([...path, 'weights'], weights, 'a Float64Array, or null');
  }
  if (weights.length !== columns.length) {
    throw parameterError(
      [...path, 'weights', 'length'],
      weights.length,
      `${columns.length}, as many as columns`,
    );
  }
  const next = rowStart.slice();
  for (let row = 0; row < nodes; row++) {
    for (let i = rowStart[row]; i < rowStart[row + 1]; i++) {
      const at = [...path, 'weights', i];
      const edge = `of edge [${row}, ${columns[i]}]`;
      if (!(weights[i] > 0 && weights[i] < Infinity)) {
        throw parameterError(at, weights[i], `a positive, finite weight ${edge}`);
      }
      const back = weights[next[columns[i]]++];
      if (back !== weights[i])
        throw parameterError(at, weights[i], `${back}, the weight ${edge} at its other end`);
    }
  }
}

function checkLabels(labels: unknown, nodes: number, path: Path): void {
  if (!Array.isArray(labels)) throw parameterError(path, labels, 'a list of texts, or null');
  if (labels.length !== nodes)
    throw parameterError([...path, 'length'], labels.length, `${nodes} (one a node)`);
  const wrong = labels.findIndex((label) => typeof label !== 'string');
  if (wrong >= 0) throw parameterError([...path, wrong], labels[wrong], 'a text');
}

/** Both ways of writing the arcs are the same arcs, and the edges are those that have one, either way. */
function checkArcs(graph: Graph, arcs: Arcs, path: Path): void {
  const { nodes } = graph;
  checkRows(nodes, arcs.inStart, arcs.inColumns, [path, 'inStart', 'inColumns']);
  checkRows(nodes, arcs.outStart, arcs.outColumns, [path, 'outStart', 'outColumns']);
  for (const name of ['inColumns', 'outColumns'] as const) {
    if (arcs[name].length !== arcs.count) {
      throw parameterError([...path, name, 'length'], arcs[name].length, `${arcs.count} (count)`);
    }
  }
  const next = arcs.inStart.slice();
  for (let tail = 0; tail < nodes; tail++) {
    for (let i = arcs.outStart[tail]; i < arcs.outStart[tail + 1]; i++) {
      const head = arcs.outColumns[i];
      if (next[head] < arcs.inStart[head + 1] && arcs.inColumns[next[head]] === tail) next[head]++;
      else
        throw parameterError(
          [...path, 'inColumns'],
          [tail, head],
          `the arc ${tail}, ${head} as in outColumns`,
        );
    }
  }
  for (let row = 0; row < nodes; row++) checkClosure(graph, arcs, row, path);
}

/** The row of the edges is the union of the rows of both directions. */
function checkClosure({ rowStart, columns }: Graph, arcs: Arcs, row: number, path: Path): void {
  let inward = arcs.inStart[row];
  let outward = arcs.outStart[row];
  let at = rowStart[row];
  for (;;) {
    const a = inward < arcs.inStart[row + 1] ? arcs.inColumns[inward] : Infinity;
    const b = outward < arcs.outStart[row + 1] ? arcs.outColumns[outward] : Infinity;
    const wanted = Math.min(a, b);
    const found = at < rowStart[row + 1] ? columns[at] : Infinity;
    if (wanted !== found) {
      const edge = [row, Math.min(wanted, found)];
      throw parameterError(path, edge, 'arcs between the nodes of every edge, and no others');
    }
    if (wanted === Infinity) return;
    if (a === wanted) inward++;
    if (b === wanted) outward++;
    at++;
  }
}
