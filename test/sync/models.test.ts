/**
 * The models of test/models are of this code: every Atomic that threads of a run meet at has a label, [B3],
 * that stands beside the step of the model which it is, and no model has a step that is not in the code. What the
 * models hold is checked by `npm run test:models`.
 */

import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';

const root = fileURLToPath(new URL('../..', import.meta.url));
const models = path.join(root, 'test/models');

/** Atomics that are no meeting of threads: touching pages, and sleeping. And what has no model: a rank's board. */
const NO_MEETING = [
  'src/arena/populate.ts',
  'src/output/folder-lock.ts',
  'src/ranks/poll.ts',
  'src/checkpoint/over-ranks.ts',
];
const CALL = /\bAtomics\.[a-z]+[A-Za-z]*\(/;

/** Lines of code with an Atomic, from all that runs in a run. */
const lines = ['src', 'workers']
  .flatMap((folder) =>
    readdirSync(path.join(root, folder), { recursive: true, encoding: 'utf8' }).map((file) =>
      path.join(folder, file),
    ),
  )
  .filter((file) => file.endsWith('.ts') && !NO_MEETING.includes(file))
  .flatMap((file) =>
    readFileSync(path.join(root, file), 'utf8')
      .split('\n')
      .map((text, at, all) => ({ place: `${file}:${at + 1}`, text, next: all[at + 1] ?? '' }))
      .filter(({ text }) => !/^\s*(\*|\/\/)/.test(text) && CALL.test(text))
      // Where a block begins its label stands in the first line of it.
      .map(({ place, text, next }) => ({ place, text: text.endsWith('{') ? text + next : text })),
  );

const labelsOf = (text: string) =>
  Array.from(text.matchAll(/\[([A-Z]\d+)\]/g), ([, label]) => label as string);

describe('the models and the code', () => {
  it('every Atomic names its step', () => {
    const calls = (text: string) => text.match(new RegExp(CALL, 'g'))?.length;
    const wrong = lines.filter(({ text }) => labelsOf(text).length !== calls(text));
    expect(wrong.map(({ place, text }) => `${place} ${text.trim()}`)).toEqual([]);
  });

  it('have the same labels', () => {
    const steps = readdirSync(models)
      .map((file) => readFileSync(path.join(models, file), 'utf8'))
      .flatMap((text) => Array.from(text.matchAll(/\/\* ([A-Z]\d+) \*\//g), ([, label]) => label as string));
    const sorted = (labels: string[]) => [...new Set(labels)].sort();
    expect(sorted(lines.flatMap(({ text }) => labelsOf(text)))).toEqual(sorted(steps));
  });
});
