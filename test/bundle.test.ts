/** What a build leaves for what is started: bundles of strict code that know what is in them. */

import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';

const dist = fileURLToPath(new URL('../dist/', import.meta.url));
const files = (name: string, extension: string) =>
  readdirSync(path.join(dist, 'bundle', name))
    .filter((file) => file.endsWith(extension))
    .map((file) => path.join(dist, 'bundle', name, file));

describe.each(['program', 'coordinator', 'agents', 'cell'])('the bundle %s', (name) => {
  it('is strict, as modules are, and leaves no import to a script that cannot do it', () => {
    for (const file of files(name, '.cjs')) {
      const code = readFileSync(file, 'utf8');
      expect(code.startsWith('"use strict"'), file).toBe(true);
      expect(code, file).not.toMatch(/(?<![\w$.'"])import\(/);
    }
  });
});

it('versions in a manifest are those that were bundled', () => {
  const bundled = JSON.parse(readFileSync(path.join(dist, 'bundle/packages.json'), 'utf8')) as Record<
    string,
    string
  >;
  const require = createRequire(import.meta.url);
  expect(bundled['zod']).toBe((require('zod/package.json') as { version: string }).version);
  expect(existsSync(path.join(dist, 'bundle/LICENSES.txt'))).toBe(true);
});
