/**
 * The second half of a build: what starts a process or a thread is bundled, one folder each in dist/bundle,
 * and the file that tsc made for it becomes a line that loads the bundle. A run then reads some ten files
 * where it read seven hundred: that, and not the work, was most of its start.
 *
 * Everything else in dist is as tsc left it, the library included; without this half all works alike, later.
 * Scripts of pages, for browsers, are bundled into dist/pages with the packages that draw them.
 *
 * A thread or process loads one bundle and has each module once. Folders lie two below dist, as src/session
 * does: `locations.ts` looks up from either.
 */

import { createHash } from 'node:crypto';
import { existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { rolldown } from 'rolldown';
import { buildDashboard } from './pages.mjs';
import { buildReport } from './report-page.mjs';

const root = fileURLToPath(new URL('..', import.meta.url));

/** `stubs` are what tsc made of it, and are written over. */
const BUNDLES = [
  {
    name: 'program',
    input: {
      program: 'src/cli/program.ts',
      command: 'src/cli/command.ts',
      startup: 'src/cli/startup-process.ts',
    },
    stubs: {
      'dist/src/cli/program.js':
        "import { createRequire } from 'node:module';\nexport const { main } = createRequire(import.meta.url)('../../bundle/load.cjs')('program/program.cjs');",
      'dist/src/cli/sottovoce.cjs':
        "#!/usr/bin/env node\nrequire('../../bundle/load.cjs')('program/command.cjs').command();",
      'dist/src/cli/startup-process-entry.cjs': "require('../../bundle/load.cjs')('program/startup.cjs');",
    },
  },
  ...['coordinator', 'agents', 'cell'].map((name) => ({
    name,
    input: { [name]: `workers/${name}.ts` },
    stubs: {
      [`dist/workers/${name}-entry.cjs`]: `module.exports = require('../bundle/load.cjs')('${name}/${name}.cjs');`,
    },
  })),
];

/** These find files of their own beside themselves; or are needed by few (a queue), and not at a start. */
const EXTERNAL = [
  /^@nats-io\//,
  /^@swc\//,
  /^piscina(\/|$)/,
  /^@resvg\//,
  /^assemblyscript(\/|$)/,
  /^pdfkit$/,
];

/**
 * Few files rather than small ones: what a start loads anyway, what a config is checked with, and what
 * several parts share. The rest stays apart until it is needed.
 */
const CONFIG =
  /src[\\/](config[\\/](load|spec-text)|(compress|cost|flow|links)[\\/]registry|program[\\/][a-z-]+[\\/]sections)\.ts$|topology[\\/]registry\.ts$/;
/** What begins the thread of a run, before anything else of the command line is loaded. */
const COMMAND =
  /src[\\/](cli[\\/](command|streams)|session[\\/](coordinator-thread|host)|run[\\/]locations|plugin[\\/]watch|base[\\/]errors)\.ts$|topology[\\/]errors\.ts$/;
/** Beside the command line, not in it. */
const ALONE = /src[\\/]cli[\\/]startup-process\.ts$/;
const GROUPS = [
  { name: 'start', tags: ['$initial'], test: (id) => !ALONE.test(id), priority: 4 },
  // What shares nothing with the rest, and is not to bring it along.
  { name: 'clock', test: /src[\\/]run[\\/]clock\.ts$/, priority: 3 },
  // What makes a run, without what checks its config: a coordinator is given a config that has been checked.
  { name: 'stages', test: /src[\\/]program[\\/]flow[\\/]stages\.ts$/, priority: 3 },
  { name: 'config', test: CONFIG, priority: 2 },
  { name: 'shared', test: (id) => !id.includes('node_modules'), minShareCount: 2, priority: 1 },
];

/** Zod's messages in forty languages are a third of it, and ours are our own. */
const ENGLISH_ONLY = {
  name: 'english-only',
  load: {
    filter: { id: /[\\/]zod[\\/]v4[\\/]locales[\\/]index\.js$/ },
    handler: () => "export { default as en } from './en.js';",
  },
};

/** A worker binds programs, and never reads a config or plans: what does stays out of its bundle. */
const BOUND_ONLY = {
  name: 'bound-only',
  resolveId: {
    filter: { id: /^\.\/(stages|sections)\.js$/ },
    handler: (id) => ({ id: `host-only:${id}`, external: true }),
  },
};

/** Pages have a style sheet of their own. */
const NO_STYLES = {
  name: 'no-styles',
  load: { filter: { id: /\.css$/ }, handler: () => ({ code: '', moduleType: 'js' }) },
};

/** What stands for `import` of files that only a run knows, such as a user's module: see load-bundle.cjs. */
const IMPORT = "require('../load.cjs').importModule(";

const packages = new Map();
/** Of pages: they are not part of what a run is. */
const pagePackages = new Map();
const build = createHash('sha256');
rmSync(path.join(root, 'dist/bundle'), { recursive: true, force: true });
for (const { name, input, stubs } of BUNDLES) {
  const bundle = await rolldown({
    cwd: root,
    input,
    platform: 'node',
    plugins: name === 'agents' ? [ENGLISH_ONLY, BOUND_ONLY] : [ENGLISH_ONLY],
    external: EXTERNAL,
    resolve: { extensionAlias: { '.js': ['.ts', '.js'] } },
    transform: { target: 'es2023' },
    // A module that is imported at once and, elsewhere, when needed is there at once.
    checks: { ineffectiveDynamicImport: false },
  });
  const { output } = await bundle.write({
    dir: path.join(root, 'dist/bundle', name),
    format: 'cjs',
    sourcemap: true,
    comments: false,
    // Without what only people read: a quarter of the package. Names stay, and the threads that are profiled.
    minify:
      name === 'agents' ? false : { compress: false, mangle: false, codegen: { removeWhitespace: true } },
    strict: true,
    codeSplitting: {
      groups: name === 'program' ? [{ name: 'command', test: COMMAND, priority: 5 }, ...GROUPS] : GROUPS,
    },
    entryFileNames: '[name].cjs',
    chunkFileNames: '[name]-[hash].cjs',
  });
  await bundle.close();
  for (const { fileName, code, source, moduleIds = [] } of output) {
    for (const id of moduleIds) noteSourcePackage(id);
    const file = path.join(root, 'dist/bundle', name, fileName);
    if (moduleIds.length > 0) {
      const text = code.replaceAll(/(?<![\w$.])import\(/g, IMPORT);
      build.update(text);
      writeFileSync(file, text);
    } else if (fileName.endsWith('.map')) {
      // Lines and names of sources are what a profile needs; their text, two thirds of a map, it does not.
      writeFileSync(file, JSON.stringify({ ...JSON.parse(source), sourcesContent: undefined }));
    }
  }
  for (const [stub, load] of Object.entries(stubs)) writeFileSync(path.join(root, stub), `${load}\n`);
}
await bundlePage('flame-graph');
await buildDashboard((id) => noteSourcePackage(id, pagePackages));
await buildReport((id) => noteSourcePackage(id, pagePackages));
writeNotices();
writeLoader();

/** The loader knows which build it is of: what was compiled of another one is of no use to it. */
function writeLoader() {
  const loader = readFileSync(path.join(root, 'scripts/load-bundle.cjs'), 'utf8');
  writeFileSync(
    path.join(root, 'dist/bundle/load.cjs'),
    loader.replace("'BUILD'", `'${build.digest('hex')}'`),
  );
}

/** One file that a page carries in itself. */
async function bundlePage(name) {
  if (!existsSync(path.join(root, 'node_modules/d3-flame-graph'))) {
    // A clone whose packages are of yesterday. What is packed without it fails its test.
    console.warn(`d3-flame-graph is not installed, so flame graphs cannot be drawn by this build: npm ci`);
    return;
  }
  const bundle = await rolldown({
    cwd: root,
    input: { [name]: `pages/${name}.ts` },
    platform: 'browser',
    plugins: [NO_STYLES],
    transform: { target: 'es2020' },
  });
  const file = path.join(root, 'dist/pages', `${name}.js`);
  const { output } = await bundle.write({ file, format: 'iife', minify: true, comments: false });
  await bundle.close();
  for (const { moduleIds = [] } of output) for (const id of moduleIds) noteSourcePackage(id, pagePackages);
}

function noteSourcePackage(id, into = packages) {
  const found = /^(.*\/node_modules\/((?:@[^/]+\/)?[^/]+))\//.exec(id);
  if (found) into.set(found[2], found[1]);
}

/** What is bundled is distributed with us: its versions, for manifests, and its licences. */
function writeNotices() {
  const folders = new Map([...pagePackages, ...packages]);
  const manifests = [...folders.keys()]
    .sort()
    .map((name) => JSON.parse(readFileSync(path.join(folders.get(name), 'package.json'), 'utf8')));
  const ran = manifests.filter(({ name }) => packages.has(name));
  const versions = Object.fromEntries(ran.map(({ name, version }) => [name, version]));
  writeFileSync(path.join(root, 'dist/bundle/packages.json'), `${JSON.stringify(versions, null, 2)}\n`);
  const notices = manifests.map(({ name, version, license }) => {
    const file = ['LICENSE', 'LICENSE.md', 'LICENSE.txt', 'LICENSE-MIT', 'license', 'LICENCE']
      .map((candidate) => path.join(folders.get(name), candidate))
      .find(existsSync);
    return `${name} ${version} (${license})\n\n${file ? readFileSync(file, 'utf8').trim() : 'No licence file came with it.'}\n`;
  });
  writeFileSync(path.join(root, 'dist/bundle/LICENSES.txt'), notices.join(`\n${'-'.repeat(80)}\n\n`));
}
