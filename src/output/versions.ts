/**
 * Versions of Sottovoce, Node and the packages it stands on: what a manifest needs so that a run can be
 * repeated.
 */

import { createHash } from 'node:crypto';
import { existsSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { PRECISIONS } from '../arena/layout.js';
import { bundledUrl, kernelsOf } from '../run/locations.js';

export interface Versions {
  sottovoce: string;
  node: string;
  v8: string;
  dependencies: Record<string, string>;
  /** SHA-256 of the compiled kernels: others may round otherwise. */
  kernels: string;
}

interface PackageJson {
  name?: string;
  version?: string;
  dependencies?: Record<string, string>;
}

let cached: { folder: string; data: PackageJson } | null = null;

/** Our own package.json, found upwards from here: sources and `dist` lie at different depths. */
function ownPackage(): { folder: string; data: PackageJson } {
  if (cached) return cached;
  let folder = dirname(fileURLToPath(import.meta.url));
  for (;;) {
    const data = readPackage(join(folder, 'package.json'));
    if (data?.name === 'sottovoce') {
      cached = { folder, data };
      return cached;
    }
    const parent = dirname(folder);
    if (parent === folder) return { folder, data: {} };
    folder = parent;
  }
}

export function ownVersion(): string {
  return ownPackage().data.version ?? 'unknown';
}

export function versions(): Versions {
  const { folder, data } = ownPackage();
  const dependencies: Record<string, string> = {};
  const bundled = readJson<Record<string, string>>(fileURLToPath(bundledUrl)) ?? {};
  for (const name of Object.keys(data.dependencies ?? {}).sort())
    dependencies[name] = bundled[name] ?? installedVersion(folder, name);
  return {
    sottovoce: ownVersion(),
    node: process.versions.node,
    v8: process.versions.v8,
    dependencies,
    kernels: kernelsDigest(),
  };
}

let kernels: string | null = null;

export function kernelsDigest(): string {
  if (kernels !== null) return kernels;
  const hash = createHash('sha256');
  for (const precision of PRECISIONS) hash.update(readFileSync(kernelsOf(precision)));
  kernels = hash.digest('hex');
  return kernels;
}

/**
 * Looks where Node would: in this package's node_modules, then in those around it (where we are a dependency
 * ourselves).
 */
function installedVersion(from: string, name: string): string {
  let folder = from;
  for (;;) {
    const data = readPackage(join(folder, 'node_modules', name, 'package.json'));
    if (data?.version) return data.version;
    const parent = dirname(folder);
    if (parent === folder) return 'unknown';
    folder = parent;
  }
}

const readPackage = (file: string) => readJson<PackageJson>(file);

function readJson<T>(file: string): T | null {
  if (!existsSync(file)) return null;
  try {
    return JSON.parse(readFileSync(file, 'utf8')) as T;
  } catch {
    return null;
  }
}
