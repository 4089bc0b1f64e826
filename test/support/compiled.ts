/**
 * Tests run what is shipped: an import of `src`, `topology`, `workers` or `kernels` from a test is the
 * compiled module in `dist`, loaded by Node itself. Twins are some third faster than behind the test runner's
 * transform, and a module is loaded once for many files. `dist` is brought up to date before the first test.
 */

import { execSync } from 'node:child_process';
import { existsSync, readdirSync, statSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('../..', import.meta.url));
const compiled = /^(src|topology|workers|kernels)\/.*\.js$/;

/** For `plugins` in a Vitest config. */
export function compiledSources() {
  return {
    name: 'compiled-sources',
    enforce: 'pre' as const,
    resolveId(source: string, importer: string | undefined) {
      if (importer === undefined || !source.startsWith('.')) return null;
      const file = path.relative(root, path.resolve(path.dirname(importer), source));
      if (file.startsWith('dist/')) return path.join(root, file);
      // A source that is gone must not be found in an old build.
      const written = compiled.test(file) && existsSync(path.join(root, file.replace(/\.js$/, '.ts')));
      return written ? path.join(root, 'dist', file) : null;
    },
  };
}

const modified = (file: string) => statSync(path.join(root, file), { throwIfNoEntry: false })?.mtimeMs ?? 0;

function sources(folder: string): string[] {
  return readdirSync(path.join(root, folder), { recursive: true, encoding: 'utf8' })
    .filter((file) => /\.c?ts$/.test(file) && !file.endsWith('.d.ts'))
    .map((file) => path.join(folder, file));
}

/** As `globalSetup`: builds what is older than its source. */
export default function bringUpToDate(): void {
  const all = sources('kernels');
  const compiled = [...all.filter((file) => !/bindings|interface|reference/.test(file)), INTERFACE_WRITER];
  const wasm = Math.min(
    ...['kernels', 'kernels-float32'].map((name) => modified(`dist/kernels/${name}.wasm`)),
  );
  const stale = compiled.some((file) => modified(file) > wasm) || modified('kernels/interface.ts') === 0;
  if (stale) build('build:kernels');
  const modules = [
    ...['src', 'topology', 'workers'].flatMap(sources),
    ...all.filter((file) => /bindings|interface|reference|sizes/.test(file)),
  ];
  if (modules.some((file) => modified(file) > modified(path.join('dist', file.replace(/ts$/, 'js'))))) {
    build('build:ts');
  }
}

/** A transform of the kernels' compiler: what it writes is made with the kernels. */
const INTERFACE_WRITER = 'scripts/kernel-interface.mjs';

function build(script: string): void {
  execSync(`npm run --silent ${script}`, { cwd: root, stdio: 'inherit' });
}
