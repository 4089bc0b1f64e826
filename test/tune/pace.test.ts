/**
 * A predicted pace is right, within a factor, or is not given and says why: for every registered compressor,
 * over links of all kinds.
 */

import { describe, expect, it } from 'vitest';
import { parseConfig, run } from '../../dist/src/index.js';
import { RunSession } from '../../dist/src/session/run-session.js';
import { compressorSpecs } from '../engine/table.js';
import { ALL, someOf } from '../support/some.js';

/** Curvatures that differ between agents, and noise, are what the formula leaves out. */
const WITHIN = 1.5;
const FLOWS = [
  ...['node-state', 'error-state', 'observer', 'error-memory'].map((compress) => ({
    kind: 'primal-dual',
    compress,
  })),
  ...['node-state', 'error-state'].map((compress) => ({ kind: 'consensus', compress })),
];
const LINKS = [{ kind: 'drops', rate: 0.3 }, { kind: 'random-matching' }];

async function paces(flow: object, compressor: object, links?: object) {
  const session = new RunSession();
  const config = await parseConfig({
    topology: { kind: 'ring', nodes: 8 },
    cost: { kind: 'quadratic', dim: 11, condition: 4 },
    flow,
    compressor,
    rounds: 2000,
    trace: { every: 10 },
    workers: 1,
    seed: 3,
    ...(links && { links }),
  });
  const { tuning } = await session.prepare({ config, outDir: null });
  const { summary } = await session.start();
  return { ...summary.rate!, why: tuning?.notPredicted, status: summary.status };
}

function expectRight({ predicted, measured, why, status }: Awaited<ReturnType<typeof paces>>) {
  if (predicted === null) {
    expect(why).toMatch(/\w+ \w+/);
    return;
  }
  expect(why).toBeNull();
  expect(status).not.toBe('diverged');
  expect(predicted).toBeGreaterThan(0);
  expect(measured).not.toBeNull();
  expect(predicted / measured!).toBeLessThan(WITHIN);
  expect(predicted / measured!).toBeGreaterThan(1 / WITHIN);
}

const more = [
  { kind: 'identity', wire: 'f16' },
  { kind: 'rand-k', k: 3, shared: true },
  { kind: 'scale', factor: 0.5, inner: { kind: 'scalarize-cyclic' } },
  { kind: 'flatten', inner: { kind: 'scalarize-cyclic' } },
  { kind: 'every', rounds: 3, inner: { kind: 'identity' } },
];

describe.each(
  someOf([...compressorSpecs, ...more], 8).map((compressor, at) => ({
    kind: compressor.kind,
    compressor,
    at,
  })),
)('$kind', ({ compressor, at }) => {
  it('by the formula', async () => {
    // In the gate every other flow, and the others with the next compressor.
    for (const flow of FLOWS.filter((_, turn) => ALL || (turn + at) % 2 === 0)) {
      const found = await paces({ ...flow, tuning: 'formula' }, compressor).catch((error: Error) => error);
      // No contraction, no auto gains.
      if (found instanceof Error) expect(found.message).toMatch(/is no contraction/);
      else expectRight(found);
    }
  });

  it('over links that change the formula predicts nothing', async () => {
    for (const links of LINKS.filter((_, turn) => ALL || (turn + at) % 2 === 0)) {
      const flow = { kind: 'consensus', compress: 'error-state', tuning: 'formula' };
      const found = await paces(flow, compressor, links).catch((error: Error) => error);
      if (found instanceof Error) expect(found.message).toMatch(/is no contraction/);
      else expect([found.predicted, found.why]).toEqual([null, expect.stringContaining('links change')]);
    }
  });
});

describe.each([{ kind: 'identity' }, { kind: 'rand-k', k: 4 }, { kind: 'flatten', inner: { kind: 'sign' } }])(
  'by trials, $kind',
  (compressor) => {
    it.each([undefined, ...LINKS])('links %j', async (links) => {
      for (const flow of [FLOWS[1]!, FLOWS[5]!]) expectRight(await paces(flow, compressor, links));
    });
  },
);

it.each([
  [{ kind: 'identity', wire: 'f16' }, FLOWS[5]!, /slows down/],
  [{ kind: 'sign' }, FLOWS[0]!, /node-state stalls/],
])('trials that are fast and then are not predict nothing: %j', async (compressor, flow, why) => {
  expect(await paces(flow, compressor)).toMatchObject({ predicted: null, why: expect.stringMatching(why) });
});

it('gradients of mini-batches never settle, so that no pace is predicted', async () => {
  const { summary } = await run({
    topology: { kind: 'ring', nodes: 6 },
    cost: { kind: 'logistic', data: 'examples/data/train.libsvm', regularization: 0.01 },
    flow: { kind: 'primal-dual', batch: 4 },
    compressor: { kind: 'flatten', inner: { kind: 'sign' } },
    rounds: 400,
  });
  expect(summary.rate).toMatchObject({ predicted: null });
});
