/**
 * Every call by which a run directory is written, and what is left where it fails, where the disk is full from
 * there on, and where the process is killed before it: all of them are tried, one after the other; in the
 * gate every third, each kind of fault from another one on.
 */

import { cpSync, existsSync, mkdirSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import path from 'node:path';
import { beforeAll, describe, expect, test } from 'vitest';
import { checkFolder } from '../../src/output/check-folder.js';
import { LOCK_FILE } from '../../src/output/folder-lock.js';
import { RunDirectory } from '../../src/output/run-directory.js';
import { openSettled } from '../../src/output/run-folder.js';
import { writeWhole } from '../../topology/whole-file.js';
import { LOADED, PLAN, row, SUMMARY } from '../report/fixtures.js';
import { type Fault, withFault } from '../support/file-faults.js';
import { temporaryFolder } from '../support/run.js';
import { ALL } from '../support/some.js';

const STEP = ALL ? 1 : 3;

// In memory where there is such a folder: what is tried here flushes a disk thousands of times.
const root = temporaryFolder(existsSync('/dev/shm') ? '/dev/shm' : undefined);
let number = 0;
const agents = [{ row: 0, label: 'a', degree: 1, samples: null }];

/** A whole run, or as far as it comes; what it threw. */
async function attempt(folder: string, run: string): Promise<Error | null> {
  let directory: RunDirectory | null = null;
  try {
    directory = RunDirectory.create(folder);
    directory.begin({ run, config: LOADED, plan: PLAN, agents });
    let failure: unknown = null;
    try {
      directory.append(Array.from({ length: 600 }, (_, at) => row(at)));
    } catch (error) {
      failure = error;
    }
    await directory.writeX(async (file) => writeWhole(file, `x of ${run}`));
    await directory.finish({ ...SUMMARY, run, ...(failure !== null && { status: 'failed' }) });
    if (failure !== null) throw failure;
    return null;
  } catch (error) {
    return error as Error;
  } finally {
    directory?.release();
  }
}

const model = path.join(root, 'model');
beforeAll(async () => {
  expect(await attempt(model, 'earlier')).toBeNull();
});

async function folderWith(earlier: boolean): Promise<string> {
  const folder = path.join(root, `case-${number++}`);
  mkdirSync(folder);
  if (earlier) cpSync(model, folder, { recursive: true });
  return folder;
}

/** What a dead process leaves, as the next one finds it: whose lock it was is not alive any more. */
function bury(folder: string): void {
  for (const name of readdirSync(folder))
    if (name.startsWith(LOCK_FILE)) rmSync(path.join(folder, name), { recursive: true });
}

function linesAreWhole(folder: string): void {
  const file = path.join(folder, 'trace.csv');
  if (!existsSync(file)) return;
  const text = readFileSync(file, 'utf8');
  expect(text === '' || text.endsWith('\n')).toBe(true);
  for (const line of text.trimEnd().split('\n').slice(1)) expect(line.split(',')).toHaveLength(17);
}

async function countCalls(earlier: boolean): Promise<number> {
  const folder = await folderWith(earlier);
  return withFault(null, async () => expect(await attempt(folder, 'later')).toBeNull());
}

describe.each([
  ['a new folder', false],
  ['a folder with an earlier run', true],
])('%s', (_name, earlier) => {
  test('a process killed at any call: the earlier run whole, or the later one, and no remains', async () => {
    const calls = await countCalls(earlier);
    const seen = new Set<string>();
    for (let at = 1; at <= calls; at += STEP) {
      const folder = await folderWith(earlier);
      await withFault({ at, kind: 'killed' }, () => attempt(folder, 'later'));
      bury(folder);
      openSettled(folder, 'next');
      const { run, problems } = checkFolder(folder);
      linesAreWhole(folder);
      if (earlier) {
        expect(problems).toEqual([]);
        seen.add(run as string);
      } else if (existsSync(path.join(folder, 'summary.json'))) {
        expect({ run, problems }).toEqual({ run: 'later', problems: [] });
      }
      expect(readdirSync(folder).filter((name) => name.startsWith('.'))).toEqual([]);
      // And the next run is taken, whatever was left.
      expect(await attempt(folder, 'next')).toBeNull();
      expect(checkFolder(folder)).toMatchObject({ run: 'next', problems: [] });
      expect(readdirSync(folder)).not.toContain('incomplete');
    }
    if (earlier) expect([...seen].sort()).toEqual(['earlier', 'later']);
  });

  const faults: [string, Omit<Fault, 'at'>][] = [
    ['one call that fails (EIO)', { kind: 'error', code: 'EIO' }],
    ['a disk that is full from there on (ENOSPC)', { kind: 'full', code: 'ENOSPC' }],
    ['one call that fails (EMFILE)', { kind: 'error', code: 'EMFILE' }],
    ['a quota that is used up from there on (EDQUOT)', { kind: 'full', code: 'EDQUOT' }],
  ];
  test.each(ALL ? faults : faults.slice(0, earlier ? 2 : 1))(
    '%s: said with the file, the earlier run lives, rows are whole',
    async (_what, fault) => {
      const calls = await countCalls(earlier);
      let kept = 0;
      const from = 1 + (faults.findIndex(([, one]) => one === fault) % STEP);
      for (let at = from; at <= calls; at += STEP) {
        const folder = await folderWith(earlier);
        let error: Error | null = null;
        await withFault({ ...fault, at }, async () => {
          error = await attempt(folder, 'later');
        });
        bury(folder);
        openSettled(folder, 'next');
        linesAreWhole(folder);
        const { run, problems } = checkFolder(folder);
        if (error !== null) {
          const { message, code, hint } = error as Error & { code?: string; hint?: string };
          expect(code).toMatch(/^(BAD_INPUT|OUTPUT_FAILED)$/);
          expect(message).toContain(path.basename(folder));
          expect(hint).toBeTruthy();
        }
        if (earlier) {
          expect(problems.filter(({ kind }) => kind !== 'incomplete')).toEqual([]);
          const other = path.join(folder, 'incomplete');
          if (existsSync(path.join(other, 'summary.json'))) {
            kept++;
            const { problems } = checkFolder(other);
            expect(problems.filter(({ kind }) => kind !== 'incomplete')).toEqual([]);
          }
          if (run === 'later') expect(problems).toEqual([]);
        } else if (run !== null && existsSync(path.join(folder, 'summary.json'))) {
          expect(problems.filter(({ kind }) => kind !== 'incomplete')).toEqual([]);
        }
        expect(readdirSync(folder).filter((name) => name.startsWith('.'))).toEqual([]);
      }
      // The figures of a run whose x.npy or trace did not fit are there.
      if (earlier && fault.kind === 'error') expect(kept).toBeGreaterThan(0);
    },
  );

  test.runIf(ALL || earlier)(
    'writes that take one byte, and interrupted ones, are gone on with',
    async () => {
      const calls = await countCalls(earlier);
      for (const [turn, fault] of (
        [{ kind: 'short' }, { kind: 'error', code: 'EINTR' }, { kind: 'error', code: 'EAGAIN' }] as const
      ).entries()) {
        for (let at = 1 + (turn % STEP); at <= calls; at += STEP) {
          const folder = await folderWith(earlier);
          let error: Error | null = null;
          let wrote = false;
          await withFault({ ...fault, at }, async () => {
            error = await attempt(folder, 'later');
            wrote = error === null;
          });
          if (fault.kind === 'short') expect(error).toBeNull();
          if (wrote)
            expect(checkFolder(folder).problems.filter(({ kind }) => kind !== 'incomplete')).toEqual([]);
        }
      }
    },
  );
});
