/** Folded stacks: what is written is read again, and by hand it is what other tools expect. */

import { expect, it } from 'vitest';
import type { Frame } from '../../src/profile/call-tree.js';
import { foldStacks, unfoldStacks } from '../../src/profile/stacks.js';

const frame = (name: string, selfUs: number, children: Frame[] = []): Frame => ({
  name,
  kind: 'app',
  file: null,
  selfUs,
  samples: 0,
  children,
});
const tree = frame('all threads', 0, [
  frame('runRounds workers/round-loop.ts:35', 3, [
    frame('gather [WASM]', 10.4),
    frame('a;b\n', 2),
    frame('idle', 0),
  ]),
]);

it('a line a stack, the innermost frame last', () => {
  expect(foldStacks(tree)).toBe(
    [
      'all threads;runRounds workers/round-loop.ts:35 3',
      'all threads;runRounds workers/round-loop.ts:35;gather [WASM] 10',
      'all threads;runRounds workers/round-loop.ts:35;a,b\\n 2',
      '',
    ].join('\n'),
  );
});

it('is read as it was written', () => {
  const text = foldStacks(tree);
  const read = unfoldStacks(text, 'merged.folded');
  expect(foldStacks(read)).toBe(text);
  expect(read.children[0].children.map(({ kind }) => kind)).toEqual(['wasm', 'thread']);
});

it.each([
  ['a line without a time', 'all threads;loop\n', 'merged.folded: this is no line'],
  ['two roots', 'a;b 1\nc;d 2\n', 'no line of folded stacks below one root: c;d 2'],
  ['nothing', '', 'merged.folded holds no stacks'],
])('%s is refused', (_what, text, says) => {
  expect(() => unfoldStacks(text, 'merged.folded')).toThrow(says);
});
