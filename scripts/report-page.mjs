/**
 * Script and style sheet of reports, built by Vite into dist/pages/report.js and report.css: one file each,
 * which every report carries in itself.
 */

import { existsSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('..', import.meta.url));
const NEEDED = ['vite', 'uplot', 'd3-force', 'ml-matrix'];

/** `note` is called with the path of every module that is bundled. */
export async function buildReport(note) {
  const missing = NEEDED.filter((name) => !existsSync(path.join(root, 'node_modules', name)));
  if (missing.length > 0) {
    // A clone whose packages are of yesterday. What is packed without it fails its test.
    console.warn(`${missing.join(', ')} not installed, so this build can write no reports: npm ci`);
    return;
  }
  const { build } = await import('vite');
  await build({
    root,
    configFile: false,
    publicDir: false,
    logLevel: 'warn',
    plugins: [{ name: 'note', moduleParsed: ({ id }) => note(id) }],
    build: {
      outDir: path.join(root, 'dist/pages'),
      emptyOutDir: false,
      target: 'es2022',
      reportCompressedSize: false,
      lib: {
        entry: path.join(root, 'pages/report/main.ts'),
        formats: ['iife'],
        name: 'report',
        fileName: () => 'report.js',
        cssFileName: 'report',
      },
      rollupOptions: {
        // Files and memory are asked for where graphs are read; a page only lays them out.
        external: [/^node:/],
        treeshake: { moduleSideEffects: (id) => !id.startsWith('node:') },
      },
    },
  });
}
