/**
 * The second half of the type check: with `noUncheckedIndexedAccess`, where an element read by its index may
 * be undefined. That says something of arrays that come from outside or may be empty. It says nothing in
 * numeric code, where a loop bounds the index, so what lies in NUMERIC is left out; everything else, new
 * folders included, is held to it.
 *
 * A second tsconfig could not do this: a file is checked with the options of whoever imports it.
 */

import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';

/** Beginnings of paths. */
const NUMERIC = [
  'kernels/',
  'workers/',
  'test/',
  'topology/generators/',
  'topology/[^/]*$',
  'topology/writers/writer.ts',
  'topology/readers/(edge-list|matrix|table).ts',
  'src/(bench|certify|compress|flow|links|program|ranks|run|sync|trace)/',
  'src/base/suggest.ts',
  'src/(checkpoint|compare|session)/',
].map((path) => new RegExp(`^${path}`));

const { stdout, status, error } = spawnSync(
  process.execPath,
  [
    'node_modules/typescript/bin/tsc',
    '-p',
    'tsconfig.json',
    '--noEmit',
    '--noUncheckedIndexedAccess',
    '--pretty',
    'false',
  ],
  { cwd: fileURLToPath(new URL('..', import.meta.url)), encoding: 'utf8', maxBuffer: 1e8 },
);
if (error) throw error;
const found = stdout
  .split(/\n(?=\S)/)
  .filter((message) => message.trim() !== '' && !NUMERIC.some((path) => path.test(message)));
// Without messages it has failed to run at all.
if (found.length > 0 || (status !== 0 && stdout === '')) {
  process.stderr.write(`${found.join('\n')}\nindex access: ${found.length} errors\n`);
  process.exitCode = 1;
}
