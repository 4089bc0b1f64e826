/**
 * What once broke a reader is read again, and a few new mutations of the readers that broke most. The long form
 * is `npm run fuzz`. Every file runs in a process that is watched: what hangs, or takes all memory, fails here by
 * its name, and does not end the tests.
 */

import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';

const script = fileURLToPath(new URL('run.mjs', import.meta.url));

function fuzz(...args: string[]) {
  const { status, stdout, stderr } = spawnSync(process.execPath, [script, ...args], { encoding: 'utf8' });
  return { status, stdout, stderr };
}

describe('harmful files', () => {
  it('are read or refused: all that failed once', () => {
    const { status, stdout } = fuzz('--corpus');
    expect(stdout).toMatch(/^yaml +\d+ +0 +\d+ +0 +0 +0 /m);
    expect(stdout).not.toContain('kept as');
    expect(status).toBe(0);
  });

  it('are read or refused: new mutations', () => {
    const names = 'edgelist,mat,spec-text';
    const { status, stdout } = fuzz('--reader', names, '--mutations', '150', '--seed', '3');
    expect(stdout).not.toContain('kept as');
    expect(stdout.match(/^[a-z-]+ +150 /gm)).toHaveLength(3);
    expect(status).toBe(0);
  });

  it('names a reader that there is not', () => {
    const { status, stderr } = fuzz('--reader', 'gmll');
    expect(stderr).toContain('reader is "gmll", expected one of gml, graphml');
    expect(status).toBe(2);
  });
});
