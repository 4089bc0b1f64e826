/** Runs through the real engine, compiled: coordinator thread, Piscina pool, shared memory. */

import { mkdtempSync, rmSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { afterAll } from 'vitest';
import { openSession, type PrepareOptions, parseConfig, type RunResult } from '../../dist/src/index.js';

/** A folder that is gone after the tests of the file. */
export function temporaryFolder(): string {
  const folder = mkdtempSync(path.join(os.tmpdir(), 'sottovoce-'));
  afterAll(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

export async function runConfig(
  config: Record<string, unknown>,
  options: Partial<PrepareOptions> = {},
): Promise<RunResult> {
  const { session, close } = await openSession();
  try {
    await session.prepare({ config: await parseConfig(config), outDir: null, ...options });
    return await session.start();
  } finally {
    await close();
  }
}
