/** Runs through the real engine, compiled: Piscina pool, worker threads, shared memory. */

import { mkdtempSync, rmSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { afterAll } from 'vitest';
import { type PrepareOptions, parseConfig, type RunResult } from '../../dist/src/index.js';
import { RunSession } from '../../dist/src/session/run-session.js';

/**
 * A folder that is gone after the tests of the file that asks. Not for the top level of a module that several
 * files import: it is loaded once for all of them, and gone with the first.
 */
export function temporaryFolder(within: string = os.tmpdir()): string {
  const folder = mkdtempSync(path.join(within, 'sottovoce-'));
  afterAll(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

/**
 * One run on this thread: everything but the coordinator's own thread, which takes longer to start than most
 * of these runs last. The session's tests go through `openSession`.
 */
export async function runConfig(
  config: Record<string, unknown>,
  options: Partial<PrepareOptions> = {},
): Promise<RunResult> {
  const session = new RunSession();
  await session.prepare({ config: await parseConfig(config), outDir: null, ...options });
  return session.start();
}
