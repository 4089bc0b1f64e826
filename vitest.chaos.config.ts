/** Sessions driven at random: `npm run test:chaos`. */

import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    include: ['test/chaos/**/*.test.ts'],
    reporters: ['default', './test/support/count-reporter.ts'],
    pool: 'forks',
    maxWorkers: 1,
    testTimeout: 300_000,
  },
});
