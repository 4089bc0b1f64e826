/**
 * `sottovoce new`: every template runs at once, as JavaScript and as TypeScript, the commands that it names
 * work as they are printed, and its types hold under `strict`, whichever way a project resolves modules.
 */

import { spawnSync } from 'node:child_process';
import {
  chmodSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { beforeAll, describe, expect, it } from 'vitest';
import { sottovoce } from '../support/command-line.js';
import { temporaryFolder } from '../support/run.js';
import { someOf } from '../support/some.js';

const root = fileURLToPath(new URL('../..', import.meta.url));
const folder = temporaryFolder();
const kinds = readdirSync(path.join(root, 'templates')).map((file) => path.basename(file, '.ts'));
const textOf = (file: string) => readFileSync(path.join(folder, file), 'utf8');

mkdirSync(path.join(folder, 'node_modules'));
symlinkSync(root, path.join(folder, 'node_modules', 'sottovoce'));
writeFileSync(path.join(folder, 'package.json'), '{ "type": "module" }');
const bin = path.join(folder, 'bin');
mkdirSync(bin);
const main = path.join(root, 'dist/src/cli/main.js');
writeFileSync(path.join(bin, 'sottovoce'), `#!/bin/sh\nexec "${process.execPath}" "${main}" "$@"\n`);
chmodSync(path.join(bin, 'sottovoce'), 0o755);

function shell(command: string): { status: number | null; said: string } {
  const { status, stdout, stderr } = spawnSync('bash', ['-c', command], {
    cwd: folder,
    encoding: 'utf8',
    env: { ...process.env, PATH: `${bin}:${process.env['PATH']}`, NO_COLOR: '1' },
  });
  return { status, said: stdout + stderr };
}

const hashes = new Map<string, Promise<string>>();
/** Of a run that is made once. */
function hashOf(config: string, workers: number): Promise<string> {
  const name = `${config} ${workers}`;
  const known = hashes.get(name) ?? makeHash(config, workers);
  hashes.set(name, known);
  return known;
}

async function makeHash(config: string, workers: number): Promise<string> {
  const flags = ['--workers', String(workers), '--json', '-q', '--out', `${config}-${workers}`];
  const { status, stdout, stderr } = await sottovoce(folder, 'run', config, ...flags);
  expect({ status, stderr: stderr.replaceAll(/^warning: .*\n/gm, '') }).toEqual({ status: 0, stderr: '' });
  const { stateHash, status: outcome } = JSON.parse(stdout);
  expect(outcome).toBe('converged');
  return stateHash;
}

it('the templates are those that the command knows', async () => {
  const { stdout } = await sottovoce(folder, 'new', '--help');
  const choices = /choices: (.*?)\)/s.exec(stdout)?.[1];
  expect(choices?.match(/[\w-]+/g)?.sort()).toEqual(kinds.sort());
});

describe.each(kinds)('%s', (kind) => {
  let next: string[];

  beforeAll(async () => {
    const js = await sottovoce(folder, 'new', kind, `js-${kind}`);
    expect(js).toMatchObject({ status: 0, stderr: '' });
    next = js.stdout.split('\nnext\n')[1]?.trim().split(/\n\s*/) ?? [];
    const ts = await sottovoce(folder, 'new', kind, `typed/ts-${kind}`, '--ts');
    expect(ts).toMatchObject({ status: 0, stderr: '' });
    expect(ts.stdout).toContain(`sottovoce run typed/ts-${kind}.yaml`);
  });

  it('has no word left to fill in, and lines that fit', () => {
    for (const file of [`js-${kind}.mjs`, `js-${kind}.yaml`, `typed/ts-${kind}.ts`]) {
      expect(textOf(file)).not.toMatch(/\{\{\w+\}\}|\/\* (config|next)|undefined/);
      expect(
        textOf(file)
          .split('\n')
          .filter((line) => line.length > 110),
      ).toEqual([]);
    }
    expect(textOf(`js-${kind}.mjs`)).toMatch(/^\/\*\* @import \{ [\w, ]+ \} from 'sottovoce' \*\/$/m);
    expect(textOf(`js-${kind}.mjs`)).toMatch(/^\/\*\* @type \{.*\} \*\/\nexport const /m);
  });

  it('reaches its target, and computes the same with one worker and with two', async () => {
    const alone = await hashOf(`js-${kind}.yaml`, 1);
    if (someOf(kinds, 2).includes(kind)) expect(await hashOf(`js-${kind}.yaml`, 2)).toBe(alone);
  });

  it.runIf(someOf(kinds, 3).includes(kind))('names commands that work', () => {
    expect(next.length).toBeGreaterThan(1);
    for (const command of next) {
      expect(command).toMatch(/^sottovoce /);
      const { status, said } = shell(command);
      expect({ status, said }).toMatchObject({ status: 0 });
      expect(said).not.toMatch(/\brefused\b/);
    }
  });
});

describe('types', () => {
  const files = () => kinds.flatMap((kind) => [`typed/ts-${kind}.ts`, `js-${kind}.mjs`]);
  const tsc = (...flags: string[]) =>
    spawnSync(
      process.execPath,
      [
        path.join(root, 'node_modules/typescript/bin/tsc'),
        ...['--strict', '--allowJs', '--checkJs', '--target', 'ES2022', '--lib', 'ES2023', '--types', ''],
        ...['--verbatimModuleSyntax', '--skipLibCheck', '--pretty', 'false'],
        ...flags,
        ...files(),
      ],
      { cwd: folder, encoding: 'utf8' },
    );

  it('hold under strict, in both languages, as bundlers resolve modules', () => {
    const { stdout, status } = tsc('--module', 'ESNext', '--moduleResolution', 'Bundler', '--noEmit');
    expect({ status, stdout }).toEqual({ status: 0, stdout: '' });
  });

  it('are noticed where they do not hold', () => {
    const [kind = ''] = kinds;
    const file = path.join(folder, `js-${kind}.mjs`);
    const good = readFileSync(file, 'utf8');
    writeFileSync(file, good.replace(/export const plan = .*$/m, 'export const plan = () => { return 3;'));
    const { stdout, status } = tsc('--module', 'NodeNext', '--noEmit');
    writeFileSync(file, good);
    expect(status).not.toBe(0);
    expect(stdout).toMatch(new RegExp(`^js-${kind}\\.mjs\\(\\d+,\\d+\\): error TS`, 'm'));
  });

  it('hold as Node resolves modules; compiled, the TypeScript computes what the JavaScript does', async () => {
    const out = path.join(folder, 'compiled');
    const { stdout, status } = tsc('--module', 'NodeNext', '--outDir', out, '--rootDir', folder);
    expect({ status, stdout }).toEqual({ status: 0, stdout: '' });
    for (const kind of someOf(kinds, 3)) {
      const config = textOf(`typed/ts-${kind}.yaml`).replaceAll(
        `ts-${kind}.ts`,
        `compiled/typed/ts-${kind}.js`,
      );
      writeFileSync(path.join(folder, `compiled-${kind}.yaml`), config);
      expect(await hashOf(`compiled-${kind}.yaml`, 1)).toBe(await hashOf(`js-${kind}.yaml`, 1));
    }
  });
});

describe('what is there, and what is no name', () => {
  it('writes over nothing, unless it is told to', async () => {
    expect((await sottovoce(folder, 'new', 'cost', 'taken')).status).toBe(0);
    writeFileSync(path.join(folder, 'taken.mjs'), 'mine');
    const refused = await sottovoce(folder, 'new', 'topology', 'taken');
    expect(refused.status).toBe(2);
    expect(refused.stderr).toContain(
      'taken.mjs and taken.yaml are there already, expected a name that is free',
    );
    expect(textOf('taken.mjs')).toBe('mine');
    // The config alone is in the way of the TypeScript.
    const typed = await sottovoce(folder, 'new', 'topology', 'taken', '--ts');
    expect(typed.stderr).toContain('taken.yaml is there already');
    expect(existsSync(path.join(folder, 'taken.ts'))).toBe(false);
    expect((await sottovoce(folder, 'new', 'topology', 'taken', '--force')).status).toBe(0);
    expect(textOf('taken.mjs')).toContain('// taken: a graph.');
    expect(textOf('taken.yaml')).toContain('module: taken.mjs');
  });

  it.each([
    ['mine.mjs', 'for example: mine, without what comes after the dot'],
    ['two words', 'for example: studies/mine'],
    ['', 'for example'],
    ['.', 'for example'],
    ['studies/', 'for example'],
    ['-x', null],
    ['ä', 'for example'],
    ["it's", 'for example'],
  ])('%j is no name', async (name, hint) => {
    const { status, stderr } = await sottovoce(folder, 'new', 'cost', name);
    expect(status).toBe(2);
    if (hint === null) return;
    expect(stderr).toContain(`name is ${JSON.stringify(name)}, expected letters, digits, - and _`);
    expect(stderr).toContain(`hint: ${hint}`);
  });

  it('a kind that there is no template for', async () => {
    const { status, stderr } = await sottovoce(folder, 'new', 'sandwich', 'mine');
    expect(status).toBe(2);
    expect(stderr).toMatch(/Allowed choices are .*compressor/);
  });

  it('a folder whose name a shell would split, and one that is a file', async () => {
    const { status, stdout } = await sottovoce(folder, 'new', 'links', "my study's/mine");
    expect(status).toBe(0);
    const [run = ''] = stdout.split('\nnext\n')[1]?.trim().split('\n') ?? [];
    expect(run).toContain(`'my study'\\''s/mine.yaml'`);
    expect(shell(`${run} --rounds 5 -q`)).toEqual({ status: 0, said: '' });
    writeFileSync(path.join(folder, 'file'), '');
    const within = await sottovoce(folder, 'new', 'cost', 'file/mine');
    expect(within.status).toBe(2);
    expect(within.stderr).toContain('error: file/mine.mjs cannot be written: ');
  });
});
