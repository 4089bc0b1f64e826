/**
 * What the cost tests share: costs loaded as a config would, a context without one, a scratch folder, and the
 * gradient by differences of the value.
 */

import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { isAbsolute, join, resolve } from 'node:path';
import { onTestFinished } from 'vitest';
import { InputError } from '../../src/base/errors.js';
import { costs, loadCost } from '../../src/cost/registry.js';
import type { CostContext, CostModel, CostSpec } from '../../src/cost/types.js';
import { seedWords } from '../../src/runtime.js';
import { validateComponent } from '../../src/schema/component.js';

/** Larger data sets, beside the repository; the tests that want them skip where they are missing. */
export const sharedFolder =
  process.env['SOTTOVOCE_SHARED'] ?? resolve(import.meta.dirname, '../../../shared');
export const sharedData = (name: string): string => join(sharedFolder, 'data', name);
export const hasSharedData = existsSync(sharedData('libsvm'));

export function scratchFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'sottovoce-data-'));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

/** Writes a file into a scratch folder of this test and returns its path. */
export function scratchFile(name: string, content: string | Uint8Array): string {
  const file = join(scratchFolder(), name);
  writeFileSync(file, content);
  return file;
}

export function contextOf(agents: number, more: Partial<CostContext> = {}): CostContext {
  return {
    agents,
    seed: seedWords(1),
    resolve: (path) => (isAbsolute(path) ? path : resolve(path)),
    path: ['cost'],
    ...more,
  };
}

/** Checked and completed by its definition's schema, and loaded. */
export async function loadSpec(spec: object, context: CostContext): Promise<CostModel> {
  const { spec: checked, issues } = validateComponent(costs, spec, context.path);
  if (issues[0]) throw new InputError(issues[0].text, { path: issues[0].path });
  return loadCost(checked as CostSpec, context);
}

/** Central differences: the gradient as anyone would check it. */
export function differences(f: (x: Float64Array) => number, x: Float64Array, h = 1e-5): Float64Array {
  return x.map((_, c) => {
    const right = x.slice();
    const left = x.slice();
    right[c]! += h;
    left[c]! -= h;
    return (f(right) - f(left)) / (2 * h);
  });
}

export const largest = (x: Float64Array): number => x.reduce((a, b) => Math.max(a, Math.abs(b)), 0);
