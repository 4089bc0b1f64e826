/** The page about one's own flow and its examples are what a newcomer copies from: all of them must hold. */

import { spawnSync } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, it } from 'vitest';

const root = fileURLToPath(new URL('../..', import.meta.url));
const folder = path.join(root, 'examples/07-own-flow');

it('own flows stand beside built-in ones: exact methods reach the optimum, and one bit an entry is enough', () => {
  const { status, stdout } = spawnSync(process.execPath, [path.join(folder, 'run.mjs')], {
    encoding: 'utf8',
  });
  expect(status).toBe(0);
  const rows = stdout.trimEnd().split('\n').slice(1);
  const errorOf = (name: string) =>
    Number(/\S+$/.exec(rows.find((row) => row.startsWith(`${name} `)) ?? '')?.[0]);
  expect(rows).toHaveLength(5);
  for (const exact of ['extra.mjs', 'lead.mjs', 'lead']) expect(errorOf(exact)).toBeLessThanOrEqual(1e-6);
  for (const biased of ['dgd.mjs', 'dgd']) expect(errorOf(biased)).toBeGreaterThan(1e-4);
});

it('the page begins with the shortest example, as it is', () => {
  const page = readFileSync(path.join(root, 'docs/your-own-flow.md'), 'utf8');
  const code = /```js\n\/\/ dgd\.mjs[^\n]*\n([\s\S]*?)```/.exec(page)?.[1];
  const [, ...example] = readFileSync(path.join(folder, 'dgd.mjs'), 'utf8').split('\n');
  expect(code).toBe(example.join('\n'));
});

it('every example is 20 to 50 lines or less, the page names them all', () => {
  const page = readFileSync(path.join(root, 'docs/your-own-flow.md'), 'utf8');
  for (const file of readdirSync(folder).filter((name) => name.endsWith('.mjs') && name !== 'run.mjs')) {
    expect(readFileSync(path.join(folder, file), 'utf8').split('\n').length, file).toBeLessThanOrEqual(50);
    expect(page).toContain(file);
  }
});

it('the kernel is what its source says', () => {
  const out = path.join(mkdtempSync(path.join(os.tmpdir(), 'sottovoce-')), 'step.wasm');
  const asc = path.join(root, 'node_modules/assemblyscript/bin/asc.js');
  const source = readFileSync(path.join(folder, 'kernel/step.ts'), 'utf8');
  const options = /step\.wasm (.*)/.exec(source)?.[1].trim().split(' ') ?? [];
  const { status, stderr } = spawnSync(
    process.execPath,
    [asc, path.join(folder, 'kernel/step.ts'), '--outFile', out, ...options],
    { cwd: root, encoding: 'utf8' },
  );
  expect(stderr).toBe('');
  expect(status).toBe(0);
  expect(readFileSync(out).equals(readFileSync(path.join(folder, 'kernel/step.wasm')))).toBe(true);
});
