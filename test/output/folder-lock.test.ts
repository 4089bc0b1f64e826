import { spawn, spawnSync } from 'node:child_process';
import { mkdirSync, readdirSync, readFileSync, utimesSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import { join } from 'node:path';
import { Worker } from 'node:worker_threads';
import { describe, expect, test } from 'vitest';
import { InputError } from '../../src/base/errors.js';
import { clearContenders, FolderLock, LOCK_FILE, refuseInUse } from '../../src/output/folder-lock.js';
import { makeNewFolder } from '../../src/output/make-folder.js';
import { tidyUp } from '../../src/output/run-folder.js';
import { temporaryFolder } from '../support/run.js';

const LOCK_MODULE = new URL('../../dist/src/output/folder-lock.js', import.meta.url);
const FOLDER_MODULE = new URL('../../dist/src/output/make-folder.js', import.meta.url);
const folder = temporaryFolder();
let number = 0;
const newFolder = () => makeNewFolder(join(folder, `case-${number++}`));

/** What a process that was killed leaves behind. */
function leaveStale(into: string): void {
  const program = `import { FolderLock } from '${LOCK_MODULE}'; FolderLock.take(process.argv[1], 'dead'); process.kill(process.pid, 'SIGKILL');`;
  const { signal } = spawnSync(process.execPath, ['--input-type=module', '-e', program, into]);
  expect(signal).toBe('SIGKILL');
  expect(readdirSync(into)).toContain(LOCK_FILE);
}

describe('a lock', () => {
  test('holds others off with who holds it and since when, until it is released', () => {
    const at = newFolder();
    const lock = FolderLock.take(at, 'one');
    expect(() => FolderLock.take(at, 'two')).toThrow(InputError);
    expect(() => refuseInUse(at)).toThrow(
      new RegExp(`is in use: process ${process.pid} has been writing there since \\d{4}-.*Z`),
    );
    lock.release();
    lock.release();
    expect(readdirSync(at)).toEqual([]);
    FolderLock.take(at, 'two').release();
  });

  test('of a process that was killed counts no more', () => {
    const at = newFolder();
    leaveStale(at);
    expect(() => refuseInUse(at)).not.toThrow();
    const lock = FolderLock.take(at, 'next');
    expect(readdirSync(at)).toEqual([LOCK_FILE]);
    lock.release();
  });

  test('of a process whose number was given out again counts no more', () => {
    const at = newFolder();
    FolderLock.take(at, 'one');
    const held = JSON.parse(readFileSync(join(at, LOCK_FILE), 'utf8'));
    // Only where the start of a thread is known; elsewhere the number is all there is.
    if (held.thread === null) return;
    held.thread.ticks = String(Number(held.thread.ticks) - 1);
    writeFileSync(join(at, LOCK_FILE), JSON.stringify(held));
    FolderLock.take(at, 'two').release();
  });

  test('of another machine is left alone, and the file to delete is named', () => {
    const at = newFolder();
    FolderLock.take(at, 'one');
    const held = JSON.parse(readFileSync(join(at, LOCK_FILE), 'utf8'));
    held.machine = { host: `not-${os.hostname()}`, boot: 'another', processes: null };
    writeFileSync(join(at, LOCK_FILE), JSON.stringify(held));
    let thrown: unknown;
    try {
      FolderLock.take(at, 'two');
    } catch (error) {
      thrown = error;
    }
    expect(thrown).toMatchObject({
      message: expect.stringContaining(`on not-${os.hostname()}`),
      hint: expect.stringContaining(LOCK_FILE),
    });
  });

  test('of another container on this machine is left alone, and that of an earlier start of it is not', () => {
    const at = newFolder();
    FolderLock.take(at, 'one');
    const held = JSON.parse(readFileSync(join(at, LOCK_FILE), 'utf8'));
    // A process number means nothing in another container, where it may be that of anybody.
    const elsewhere = { ...held, machine: { ...held.machine, processes: 'pid:[1]' } };
    writeFileSync(join(at, LOCK_FILE), JSON.stringify(elsewhere));
    expect(() => FolderLock.take(at, 'two')).toThrow(/is in use/);
    const before = { ...held, machine: { ...held.machine, boot: 'an earlier one' } };
    writeFileSync(join(at, LOCK_FILE), JSON.stringify(before));
    FolderLock.take(at, 'two').release();
  });

  test('leaves nothing of contenders that were killed in the middle of taking it', () => {
    const at = newFolder();
    leaveStale(at);
    const dead = readFileSync(join(at, LOCK_FILE), 'utf8');
    writeFileSync(join(at, `${LOCK_FILE}.1-dead`), dead);
    writeFileSync(join(at, `${LOCK_FILE}.2-half`), '{');
    utimesSync(join(at, `${LOCK_FILE}.2-half`), 1, 1);
    writeFileSync(join(at, `${LOCK_FILE}.3-now`), '');
    mkdirSync(join(at, `${LOCK_FILE}-try-now`));
    const lock = FolderLock.take(at, 'next');
    clearContenders(at);
    expect(readdirSync(at).sort()).toEqual([LOCK_FILE, `${LOCK_FILE}.3-now`]);
    lock.release();
  });

  test('that is no lock (half a file, another format) counts no more', () => {
    for (const text of ['', '{"pid"', '[]', 'null', '{"pid":"x"}']) {
      const at = newFolder();
      writeFileSync(join(at, LOCK_FILE), text);
      FolderLock.take(at, 'one').release();
    }
  });

  test.runIf(process.platform === 'linux')('of a thread that has ended counts no more', async () => {
    const at = newFolder();
    const program = `import('${LOCK_MODULE}').then(({ FolderLock }) => { FolderLock.take(${JSON.stringify(at)}, 'thread'); require('node:worker_threads').parentPort.postMessage(1); setInterval(() => {}, 1000); })`;
    const thread = new Worker(program, { eval: true });
    await new Promise((resolve) => thread.once('message', resolve));
    expect(() => FolderLock.take(at, 'two')).toThrow(/is in use/);
    await thread.terminate();
    FolderLock.take(at, 'two').release();
  });

  test('is tidied up with what was half written, and nothing else', () => {
    const at = newFolder();
    FolderLock.take(at, 'one');
    for (const name of ['.manifest.json.part', 'x.npy.12.tmp', 'trace.csv', 'mine.tmp'])
      writeFileSync(join(at, name), '');
    tidyUp(at, 'two');
    expect(readdirSync(at)).toContain('.manifest.json.part');
    tidyUp(at, 'one');
    expect(readdirSync(at).sort()).toEqual(['mine.tmp', 'trace.csv']);
  });

  test('of a dead holder goes to one of many who want it', async () => {
    const at = newFolder();
    leaveStale(at);
    // Each says what came of it and keeps the lock until its input ends.
    const program = `import { FolderLock } from '${LOCK_MODULE}';
      let said = 'got'; try { FolderLock.take(process.argv[1], 'x'); } catch (error) { said = error.code; }
      console.log(said); process.stdin.resume();`;
    const contenders = Array.from({ length: 5 }, () =>
      spawn(process.execPath, ['--input-type=module', '-e', program, at], {
        stdio: ['pipe', 'pipe', 'inherit'],
      }),
    );
    const said = await Promise.all(
      contenders.map(
        ({ stdout }) => new Promise((resolve) => stdout.once('data', (text) => resolve(String(text).trim()))),
      ),
    );
    for (const { stdin } of contenders) stdin.end();
    expect(said.sort()).toEqual(['BAD_INPUT', 'BAD_INPUT', 'BAD_INPUT', 'BAD_INPUT', 'got']);
  });
});

test('new folders: each its own, of many who start in one second', async () => {
  const base = join(folder, 'runs', 'ring');
  const program = `import { makeNewFolder } from '${FOLDER_MODULE}'; for (let i = 0; i < 20; i++) console.log(makeNewFolder(process.argv[1]));`;
  const made = await Promise.all(
    Array.from({ length: 3 }, async () => {
      const child = spawn(process.execPath, ['--input-type=module', '-e', program, base]);
      let text = '';
      for await (const part of child.stdout) text += part;
      return text.trim().split('\n');
    }),
  );
  const names = made.flat();
  expect(new Set(names).size).toBe(60);
  expect(names).toContain(base);
  expect(names).toContain(`${base}-60`);
});
