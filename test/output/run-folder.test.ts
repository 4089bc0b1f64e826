/** What a run that was killed leaves in its folder, and what the next opening makes of it. */

import { existsSync, mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { expect, test } from 'vitest';
import { openSettled } from '../../src/output/run-folder.js';
import { temporaryFolder } from '../support/run.js';

const root = temporaryFolder();
const STAGE = `.sottovoce.stage.${'0'.repeat(16)}`;
const PART = `.1234-0000000009.checkpoint.${'0'.repeat(16)}.part`;

function leave(folder: string, run: string, checkpoints: readonly string[] | null): void {
  mkdirSync(folder, { recursive: true });
  writeFileSync(path.join(folder, 'manifest.json'), JSON.stringify({ format: 'sottovoce-run/1', run }));
  writeFileSync(path.join(folder, 'trace.csv'), 'round\n0\n');
  if (checkpoints === null) return;
  mkdirSync(path.join(folder, 'checkpoints'));
  for (const name of checkpoints) writeFileSync(path.join(folder, 'checkpoints', name), '');
}
const checkpoints = (folder: string) => readdirSync(path.join(folder, 'checkpoints')).sort();

test('half-written checkpoints go, in the folder and on the stage that is kept beside it', () => {
  const folder = path.join(root, 'parts');
  leave(folder, 'earlier', ['1234-0000000005.checkpoint', PART]);
  leave(path.join(folder, STAGE), 'later', ['1234-0000000007.checkpoint', PART]);
  openSettled(folder, 'looking');
  expect(checkpoints(folder)).toEqual(['1234-0000000005.checkpoint']);
  expect(checkpoints(path.join(folder, 'incomplete'))).toEqual(['1234-0000000007.checkpoint']);
});

test('an attempt without a checkpoint takes no place of one of the same run that has them', () => {
  const folder = path.join(root, 'attempts');
  leave(folder, 'run', null);
  leave(path.join(folder, 'incomplete'), 'run', ['1234-0000000005.checkpoint']);
  leave(path.join(folder, STAGE), 'run', null);
  openSettled(folder, 'looking');
  expect(checkpoints(path.join(folder, 'incomplete'))).toEqual(['1234-0000000005.checkpoint']);
  expect(existsSync(path.join(folder, STAGE))).toBe(false);

  leave(path.join(folder, STAGE), 'another', null);
  openSettled(folder, 'looking');
  expect(existsSync(path.join(folder, 'incomplete', 'checkpoints'))).toBe(false);
});
