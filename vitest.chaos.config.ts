/**
 * Sessions driven at random, and folders of results under fire, in their long forms: `npm run test:chaos`.
 */

import { defineConfig } from 'vitest/config';
import gate from './vitest.config.js';

process.env.SOTTOVOCE_TESTS = 'all';

export default defineConfig({
  ...gate,
  test: {
    ...gate.test,
    include: [
      'test/chaos/**/*.test.ts',
      'test/output/file-faults.test.ts',
      'test/output/side-by-side.test.ts',
      'test/checkpoint/kept.test.ts',
      'test/verify/verify.test.ts',
      'test/cli/ends.test.ts',
      'test/cli/reproduce.test.ts',
      'test/compare/stale.test.ts',
      'test/compare/store.test.ts',
    ],
    exclude: [],
    maxWorkers: 1,
    execArgv: ['--expose-gc'],
    testTimeout: 300_000,
  },
});
