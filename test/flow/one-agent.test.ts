/**
 * One agent, or a server with one: nobody to talk to, so a run is what the agent does alone, without a bit.
 */

import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { writeNpy } from '../../src/data/npy.js';
import { links } from '../../src/links/registry.js';
import {
  a,
  all,
  b,
  compressedBy,
  compressors,
  dim,
  distance,
  gradient,
  nameOf,
  start,
  writeProblem,
} from '../support/flow-variants.js';
import { runLinkByLink, type Vector } from '../support/link-by-link.js';
import { ownLinks } from '../support/load-links.js';
import { writeQuadratic } from '../support/quadratic.js';
import { temporaryFolder } from '../support/run.js';
import { runSequentially } from '../support/sequential.js';

const folder = temporaryFolder();
const configOf = await writeProblem(folder);

const { cost } = await writeQuadratic(folder, 'alone', a.slice(0, dim), b.slice(0, dim), dim);
const init = path.join(folder, 'alone.npy');
await writeNpy(init, { shape: [1, dim], data: start[0] });
const rounds = 20;
const alone = { topology: { kind: 'path', nodes: 1 }, cost, init, rounds };
const network = { bandwidth: 1000, latency: 2 };

/** x <- x - h grad f(x). */
function descent(h: number, steps: number): Vector {
  let x = start[0];
  for (let k = 0; k < steps; k++) {
    const slope = gradient(x, 0);
    x = x.map((entry, c) => entry - h * slope[c]);
  }
  return x;
}

describe('one agent is what it does alone', () => {
  // A series of references is that of eight agents.
  const tried = all.filter((variant) => variant.start === undefined);

  it.each(tried.map((variant) => ({ variant, name: nameOf(variant) })))('$name', async ({ variant }) => {
    for (const [which, compressor] of compressors.entries()) {
      if (!variant.lines[which].startsWith('=')) continue;
      const { flow, seed } = configOf(variant);
      const { x, final } = await runSequentially({ ...alone, flow, seed, compressor, network }, 2);
      const reference = runLinkByLink({
        changing: false,
        hears: [[]],
        up: () => true,
        tau: 1,
        make: variant.make,
        compress: compressedBy(compressor),
        gradient,
        start: start.slice(0, 1),
        rounds,
      });
      expect(distance(reference, x), compressor.kind).toBeLessThanOrEqual(1e-12);
      expect(final).toMatchObject({ bitsBroadcast: 0, bitsLinks: 0, networkSeconds: 0, consensusError: 0 });
      for (const name of ['objective', 'gap', 'rmsError'] as const) expect(final[name], name).not.toBeNaN();
    }
  });

  const h = 0.1;
  it.each([
    [{ kind: 'primal-dual', compress: 'none', step: h, alpha: 1, beta: 1 }, rounds],
    [
      { kind: 'primal-dual', compress: 'none', step: h, alpha: 1, beta: 1, integrator: 'semi-implicit' },
      rounds,
    ],
    [{ kind: 'dgd', step: h }, rounds],
    [{ kind: 'dgd', step: h, variant: 'diffusion', localSteps: 3 }, 3 * rounds],
    [{ kind: 'extra', step: h }, rounds],
    [{ kind: 'nids', step: h }, rounds],
    [{ kind: 'exact-diffusion', step: h }, rounds],
    [{ kind: 'diging', step: h }, rounds],
    [{ kind: 'admm', penalty: 1, rho: 1 / h, inner: 1 }, rounds],
    [{ kind: 'pdmm', penalty: 1, rho: 1 / h, inner: 2 }, 2 * rounds],
    [{ kind: 'choco-sgd', step: h, gamma: 0.5 }, rounds],
    // Every agent makes a first step before it says anything.
    [{ kind: 'lead', step: h, gamma: 0.5, alpha: 1 }, rounds + 1],
    [{ kind: 'beer', step: h, gamma: 0.5 }, rounds],
    [{ kind: 'c-gt', step: h, gamma: 0.5, alpha: 1, alphaTracker: 1 }, rounds],
    [{ kind: 'power-gossip-sgd', step: h, shape: [2, 4] }, rounds],
  ])('%j is gradient descent', async (flow, steps) => {
    const { x } = await runSequentially({ ...alone, flow }, 1);
    expect(distance([descent(h, steps)], x)).toBeLessThan(1e-12);
  });

  it.each(
    ['path', 'ring', 'star', 'complete', 'directed-ring', 'erdos-renyi', 'balanced-tree'].map((kind) => ({
      kind,
      ...({ 'balanced-tree': { branching: 2, height: 0 }, 'erdos-renyi': { nodes: 1, probability: 0.5 } }[
        kind
      ] ?? {
        nodes: 1,
      }),
    })),
  )('on %j', async (topology) => {
    const flow = { kind: 'consensus', compress: 'none', step: 0.1, alpha: 1 };
    for (const weights of topology.kind === 'directed-ring' ? ['unit'] : ['unit', 'metropolis']) {
      const { final } = await runSequentially({ ...alone, topology, weights, flow, network }, 1);
      expect(final).toMatchObject({ rmsError: 0, bitsLinks: 0, networkSeconds: 0 });
    }
  });

  it.each(Object.keys(links))('has no links to change: %s', async (kind) => {
    const parameters: Record<string, Record<string, unknown>> = {
      drops: { rate: 0.3 },
      'gilbert-elliott': { toBad: 0.2, toGood: 0.5 },
      schedule: { graphs: [{ kind: 'path', nodes: 1 }] },
      custom: { module: ownLinks },
    };
    const flow = { kind: 'primal-dual', compress: 'error-memory', step: h, alpha: 1, beta: 1, gamma: 0.1 };
    const config = {
      ...alone,
      flow,
      compressor: compressors[1],
      links: { kind, ...parameters[kind] },
      network,
    };
    if (kind === 'one-peer-exponential') {
      await expect(runSequentially(config, 1)).rejects.toThrow(
        'needs a power of two of agents, and the topology has 1',
      );
      return;
    }
    const { x, final } = await runSequentially(config, 1);
    expect(distance([descent(h, rounds)], x)).toBeLessThan(1e-12);
    expect(final).toMatchObject({ bitsBroadcast: 0, bitsLinks: 0, networkSeconds: 0 });
  });
});

describe('a server with one agent', () => {
  it('is gradient descent, and its messages cross the one link', async () => {
    const { topology: _none, ...rest } = alone;
    const program = {
      kind: 'parameter-server',
      agents: 1,
      uplink: { kind: 'identity' },
      downlink: { kind: 'identity' },
      gamma: 0.1,
    };
    const { x, final } = await runSequentially({ ...rest, program, network }, 1);
    expect(distance([descent(0.1, rounds)], x)).toBeLessThan(1e-12);
    expect(final).toMatchObject({ bitsUp: rounds * 64 * dim, bitsDown: rounds * 64 * dim });
    expect(final.networkSeconds).toBeGreaterThan(0);
    const { final: settled } = await runSequentially({ ...rest, rounds: 2000, program }, 1);
    expect(settled.rmsError).toBeLessThan(1e-9);
  });
});
