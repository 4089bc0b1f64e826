/**
 * Push-sum: the exact average over directed graphs, where plain averaging of what is heard ends elsewhere;
 * over arcs that fail; its bits.
 */

import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { stepPushSum } from '../../kernels/reference/steps.js';
import { writeNpy } from '../../src/data/npy.js';
import { seedWords } from '../../src/runtime.js';
import { type Graph, generate } from '../../topology/index.js';
import { goldenProblem } from '../golden/problem.js';
import { loadLinks, ownLinks } from '../support/load-links.js';
import { temporaryFolder } from '../support/run.js';
import { runSequentially } from '../support/sequential.js';

const folder = temporaryFolder();
const dim = 9;

async function config(topology: { kind: string }, nodes: number, rounds: number) {
  const { b } = goldenProblem(nodes, dim, 0);
  const init = path.join(folder, `start-${nodes}.npy`);
  await writeNpy(init, { shape: [nodes, dim], data: b });
  return {
    topology,
    init,
    cost: { kind: 'quadratic', dim },
    flow: { kind: 'push-sum' },
    rounds,
    seed: 7,
    trace: { every: 1 },
  };
}

/** The equations over plain arrays. */
function reference(
  graph: Graph,
  nodes: number,
  rounds: number,
  up: (round: number, from: number, to: number) => boolean,
) {
  const { b } = goldenProblem(nodes, dim, 0);
  const hears = (i: number): number[] =>
    Array.from(
      graph.arcs
        ? graph.arcs.outColumns.subarray(graph.arcs.outStart[i], graph.arcs.outStart[i + 1])
        : graph.columns.subarray(graph.rowStart[i], graph.rowStart[i + 1]),
    );
  let sums = Array.from({ length: nodes }, (_, i) => Float64Array.of(...b.slice(i * dim, (i + 1) * dim), 1));
  let messages = 0;
  for (let k = 0; k < rounds; k++) {
    const next = sums.map(() => new Float64Array(dim + 1));
    sums.forEach((sum, i) => {
      const out = hears(i).filter((j) => up(k, i, j));
      messages += out.length;
      const { share } = stepPushSum(sum, out.length);
      for (const j of [i, ...out]) for (let c = 0; c <= dim; c++) next[j][c] += share[c];
    });
    sums = next;
  }
  return { x: sums.flatMap((sum) => Array.from(stepPushSum(sum, 0).x)), messages };
}

describe('push-sum', () => {
  const cases = [
    { topology: { kind: 'directed-ring', nodes: 8 }, nodes: 8 },
    { topology: { kind: 'random-digraph', nodes: 30, averageDegree: 7, seed: 3 }, nodes: 30 },
    { topology: { kind: 'star', nodes: 12 }, nodes: 12 },
  ];
  const failing = [
    null,
    { kind: 'drops', rate: 0.4 },
    { kind: 'gilbert-elliott', toBad: 0.2, toGood: 0.3 },
    { kind: 'custom', module: ownLinks, length: 3 },
  ];

  it.each(cases.flatMap((one) => failing.map((links) => ({ ...one, links }))))(
    'computes its equations, whatever the workers: $topology.kind, $links.kind',
    async ({ topology, nodes, links: spec }) => {
      const rounds = 12;
      const graph = generate(topology);
      const model = spec ? await loadLinks(spec, graph) : null;
      const inputs = { ...(await config(topology, nodes, rounds)), ...(spec && { links: spec }) };
      const one = await runSequentially(inputs, 1);
      const three = await runSequentially(inputs, 3);
      expect(three.stateHash).toBe(one.stateHash);
      expect(three.final.bitsLinks).toBe(one.final.bitsLinks);
      const expected = reference(graph, nodes, rounds, model?.reference(seedWords(7)) ?? (() => true));
      expected.x.forEach((entry, at) => {
        expect(Math.abs(entry - one.x[at])).toBeLessThan(1e-12);
      });
      expect(one.final.bitsLinks).toBe(expected.messages * 64 * (dim + 1));
    },
  );

  it('reaches the average exactly where averaging what is heard does not', async () => {
    const topology = { kind: 'random-digraph', nodes: 30, averageDegree: 7, seed: 3 };
    const inputs = { ...(await config(topology, 30, 4000)), stop: { rmsError: 1e-13 }, trace: { every: 10 } };
    const plain = await runSequentially(inputs, 2);
    expect(plain.verdict, `rms ${plain.final.rmsError}`).toBe('converged');
    const dropped = await runSequentially({ ...inputs, links: { kind: 'drops', rate: 0.4 } }, 2);
    expect(dropped.verdict, `rms ${dropped.final.rmsError}`).toBe('converged');

    // The same graph with equal weights over what each hears: it agrees, on something else.
    const { arcs } = generate(topology);
    const { b } = goldenProblem(30, dim, 0);
    let x = Array.from({ length: 30 }, (_, i) => b[i * dim]);
    const mean = x.reduce((sum, entry) => sum + entry, 0) / 30;
    for (let k = 0; k < 300; k++) {
      x = x.map((entry, i) => {
        const heard = arcs ? Array.from(arcs.inColumns.subarray(arcs.inStart[i], arcs.inStart[i + 1])) : [];
        return heard.reduce((sum, j) => sum + x[j], entry) / (1 + heard.length);
      });
    }
    expect(Math.max(...x) - Math.min(...x)).toBeLessThan(1e-12);
    expect(Math.abs(x[0] - mean)).toBeGreaterThan(1e-3);
  });
});
