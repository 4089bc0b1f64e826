/**
 * Sums and weights that never rest while links change, since C is another one in every round. What is
 * compressed is their ratio, which does: compressed runs end where uncompressed ones do. That a round is what
 * agents compute who hear only their neighbours is in link-by-link.test.ts. Differences of shares, which are
 * what is compressed where links stay, would end 1e-2 off.
 */

import { describe, expect, it } from 'vitest';
import { flowDefinition } from '../../src/flow/registry.js';
import { runSequentially } from '../support/sequential.js';

const nodes = 6;
const arcs = { kind: 'random-digraph', nodes, averageDegree: 2.5, largestComponent: true, seed: 3 };
const networks = {
  'arcs that fail': { topology: arcs, links: { kind: 'drops', rate: 0.2 } },
  'bursts of failures': { topology: arcs, links: { kind: 'gilbert-elliott', toBad: 0.1, toGood: 0.3 } },
  'graphs of arcs, one after the other': {
    topology: arcs,
    links: {
      kind: 'schedule',
      graphs: [
        { kind: 'directed-ring', nodes },
        { kind: 'random-digraph', nodes, averageDegree: 1.5, seed: 8 },
      ],
    },
  },
  'pairs of a star': { topology: { kind: 'star', nodes }, links: { kind: 'random-matching' } },
};
const compressors = [
  { kind: 'flatten', inner: { kind: 'sign' } },
  { kind: 'top-k', k: 2 },
  { kind: 'eden', bits: 3 },
];

const configOf = (kind: string, compressor: object, network: object) => ({
  ...network,
  cost:
    flowDefinition({ kind }).problem === 'average'
      ? { kind: 'average', dim: 8 }
      : { kind: 'quadratic', dim: 8, condition: 4 },
  flow: { kind },
  compressor,
  seed: 2,
  rounds: 20_000,
  stop: { rmsError: 1e-9 },
});

describe.each(Object.entries(networks))('over %s', (_, network) => {
  it.each(
    ['push-diging', 'quantized-push-sum'].flatMap((kind) =>
      compressors.map((compressor) => ({ kind, compressor })),
    ),
  )('$kind, $compressor.kind', async ({ kind, compressor }) => {
    const { verdict, final } = await runSequentially(configOf(kind, compressor, network), 1);
    expect(verdict).toBe('converged');
    expect(final.rmsError).toBeLessThan(1e-8);
  });
});

it('sgp has the bias of its step, whatever is compressed', async () => {
  const network = networks['arcs that fail'];
  const flow = { kind: 'sgp', step: 0.005, gamma: 0.3, alpha: 1 };
  const errors: number[] = [];
  for (const compressor of [{ kind: 'identity' }, ...compressors]) {
    const { stop: _, ...config } = configOf('sgp', compressor, network);
    errors.push((await runSequentially({ ...config, flow, rounds: 5000 }, 1)).final.rmsError);
  }
  const [uncompressed, ...others] = errors as [number, ...number[]];
  for (const error of others) expect(Math.abs(error / uncompressed - 1)).toBeLessThan(0.02);
});
