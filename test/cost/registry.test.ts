import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { costDefinition, costs } from '../../src/cost/registry.js';

describe('the registry of costs', () => {
  it('files each definition under its own kind', () => {
    for (const [kind, definition] of Object.entries(costs)) {
      expect(definition.kind).toBe(kind);
      expect(costDefinition(kind)).toBe(definition);
    }
  });

  it('lists the kinds, and guesses a slip of the hand', () => {
    expect(() => costDefinition('quadratics')).toThrow(
      /^cost\.kind is "quadratics", expected one of quadratic/,
    );
    expect(() => costDefinition('quadratics')).toThrow(
      expect.objectContaining({
        code: 'BAD_INPUT',
        message: expect.stringContaining('did you mean quadratic?'),
      }),
    );
    expect(() => costDefinition('ransac')).toThrow(expect.objectContaining({ hint: undefined }));
    expect(() => costDefinition('toString')).toThrow(/expected one of/);
  });

  it('loads neither files, nor readers, nor linear algebra: workers import it', () => {
    const seen = staticImports(new URL('../../src/cost/registry.ts', import.meta.url));
    expect([...seen].join('\n')).toContain('/src/cost/quadratic.ts');
    expect([...seen].filter((name) => /ml-matrix|papaparse|node:|src\/data|solver|zod/.test(name))).toEqual(
      [],
    );
  });
});

/**
 * Everything that comes along with a module: what it imports by statement (types are gone at run time), and
 * so on.
 */
function staticImports(module: URL, seen = new Set<string>()): Set<string> {
  if (seen.has(module.href)) return seen;
  seen.add(module.href);
  const source = readFileSync(module, 'utf8');
  for (const [, name] of source.matchAll(/^(?:import|export) (?!type\b)[^;]*?from '([^']+)';/gm)) {
    // How a user's module is found: compressors bring that along anyway.
    if (name!.includes('/plugin/')) continue;
    if (name!.startsWith('.')) staticImports(new URL(name!.replace(/\.js$/, '.ts'), module), seen);
    else seen.add(name!);
  }
  return seen;
}
