/**
 * What one bit a coordinate costs in rounds, as docs/one-bit.md claims it: next to nothing at moderate gains,
 * and with gains tuned for each the figures that bench/one-bit-rounds.mjs recorded, which this runs again.
 */

import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { runSequentially } from '../support/sequential.js';

interface Row {
  contender: string;
  compress: string;
  compressor: Record<string, unknown> | null;
  messageBits: number;
  tuned: number;
  gains: Record<string, number>;
}
interface Recorded {
  graphs: {
    name: string;
    topology: Record<string, unknown>;
    moderate: Record<string, number>;
    rows: Row[];
  }[];
}

const recorded: Recorded = JSON.parse(
  readFileSync(new URL('../../bench/one-bit-rounds.json', import.meta.url), 'utf8'),
);
const dim = 64;
const uncompressedBits = 64 * dim;

function run(
  topology: Record<string, unknown>,
  flow: Record<string, unknown>,
  compressor: Record<string, unknown> | null,
  rounds: number,
) {
  return runSequentially(
    {
      topology,
      cost: { kind: 'quadratic', dim, condition: 4 },
      flow: { kind: 'primal-dual', ...flow },
      ...(compressor && { compressor }),
      rounds,
      seed: 7,
      stop: { rmsError: 1e-6 },
      trace: { every: 1 },
    },
    1,
  );
}

const graphOf = (name: string) => {
  const found = recorded.graphs.find((graph) => graph.name.startsWith(name));
  if (!found) throw new Error(`no graph ${name} is recorded`);
  return found;
};

describe('at the same moderate gains', () => {
  it.each(['ring', 'grid'])('%s: a tenth more rounds at most, and 20 times fewer bits', async (name) => {
    const { topology, moderate } = graphOf(name);
    const plain = await run(topology, { compress: 'none', ...moderate }, null, 5000);
    expect(plain.verdict).toBe('converged');
    const compressor = { kind: 'flatten', inner: { kind: 'sign' } };
    for (const compress of ['error-state', 'observer', 'error-memory']) {
      const one = await run(topology, { compress, ...moderate }, compressor, 5000);
      expect(one.verdict, compress).toBe('converged');
      expect(Math.abs(one.rounds / plain.rounds - 1), compress).toBeLessThanOrEqual(0.1);
      const fewer = (plain.rounds * uncompressedBits) / (one.rounds * (one.messageBits as number));
      expect(fewer, compress).toBeGreaterThanOrEqual(20);
    }
  });
});

describe('with the gains that the bench recorded', () => {
  it.each([
    ['ring', 'none', 1],
    ['grid', 'none', 1],
    ['ring', 'error-state, best of 16', 2],
    ['grid', 'error-memory, best of 16', 2],
    ['grid', 'error-memory', 2],
    ['Erdős–Rényi', 'error-memory', 2],
    ['Barabási–Albert', 'error-memory', 2],
  ])('%s, %s: arrives in the rounds recorded', async (name, contender, most) => {
    const { topology, rows } = graphOf(name);
    const row = rows.find((candidate) => candidate.contender === contender) as Row;
    const result = await run(topology, { compress: row.compress, ...row.gains }, row.compressor, row.tuned);
    expect(result.verdict).toBe('converged');
    expect(row.tuned / rows[0].tuned).toBeLessThanOrEqual(most);
    const fewer = (rows[0].tuned * uncompressedBits) / (row.tuned * row.messageBits);
    expect(fewer).toBeGreaterThanOrEqual(row.compress === 'none' ? 1 : 20);
  });
});
