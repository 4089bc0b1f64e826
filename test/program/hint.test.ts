/**
 * After a divergence the hint names the cause, and what it says to try works: for every compressor whose
 * messages are no contraction.
 */

import { describe, expect, it } from 'vitest';
import { runConfig } from '../support/run.js';
import { someOf } from '../support/some.js';

const DIM = 64;

function configOf(flow: object, compressor: object, dim = DIM) {
  return {
    topology: { kind: 'ring', nodes: 8 },
    cost: { kind: 'quadratic', dim, condition: 4 },
    flow,
    compressor,
    rounds: 1500,
    trace: { every: 20 },
    workers: 1,
    seed: 3,
  };
}

const errorState = { kind: 'primal-dual', compress: 'error-state', step: 0.03, alpha: 0.5, beta: 0.5, mu: 1 };
const errorMemory = { ...errorState, compress: 'error-memory', gamma: 0.1 };
const consensus = { kind: 'consensus', compress: 'error-state', step: 0.02, alpha: 1, mu: 1 };

/** `flow.mu: 0.1 and flow.step: 0.2` as numbers. */
function advised(hint: string): Record<string, number> {
  const found = hint.slice(hint.indexOf('try ')).matchAll(/flow\.(\w+): ([\d.e-]*\d)/g);
  return Object.fromEntries([...found].map(([, name, value]) => [name as string, Number(value)]));
}

const flatten = (inner: object) => ({ kind: 'flatten', inner });
// Of few entries terngrad and qsgd are less loud than they may be.
const LARGE = 1024;
const LOUD: Record<string, object> = {
  terngrad: { kind: 'terngrad' },
  'qsgd of one level': { kind: 'qsgd', levels: 1 },
  'rand-k': { kind: 'rand-k', k: 3, unbiased: true },
  'rand-k, shared': { kind: 'rand-k', k: 3, unbiased: true, shared: true },
  'one-bit': { kind: 'one-bit', shrink: 1 },
  'scaled too much': { kind: 'scale', factor: 2.5, inner: { kind: 'top-k', k: 8 } },
  memory: { kind: 'error-feedback', inner: { kind: 'top-k', k: 2 } },
  flattened: flatten({ kind: 'one-bit', shrink: 1 }),
};

describe.each(someOf(Object.entries(LOUD), 2))('%s', (name, compressor) => {
  // In error-state terngrad's noise meets a smaller error, and the run only stops short.
  const flows = [errorMemory, consensus, ...(name === 'terngrad' ? [] : [errorState])];
  it.each(flows)('$kind, $compress: mu is the cause, and the advice holds', async (flow) => {
    const dim = name === 'terngrad' ? LARGE : DIM;
    const { summary } = await runConfig(configOf(flow, compressor, dim));
    expect(summary.status).toBe('diverged');
    const { hint = '' } = summary;
    expect(hint).toMatch(
      /^flow\.mu is 1, and .* the estimates grow whatever the step; .*try flow\.mu: 0\.\d+/,
    );
    const gains = advised(hint);
    expect(gains['mu']).toBeLessThan(1);
    const better = await runConfig(configOf({ ...flow, ...gains }, compressor, dim));
    expect(better.summary.status).toBe('finished');
    expect(better.summary.warnings.join()).not.toMatch(/grown past|grows at the end/);
  });
});

it('a step beyond its limit is the cause where messages are exact', async () => {
  const flow = { kind: 'primal-dual', compress: 'none', step: 3, alpha: 1, beta: 1 };
  const { summary } = await runConfig(configOf(flow, { kind: 'identity' }));
  expect(summary.hint).toMatch(/^flow\.step is 3, and beyond 0\.\d+ even the uncompressed flow is unstable/);
  const better = await runConfig(configOf({ ...flow, ...advised(summary.hint ?? '') }, { kind: 'identity' }));
  expect(better.summary.status).toBe('finished');
});

it('both are named where both are', async () => {
  const { summary } = await runConfig(configOf({ ...errorState, step: 3 }, { kind: 'terngrad' }, LARGE));
  expect(summary.hint).toMatch(/flow\.mu is 1.* and flow\.step is 3/);
  const gains = advised(summary.hint ?? '');
  expect(Object.keys(gains)).toEqual(expect.arrayContaining(['mu', 'step']));
  const better = await runConfig(configOf({ ...errorState, ...gains }, { kind: 'terngrad' }, LARGE));
  expect(better.summary.status).toBe('finished');
});

it('methods without a filter gain need another compressor', async () => {
  const flow = { kind: 'choco-gossip', gamma: 0.05 };
  const loud = { kind: 'rand-k', k: 3, unbiased: true };
  const { summary } = await runConfig(configOf(flow, loud));
  expect(summary.hint).toMatch(
    /choco-gossip has no filter gain for that: put \{ kind: scale, factor: 0\.0468, inner/,
  );
  const scaled = { kind: 'scale', factor: 0.0468, inner: loud };
  expect((await runConfig(configOf(flow, scaled))).summary.status).toBe('finished');
});
