/** What the build writes of the kernels for TypeScript: names, types and comments come from their sources. */

import { main } from 'assemblyscript/asc';
import { describe, expect, it } from 'vitest';

/** Compiles one file of kernels; gives the interface written for it, or what was wrong. */
async function interfaceOf(kernels: string, exported: string): Promise<string> {
  const files: Record<string, string> = {
    'kernels/index.ts': `/** All of them. */\nexport { ${exported} } from './some';\n`,
    'kernels/some.ts': kernels,
  };
  let written = '';
  const transform = ['--transform', './scripts/kernel-interface.mjs'];
  const { error } = await main(['kernels/index.ts', '--outFile', 'some.wasm', ...transform], {
    readFile: (name) => files[name] ?? null,
    writeFile: (name, contents) => {
      if (name === 'kernels/interface.ts') written = contents.toString();
    },
    listFiles: () => [],
    stderr: { write: () => {} },
  });
  return error?.message ?? written;
}

describe('the interface of the kernels', () => {
  it('has the comment, the names and the types of every function exported', async () => {
    const source = `
/** The file. */

/** Half of x,\n * rounded. */
export function half(x: f64, count: usize, seed: u32, up: bool): i32 {
  return <i32>(x / 2);
}

function helper(): void {}
/** Does nothing. */
export function nothing(): void {
  helper();
}
`;
    expect(await interfaceOf(source, 'nothing, half')).toBe(`/** All of them. */
export interface Kernels {

  // kernels/some.ts
  /** Does nothing. */
  nothing(): void;
  /** Half of x,
   * rounded. */
  half(
    x: number,
    count: number,
    seed: number,
    up: number,
  ): number;
}
`);
  });

  it('is not written where a kernel has no comment', async () => {
    const source =
      '/** Of the first. */\nexport function first(): void {}\nexport function bare(): void {}\n';
    expect(await interfaceOf(source, 'first, bare')).toContain(
      'kernels/some.ts:3: the kernel bare has no comment',
    );
  });

  it('is not written where a type is no number in JavaScript', async () => {
    const source = '/** Wide. */\nexport function wide(x: i64): void {}\n';
    expect(await interfaceOf(source, 'wide')).toContain('kernels/some.ts:2: i64 has no number in JavaScript');
  });

  it('takes functions only: a constant would be one more export of the module', async () => {
    expect(await interfaceOf('/** Two. */\nexport const TWO = 2;\n', 'TWO')).toContain('TWO is no function');
  });
});
