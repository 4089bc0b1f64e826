/** Files that users name: whole or as before, through links, to devices and pipes; and nothing planted is followed. */

import { spawnSync } from 'node:child_process';
import {
  chmodSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import path from 'node:path';
import { describe, expect, test } from 'vitest';
import { fileSystem } from '../../topology/file-system.js';
import { isHalfWritten, PartFile, writeNamed, writeWhole } from '../../topology/whole-file.js';
import { withFault } from '../support/file-faults.js';
import { temporaryFolder } from '../support/run.js';

const folder = temporaryFolder();
const at = (...names: string[]) => path.join(folder, ...names);

test('a file is as before until it is whole, and as before where it cannot be', async () => {
  const file = at('whole');
  writeWhole(file, 'before');
  const part = new PartFile(file);
  part.write('after');
  expect(readFileSync(file, 'utf8')).toBe('before');
  expect(readdirSync(folder).filter(isHalfWritten)).toHaveLength(1);
  const written = part.finish();
  expect(readFileSync(file, 'utf8')).toBe('after');
  expect(written).toEqual({
    bytes: 5,
    sha256: 'f39592393ef0859cb196a52693d2cea00fb2df784b3c04ae54aa7cadb8e562f8',
  });
  const calls = await withFault(null, async () => writeWhole(at('counted'), 'x'));
  for (let call = 1; call <= calls; call++) {
    await withFault({ at: call, kind: 'error', code: 'EIO' }, async () => {
      expect(() => writeWhole(file, 'never')).toThrow(expect.objectContaining({ code: 'EIO', path: file }));
    });
    expect(readFileSync(file, 'utf8')).toMatch(/^(after|never)$/);
    writeWhole(file, 'after');
  }
});

test('a link at a temporary name is not followed: the file is made where nobody was', () => {
  writeFileSync(at('victim'), 'mine');
  const { openSync } = fileSystem;
  try {
    fileSystem.openSync = ((name: string, ...rest: [number, number?]) => {
      if (isHalfWritten(path.basename(name))) symlinkSync(at('victim'), name);
      return openSync(name, ...rest);
    }) as typeof openSync;
    expect(() => writeWhole(at('result'), 'theirs')).toThrow(/EEXIST/);
  } finally {
    fileSystem.openSync = openSync;
  }
  expect(readFileSync(at('victim'), 'utf8')).toBe('mine');
});

describe('a file that a user named', () => {
  test('keeps its permissions, and a link to it stays one', async () => {
    mkdirSync(at('real'));
    writeFileSync(at('real', 'config.yaml'), 'old');
    chmodSync(at('real', 'config.yaml'), 0o640);
    symlinkSync(at('real', 'config.yaml'), at('link.yaml'));
    await writeNamed(at('link.yaml'), 'new');
    expect(readlinkSync(at('link.yaml'))).toBe(at('real', 'config.yaml'));
    expect(readFileSync(at('real', 'config.yaml'), 'utf8')).toBe('new');
    expect(statSync(at('real', 'config.yaml')).mode & 0o777).toBe(0o640);
    expect(readdirSync(at('real'))).toEqual(['config.yaml']);
  });

  test.runIf(process.platform !== 'win32')(
    'may be a device or a pipe, which is written to, and stays',
    async () => {
      await writeNamed('/dev/null', 'gone');
      expect(statSync('/dev/null').isCharacterDevice()).toBe(true);
      const main = new URL('../../dist/src/cli/main.js', import.meta.url).pathname;
      const command = `"${process.execPath}" "${main}" topology generate ring --nodes 3 --out /dev/stdout --format edgelist | cat`;
      const { stdout } = spawnSync('sh', ['-c', command], { encoding: 'utf8' });
      expect(stdout).toContain('0\t1\n0\t2\n1\t2\n');
    },
  );
});
