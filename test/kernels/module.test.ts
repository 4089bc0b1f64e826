/** The module itself: what it imports and exports, and what it must not contain. */

import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { Bench, kernelBytes } from './harness.js';

/** Methods of `interface Kernels`, read from its source: the list the module has to match. */
function contract(): { name: string; parameters: number }[] {
  const body = readFileSync(new URL('../../kernels/interface.ts', import.meta.url), 'utf8');
  return [...body.matchAll(/^ {2}(\w+)\(([^)]*)\)/gm)].map(([, name, list]) => ({
    name,
    parameters: list.split(',').filter((parameter) => parameter.trim() !== '').length,
  }));
}

/** Ids of the binary's sections, in order. */
function sectionIds(bytes: Uint8Array): number[] {
  const ids: number[] = [];
  for (let at = 8; at < bytes.length; ) {
    ids.push(bytes[at++]);
    let size = 0;
    for (let shift = 0; ; shift += 7) {
      const byte = bytes[at++];
      size += (byte & 0x7f) * 2 ** shift;
      if (byte < 0x80) break;
    }
    at += size;
  }
  return ids;
}

describe('kernels.wasm', () => {
  const module = new WebAssembly.Module(kernelBytes());

  it('exports what the interface lists, and nothing else but its memory', () => {
    const names = contract().map(({ name }) => name);
    expect(names.length).toBeGreaterThan(30);
    const exported = WebAssembly.Module.exports(module).map(({ name }) => name);
    expect(exported.filter((name) => name !== 'memory').sort()).toEqual(names.sort());
  });

  it('takes as many arguments as the interface says', () => {
    const { kernels } = new Bench(65536);
    for (const { name, parameters } of contract()) {
      expect((kernels as unknown as Record<string, () => void>)[name].length, name).toBe(parameters);
    }
  });

  it('imports nothing but the memory: no clock, no random numbers, no allocator', () => {
    expect(WebAssembly.Module.imports(module)).toEqual([{ module: 'env', name: 'memory', kind: 'memory' }]);
  });

  it('has no data segments and no start function: instantiating it again writes nothing over a run', () => {
    const ids = sectionIds(kernelBytes());
    expect(ids).toContain(10); // code: the walk over the sections works
    expect(ids).not.toContain(11); // data
    expect(ids).not.toContain(12); // data count
    expect(ids).not.toContain(8); // start
  });

  it('leaves a memory it is instantiated over as it is', () => {
    const bench = new Bench(65536);
    const bytes = new Uint8Array(bench.memory.buffer).fill(0x5a);
    new WebAssembly.Instance(module, { env: { memory: bench.memory } });
    expect(bytes.every((byte) => byte === 0x5a)).toBe(true);
  });
});
