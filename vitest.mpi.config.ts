/** What needs Open MPI's mpirun: `npm run test:mpi`, which installs it first where it can. */

import { defineConfig } from 'vitest/config';
import gate from './vitest.config.js';

export default defineConfig({
  ...gate,
  test: {
    ...gate.test,
    include: ['test/mpi/**/*.test.ts', 'test/ranks/cut.test.ts'],
    exclude: [],
    maxWorkers: 1,
    testTimeout: 900_000,
  },
});
