/** Workers run the very code that was hashed when the run was prepared, or none. */

import { rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { openSession, parseConfig } from '../../src/index.js';
import { temporaryFolder } from '../support/run.js';

const folder = temporaryFolder();
const at = (name: string) => path.join(folder, name);

describe('a file of a module that is another one when the workers load it', () => {
  it.each<[what: string, name: string, change: (file: string) => void, says: RegExp]>([
    [
      'the module',
      'own',
      (file) => writeFileSync(`${file}.mjs`, '// another\n', { flag: 'a' }),
      /own\.mjs has changed since/,
    ],
    [
      'what it imports',
      'imported',
      (file) => writeFileSync(`${file}-level.mjs`, 'export const level = 2;\n'),
      /imported-level\.mjs has changed since/,
    ],
    ['one that is gone', 'gone', (file) => rmSync(`${file}-level.mjs`), /gone-level\.mjs/],
  ])('%s', async (_what, name, change, says) => {
    writeFileSync(at(`${name}-level.mjs`), 'export const level = 1;\n');
    writeFileSync(
      at(`${name}.mjs`),
      `import { level } from './${name}-level.mjs';
export const plan = () => ({ dim: 1, m: 1, l: 2 });
export const value = (x, i) => (level / 2) * (x[0] - i) ** 2;
export const gradient = (x, out, i) => { out[0] = level * (x[0] - i); };\n`,
    );
    const config = await parseConfig(
      {
        topology: { kind: 'ring', nodes: 3 },
        cost: { kind: 'custom', module: `${name}.mjs` },
        flow: { kind: 'primal-dual', step: 0.1, alpha: 1, beta: 1 },
        rounds: 5,
        workers: 1,
      },
      { folder },
    );
    const { session, close } = await openSession();
    try {
      await session.prepare({ config, outDir: null });
      change(at(name));
      await expect(session.start()).rejects.toThrow(says);
    } finally {
      await close();
    }
  });
});
