/**
 * A file system that fails on purpose: the n-th of the calls by which files are written (topology/file-system.ts)
 * gives an error, writes a part, or is the last that a process ever makes.
 */

import { type FileSystem, fileSystem } from '../../topology/file-system.js';

export interface Fault {
  /** Which call, from 1. */
  at: number;
  /**
   * `error`: this call alone gives it. `full`: every write from here on does, as a full disk would. `short`:
   * a write takes one byte. `killed`: nothing is done any more, as where the process was killed before it.
   */
  kind: 'error' | 'full' | 'short' | 'killed';
  code?: string;
}

/** Runs `act` with a fault, or with none, to count; gives how many calls there were. */
export async function withFault(fault: Fault | null, act: () => Promise<unknown>): Promise<number> {
  const own = { ...fileSystem };
  let calls = 0;
  const fail = (code: string) => {
    throw Object.assign(new Error(`${code}: on purpose`), { code });
  };
  const strike = (name: keyof FileSystem): boolean => {
    calls++;
    if (fault === null) return false;
    const { at, kind, code = 'ENOSPC' } = fault;
    if (kind === 'killed' && calls >= at) fail('KILLED');
    if (kind === 'full' && calls >= at && /write|mkdir/.test(name)) fail(code);
    if (kind === 'error' && calls === at) fail(code);
    return kind === 'short' && calls === at;
  };
  for (const name of Object.keys(own) as (keyof FileSystem)[]) {
    Object.assign(fileSystem, {
      [name]: (...given: unknown[]) => {
        const call = own[name] as (...given: unknown[]) => unknown;
        try {
          if (strike(name) && name === 'writeSync') return call(given[0], given[1], given[2], 1);
        } catch (error) {
          if (name === 'fsyncLater') return Promise.reject(error);
          throw error;
        }
        return call(...given);
      },
    });
  }
  try {
    await act();
  } finally {
    Object.assign(fileSystem, own);
  }
  return calls;
}
