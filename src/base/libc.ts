/**
 * Functions of the operating system's C library that Node does not offer, and of other libraries, through
 * koffi, which is optional. Linux alone.
 */

import { createRequire } from 'node:module';

export interface Libc {
  /** A function by its prototype: `int madvise(void *, size_t, int)`. Throws where there is none. */
  func<Call>(prototype: string): Call;
}

/** A library that is loaded. */
export interface NativeLibrary {
  /** A function by its prototype. Throws where there is none. */
  func(prototype: string): unknown;
  /** The address of a variable. Throws where there is none. */
  symbol(name: string): bigint;
}

interface Koffi {
  load(library: string, options?: { global?: boolean }): NativeLibrary;
  /** Of what a view shows, for as long as its memory is there. */
  address(view: ArrayBufferView): bigint;
  errno(): number;
  os: { errno: Record<string, number> };
}

let koffi: Koffi | undefined;

/** Throws where it cannot be had, with the reason in a few words. */
export function loadKoffi(): Koffi {
  if (process.platform !== 'linux') throw new Error(`this is ${process.platform}, and no Linux`);
  try {
    koffi ??= createRequire(import.meta.url)('koffi') as Koffi;
  } catch {
    throw new Error('the package koffi is not installed');
  }
  return koffi;
}

/** Throws where it cannot be had, with the reason in a few words. */
export function openLibc(): Libc {
  const library = loadKoffi().load('libc.so.6');
  return { func: <Call>(prototype: string) => library.func(prototype) as Call };
}

/** Of the last call that failed, by name: `EINVAL`. */
export function lastError(): string {
  const number = koffi?.errno() ?? 0;
  const names = Object.entries(koffi?.os.errno ?? {});
  return names.find(([, value]) => value === number)?.[0] ?? `error ${number}`;
}
