/**
 * A flow whose averaging does not average says so before it runs: the eigenvalue -1, and what lies beyond it.
 */

import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { parseConfig } from '../../src/config/load.js';
import { writeNpy } from '../../src/data/npy.js';
import { prepareRun } from '../../src/session/prepare.js';
import { temporaryFolder } from '../support/run.js';
import { runSequentially } from '../support/sequential.js';

const folder = temporaryFolder();
const ring = (nodes: number) => ({ kind: 'ring', nodes });
const average = { cost: { kind: 'average', dim: 2 } };
const consensus = (step: number, alpha = 1) => ({ ...average, flow: { kind: 'consensus', step, alpha } });
const quadratic = (flow: object) => ({ cost: { kind: 'quadratic', dim: 2 }, flow });

async function warningsOf(config: Record<string, unknown>): Promise<string> {
  const prepared = await prepareRun(await parseConfig({ rounds: 3, ...config }), 1);
  return prepared.report.warnings.join('\n');
}

describe('the eigenvalue -1', () => {
  it.each<[string, Record<string, unknown>, string]>([
    [
      'an even ring with Metropolis weights',
      { topology: ring(4), weights: 'metropolis', ...consensus(1.5) },
      'take flow.step below 1.5, for example 0.75, or auto',
    ],
    ['an even ring', { topology: ring(6), ...consensus(0.25, 2) }, 'take flow.step below 0.25'],
    ['two agents', { topology: { kind: 'path', nodes: 2 }, ...consensus(1) }, 'take flow.step below 1'],
    [
      'two agents with Metropolis weights',
      { topology: { kind: 'path', nodes: 2 }, weights: 'metropolis', ...consensus(2) },
      'take flow.step below 2',
    ],
    ['a hypercube', { topology: { kind: 'hypercube', dimension: 3 }, ...consensus(1 / 3) }, '0.3333'],
    ['a star, which is not regular', { topology: { kind: 'star', nodes: 5 }, ...consensus(0.4) }, '0.4'],
    [
      'a complete graph, which has no two sides',
      { topology: { kind: 'complete', nodes: 4 }, ...consensus(0.5) },
      'take flow.step below 0.5',
    ],
    [
      'pairs that swap',
      { topology: ring(5), links: { kind: 'random-matching' }, ...consensus(1) },
      'take flow.step below 1',
    ],
    [
      'gossip',
      { topology: ring(4), ...average, flow: { kind: 'choco-gossip', gamma: 1, mixing: 0.5 } },
      'flow.mixing x flow.gamma is 0.5',
    ],
    [
      'dgd',
      { topology: ring(4), ...quadratic({ kind: 'dgd', mixing: 0.5, step: 0.01 }) },
      'flow.mixing is 0.5',
    ],
    [
      'diging',
      { topology: ring(4), ...quadratic({ kind: 'diging', mixing: 0.5, step: 0.01 }) },
      'flow.mixing',
    ],
  ])('%s', async (_, config, advice) => {
    const warnings = await warningsOf(config);
    expect(warnings).toContain('has the eigenvalue -1:');
    expect(warnings).toContain(advice);
  });

  it('is what is said of it: two camps change places for ever', async () => {
    const init = path.join(folder, 'camps.npy');
    await writeNpy(init, { shape: [4, 1], data: Float64Array.of(1, -1, 1, -1) });
    const config = {
      topology: ring(4),
      weights: 'metropolis',
      cost: { kind: 'average', dim: 1 },
      flow: { kind: 'consensus', step: 1.5, alpha: 1 },
      init,
    };
    for (const [rounds, first] of [
      [100, 1],
      [101, -1],
    ]) {
      const { x } = await runSequentially({ ...config, rounds }, 1);
      expect([...x].map((value) => Math.round(value * 1e9) / 1e9)).toEqual([first, -first, first, -first]);
    }
  });

  it('beyond it disagreement grows', async () => {
    expect(await warningsOf({ topology: ring(4), ...consensus(0.75) })).toContain(
      'has the eigenvalue -2: disagreement grows from round to round; take flow.step below 0.5',
    );
  });

  it('values that only go round a directed ring', async () => {
    expect(await warningsOf({ topology: { kind: 'directed-ring', nodes: 3 }, ...consensus(1) })).toContain(
      'whose cycles all have a multiple of 3 arcs',
    );
  });
});

describe('nothing is said where it averages', () => {
  it.each<[string, Record<string, unknown>]>([
    ['an odd ring', { topology: ring(5), ...consensus(0.5) }],
    ['a smaller step', { topology: ring(4), ...consensus(0.49) }],
    ['auto', { topology: ring(4), weights: 'metropolis', ...average, flow: { kind: 'consensus' } }],
    [
      'a directed ring that keeps a half',
      { topology: { kind: 'directed-ring', nodes: 4 }, ...consensus(0.5) },
    ],
    [
      'the step is averaged too',
      { topology: ring(4), ...quadratic({ kind: 'dgd', variant: 'diffusion', mixing: 0.5, step: 0.01 }) },
    ],
    ['(I + W)/2', { topology: ring(4), ...quadratic({ kind: 'nids', mixing: 0.5, step: 0.01 }) }],
  ])('%s', async (_, config) => {
    expect(await warningsOf(config)).not.toMatch(/eigenvalue|go round/);
  });
});

describe('what is averaged is told beside the cost: no minimiser of it is found', () => {
  const told = async (config: Record<string, unknown>) => {
    const loaded = await parseConfig({ topology: ring(3), rounds: 5, ...config });
    return (await prepareRun(loaded, 1)).report.cost;
  };
  const uneven = { kind: 'quadratic', dim: 2, condition: 10 };

  it('own values, without their curvatures', async () => {
    for (const kind of ['consensus', 'surplus-consensus', 'push-sum', 'choco-gossip'])
      expect(await told({ cost: uneven, flow: { kind } })).toMatch(
        /own values, and curvatures play no part$/,
      );
  });

  it('or what agents begin with', async () => {
    const init = Float64Array.of(1, 2, 3, 4, 5, 6);
    expect(await told({ cost: uneven, flow: { kind: 'consensus' }, init })).toMatch(
      /what agents begin with, and the cost plays no part$/,
    );
  });

  it('and nothing of flows that descend', async () => {
    expect(await told({ cost: uneven, flow: { kind: 'primal-dual' } })).not.toContain('averaged');
  });
});

it('a compressor beside compress: none is told every mode that the flow has', async () => {
  const none = { compressor: { kind: 'sign' }, topology: ring(3), rounds: 5 };
  const refused = async (config: object) => prepareRun(await parseConfig({ ...none, ...config }), 1);
  await expect(refused(quadratic({ kind: 'primal-dual', compress: 'none' }))).rejects.toThrow(
    'expected one of node-state, error-state, observer, error-memory, since compressor.kind is sign',
  );
  await expect(refused({ ...average, flow: { kind: 'consensus', compress: 'none' } })).rejects.toThrow(
    'expected one of node-state, error-state, observer, since compressor.kind is sign',
  );
});
