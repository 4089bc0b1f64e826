/** Every property test with seeds of its own and twenty times the draws: `npm run test:properties`. */

import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { defineConfig } from 'vitest/config';
import gate from './vitest.config.js';

process.env.SOTTOVOCE_PROPERTY_RUNS ??= '20';

const files = readdirSync('test', { recursive: true, encoding: 'utf8' })
  .filter((file) => file.endsWith('.test.ts'))
  .map((file) => path.join('test', file))
  .filter((file) => readFileSync(file, 'utf8').includes("from 'fast-check'"));

export default defineConfig({
  ...gate,
  test: { ...gate.test, include: files, testTimeout: 600_000 },
});
