/**
 * What node was started with, and what of it threads may have.
 *
 * A thread refuses options that hold for a whole process: every flag of V8 (`--max-old-space-size`,
 * `--expose-gc`, `--stack-size`) and some of node's (`--title`). They hold for threads without being handed
 * on. So threads are given those alone that are theirs: what loads modules, what profiles, what warns.
 * NODE_OPTIONS they read themselves, and skip what is not for them.
 */

import { InputError } from '../base/errors.js';

/** Options of a thread of its own, with a value of their own behind `=` or in the next argument. */
const WITH_VALUE = new Set([
  '--import',
  '--require',
  '-r',
  '--loader',
  '--experimental-loader',
  '--conditions',
  '-C',
  '--cpu-prof-dir',
  '--cpu-prof-interval',
  '--heap-prof-dir',
  '--heap-prof-interval',
  '--disable-warning',
]);

const ALONE = new Set([
  '--enable-source-maps',
  '--cpu-prof',
  '--heap-prof',
  '--preserve-symlinks',
  '--experimental-strip-types',
  '--experimental-transform-types',
  '--no-experimental-strip-types',
  '--no-warnings',
  '--no-deprecation',
  '--trace-warnings',
  '--trace-deprecation',
  '--trace-uncaught',
  '--throw-deprecation',
  '--pending-deprecation',
]);

/**
 * The options of a process that its threads are started with. Names of profiles are left to node, or all
 * threads would write the same file.
 */
export function threadExecArgv(execArgv: readonly string[] = process.execArgv): string[] {
  const kept: string[] = [];
  for (let i = 0; i < execArgv.length; i++) {
    const option = execArgv[i];
    const name = option.split('=', 1)[0];
    if (ALONE.has(option)) kept.push(option);
    else if (WITH_VALUE.has(name)) {
      kept.push(option);
      if (option === name && i + 1 < execArgv.length) kept.push(execArgv[++i]);
    }
  }
  return kept;
}

interface Permission {
  has(scope: string): boolean;
}

/** Throws InputError where node was started without something that runs stand on. */
export function checkHost(): void {
  if (typeof WebAssembly === 'undefined') {
    throw new InputError(
      'node was started with --jitless, which takes WebAssembly away, and every kernel is WebAssembly',
      {
        hint: 'start node without --jitless',
      },
    );
  }
  const { permission } = process as { permission?: Permission };
  if (permission && !permission.has('worker')) {
    throw new InputError("node's permission model is on and forbids threads, and every run has some", {
      hint: 'add --allow-worker (and --allow-fs-read and --allow-fs-write for the folders of the run) to the options of node',
    });
  }
}
