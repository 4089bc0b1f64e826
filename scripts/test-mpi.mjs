// Tests with ranks that are processes, over Open MPI: npm run test:mpi [-- --short] [FILTER ...]
//
// Open MPI and METIS are installed with apt-get where they are missing and that is possible; without them
// nothing is tested, and the last line says so. --short starts a tenth of the processes.

import { spawnSync } from 'node:child_process';
import path from 'node:path';

const PACKAGES = ['openmpi-bin', 'libopenmpi3', 'libmetis5'];

const has = (command, ...args) => spawnSync(command, args, { stdio: 'ignore' }).status === 0;

function install() {
  if (has('mpirun', '--version')) return true;
  console.log(`installing ${PACKAGES.join(', ')} with apt-get`);
  has('apt-get', 'update');
  has('apt-get', 'install', '-y', '--no-install-recommends', ...PACKAGES);
  return has('mpirun', '--version');
}

const given = process.argv.slice(2);
if (!install()) {
  console.log('SKIPPED: mpirun of Open MPI is missing, and apt-get cannot install it here');
} else {
  const { status } = spawnSync(
    process.execPath,
    [
      path.join('node_modules', 'vitest', 'vitest.mjs'),
      ...['run', '--config', 'vitest.mpi.config.ts'],
      ...given.filter((argument) => argument !== '--short'),
    ],
    {
      stdio: 'inherit',
      env: { ...process.env, SOTTOVOCE_MPI_TESTS: given.includes('--short') ? 'short' : 'all' },
    },
  );
  process.exitCode = status ?? 1;
}
