/** A run in float32 from its config to its files: what it writes, goes on from and refuses. */

import { readFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { parseConfig, resume, run, verify } from '../../dist/src/index.js';
import { RunSession } from '../../dist/src/session/run-session.js';
import { temporaryFolder } from '../support/run.js';

const folder = temporaryFolder();
const config = {
  topology: { kind: 'erdos-renyi', nodes: 17, averageDegree: 5, seed: 3, largestComponent: true },
  cost: { kind: 'quadratic', dim: 11, condition: 6 },
  flow: { kind: 'primal-dual', step: 0.02, alpha: 0.5, beta: 0.5 },
  compressor: { kind: 'flatten', inner: { kind: 'sign' } },
  precision: 'float32',
  seed: 5,
  workers: 2,
  rounds: 300,
  trace: { every: 7 },
} as const;

describe('a run in float32', () => {
  it('writes x as <f4, and goes on to the same bits', async () => {
    const whole = await run(config, { outDir: path.join(folder, 'whole') });
    const npy = readFileSync(path.join(folder, 'whole', 'x.npy'));
    const headerBytes = npy.readUInt16LE(8);
    const header = npy.subarray(10, 10 + headerBytes).toString('latin1');
    expect(header).toContain("'descr': '<f4'");
    expect(header).toContain("'shape': (17, 11)");
    expect(npy.length).toBe(10 + headerBytes + 4 * 17 * 11);
    const numbers = Array.from({ length: 17 * 11 }, (_, at) => npy.readFloatLE(10 + headerBytes + 4 * at));
    expect(numbers).toEqual(Array.from(whole.x));

    const session = new RunSession();
    await session.prepare({ config: await parseConfig(config), outDir: path.join(folder, 'half') });
    await session.pause();
    const ended = session.start();
    await session.pause();
    await session.step(113);
    await session.stop();
    expect((await ended).summary.rounds).toBe(113);
    const resumed = await resume(path.join(folder, 'half'));
    expect(resumed.summary.rounds).toBe(300);
    expect(resumed.summary.stateHash).toBe(whole.summary.stateHash);
    expect(readFileSync(path.join(folder, 'half', 'x.npy')).equals(npy)).toBe(true);

    expect(await verify(path.join(folder, 'whole'))).toMatchObject({ good: true, complete: true });
  });

  it('counts bits as they are written', async () => {
    const bitsOf = async (
      precision: 'float32' | 'float64',
      compressor: { kind: string; [key: string]: unknown },
    ) => (await run({ ...config, compressor, precision, rounds: 1 } as never)).plan.bits.perMessage;
    expect(await bitsOf('float64', { kind: 'identity' })).toBe(64 * 11);
    expect(await bitsOf('float32', { kind: 'identity' })).toBe(32 * 11);
    // Values, and indices of 4 bits.
    const difference =
      (await bitsOf('float64', { kind: 'top-k', k: 3 }))! -
      (await bitsOf('float32', { kind: 'top-k', k: 3 }))!;
    expect(difference).toBe(3 * 32);
  });

  it.each([
    [
      'stop',
      { stop: { rmsError: 1e-12 } },
      /stop\.rmsError is 1e-12, expected at least .* with precision: float32/,
    ],
    ['stop', { stop: { agentsGapWorst: 1e-25 } }, /stop\.agentsGapWorst is 1e-25, expected at least/],
    ['wire', { compressor: { kind: 'identity', wire: 'f64' } }, /compressor\.wire/],
    ['scaleBits', { compressor: { kind: 'sign', scaleBits: 64 } }, /compressor\.scaleBits/],
    ['precision', { precision: 'float16' }, /precision is "float16", expected/],
  ])('refuses by name what it cannot do: %s', async (_, changes, message) => {
    await expect(run({ ...config, ...changes } as never)).rejects.toThrow(message);
  });
});
