/** The gate with all cases of every list, where it tries some of them: `npm run test:all`. */

import { defineConfig } from 'vitest/config';
import gate from './vitest.config.js';

process.env.SOTTOVOCE_TESTS = 'all';

export default defineConfig({
  ...gate,
  test: { ...gate.test, testTimeout: 600_000, hookTimeout: 300_000 },
});
