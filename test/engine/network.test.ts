/**
 * networkSeconds: what the rounds would have taken on given links, by figures that can be checked by hand.
 */

import { mkdtempSync, rmSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { parseConfig } from '../../src/config/load.js';
import { writeNpy } from '../../src/data/npy.js';
import { runSequentially } from '../support/sequential.js';

const folder = mkdtempSync(path.join(os.tmpdir(), 'sottovoce-network-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const base = {
  topology: { kind: 'ring', nodes: 7 },
  cost: { kind: 'quadratic', dim: 8 },
  flow: { kind: 'primal-dual', step: 0.01, alpha: 1, beta: 1 },
  rounds: 10,
  trace: { every: 10 },
  network: { bandwidth: '1 Mbit/s', latency: '20 ms' },
};

async function secondsOf(compressor: object, workers = 1, changes: object = {}): Promise<number> {
  return (await runSequentially({ ...base, compressor, ...changes }, workers)).final.networkSeconds;
}

describe('seconds of K rounds are K latencies and the bits of the longest messages', () => {
  it('ten uncompressed rounds: 10 x (20 ms + 512 bit at 1 Mbit/s)', async () => {
    expect(await secondsOf({ kind: 'identity' })).toBeCloseTo(0.2 + 5120e-6, 12);
  });

  it('top-2 of 8: 2 x (64 + 3) bits a message', async () => {
    expect(await secondsOf({ kind: 'top-k', k: 2 })).toBeCloseTo(0.2 + 1340e-6, 12);
  });

  it('silent rounds take the latency: of ten, rounds 0, 4 and 8 speak', async () => {
    const inner = { kind: 'top-k', k: 2 };
    expect(await secondsOf({ kind: 'every', rounds: 4, inner })).toBeCloseTo(0.2 + 3 * 134e-6, 12);
  });

  it('the longest message decides: 0 takes 1 bit, 5 takes 2 floor(log2 11) + 1 = 7', async () => {
    const init = path.join(folder, 'x0.npy');
    await writeNpy(init, { shape: [2, 1], data: Float64Array.of(0, 5) });
    const { final } = await runSequentially(
      {
        topology: { kind: 'path', nodes: 2 },
        cost: { kind: 'quadratic', dim: 1 },
        flow: { kind: 'consensus', compress: 'node-state', step: 0.1, alpha: 1 },
        compressor: { kind: 'uniform-quantize', step: 1, zoom: false },
        rounds: 1,
        init,
        network: { bandwidth: 1, latency: 2 },
      },
      1,
    );
    expect(final.bitsBroadcast).toBe(1 + 7);
    expect(final.networkSeconds).toBe(2 + 7);
  });

  it('is the same for any number of workers, though only one of them looks', async () => {
    const compressor = { kind: 'uniform-quantize', step: 0.01, rate: 0.9 };
    const [one, three] = [await secondsOf(compressor), await secondsOf(compressor, 3)];
    expect(three).toBe(one);
    expect(one).toBeGreaterThan(0.2);
  });

  it('is no number where the config has no network', async () => {
    expect(await secondsOf({ kind: 'sign' }, 1, { network: undefined })).toBeNaN();
  });
});

describe('network in a config', () => {
  const networkOf = async (network: unknown) => (await parseConfig({ ...base, network })).config.network;

  it.each([
    ['1 Mbit/s', '20 ms', 1e6, 0.02],
    ['56kbit/s', '1.5s', 56e3, 1.5],
    ['10 MB/s', '150 us', 80e6, 150e-6],
    [2500, 0, 2500, 0],
  ])('%s and %s are %d bit/s and %d s', async (bandwidth, latency, inBits, inSeconds) => {
    expect(await networkOf({ bandwidth, latency })).toEqual({ bandwidth: inBits, latency: inSeconds });
  });

  it('has no latency unless it says so', async () => {
    expect(await networkOf({ bandwidth: 1 })).toEqual({ bandwidth: 1, latency: 0 });
  });

  it.each([
    [{ bandwidth: '1 Mbit' }, 'network.bandwidth is "1 Mbit": expected a number > 0 of bit/s'],
    [{ bandwidth: '0 bit/s' }, 'network.bandwidth is "0 bit/s"'],
    [{ bandwidth: 1, latency: '20' }, 'network.latency is "20": expected a number >= 0 of seconds'],
    [{ bandwidth: -1 }, 'network.bandwidth is -1'],
    [{ latency: 1 }, 'network.bandwidth is missing'],
  ])('refuses %o', async (network, message) => {
    await expect(networkOf(network)).rejects.toThrow(message);
  });
});
