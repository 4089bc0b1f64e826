/**
 * Modules in TypeScript: the same bits as those in JavaScript, on every thread that loads modules, and errors
 * at the lines of the file. In processes, since tests themselves are loaded by something that knows
 * TypeScript.
 */

import { spawnSync } from 'node:child_process';
import { copyFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { temporaryFolder } from '../support/run.js';
import { ALL, someOf } from '../support/some.js';

const MAIN = path.resolve('dist/src/cli/main.js');
const folder = temporaryFolder();
const write = (name: string, text: string) => writeFileSync(path.join(folder, name), text);

function sottovoce(...args: string[]) {
  const { status, stdout, stderr } = spawnSync(process.execPath, [MAIN, ...args], {
    cwd: folder,
    encoding: 'utf8',
    timeout: 240_000,
    env: { ...process.env, NO_COLOR: '1', SOTTOVOCE_DEBUG: '' },
  });
  return { status, stdout, stderr };
}

const example = (name: string) => fileURLToPath(new URL(`../../examples/${name}`, import.meta.url));
copyFileSync(example('04-own-compressor/two-level.mjs'), path.join(folder, 'two-level.mjs'));
copyFileSync(example('05-own-cost/median.mjs'), path.join(folder, 'median.mjs'));

/** The examples with types: everything that is stripped, and a file beside it. */
write(
  'words.ts',
  `export interface Options { readonly softness?: number; threshold?: number }
export const own = <T,>(value: T): T => value;
`,
);
write(
  'two-level.ts',
  `import type { CompressorModule } from 'sottovoce';
import * as plain from './two-level.mjs';
import { type Options, own } from './words.ts';

if (!import.meta.url.endsWith('/two-level.ts')) throw new Error(import.meta.url);
declare const nothing: unique symbol;
export type Kept = { [nothing]?: never } & Options;

export const plan: CompressorModule['plan'] = (inputs) => own<ReturnType<CompressorModule['plan']>>(plain.plan(inputs));
export const encode = ((error, message, context) => plain.encode(error, message, context)) satisfies CompressorModule['encode'];
export function decode(this: void, ...all: Parameters<CompressorModule['decode']>): void {
  plain.decode(...(all as [any, any, any]));
}
`,
);
write(
  'median.ts',
  `import type { CostModule } from 'sottovoce';
import * as plain from './median.mjs';

abstract class Kept { protected declare readonly nothing: string; }
export { type Kept };
export const plan: CostModule['plan'] = (inputs) => plain.plan(inputs) as ReturnType<CostModule['plan']>;
export const value = plain.value as CostModule['value'];
export const gradient: CostModule['gradient'] = (x, out, agent, context) => plain.gradient(x, out!, agent, context as never);
export const optimum = plain.optimum as NonNullable<CostModule['optimum']>;
`,
);
write(
  'own.yaml',
  `topology: { kind: ring, nodes: 8 }
cost: { kind: quadratic, dim: 6 }
flow: { kind: primal-dual, compress: error-state, step: 0.02, alpha: 0.5, beta: 0.5 }
rounds: 60
workers: 2
`,
);
const hashOf = (...set: string[]): string => {
  const args = ['run', 'own.yaml', '--json', '-q', '--out', 'out', ...set.flatMap((one) => ['--set', one])];
  const { status, stdout, stderr } = sottovoce(...args);
  expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
  return JSON.parse(stdout).stateHash;
};

describe('a module in TypeScript has the bits of the one in JavaScript', () => {
  // Of the compressor by itself the gate has the comparison below.
  it.each<[string, string]>([
    ...(ALL
      ? [['a compressor', 'compressor={ kind: custom, module: two-level.mjs }'] as [string, string]]
      : []),
    ['inside another', 'compressor={ kind: flatten, inner: { kind: custom, module: two-level.mjs } }'],
    ['a cost', 'cost={ kind: custom, module: median.mjs }'],
  ])('%s', (_, set) => {
    expect(hashOf(set.replace('.mjs', '.ts'))).toBe(hashOf(set));
  });

  it('in the cells of a comparison, and measured', () => {
    const compressors = 'custom(module=two-level.ts); custom(module=two-level.mjs)';
    const args = ['--tune', '0', '--out', 'study', '-q', '--json'];
    const { status, stdout, stderr } = sottovoce(
      'compare',
      'own.yaml',
      '--compressors',
      compressors,
      ...args,
    );
    expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
    const [own, plain] = JSON.parse(stdout).cells;
    expect(own.stateHash).toBe(plain.stateHash);

    const certified = sottovoce(
      'certify',
      'custom(module=two-level.ts)',
      '--dim',
      '4',
      '--starts',
      '12',
      '--json',
    );
    expect(certified.status).toBe(0);
    expect(JSON.parse(certified.stdout)).toHaveLength(1);
  });

  it('with a parameter server', () => {
    const server = (
      module: string,
    ) => `program: { kind: parameter-server, agents: 4, lambda: 0.1, gamma: 0.1 }
cost: { kind: custom, module: ${module} }
rounds: 60
workers: 2
`;
    write('server.yaml', server('median.mjs'));
    write('server-ts.yaml', server('median.ts'));
    const [plain, own] = ['server.yaml', 'server-ts.yaml'].map((name) => {
      const { status, stdout, stderr } = sottovoce('run', name, '--json', '-q', '--out', 'out');
      expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
      return JSON.parse(stdout).stateHash;
    });
    expect(own).toBe(plain);
  });
});

describe('what is wrong in it is said with its place', () => {
  const refused = (name: string) =>
    sottovoce(
      'run',
      'own.yaml',
      '-q',
      '--out',
      'refused',
      '--set',
      `compressor={ kind: custom, module: ${name} }`,
    );

  it('what it throws in the run', () => {
    write(
      'throws.ts',
      `import { plan, decode } from './two-level.ts';

interface Wide {
  entries: number;
}
export { plan, decode };
export const encode = (error: Float64Array & Wide | Float64Array, message: unknown, { round }: { round: number }): void => {
  if (round === 3) throw new RangeError('three');
  void message;
};
`,
    );
    const { status, stderr } = refused('throws.ts');
    expect(stderr).toMatch(
      /worker \d failed: throws\.ts:8:26: encode threw RangeError: three \(agent \d, round 3\)/,
    );
    expect(status).toBe(1);
  });

  it.each(
    someOf(
      [
        [
          'an enum',
          'export const plan = 1;\n  enum Sign { minus, plus }',
          /mine\.ts:2:3: cannot be loaded: TypeScript enum/,
        ],
        [
          'a parameter property',
          'class A {\n  constructor(private x: number) {}\n}',
          /mine\.ts:2:\d+: cannot be loaded: .*parameter property/,
        ],
        ['a namespace', 'namespace N { export const a = 1; }', /mine\.ts:1:1: cannot be loaded: .*namespace/],
      ] as [string, string, RegExp][],
      3,
    ),
  )('%s, which would have to be compiled', (_, source, message) => {
    write('mine.ts', source);
    const { status, stderr } = refused('mine.ts');
    expect(stderr).toMatch(message);
    expect(stderr).toMatch(/^hint: types are stripped from a \.ts file and nothing is compiled/m);
    expect(status).toBe(2);
  });

  it('a syntax error, in the file or in one that it imports', () => {
    write('broken.ts', 'export const a: number = 1;\nexport const b = (: number) => 3;\n');
    write('outer.ts', "export { a } from './broken.ts';\n");
    for (const name of ['broken.ts', 'outer.ts']) {
      const { status, stderr } = refused(name);
      expect(stderr).toMatch(/^error: --set .*: compressor\.module: broken\.ts:2:19: cannot be loaded: /);
      expect(stderr).not.toMatch(/^hint/m);
      expect(status).toBe(2);
    }
  });

  it('a file that is neither', () => {
    write('mine.tsx', 'export const plan = 1;');
    const { status, stderr } = refused('mine.tsx');
    expect(stderr).toMatch(/mine\.tsx: is a \.tsx file, expected a module \(\.mjs or \.ts\)/);
    expect(status).toBe(2);
  });

  const stripsByItself = 'typescript' in process.features && process.features.typescript !== false;
  it.skipIf(stripsByItself)('JavaScript that imports TypeScript, where Node cannot', () => {
    write('mixed.mjs', "export * from './two-level.ts';\n");
    const { status, stderr } = refused('mixed.mjs');
    expect(stderr).toMatch(/mixed\.mjs: imports two-level\.ts, which Node does not load from here/);
    expect(stderr).toMatch(/^hint: name the file mixed\.ts/m);
    expect(status).toBe(2);
    copyFileSync(path.join(folder, 'mixed.mjs'), path.join(folder, 'mixed.ts'));
    hashOf('compressor={ kind: custom, module: mixed.ts }');
  });
});
