/**
 * A run again, from what it left: the manifest's config with the gains that were chosen then, so that nothing
 * is chosen a second time; and which of the files that it was made from are not what they were.
 */

import { createHash } from 'node:crypto';
import { createReadStream, statSync } from 'node:fs';
import path from 'node:path';
import { formatPath, InputError, type SpecPath } from '../base/errors.js';
import { showPath } from '../base/show-path.js';
import { parseConfig } from '../config/load.js';
import type { LoadedConfig, Override, RunConfig } from '../run/config.js';
import { configDigest, type RunInput } from '../run/inputs.js';
import type { Summary } from '../run/reports.js';
import type { Manifest } from './manifest.js';
import { isObject, manifestAt, readJson, readManifest } from './manifest-file.js';

export interface KeptRun {
  /** Absolute path of its manifest. */
  file: string;
  manifest: Manifest;
  /** What it was run with; its gains are numbers. */
  loaded: LoadedConfig;
  /** Null where it has none: it did not come to its end. */
  summary: Summary | null;
  /** Files that are not what they were; `sha256` is null where there is none any more. */
  changed: { input: RunInput; sha256: string | null }[];
  /** What somebody should know, as sentences. */
  notes: string[];
}

/**
 * @param given a manifest, or the folder of a run
 * @param overrides laid over its config
 * @throws InputError where there is none, or where it holds no more than hashes of what was in memory
 */
export async function loadManifest(given: string, overrides: readonly Override[] = []): Promise<KeptRun> {
  const file = manifestAt(given);
  const manifest = file === null ? null : readManifest(file);
  if (file === null || manifest === null)
    throw new InputError(`${showPath(given)} is no run's folder and no manifest`, { file: given });
  const notes: string[] = [];
  if (manifest.configDigest !== undefined && configDigest(manifest.config) !== manifest.configDigest)
    notes.push('the config in the manifest has been edited since it was written');
  refuseHashes(manifest.config, []);
  const folder = folderOf(manifest, file, notes);
  const fixed = withGains(manifest);
  const parsed = await parseConfig({ ...fixed, name: fixed.name ?? manifest.name }, { folder, overrides });
  const { changes } = manifest;
  const loaded: LoadedConfig =
    changes === undefined
      ? parsed
      : { ...parsed, changes: (await import('../run/edits.js')).checkChanges(changes) };
  const changed: KeptRun['changed'] = [];
  for (const input of manifest.inputs ?? []) {
    const sha256 = await hashOf(path.resolve(folder, input.path));
    if (sha256 !== input.sha256) changed.push({ input, sha256 });
  }
  return {
    file,
    manifest,
    loaded,
    summary: readJson(path.join(path.dirname(file), 'summary.json')),
    changed,
    notes,
  };
}

/** Every parameter that was `auto` and became a number, as that number. */
export function withGains({
  config,
  plan,
}: {
  config: RunConfig;
  plan: { gains: Readonly<Record<string, number>> } | null;
}): RunConfig {
  const gains = plan?.gains ?? {};
  const fixed = (section: unknown) =>
    Object.fromEntries(
      Object.entries(section as object).map(([name, value]) => [
        name,
        value === 'auto' && Number.isFinite(gains[name]) ? gains[name] : value,
      ]),
    );
  const sections = ['flow', 'program'].filter((name) => isObject(config[name]));
  return { ...config, ...Object.fromEntries(sections.map((name) => [name, fixed(config[name])])) };
}

function folderOf({ machine }: Manifest, file: string, notes: string[]): string {
  const folder = machine.folder ?? (machine.configFile == null ? null : path.dirname(machine.configFile));
  if (folder !== null && isFolder(folder)) return folder;
  const own = path.dirname(file);
  if (folder !== null)
    notes.push(`${showPath(folder)} is gone: paths in the config are taken from ${showPath(own)}`);
  return own;
}

/** Data of a program's memory, of which a manifest has the hash. */
function refuseHashes(value: unknown, at: SpecPath): void {
  if (value === null || typeof value !== 'object') return;
  if (typeof (value as { sha256?: unknown }).sha256 === 'string') {
    throw new InputError(
      `${formatPath(at)} was in the memory of a program, and a manifest keeps no more than its hash: this run cannot be made from it`,
      { path: at, hint: 'run the program again, or write the data to a file and name it in the config' },
    );
  }
  for (const [key, part] of Object.entries(value)) refuseHashes(part, [...at, key]);
}

function isFolder(folder: string): boolean {
  try {
    return statSync(folder).isDirectory();
  } catch {
    return false;
  }
}

async function hashOf(file: string): Promise<string | null> {
  const hash = createHash('sha256');
  try {
    for await (const part of createReadStream(file)) hash.update(part as Buffer);
    return hash.digest('hex');
  } catch {
    return null;
  }
}
