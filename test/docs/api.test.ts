/**
 * docs/api.md is what the comments in the code say, and everything public has one. Its examples are run by
 * blocks.test.ts.
 */

import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';

test('docs/api.md is up to date, and nothing public is without a comment', async () => {
  // @ts-expect-error a script has no types
  const { apiPage } = await import('../../scripts/api-page.mjs');
  const { page, bare } = apiPage();
  expect(bare).toEqual([]);
  const written = readFileSync(new URL('../../docs/api.md', import.meta.url), 'utf8');
  expect(written === page, 'run `npm run docs:api`').toBe(true);
}, 300_000);
