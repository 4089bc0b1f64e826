/** The contract of a transport (test/support/ranks/contract.mjs), kept by MPI between processes. */

import { describe, expect, it } from 'vitest';
import { cases } from '../support/ranks/contract.mjs';
import { mpirun } from '../support/ranks/mpirun.js';

const kept = Object.fromEntries(Object.keys(cases).map((name) => [name, 'kept']));

describe.each([
  ['shared memory', []],
  ['TCP', ['--mca', 'btl', 'tcp,self']],
])('over %s', (_, options) => {
  it.each([2, 3, 4])('%i ranks', async (ranks) => {
    const { stdout, stderr, code } = await mpirun(ranks, 'mpi-main.mjs', { mpirun: options });
    const outcomes = stdout
      .split('\n')
      .filter((line) => line !== '')
      .map((line) => JSON.parse(line) as { rank: number })
      .sort((a, b) => a.rank - b.rank);
    expect(outcomes).toEqual(Array.from({ length: ranks }, (__, rank) => ({ rank, ranks, outcomes: kept })));
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
  });
});
