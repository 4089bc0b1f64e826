/** What is wrong on one machine alone is said by its rank, which ends, and mpirun all others with it. */

import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
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

test('it says nothing where mpirun ends it, since the first one has said the same', async () => {
  const env = { ...process.env, OMPI_COMM_WORLD_RANK: '1', OMPI_COMM_WORLD_SIZE: '2' };
  const rank = spawn(process.execPath, [main, 'run', path.join(temporaryFolder(), 'b.yaml'), '--mpi'], {
    env,
  });
  let said = '';
  rank.stderr.on('data', (text) => {
    said += text;
  });
  const over = once(rank, 'exit');
  await sleep(1000);
  rank.kill('SIGTERM');
  await over;
  expect(said).not.toContain('there is no such file');
});

test('an Open MPI that cannot be loaded is said before anything is written', () => {
  const out = path.join(temporaryFolder(), 'out');
  const env = {
    ...process.env,
    OMPI_COMM_WORLD_RANK: '0',
    OMPI_COMM_WORLD_SIZE: '2',
    SOTTOVOCE_MPI_LIBRARY: '/nonexistent',
  };
  const config = fileURLToPath(new URL('../../profiles/ring-topk.yaml', import.meta.url));
  const args = [main, 'run', config, '--mpi', '--out', out];
  const { status, stdout, stderr } = spawnSync(process.execPath, args, { encoding: 'utf8', env });
  expect(stderr).toMatch(
    /^error: rank 0 of 2, on \S+: (SOTTOVOCE_MPI_LIBRARY is|MPI is called through koffi)/,
  );
  expect(stderr).toMatch(/^hint: /m);
  expect({ status, stdout, written: existsSync(out) }).toEqual({ status: 2, stdout: '', written: false });
});
