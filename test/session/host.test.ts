import { spawnSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { threadExecArgv } from '../../src/session/host.js';
import { temporaryFolder } from '../support/run.js';

const MAIN = fileURLToPath(new URL('../../dist/src/cli/main.js', import.meta.url));
const LIBRARY = new URL('../../dist/src/index.js', import.meta.url).href;
const folder = temporaryFolder();
writeFileSync(
  path.join(folder, 'ring.yaml'),
  'topology: { kind: ring, nodes: 5 }\ncost: { kind: quadratic, dim: 4 }\nflow: { kind: primal-dual }\nrounds: 20\nworkers: 2\n',
);

function node(...args: string[]) {
  return spawnSync(process.execPath, args, { cwd: folder, encoding: 'utf8' });
}

describe('what threads inherit of the options of node', () => {
  it.each([
    [[], []],
    [['--max-old-space-size=4096', '--expose-gc', '--stack-size=500', '--title=x', '--prof', '--no-opt'], []],
    [
      ['--import', './tsx.mjs', '--expose_gc', '-r', 'x.cjs'],
      ['--import', './tsx.mjs', '-r', 'x.cjs'],
    ],
    [
      ['--import=./tsx.mjs', '--cpu-prof', '--cpu-prof-dir=p'],
      ['--import=./tsx.mjs', '--cpu-prof', '--cpu-prof-dir=p'],
    ],
    [
      ['-C', 'development', '--enable-source-maps'],
      ['-C', 'development', '--enable-source-maps'],
    ],
    [['--input-type=module', '-e', 'code'], []],
  ])('%j gives %j', (given, kept) => expect(threadExecArgv(given)).toEqual(kept));
});

describe('node with options', () => {
  it('runs on the command line', () => {
    const { status, stderr } = node(
      '--max-old-space-size=300',
      '--expose-gc',
      '--stack-size=500',
      '--title=x',
      MAIN,
      'run',
      'ring.yaml',
      '-q',
      '-o',
      'out',
    );
    expect([status, stderr]).toEqual([0, '']);
  });

  it('runs in a program that embeds the library', () => {
    const program = `import { openSession, loadConfig } from '${LIBRARY}';
      const { session, close } = await openSession();
      await session.prepare({ config: await loadConfig('ring.yaml'), outDir: null });
      console.log((await session.start()).summary.status);
      await close();`;
    const { status, stdout, stderr } = node('--expose-gc', '--input-type=module', '-e', program);
    expect([status, stdout, stderr]).toEqual([0, 'finished\n', '']);
  });

  it('that leave nothing to run on are refused in a sentence, and lists are printed all the same', () => {
    for (const command of ['run', 'tune', 'compare']) {
      const { status, stderr } = node('--jitless', MAIN, command, 'ring.yaml');
      expect(status).toBe(2);
      expect(stderr).toContain('error: node was started with --jitless, which takes WebAssembly away');
      expect(stderr).not.toContain('    at ');
    }
    expect(node('--jitless', MAIN, 'list', 'links').status).toBe(0);
  });
});
