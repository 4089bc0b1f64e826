/**
 * The contract of a transport, kept by the double that other tests run over: ranks are threads of this process.
 * The same cases run over MPI in `npm run test:mpi`.
 */

import { Worker } from 'node:worker_threads';
import { describe, expect, it } from 'vitest';
import { runsOf } from '../../src/ranks/transport.js';
import { cases } from '../support/ranks/contract.mjs';
import { abortCode, doubleTask, mailboxes } from '../support/ranks/double.mjs';

interface Outcome {
  rank: number;
  ranks: number;
  outcomes: Record<string, string>;
}

function runRanks(ranks: number, names: readonly string[]): Promise<Outcome[]> {
  const boxes = mailboxes(ranks);
  return Promise.all(
    Array.from({ length: ranks }, (_, rank) => {
      const worker = new Worker(new URL('../support/ranks/rank.mjs', import.meta.url), {
        workerData: { task: doubleTask(boxes, rank), names, seconds: 30 },
      });
      return new Promise<Outcome>((resolve, reject) => {
        worker.once('message', resolve);
        worker.once('error', reject);
      });
    }),
  );
}

describe.each([2, 3, 4])('%i ranks in one process', (ranks) => {
  const names = Object.keys(cases);
  const kept = Object.fromEntries(names.map((name) => [name, 'kept']));

  it('keep the contract', async () => {
    const outcomes = await runRanks(ranks, names);
    expect(outcomes).toEqual(Array.from({ length: ranks }, (_, rank) => ({ rank, ranks, outcomes: kept })));
  });
});

it('the end of one by abort is that of all', async () => {
  const boxes = mailboxes(2);
  const { module } = doubleTask(boxes, 0);
  const code = `
    const { workerData: { task, rank }, parentPort } = require('node:worker_threads');
    import(task.module).then(({ openTransport }) => {
      const transport = openTransport(task.data, () => false);
      try {
        if (rank === 0) transport.abort(7);
        transport.receive(0, 1, new Uint8Array(1));
      } catch (error) { parentPort.postMessage(error.name); }
    });`;
  const ends = [0, 1].map((rank) => {
    const worker = new Worker(code, { eval: true, workerData: { task: doubleTask(boxes, rank), rank } });
    return new Promise((resolve) => worker.once('message', resolve));
  });
  expect(await Promise.all(ends)).toEqual(['TransportGivenUp', 'TransportGivenUp']);
  expect(abortCode(boxes)).toBe(7);
  expect(module).toContain('double');
});

describe('rows as runs', () => {
  it.each([
    { rows: [], starts: [], lengths: [] },
    { rows: [4], starts: [4], lengths: [1] },
    { rows: [4, 5, 6, 2, 3, 9], starts: [4, 2, 9], lengths: [3, 2, 1] },
    { rows: [5, 4, 3], starts: [5, 4, 3], lengths: [1, 1, 1] },
    { rows: [7, 7, 8], starts: [7, 7], lengths: [1, 2] },
  ])('$rows', ({ rows, starts, lengths }) => {
    const runs = runsOf(Uint32Array.from(rows));
    expect({ starts: [...runs.starts], lengths: [...runs.lengths] }).toEqual({ starts, lengths });
  });
});
