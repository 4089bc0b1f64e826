/**
 * Equations against plain arithmetic, entry by entry: what a flow declares, made into kernels of its own or
 * put together from others', has the bits of the equations as they stand.
 */

import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { bindKernels } from '../../kernels/bindings.js';
import { gatherSingle } from '../../kernels/reference/gather.js';
import { createArena } from '../../src/arena/arena.js';
import {
  doubled,
  type FieldSpec,
  layoutArena,
  type Precision,
  REAL,
  rowLength,
} from '../../src/arena/layout.js';
import type { BoundCost } from '../../src/cost/types.js';
import { bindEquations, equationFields } from '../../src/flow/bind-equations.js';
import { bindStateChannel } from '../../src/flow/channel.js';
import { bindRows, type Equations, type FlowEquations, next } from '../../src/flow/equations.js';
import type { Channel } from '../../src/flow/types.js';
import type { Runtime } from '../../src/runtime.js';

const AGENTS = 11;
const ROUNDS = 4;
const HUB = 4;
const kernelsOf = (precision: Precision) =>
  new WebAssembly.Module(
    readFileSync(
      new URL(`../../dist/kernels/kernels${precision === 'float32' ? '-float32' : ''}.wasm`, import.meta.url),
    ),
  );
const modules = { float64: kernelsOf('float64'), float32: kernelsOf('float32') };

/** Between -1 and 1, and now and then -0. */
const wave = (at: number) => (at % 17 === 3 ? -0 : Math.sin(1 + 1.7 * at + 0.3 * (at % 41) ** 2));

/** Agent i hears 1 to 6 others. */
const neighbours = Array.from({ length: AGENTS }, (_, i) =>
  Array.from({ length: 1 + (i % 6) }, (_, k) => (i + 2 * k + 1) % AGENTS).sort((p, q) => p - q),
);
const weightOf = (weighted: boolean, edge: number) => (weighted ? 0.25 + (edge % 5) / 8 : 1);

const decay = (round: number) => -0.1 / (round + 1);
const problem = { p: 0.3, q: 0.1, eta: 0.7, rho: 2, inner: 4 };
const once = { p: 0.4, rho: 3, inner: 1 };

function world(precision: Precision, dim: number, weighted: boolean, ahead: number) {
  const entries = rowLength(dim, precision);
  const names = ['x', 'v', 'w', 'a', 'b'];
  const scratch = ['l', 'g', 'y', 'p'];
  const context = {
    agents: AGENTS,
    dim,
    blockAgents: AGENTS,
    seed: { low: 1, high: 0 },
    rounds: ROUNDS,
    precision,
    path: [],
  };
  const edges = neighbours.flat();
  const fields: FieldSpec[] = [
    ...equationFields({ state: names, scratch }, context).map((field) =>
      field.name === 'x' ? doubled(field) : field,
    ),
    { name: 'graph.rowStart', type: 'u32', length: AGENTS + 1 },
    { name: 'graph.columns', type: 'u32', length: edges.length },
    { name: 'graph.weights', type: 'f64', length: weighted ? edges.length : 1 },
    { name: 'graph.degrees', type: 'f64', length: AGENTS },
  ];
  const arena = createArena(layoutArena(fields, 2, precision));
  const rowStart = arena.view('graph.rowStart', 'u32');
  const degrees = arena.view('graph.degrees', 'f64');
  const weights = arena.view('graph.weights', 'f64');
  arena.view('graph.columns', 'u32').set(edges);
  neighbours.forEach((row, i) => {
    rowStart[i + 1] = rowStart[i]! + row.length;
    for (let e = rowStart[i]!; e < rowStart[i + 1]!; e++) {
      weights[weighted ? e : 0] = weightOf(weighted, e);
      degrees[i]! += weightOf(weighted, e);
    }
  });
  names.forEach((name, k) => {
    const rows = arena.reals(name);
    for (let i = 0; i < AGENTS; i++)
      for (let c = 0; c < dim; c++) rows[i * entries + c] = wave(c + dim * i + 1000 * k);
  });
  const runtime: Runtime = {
    arena,
    kernels: bindKernels(modules[precision], arena.memory),
    worker: 1,
    agents: AGENTS,
    dim,
    rowBytes: entries * arena.realBytes,
    blockAgents: AGENTS,
    seed: context.seed,
    ahead: { choice: ahead, edges: edges.length, cacheBytes: 0, open: false },
    graph: {
      rowStart: arena.address('graph.rowStart'),
      columns: arena.address('graph.columns'),
      weights: arena.address('graph.weights'),
      weightStride: weighted ? 8 : 0,
      degrees: arena.address('graph.degrees'),
    },
  };
  const { kernels, rowBytes } = runtime;
  const a = arena.address('a');
  const b = arena.address('b');
  const slope: BoundCost = {
    gradient: (first, count, x, out) =>
      kernels.gradientQuadratic(count, rowBytes, entries, x, a + first * rowBytes, b + first * rowBytes, out),
    values: () => {},
  };
  const x = arena.address('x');
  const states = bindStateChannel(runtime, (round) => x + (round & 1) * AGENTS * rowBytes);
  return { arena, runtime, entries, slope, known: { ...slope, quadratic: { a, b } }, states };
}

/** Everything that an equation can be. */
function equations(channel: Channel, runtime: Runtime): FlowEquations {
  const rows = bindRows(runtime);
  const [x, v, w] = ['x', 'v', 'w'].map((name) => rows.state(name)) as [Row, Row, Row];
  const [l, g, y, p] = ['l', 'g', 'y', 'p'].map((name) => rows.scratch(name)) as [Row, Row, Row, Row];
  const { kernels, rowBytes } = runtime;
  const n = rowBytes / runtime.arena.realBytes;
  return {
    begin(r: Equations) {
      r.descend(x, v, decay, g);
      r.send(channel, x);
    },
    first(r) {
      r.hear(channel, l);
      r.sum(v, [{ timesDegree: 0.5 }, x], [0, l]);
      r.sum(next(x), [-1, x], [-1, l], [1, v]);
      r.send(channel, next(x));
    },
    round(r) {
      r.hear(channel, l);
      r.descend(x, y, decay, g, 3, 1);
      r.prox(x, p, l, g, problem);
      r.prox(p, p, y, g, once);
      r.gradient(y, g, 1);
      r.sum(w, [0.5, w], [1, y], [-1, p], [(k) => 0.01 * k, g]);
      r.gather(x, y);
      r.sum(v, [1, v], [0.125, y]);
      // Not an equation: halves w.
      r.call(w, (_first, count, _round, at) =>
        kernels.combine(count, rowBytes, n, at, 0.25, at, 0.25, at, 0, 0, 0, 0, 0, 0),
      );
      const q = r.own(channel, g);
      r.sum(next(x), [1, q], [-0.05, l], [-1, w], [{ timesDegree: 0.01 }, p], [0.2, v]);
      r.send(channel, next(x));
    },
  };
}
type Row = ReturnType<ReturnType<typeof bindRows>['state']>;

/** The same, an entry at a time. */
function plain(precision: Precision, dim: number, weighted: boolean) {
  const { round: near } = REAL[precision];
  const start = (k: number) =>
    Array.from({ length: AGENTS }, (_, i) =>
      Array.from({ length: dim }, (_, c) => near(wave(c + dim * i + 1000 * k))),
    );
  let x = start(0);
  const [v, w, a, b] = [1, 2, 3, 4].map(start) as [number[][], number[][], number[][], number[][]];
  const offsets = neighbours.map((_, i) => neighbours.slice(0, i).flat().length);
  const weight = (i: number, k: number) => weightOf(weighted, offsets[i]! + k);
  const degree = (i: number) => neighbours[i]!.reduce((sum, _, k) => sum + weight(i, k), 0);
  const sum = (...terms: [number, number][]) =>
    terms
      .slice(1)
      .reduce(
        (total, [by, entry]) => near(total + near(near(by) * entry)),
        near(near(terms[0]![0]) * terms[0]![1]),
      );
  const gradient = (entry: number, i: number, c: number) => near(a[i]![c]! * near(entry - b[i]![c]!));
  const descend = (entry: number, h: number, i: number, c: number) =>
    sum([1, entry], [h, gradient(entry, i, c)]);
  const prox = (
    entry: number,
    slope: number,
    linear: number,
    i: number,
    { p, q = 0, eta = 1, rho }: Prox,
  ) => {
    const curvature = p * degree(i) + q;
    const step = 1 / (rho + curvature);
    return sum([1 - step * curvature, entry], [-step * eta, slope], [-step, linear]);
  };
  const graph = {
    rowStart: [...offsets, neighbours.flat().length],
    columns: neighbours.flat(),
    weights: neighbours.flatMap((row, i) => row.map((_, k) => weight(i, k))),
    degrees: neighbours.map((_, i) => degree(i)),
  };
  const laplacian = (rows: number[][], i: number, c: number) =>
    precision === 'float32'
      ? gatherSingle(
          graph,
          rows.map((row) => Float32Array.of(row[c]!)),
          i,
        )[0]!
      : neighbours[i]!.reduce(
          (total, j, k) => near(total - near(near(weight(i, k)) * rows[j]![c]!)),
          near(near(degree(i)) * rows[i]![c]!),
        );
  const each = (of: (i: number, c: number) => number) =>
    Array.from({ length: AGENTS }, (_, i) => Array.from({ length: dim }, (_, c) => of(i, c)));
  each((i, c) => (v[i]![c] = descend(x[i]![c]!, decay(0), i, c)));
  for (let k = 0; k < ROUNDS; k++) {
    x = each((i, c) => {
      const l = laplacian(x, i, c);
      const own = x[i]![c]!;
      if (k === 0) {
        v[i]![c] = sum([0.5 * degree(i), own], [0, l]);
        return sum([-1, own], [-1, l], [1, v[i]![c]!]);
      }
      let y = own;
      for (let t = 0; t < 3; t++) y = descend(y, decay(k + 1), i, c);
      let p = own;
      for (let t = 0; t < problem.inner; t++) p = prox(p, gradient(p, i, c), l, i, problem);
      p = prox(p, gradient(p, i, c), y, i, once);
      w[i]![c] = sum([0.5, w[i]![c]!], [1, y], [-1, p], [0.01 * k, gradient(y, i, c)]);
      v[i]![c] = sum([1, v[i]![c]!], [0.125, l]);
      w[i]![c] = sum([0.25, w[i]![c]!], [0.25, w[i]![c]!]);
      return sum([1, own], [-0.05, l], [-1, w[i]![c]!], [0.01 * degree(i), p], [0.2, v[i]![c]!]);
    });
  }
  return { x, v, w };
}
type Prox = { p: number; q?: number; eta?: number; rho: number };

const cases = (['float64', 'float32'] as const).flatMap((precision) =>
  [1, 8, 16, 20, 40, 72].flatMap((dim) =>
    [false, true].map((weighted) => ({ precision, dim, weighted, ahead: dim % 3 })),
  ),
);

describe.each(cases)('$precision, $dim entries, weights $weighted, $ahead ahead', (given) => {
  const { precision, dim, weighted, ahead } = given;
  const expected = plain(precision, dim, weighted);

  it.each([
    'all in one kernel but the call',
    'gradients that only the cost knows',
    'messages that only the channel knows',
    'a hub, whose sum has been put together before',
  ])('%s', (what) => {
    const { arena, runtime, entries, slope, known, states } = world(precision, dim, weighted, ahead);
    const hub = (first: number, count: number) => !(first === HUB && count === 1);
    let asked = 0;
    const gather: Channel['gather'] = (...inputs) => {
      asked++;
      states.gather(...inputs);
    };
    const channel: Channel = {
      ...states,
      gather,
      wire: what.startsWith('messages') ? null : { ...states.wire!, covers: hub },
    };
    const flow = bindEquations(
      equations(channel, runtime),
      what.startsWith('gradients') ? slope : known,
      runtime,
    );
    const bounds = what.startsWith('a hub') ? [0, HUB, HUB + 1, AGENTS] : [0, 3, AGENTS];
    const blocks = (run: (first: number, count: number) => void) => {
      for (let i = 0; i + 1 < bounds.length; i++) run(bounds[i]!, bounds[i + 1]! - bounds[i]!);
    };
    blocks((first, count) => flow.prologue(first, count, 0));
    for (let k = 0; k < ROUNDS; k++) blocks((first, count) => flow.block(first, count, k));
    // One block of three has the hub; without rows to read, every block asks.
    expect(asked).toBe(what.startsWith('messages') ? 2 * ROUNDS : what.startsWith('a hub') ? ROUNDS : 0);
    for (const [name, rows] of Object.entries(expected)) {
      const all = arena.reals(name);
      const from = name === 'x' ? (ROUNDS & 1) * AGENTS * entries : 0;
      rows.forEach((row, i) => {
        const own = all.subarray(from + i * entries, from + i * entries + dim);
        expect([...own], `${name} of agent ${i}`).toEqual(row);
      });
    }
  });
});
