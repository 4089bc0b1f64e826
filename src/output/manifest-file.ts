/** Whether a path means a run that was, and what its manifest says. */

import { readFileSync, statSync } from 'node:fs';
import path from 'node:path';
import type { Manifest } from './manifest.js';

/** No config has as many. */
const MOST_LEVELS = 200;

/** The manifest that a path means: itself, or the one in a folder. Null where it is none. */
export function manifestAt(given: string): string | null {
  const file = statSync(given, { throwIfNoEntry: false })?.isDirectory()
    ? path.join(given, 'manifest.json')
    : given;
  if (!file.endsWith('.json')) return null;
  return readManifest(file) === null ? null : path.resolve(file);
}

export function readManifest(file: string): Manifest | null {
  const manifest = readJson<Manifest>(file);
  return isManifest(manifest) ? manifest : null;
}

/** As far as it is read here; its config is checked as any other. */
function isManifest(data: unknown): data is Manifest {
  if (!isObject(data) || depthOf(data) > MOST_LEVELS) return false;
  const { format, run, config, machine, inputs = [], plan = null } = data;
  if (typeof format !== 'string' || !format.startsWith('sottovoce-run/')) return false;
  if (!isObject(config) || !isObject(machine)) return false;
  const { folder = null, configFile = null } = machine;
  const texts = [folder, configFile].every((text) => text === null || typeof text === 'string');
  const named = run === undefined || typeof run === 'string';
  const chosen =
    plan === null || (isObject(plan) && (plan['gains'] === undefined || isObject(plan['gains'])));
  const files =
    Array.isArray(inputs) &&
    inputs.every(
      (input) => isObject(input) && typeof input['path'] === 'string' && typeof input['sha256'] === 'string',
    );
  return texts && named && chosen && files;
}

export function isObject(data: unknown): data is Record<string, unknown> {
  return data !== null && typeof data === 'object' && !Array.isArray(data);
}

/** Level by level: what is nested deeper than a stack is no reason to fail. */
function depthOf(data: unknown): number {
  let depth = 0;
  for (let level = [data]; level.length > 0 && depth <= MOST_LEVELS; depth++) {
    level = level.flatMap((value) =>
      value !== null && typeof value === 'object' ? Object.values(value as object) : [],
    );
  }
  return depth;
}

export function readJson<T>(file: string): T | null {
  try {
    if (!statSync(file).isFile()) return null;
    return JSON.parse(readFileSync(file, 'utf8')) as T;
  } catch {
    return null;
  }
}
