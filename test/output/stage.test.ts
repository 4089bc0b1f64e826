/** Journals that are found in a folder: carried out where they are ours, and never outside of it. */

import { existsSync, mkdirSync, readdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { expect, test } from 'vitest';
import { makeNewFolder } from '../../src/output/make-folder.js';
import { isInterrupted, Stage, settle } from '../../src/output/stage.js';
import { temporaryFolder } from '../support/run.js';

const root = temporaryFolder();
const newFolder = () => makeNewFolder(path.join(root, 'case'));
const STAGE = `.sottovoce.stage.${'0'.repeat(16)}`;

function leave(folder: string, journal: object, staged: readonly string[]): void {
  mkdirSync(path.join(folder, STAGE));
  for (const name of staged) writeFileSync(path.join(folder, STAGE, name), 'new');
  writeFileSync(path.join(folder, '.sottovoce.commit'), JSON.stringify(journal));
}
const read = (folder: string, name: string) => readFileSync(path.join(folder, name), 'utf8');

test('a commit that was interrupted is carried out, from wherever it was', () => {
  const folder = newFolder();
  writeFileSync(path.join(folder, 'a'), 'new');
  writeFileSync(path.join(folder, 'b'), 'old');
  writeFileSync(path.join(folder, 'gone'), 'old');
  leave(folder, { format: 'sottovoce-commit/1', stage: STAGE, remove: ['gone'], place: ['a', 'b'] }, ['b']);
  expect(isInterrupted(folder)).toBe(true);
  settle(folder);
  expect(readdirSync(folder).sort()).toEqual(['a', 'b']);
  expect([read(folder, 'a'), read(folder, 'b')]).toEqual(['new', 'new']);
  settle(folder);
  expect(isInterrupted(folder)).toBe(false);
});

test.each([
  ['names outside of the folder', { remove: ['../victim'], place: [] }],
  ['a stage outside of it', { stage: '../elsewhere', remove: ['mine'], place: [] }],
  ['another format', { format: 'other/1', remove: ['mine'], place: [] }],
  ['no lists', { remove: 'mine', place: null }],
])('a journal with %s is none', (_what, change) => {
  const folder = newFolder();
  writeFileSync(path.join(root, 'victim'), '');
  writeFileSync(path.join(folder, 'mine'), '');
  leave(folder, { format: 'sottovoce-commit/1', stage: STAGE, ...change }, []);
  settle(folder);
  expect(existsSync(path.join(root, 'victim'))).toBe(true);
  expect(existsSync(path.join(folder, 'mine'))).toBe(true);
});

test('links with our names are removed, and not followed', () => {
  const [folder, theirs] = [newFolder(), newFolder()];
  writeFileSync(path.join(theirs, 'file'), 'theirs');
  symlinkSync(theirs, path.join(folder, STAGE));
  symlinkSync(path.join(theirs, 'file'), path.join(folder, `.x.npy.${'0'.repeat(16)}.part`));
  const stage = new Stage(folder);
  symlinkSync(theirs, path.join(stage.path, 'link'));
  settle(folder);
  expect(readdirSync(folder)).toEqual([]);
  expect(read(theirs, 'file')).toBe('theirs');
});

test('files of others, hidden ones too, are left alone', () => {
  const folder = newFolder();
  const theirs = ['.bashrc', '.config.part', 'x.npy', 'x.tmp', '.sottovoce.stage.mine', 'a.12.tmp'];
  for (const name of theirs) writeFileSync(path.join(folder, name), '');
  settle(folder);
  expect(readdirSync(folder).sort()).toEqual(theirs.toSorted());
});
