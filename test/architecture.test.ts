/** Imports run one way: topology and kernels know nothing of src, src knows nothing of workers (it starts them by URL). */

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

function importedFolders(file: string): { folder: string; typeOnly: boolean; what: string }[] {
  const text = readFileSync(path.join(root, file), 'utf8');
  const found = text.matchAll(
    /(?:^|\n)\s*(?:import|export)\s+(type\s)?[^;]*?from\s+'(\.[^']*)'|import\('(\.[^']*)'\)/g,
  );
  return Array.from(found, ([, type, from, dynamic]) => {
    const target = path.relative(root, path.resolve(path.dirname(path.join(root, file)), from ?? dynamic));
    return { folder: target.split(path.sep)[0], typeOnly: type !== undefined, what: target };
  });
}

describe('imports run one way', () => {
  it.each(Object.keys(allowed))('%s', (folder) => {
    const wrong = sources(folder).flatMap((file) =>
      importedFolders(file)
        .filter(({ folder: target, typeOnly }) => {
          // The types of what a worker reports are part of what src reads; nothing of workers is executed by it.
          const typesOfWorkers = folder === 'src' && target === 'workers' && typeOnly;
          return target !== folder && !allowed[folder].includes(target) && !typesOfWorkers;
        })
        .map(({ what }) => `${file} imports ${what}`),
    );
    expect(wrong).toEqual([]);
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
