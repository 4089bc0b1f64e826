/**
 * What is said where MPI cannot be had, or another library is: each in a process of its own, since a library
 * that is loaded stays. Other libraries are stood in for by one that says their names; they are made with a C
 * compiler where there is one.
 */

import { spawnSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { temporaryFolder } from '../support/run.js';

const folder = temporaryFolder();
const transport = new URL('../../dist/src/ranks/mpi/transport.js', import.meta.url).href;
const koffi = createRequire(import.meta.url).resolve('koffi');
const hasCompiler = spawnSync('cc', ['--version']).status === 0;

/** What opening the transport throws, in a process with this preload and environment. */
function refusal(preload: string, env: Record<string, string> = {}): unknown {
  const file = path.join(folder, `preload-${Math.random()}.cjs`);
  writeFileSync(file, preload);
  const script = `
    const { openTransport } = await import(${JSON.stringify(transport)});
    try { openTransport({ rank: 0, ranks: 1 }, () => false); console.log('null'); }
    catch ({ code, message, hint }) { console.log(JSON.stringify({ code, message, hint })); }`;
  const { stdout, stderr } = spawnSync(
    process.execPath,
    ['--require', file, '--input-type=module', '--eval', script],
    { encoding: 'utf8', env: { ...process.env, ...env } },
  );
  expect(stderr).toBe('');
  return JSON.parse(stdout);
}

/** A library that is called so, and says that it is this one. */
function pretender(name: string, version: string): string {
  const source = path.join(folder, `${name}.c`);
  const file = path.join(folder, name);
  writeFileSync(
    source,
    `#include <string.h>
     int MPI_Get_library_version(char *text, int *length) {
       strcpy(text, ${JSON.stringify(version)}); *length = strlen(text); return 0; }`,
  );
  expect(spawnSync('cc', ['-shared', '-fPIC', '-o', file, source]).status).toBe(0);
  return file;
}

const hide = (hidden: string) => `
  const koffi = require(${JSON.stringify(koffi)});
  const { load } = koffi;
  koffi.load = (file, ...rest) => {
    if (${hidden}.test(file)) throw new Error('cannot open shared object file');
    return load(file, ...rest);
  };`;

describe('Open MPI is refused beforehand', () => {
  it('without koffi', () => {
    const preload = `
      const Module = require('node:module');
      const resolve = Module._resolveFilename;
      Module._resolveFilename = function (name, ...rest) {
        if (name === 'koffi') throw new Error('Cannot find module');
        return resolve.call(this, name, ...rest);
      };`;
    expect(refusal(preload)).toEqual({
      code: 'BAD_INPUT',
      message: 'MPI is called through koffi, and the package koffi is not installed',
      hint: 'npm install koffi, and Open MPI: apt-get install openmpi-bin libopenmpi3',
    });
  });

  it('where it is not installed', () => {
    expect(refusal(hide('/mpi/'))).toEqual({
      code: 'BAD_INPUT',
      message: 'Open MPI is not installed: libmpi.so.40 cannot be loaded (cannot open shared object file).',
      hint: expect.stringMatching(/^apt-get install openmpi-bin libopenmpi3, or the cluster's own/),
    });
  });

  it('where a path leads nowhere', () => {
    expect(refusal('', { SOTTOVOCE_MPI_LIBRARY: '/nowhere/libmpi.so.40' })).toMatchObject({
      code: 'BAD_INPUT',
      message: expect.stringMatching(
        /^SOTTOVOCE_MPI_LIBRARY is \/nowhere\/libmpi\.so\.40, which cannot be loaded/,
      ),
    });
  });

  it('where it is no MPI', () => {
    expect(refusal('', { SOTTOVOCE_MPI_LIBRARY: 'libc.so.6' })).toMatchObject({
      code: 'BAD_INPUT',
      message: expect.stringMatching(/^libc\.so\.6 is no MPI library/),
    });
  });

  it.skipIf(!hasCompiler).each([
    [
      'MPICH Version:      4.0.2\nMPICH Release date: Thu Apr  7\n',
      /is MPICH Version: 4\.0\.2\. Only Open MPI 4 and 5/,
    ],
    [
      'Intel(R) MPI Library 2021.13 for Linux* OS\n',
      /is Intel\(R\) MPI Library 2021\.13 for Linux\* OS\. Only/,
    ],
    ['Open MPI v3.1.6, package: Debian', /is Open MPI v3\.1\.6, package: Debian\. Only/],
    ['Quiet MPI 1', /is "Quiet MPI 1"\. Only/],
  ])('where it is another: %j', (version, message) => {
    const file = pretender(`libmpi-${version.length}.so`, version);
    expect(refusal('', { SOTTOVOCE_MPI_LIBRARY: file })).toMatchObject({
      code: 'BAD_INPUT',
      message: expect.stringMatching(message),
      hint: expect.stringContaining('apt-get install openmpi-bin'),
    });
  });

  it.skipIf(!hasCompiler)('and what there is instead is named', () => {
    const file = pretender('libmpich.so.12', 'MPICH Version:\t4.0.2');
    const instead = `${hide('/mpi/')}
      const hidden = koffi.load;
      koffi.load = (file, ...rest) => file === 'libmpich.so.12' ? load(${JSON.stringify(file)}, ...rest) : hidden(file, ...rest);`;
    expect(refusal(instead)).toMatchObject({
      message: expect.stringMatching(
        /There is another library, whose handles differ: libmpich\.so\.12 is MPICH Version: 4\.0\.2\.$/,
      ),
    });
  });
});
