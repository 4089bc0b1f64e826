/** What decides a run, as manifests and cells say it: digests of the config, and of every file read for it. */

import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { digestOf } from '../base/canonical.js';
import { inWords } from '../base/data-in-words.js';
import { formatPath } from '../base/errors.js';
import type { InputFile } from '../base/inputs.js';
import type { LoadedConfig, RunConfig } from './config.js';

/** A file that a run read, as its manifest names it. */
export interface RunInput {
  /** As in the config; what the config does not name is relative to the config's folder. */
  path: string;
  /** Where the config names it: `topology.file`. Of what a module brings, where the module is named. */
  role: string;
  bytes: number;
  /** Of its bytes, in hexadecimal. */
  sha256: string;
}

/** Sections that change how a run is made and told of, and no bit of its state. */
const INDIFFERENT = ['name', 'workers', 'pin', 'layout', 'modules', 'checkpoint', 'timeout', 'report'];

/**
 * SHA-256 of the config as canonical JSON, without what changes no bits. A config and what its manifest keeps
 * of it have the same one.
 *
 * @param except further sections that are not to count: `rounds`
 */
export function configDigest(config: RunConfig, except: readonly string[] = []): string {
  const left = new Set([...INDIFFERENT, ...except]);
  const decides = Object.entries(config).filter(([key]) => !left.has(key));
  return digestOf(inWords(Object.fromEntries(decides)));
}

/** Graphs of a program's memory, lists of edges: they name no files. */
const LARGE = new Set(['graph', 'edges', 'labels', 'weights']);

/** A text of the config that may be the name of a file. */
export interface NamedFile {
  path: string;
  role: string;
  /** Absolute. */
  file: string;
}

/** Every text in the config but names of kinds and of the run, with the path that it would be. */
export function namesIn({ config, folder }: Pick<LoadedConfig, 'config' | 'folder'>): NamedFile[] {
  const names: NamedFile[] = [];
  const visit = (value: unknown, at: readonly (string | number)[]): void => {
    if (typeof value === 'string') {
      const file = value.startsWith('file:') ? fileOfUrl(value) : path.resolve(folder, value);
      if (file !== null && value !== '' && !value.includes('\0'))
        names.push({ path: value, role: formatPath(at), file });
    } else if (value !== null && typeof value === 'object' && !ArrayBuffer.isView(value)) {
      for (const [key, part] of Object.entries(value)) {
        if (key === 'kind' || (LARGE.has(key) && typeof part !== 'string')) continue;
        visit(part, [...at, Array.isArray(value) ? Number(key) : key]);
      }
    }
  };
  const { name: _forPeople, ...rest } = config;
  visit(rest, []);
  return names;
}

/** What was read, in the words of the config. */
export function describeInputs(loaded: LoadedConfig, read: readonly InputFile[]): RunInput[] {
  const names = new Map<string, NamedFile>();
  for (const name of namesIn(loaded)) if (!names.has(name.file)) names.set(name.file, name);
  return read.map(({ file, bytes, sha256, importedBy }) => {
    const named = names.get(file);
    const role = named?.role ?? names.get(importedBy ?? '')?.role ?? '';
    return { path: named?.path ?? relativeTo(loaded.folder, file), role, bytes, sha256 };
  });
}

/** With slashes on every system. */
function relativeTo(folder: string, file: string): string {
  return path.relative(folder, file).split(path.sep).join('/');
}

function fileOfUrl(url: string): string | null {
  try {
    return fileURLToPath(url);
  } catch {
    return null;
  }
}

/** Files that are not what they were, as half a sentence; `sha256` is null where there is none any more. */
export function sayChanged(changed: readonly { input: RunInput; sha256: string | null }[]): string {
  return changed
    .map(({ input, sha256 }) => `${input.path} ${sha256 === null ? 'is gone' : 'has changed'}`)
    .join(', ');
}
