/**
 * What mixing over the arcs of a directed graph does in the long run, in two ways: everyone takes the mean of
 * what it hears and its own (rows add up to 1), or everyone gives even shares to those who hear it and to
 * itself (columns add up to 1),
 *
 *     (R x)_i = (x_i + sum of x_j over in-neighbours j) / (1 + in-degree_i)
 *     (C y)_i = y_i / (1 + out-degree_i) + sum over in-neighbours j of y_j / (1 + out-degree_j).
 *
 * On a strongly connected graph both have 1 as their largest eigenvalue, once, since every agent keeps a share
 * of its own. Found by as many applications as `VISITS` arcs allow: good for choosing gains, and no spectrum.
 */

import type { Graph } from './graph.js';

export interface ArcMixing {
  /** 1 - |second eigenvalue| of R and of C, about. */
  pullGap: number;
  pushGap: number;
  /** How much heavier than the mean the heaviest agent becomes where shares are given, and the lightest. */
  heaviest: number;
  lightest: number;
}

/** Arcs gone through, in all: a fraction of a second. */
const VISITS = 1e8;
const MOST_ROUNDS = 5000;
const FEWEST_ROUNDS = 20;
/** Applications between two looks at whether vectors still move. */
const LOOKED_EVERY = 50;
const SETTLED = 1e-12;
/** Beyond this a deflated vector is rounding. */
const LEAST_SHARE = 1e-10;

export function arcMixing(graph: Graph): ArcMixing {
  const { nodes } = graph;
  if (nodes === 1) return { pullGap: 1, pushGap: 1, heaviest: 1, lightest: 1 };
  const inStart = graph.arcs?.inStart ?? graph.rowStart;
  const inColumns = graph.arcs?.inColumns ?? graph.columns;
  const outStart = graph.arcs?.outStart ?? graph.rowStart;
  const rounds = Math.max(FEWEST_ROUNDS, Math.min(MOST_ROUNDS, Math.floor(VISITS / (4 * inColumns.length))));
  const inDegree = (i: number) => inStart[i + 1] - inStart[i];
  const outDegree = (i: number) => outStart[i + 1] - outStart[i];
  const scaled = new Float64Array(nodes);

  /** next = C x or, `pulled`, R^T x: columns of both add up to 1, so that the sum of x stays. */
  const push = (x: Float64Array, next: Float64Array) => {
    for (let i = 0; i < nodes; i++) scaled[i] = x[i] / (1 + outDegree(i));
    for (let i = 0; i < nodes; i++) {
      let sum = scaled[i];
      for (let arc = inStart[i]; arc < inStart[i + 1]; arc++) sum += scaled[inColumns[arc]];
      next[i] = sum;
    }
  };
  const say = (x: Float64Array, next: Float64Array) => {
    next.fill(0);
    for (let i = 0; i < nodes; i++) {
      const share = x[i] / (1 + inDegree(i));
      next[i] += share;
      for (let arc = inStart[i]; arc < inStart[i + 1]; arc++) next[inColumns[arc]] += share;
    }
  };
  const weights = settled(push, nodes, rounds);
  const says = settled(say, nodes, rounds);
  return {
    pullGap: gapOf(say, says, rounds),
    pushGap: gapOf(push, weights, rounds),
    heaviest: weights.reduce((most, weight) => Math.max(most, weight), 0),
    lightest: weights.reduce((least, weight) => Math.min(least, weight), Number.POSITIVE_INFINITY),
  };
}

type Apply = (x: Float64Array, next: Float64Array) => void;

/** The eigenvector of 1, entries of mean 1. */
function settled(apply: Apply, nodes: number, rounds: number): Float64Array {
  let x = new Float64Array(nodes).fill(1);
  let next = new Float64Array(nodes);
  for (let round = 1; round <= rounds; round++) {
    apply(x, next);
    [x, next] = [next, x];
    if (round % LOOKED_EVERY !== 0) continue;
    let moved = 0;
    for (let i = 0; i < nodes; i++) moved = Math.max(moved, Math.abs(x[i] - next[i]) / next[i]);
    if (moved < SETTLED) break;
  }
  return x;
}

/** By how much a vector that adds up to 0 shrinks a round, over the second half of the rounds. */
function gapOf(apply: Apply, first: Float64Array, rounds: number): number {
  const nodes = first.length;
  let x = Float64Array.from(first, (_, i) => Math.sin(1 + 1.7 * i + 0.3 * i * i));
  let next = new Float64Array(nodes);
  const deflate = () => {
    let sum = 0;
    for (let i = 0; i < nodes; i++) sum += x[i];
    for (let i = 0; i < nodes; i++) x[i] -= (sum / nodes) * first[i];
  };
  const length = () => Math.sqrt(x.reduce((sum, entry) => sum + entry * entry, 0));
  deflate();
  /** log |x| after each round. */
  const shrunk = new Float64Array(rounds + 1);
  for (let round = 1; round <= rounds; round++) {
    const before = length();
    apply(x, next);
    [x, next] = [next, x];
    deflate();
    const after = length();
    if (!(after > LEAST_SHARE * before)) return 1;
    shrunk[round] = shrunk[round - 1] + Math.log(after / before);
    for (let i = 0; i < nodes; i++) x[i] /= after;
  }
  const half = Math.floor(rounds / 2);
  return Math.max(0, 1 - Math.exp((shrunk[rounds] - shrunk[half]) / (rounds - half)));
}
