/** Rules are answered from what was measured: the same benchmark, measured badly, keeps fewer of them. */

import { expect, it } from 'vitest';
import { answerRules, checklistTable } from '../../src/bench/checklist.js';
import { figure } from '../../src/bench/figures.js';
import { describeMachine } from '../../src/bench/machine.js';
import { type BenchDocument, makeDocument } from '../../src/bench/report.js';
import type { Figure } from '../../src/bench/types.js';

const machine = { ...describeMachine(), cores: 8 };
const asked = {
  benchmark: 'scaling',
  quick: false,
  seed: 1,
  passes: 11,
  workers: [1, 8],
  machine,
  seconds: 1,
};
const answers = (figures: Figure[], given: Partial<typeof asked> = {}, picture?: string) =>
  makeDocument({ ...asked, ...given }, { figures, tables: [], ...(picture && { picture }) }).checklist!;
const keptOf = (found: NonNullable<BenchDocument['checklist']>) => found.map(({ kept }) => kept);

const values = [1, 2, 3, 4, 5];
const single = figure('scaling/strong/x/1', 'x', 'Mcoordinates/s', 'higher', values);
const speedup = { ...figure('scaling/strong/x/8/speed-up', 'x', 'x', 'higher', values), ceiling: single };

it('a whole run with a picture keeps all but one, of which it keeps a part', () => {
  const found = answers([single, speedup], {}, '<svg/>');
  expect(found).toHaveLength(12);
  expect(found.filter(({ kept }) => kept !== 'kept').map(({ rule, kept }) => [rule, kept])).toEqual([
    [8, 'in part'],
  ]);
  expect(found[0]!.how).toContain('scaling/strong/x/1');
});

it('a run of one pass, without bounds or picture, says what it lacks', () => {
  const bare = figure('round/200/none', 'x', 'Mcoordinates/s', 'higher', [1]);
  const found = answers([bare], { quick: true, passes: 1, workers: [1, 2], benchmark: 'round' });
  expect(Object.fromEntries(keptOf(found).map((kept, at) => [at + 1, kept]))).toMatchObject({
    1: 'does not arise',
    2: 'not kept',
    4: 'does not arise',
    5: 'not kept',
    7: 'not kept',
    11: 'not kept',
    12: 'does not arise',
  });
  expect(found[1]!.how).toContain('2 of 8 cores');
});

it('peers that are missing are named', () => {
  const document = makeDocument(asked, {
    figures: [single],
    tables: [],
    details: { missing: ['no NumPy/SciPy reference: none'] },
  });
  expect(document.checklist![1]).toMatchObject({ kept: 'kept', how: 'no NumPy/SciPy reference: none' });
});

it('is a table for people', () => {
  const { notes } = checklistTable(
    answerRules({ ...makeDocument(asked, { figures: [], tables: [] }), hasPicture: false }),
  );
  expect(notes).toHaveLength(24);
  expect(notes[0]).toMatch(/^1\. {2}a speed-up names its base case.*: does not arise$/);
});
