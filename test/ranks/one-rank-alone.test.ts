/** What is wrong on one machine alone is said by its rank, which ends, and mpirun all others with it. */

import { spawnSync } from 'node:child_process';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import { temporaryFolder } from '../support/run.js';

const main = fileURLToPath(new URL('../../dist/src/cli/main.js', import.meta.url));

test('a config that is missing there', () => {
  const env = { ...process.env, OMPI_COMM_WORLD_RANK: '1', OMPI_COMM_WORLD_SIZE: '2' };
  const args = [main, 'run', path.join(temporaryFolder(), 'b.yaml'), '--mpi'];
  const { status, stderr } = spawnSync(process.execPath, args, { encoding: 'utf8', env });
  expect(stderr).toMatch(/^error: rank 1 of 2, on \S+: .*b\.yaml: there is no such file/);
  expect(status).toBe(2);
});
