import { describe, expect, it } from 'vitest';
import { describeSpec } from '../../src/base/describe.js';

describe('a spec in short form', () => {
  it.each([
    [{ kind: 'identity' }, 'identity'],
    [{ kind: 'top-k', k: 4 }, 'top-k(k=4)'],
    [{ kind: 'flatten', signs: 'fixed', inner: { kind: 'sign' } }, 'flatten(sign, signs=fixed)'],
    [
      { kind: 'schedule', until: [0.5], inner: [{ kind: 'top-k', k: 1 }, { kind: 'sign' }] },
      'schedule(top-k(k=1), sign, until=[0.5])',
    ],
  ])('%o', (spec, text) => {
    expect(describeSpec(spec)).toBe(text);
  });
});
