/** What cannot be is refused before anything runs, with what would work. */

import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { writeNpy } from '../../src/data/npy.js';
import { temporaryFolder } from '../support/run.js';
import { runSequentially } from '../support/sequential.js';

const folder = temporaryFolder();
const init = path.join(folder, 'x0.npy');
await writeNpy(init, { shape: [8, 2], data: new Float64Array(16).map((_, at) => at) });

const base = { topology: { kind: 'ring', nodes: 8 }, cost: { kind: 'quadratic', dim: 2 }, init, rounds: 3 };
const primalDual = { kind: 'primal-dual', step: 0.01, alpha: 1, beta: 1 };
const balanced = { kind: 'directed-ring', nodes: 8 };
const uneven = { kind: 'random-digraph', nodes: 8, averageDegree: 4, seed: 1 };

describe('refused', () => {
  it.each([
    [
      { flow: { kind: 'extra', step: 0.1 }, links: { kind: 'drops', rate: 0.1 } },
      'links.kind is drops, and extra needs the same weights in every round',
    ],
    [
      { flow: { kind: 'nids', step: 0.1 }, links: { kind: 'random-matching' } },
      'links.kind is random-matching, and nids needs the same weights in every round',
    ],
    [
      { topology: balanced, flow: primalDual },
      'primal-dual with compress none needs every link to work in both directions',
    ],
    [
      {
        topology: balanced,
        flow: { kind: 'consensus', step: 0.1, compress: 'observer' },
        compressor: { kind: 'sign' },
      },
      'consensus with compress observer needs every link to work in both directions',
    ],
    [
      { topology: uneven, flow: { kind: 'consensus' } },
      'needs everyone to hear as many as hear it, and agent',
    ],
    [
      { topology: balanced, flow: { kind: 'consensus' }, links: { kind: 'drops', rate: 0.1 } },
      'links.kind is drops, which lets single arcs fail',
    ],
    [
      { topology: balanced, flow: { kind: 'push-sum' }, links: { kind: 'random-matching' } },
      'links.kind is random-matching, which needs links that work in both directions',
    ],
    [
      { flow: { kind: 'push-sum' }, links: { kind: 'random-matching' } },
      'whose links are agreed on in the round itself',
    ],
    [
      { topology: uneven, weights: 'metropolis', flow: { kind: 'push-sum' } },
      'weights is "metropolis", expected unit',
    ],
    [
      { flow: { kind: 'push-sum' }, compressor: { kind: 'sign' } },
      'compressor.kind is "sign", expected identity',
    ],
    [
      {
        topology: { kind: 'random-digraph', nodes: 8, averageDegree: 1, seed: 2 },
        flow: { kind: 'push-sum' },
      },
      'not strongly connected',
    ],
    [{ flow: primalDual, links: { kind: 'drops', rate: 1 } }, 'links.rate is 1'],
    [{ flow: primalDual, links: { kind: 'dropps', rate: 0.1 } }, 'did you mean drops?'],
    [{ flow: primalDual, links: { kind: 'gilbert-elliott', toBad: 0.1, toGood: 0 } }, 'links.toGood is 0'],
    [
      { flow: primalDual, links: { kind: 'schedule', graphs: [{ kind: 'ring', nodes: 7 }] } },
      'links.graphs[0] has 7 nodes, expected 8',
    ],
    [
      { flow: primalDual, links: { kind: 'schedule', graphs: [{ kind: 'rign', nodes: 8 }] } },
      'links.graphs[0].kind is "rign"',
    ],
    [
      {
        flow: primalDual,
        links: { kind: 'schedule', graphs: [{ kind: 'random-regular', nodes: 8, degree: 1 }] },
      },
      'the graph is disconnected',
    ],
    [
      {
        topology: { kind: 'ring', nodes: 7 },
        init: undefined,
        flow: primalDual,
        links: { kind: 'one-peer-exponential' },
      },
      'needs a power of two of agents, and the topology has 7',
    ],
  ])('%j', async (change, message) => {
    await expect(runSequentially({ ...base, ...change }, 1)).rejects.toThrow(message);
  });

  it('a topology whose edges are never up is said so', async () => {
    const { parseConfig } = await import('../../src/config/load.js');
    const { prepareRun } = await import('../../src/session/prepare.js');
    const config = {
      ...base,
      topology: { kind: 'complete', nodes: 8 },
      flow: primalDual,
      links: { kind: 'one-peer-exponential' },
    };
    const { report } = await prepareRun(await parseConfig(config), 1);
    expect(report.links).toBe('one-peer-exponential');
    expect(report.edges).toBe(12);
    expect(report.warnings.join()).toContain("16 of the topology's 28 edges are never up");
  });
});
