/**
 * Imports run one way, types included. Topology and kernels know nothing of src, src knows nothing of workers
 * (it starts them by URL), and inside src every folder knows those below it in a list. A kind of component is
 * known by name in its own file alone.
 */

import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { loadRegistries } from '../src/config/registries.js';

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
  // Errors and words; the shared memory; what every component is planned and bound with (src/runtime.ts).
  'src/base',
  'src/arena',
  'src',
  'src/schema',
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
  // A program is a folder here, wherever its name comes in the alphabet.
  ...sources('src/program')
    .map((file) => path.dirname(file))
    .filter((folder, at, all) => folder !== 'src/program' && all.indexOf(folder) === at),
  'src/program',
  // What a user meets: files in, files out, a run, many runs.
  'src/config',
  'src/output',
  'src/profile',
  'src/session',
  'src/certify',
  'src/compare',
  'src/report',
  'src/library',
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

  it.each(LAYERS)('%s imports from what stands below it', (layer) => {
    const upwards = sources(layer)
      .filter((file) => path.dirname(file) === layer && file !== TOP)
      .flatMap((file) =>
        importedFolders(file)
          .filter(({ folder, what }) => folder === 'src' && layerOf(what) > layerOf(file))
          .map(({ what }) => `${file} imports ${what}`),
      );
    expect(upwards).toEqual([]);
  });

  it('no file imports what imports it', () => {
    const graph = new Map(
      Object.keys(allowed)
        .flatMap(sources)
        .map((file) => [file, importedFolders(file).map(({ what }) => what.replace(/\.js$/, '.ts'))]),
    );
    const circles: string[] = [];
    const done = new Set<string>();
    const visit = (file: string, way: string[]) => {
      if (way.includes(file)) circles.push([...way.slice(way.indexOf(file)), file].join(' -> '));
      if (done.has(file) || way.includes(file)) return;
      for (const next of graph.get(file) ?? []) visit(next, [...way, file]);
      done.add(file);
    };
    for (const file of graph.keys()) visit(file, []);
    expect(circles).toEqual([]);
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

/** Quoted words that are a kind's name and something else as well. */
const ORDINARY = new Set(['flow', 'path', 'average']);
/**
 * Files that may say more: benchmarks choose what they measure, and types of configs are written from the
 * registries.
 */
const MAY_NAME = /^src\/(bench\/|library\/specs\.ts|.*registry\.ts$)/;
/**
 * Words of a language of its own: what zod calls a refinement, and what a link of a parameter server may say
 * in short.
 */
const OWN_WORDS: Record<string, string[]> = {
  custom: ['src/schema/explain.ts'],
  'one-bit': ['src/program/parameter-server/'],
  threshold: ['src/compress/event-triggered.ts'],
  flatten: ['src/program/parameter-server/'],
};

describe('a kind is known by name in its own file alone', () => {
  it('and nobody asks for it elsewhere', async () => {
    const { compressors, costs, flows, links, programs, topologies } = await loadRegistries();
    const kinds = new Set(
      [compressors, costs, flows, links, programs, topologies].flatMap((registry) => Object.keys(registry)),
    );
    const named = ['src', 'topology', 'workers'].flatMap(sources).flatMap((file) => {
      if (MAY_NAME.test(file)) return [];
      const text = readFileSync(path.join(root, file), 'utf8')
        .replaceAll(/\/\*[\s\S]*?\*\//g, '')
        .replaceAll(/\/\/.*$/gm, '');
      const own = new Set(
        Array.from(
          text.matchAll(/^\s*(?:kind: |const KIND = |.*literal\()?'([a-z0-9-]+)'/gm),
          ([, kind]) => kind,
        ),
      );
      // A composition names its parts, as a config does.
      const rest = text.replaceAll(/\{ kind: '[a-z0-9-]+'/g, '');
      return Array.from(rest.matchAll(/'([a-z0-9-]+)'/g), ([, word]) => word).flatMap((word) => {
        const fine =
          !kinds.has(word) ||
          ORDINARY.has(word) ||
          own.has(word) ||
          word.startsWith(path.basename(file, '.ts')) ||
          word === path.basename(path.dirname(file)) ||
          OWN_WORDS[word]?.some((place) => file.startsWith(place));
        return fine ? [] : [`${file} names ${word}`];
      });
    });
    expect(named).toEqual([]);
  });
});
