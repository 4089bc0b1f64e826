/**
 * Imports run one way, types included. Topology and kernels know nothing of src, src knows nothing of workers (it starts them by URL), and inside src every
 * folder knows those below it in a list. A kind of component is known by name in its own file alone.
 */

import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';

const root = fileURLToPath(new URL('..', import.meta.url));

/** What each folder may import from, beside itself and packages. */
const allowed: Record<string, string[]> = {
  topology: [],
  kernels: [],
  src: ['topology', 'kernels'],
  workers: ['src', 'kernels', 'topology'],
};

function sources(folder: string): string[] {
  return readdirSync(path.join(root, folder), { recursive: true, encoding: 'utf8' })
    .filter((file) => file.endsWith('.ts'))
    .map((file) => path.join(folder, file));
}

function importedFolders(file: string): { folder: string; what: string }[] {
  const text = readFileSync(path.join(root, file), 'utf8');
  const found = text.matchAll(
    /(?:^|\n)\s*(?:import|export)\s[^;]*?from\s+'(\.[^']*)'|import\('(\.[^']*)'\)/g,
  );
  return Array.from(found, ([, from, dynamic]) => {
    const target = path.relative(root, path.resolve(path.dirname(path.join(root, file)), from ?? dynamic));
    return { folder: target.split(path.sep)[0], what: target };
  });
}

/** Folders of src, each of which may import from those before it. */
const LAYERS = [
  // Files beside the folders: errors, words, what every component is told.
  'src',
  'src/schema',
  'src/arena',
  'src/sync',
  'src/trace',
  'src/data',
  'src/plugin',
  'src/compress/wire',
  'src/compress',
  'src/cost',
  'src/links',
  'src/flow',
  // What every program has; choosing gains; the programs; who they are.
  'src/run',
  'src/tune',
  'src/program/flow',
  'src/program/parameter-server',
  'src/program',
  // What a user meets: files in, files out, a run, many runs.
  'src/config',
  'src/output',
  'src/profile',
  'src/session',
  'src/certify',
  'src/compare',
  'src/library',
  'src/report',
  'src/bench',
  'src/cli',
];
/** The library's door, above all. */
const TOP = 'src/index.ts';

function layerOf(file: string): number {
  return file.replace(/\.js$/, '.ts') === TOP ? LAYERS.length : LAYERS.indexOf(path.dirname(file));
}

describe('imports run one way', () => {
  it.each(Object.keys(allowed))('%s', (folder) => {
    const wrong = sources(folder).flatMap((file) =>
      importedFolders(file)
        .filter(({ folder: target }) => target !== folder && !allowed[folder].includes(target))
        .map(({ what }) => `${file} imports ${what}`),
    );
    expect(wrong).toEqual([]);
  });

  it('every folder of src has its place', () => {
    const folders = new Set(sources('src').map((file) => path.dirname(file)));
    expect([...folders].sort()).toEqual([...LAYERS].sort());
  });

  it.each(LAYERS.slice(1))('%s imports from what stands below it', (layer) => {
    const upwards = sources(layer)
      .filter((file) => path.dirname(file) === layer && file !== TOP)
      .flatMap((file) =>
        importedFolders(file)
          .filter(({ folder, what }) => folder === 'src' && layerOf(what) > layerOf(file))
          .map(({ what }) => `${file} imports ${what}`),
      );
    expect(upwards).toEqual([]);
  });

  it('the loop knows no mathematics: no cost, flow or compressor in workers/round-loop.ts', () => {
    const imports = importedFolders('workers/round-loop.ts').map(({ what }) => what);
    expect(imports.filter((what) => /cost|flow|compress|kernels/.test(what))).toEqual([]);
  });

  it('workers load no parser, no linear algebra and no zod', () => {
    const seen = new Set<string>();
    const packages = new Set<string>();
    const visit = (file: string) => {
      if (seen.has(file)) return;
      seen.add(file);
      const text = readFileSync(path.join(root, 'dist', file), 'utf8');
      for (const [, from] of text.matchAll(/(?:^|\n)\s*(?:import|export)\s[^;]*?from\s+'([^']*)'/g)) {
        if (from.startsWith('.')) visit(path.join(path.dirname(file), from));
        else packages.add(from);
      }
    };
    visit('workers/agents.js');
    expect([...packages].filter((name) => !name.startsWith('node:'))).toEqual([]);
  });
});
