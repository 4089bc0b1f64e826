/** Every kind of run in float32, for 1, 2, 3 and 5 workers: `npm run test:precision`. */

import { defineConfig } from 'vitest/config';
import gate from './vitest.config.js';

process.env.SOTTOVOCE_PRECISION = 'all';

export default defineConfig({
  ...gate,
  test: { ...gate.test, include: ['test/precision/**/*.test.ts'], testTimeout: 3_600_000 },
});
