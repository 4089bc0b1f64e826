/**
 * Imports run one way, types included. Topology and kernels know nothing of src, src knows nothing of workers
 * (it starts them by URL), and inside src every folder knows those below it in a list. A kind of component is
 * known by name in its own file alone.
 */

import { existsSync, readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { beforeAll, describe, expect, it } from 'vitest';
import { loadRegistries } from '../src/config/registries.js';
import { type SourceFacts, sourceFacts, type Word } from './support/source-facts.js';

const root = fileURLToPath(new URL('..', import.meta.url));

/** What each folder may import from, beside itself and packages. */
const allowed: Record<string, string[]> = {
  topology: [],
  kernels: [],
  src: ['topology', 'kernels'],
  workers: ['src', 'kernels', 'topology'],
};

/** Files that import what a computation names: modules and packages of the user's, hooks by URL, another build, an example. */
const COMPUTED_IMPORTS = [
  'src/plugin/modules.ts',
  'src/plugin/typescript.ts',
  'src/ranks/open.ts',
  'src/library/turns-process.ts',
  'src/bench/startup.ts',
  'src/cli/dashboard.ts',
];

function sources(folder: string): string[] {
  return readdirSync(path.join(root, folder), { recursive: true, encoding: 'utf8' })
    .filter((file) => /\.[cm]?[jt]sx?$/.test(file))
    .map((file) => path.join(folder, file));
}

const read = (file: string) => readFileSync(path.join(root, file), 'utf8');

const known = new Map<string, SourceFacts>();
/** Each file is parsed once. */
function factsOf(file: string): SourceFacts {
  const facts = known.get(file) ?? sourceFacts(file, read(file));
  known.set(file, facts);
  return facts;
}

interface Target {
  /** A source file, from the root. */
  what: string;
  folder: string;
  types: boolean;
}

/** The files of ours that a file imports. */
function targetsOf(file: string, { imports }: SourceFacts = factsOf(file)): Target[] {
  return imports
    .filter(({ from }) => from.startsWith('.'))
    .map(({ from, types }) => {
      const target = path.join(path.dirname(file), from).replace(/\.([cm]?)js(x?)$/, '.$1ts$2');
      // Kernels leave it out, as AssemblyScript does.
      const what = path.extname(target) === '' ? `${target}.ts` : target;
      return { folder: what.split(path.sep)[0] as string, what, types };
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
  // Other processes of the same run, and how bytes get there.
  'src/ranks',
  'src/ranks/mpi',
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
  'src/checkpoint',
  'src/profile',
  'src/page',
  'src/session',
  'src/queue',
  'src/machines',
  'src/certify',
  'src/compare',
  'src/sweep',
  'src/learn',
  'src/verify',
  'src/figures',
  'src/report',
  'src/timeline',
  'src/library',
  'src/dashboard',
  'src/bench',
  'src/cli',
];
/** The library's door, above all. */
const TOP = 'src/index.ts';

function layerOf(file: string): number {
  return file === TOP ? LAYERS.length : LAYERS.indexOf(path.dirname(file));
}

/** What of a file's imports goes the wrong way, or cannot be seen to go the right one. */
function wrongImports(file: string, facts: SourceFacts = factsOf(file)): string[] {
  const folder = file.split(path.sep)[0] as string;
  const computed = COMPUTED_IMPORTS.includes(file) ? [] : facts.computed;
  const unclear = facts.imports
    .map(({ from }) => from)
    .filter((from) => path.isAbsolute(from) || /^(sottovoce|#|file:)/.test(from));
  const wrong = targetsOf(file, facts)
    .filter(({ folder: target, what }) =>
      target === folder
        ? folder === 'src' && file !== TOP && layerOf(what) > layerOf(file)
        : !allowed[folder]?.includes(target),
    )
    .map(({ what }) => what);
  return [...computed, ...unclear, ...wrong].map((what) => `${file} imports ${what}`);
}

describe('imports run one way', () => {
  it.each(Object.keys(allowed))('%s', (folder) => {
    expect(sources(folder).flatMap((file) => wrongImports(file))).toEqual([]);
  });

  it('every folder of src has its place', () => {
    const folders = new Set(sources('src').map((file) => path.dirname(file)));
    expect([...folders].sort()).toEqual([...LAYERS].sort());
  });

  it('the table of docs/architecture.md has the folders in the same order', () => {
    const rows = read('docs/architecture.md').matchAll(/^\| [^|]+ \| (`src[^|]*) \|/gm);
    const table = Array.from(rows, ([, cell]) =>
      Array.from(cell!.matchAll(/`([^`]+)`/g), ([, name]) => name),
    );
    const layers = LAYERS.map((layer) => layer.replace(/^src\/program\/.*/, 'src/program/NAME'));
    const shown = layers.map((layer) => (layer === 'src' ? 'src/runtime.ts' : layer));
    expect(table.flat()).toEqual([...new Set(shown), TOP]);
  });

  it('no file imports what imports it', () => {
    const graph = new Map(
      Object.keys(allowed)
        .flatMap(sources)
        .map((file) => [file, targetsOf(file).map(({ what }) => what)]),
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

  it('every import of ours is a file that is there', () => {
    const missing = Object.keys(allowed)
      .flatMap(sources)
      .flatMap((file) => targetsOf(file).map(({ what }) => what))
      .filter((what) => !existsSync(path.join(root, what)));
    expect(missing).toEqual([]);
  });

  it('no file exports all of another twice', () => {
    const twice = sources('src').flatMap((file) => {
      const lines = Array.from(read(file).matchAll(/^export \* from .*$/gm), ([line]) => line);
      return lines.filter((line, at) => lines.indexOf(line) < at).map((line) => `${file}: ${line}`);
    });
    expect(twice).toEqual([]);
  });

  it('the loop knows no mathematics: no cost, flow or compressor in workers/round-loop.ts', () => {
    const imports = targetsOf('workers/round-loop.ts').map(({ what }) => what);
    expect(imports.length).toBeGreaterThan(0);
    expect(imports.filter((what) => /cost|flow|compress|kernels/.test(what))).toEqual([]);
  });

  /** Files of dist, and packages, that are loaded at once with one. */
  function loadedWith(entry: string): { files: string[]; packages: string[] } {
    const seen = new Set<string>();
    const packages = new Set<string>();
    const visit = (file: string) => {
      if (seen.has(file)) return;
      seen.add(file);
      for (const { from, late } of sourceFacts(file, read(path.join('dist', file))).imports) {
        if (late) continue;
        if (from.startsWith('.')) visit(path.join(path.dirname(file), from));
        else if (!from.startsWith('node:')) packages.add(from);
      }
    };
    visit(entry);
    return { files: [...seen], packages: [...packages].sort() };
  }

  it('workers load no parser, no linear algebra and no zod', () => {
    const { files, packages } = loadedWith('workers/agents.js');
    expect(files.length).toBeGreaterThan(50);
    expect(packages).toEqual([]);
  });

  it('a start loads no more than it needs', () => {
    // A coordinator is given a config that has been checked; what parses and checks is as large as all the rest.
    const coordinator = loadedWith('workers/coordinator.js');
    expect(coordinator.files.length).toBeGreaterThan(100);
    expect(coordinator.packages).toEqual([
      'comlink',
      'comlink/dist/esm/node-adapter.mjs',
      'picocolors',
      'piscina',
    ]);
    // The thread of a run is begun before anything else is loaded.
    expect(loadedWith('src/cli/command.js').files.length).toBeLessThan(12);
    const run = loadedWith('src/cli/run.js');
    const engine = /\/(cost|flow|compress|links|schema|program)\//;
    expect(run.files.filter((file) => engine.test(file))).toEqual([]);
    expect(run.packages).not.toContain('piscina');
    // Nobody who asks for no queue loads one.
    for (const name of ['run', 'sweep', 'map', 'compare', 'worker'])
      expect(loadedWith(`src/cli/${name}.js`).packages.join(' ')).not.toContain('@nats-io');
    expect(loadedWith('src/library/where.js').packages.join(' ')).not.toContain('@nats-io');
  });
});

describe('an import is seen however it is written', () => {
  it.each([
    "import '../session/workers.js';",
    "import { run } from '../session/workers.js'",
    'import { run } from "../session/workers.js";',
    "import { /* one; two */ run } from '../session/workers.js';",
    "const a = 1; import { run } from '../session/workers.js';",
    "import type { Run } from '../session/workers.js';",
    "export * from '../session/workers.js';",
    "import workers = require('../session/workers.js');",
    "const workers = require('../session/workers.js');",
    "const workers = createRequire(import.meta.url)('../session/workers.js');",
    "await import('../session/workers.js');",
    'await import(`../session/workers.js`);',
    "await import(/* late */ '../session/workers.js');",
    "await import(\n  '../session/workers.js'\n);",
    "await import(new URL('../session/workers.js', import.meta.url).href);",
    "type Run = import('../session/workers.js').Run;",
    "/// <reference path='../session/workers.ts' />",
    "import { run } from 'sottovoce';",
    "import { run } from '/somewhere/src/session/workers.js';",
    "import { agents } from '../../workers/agents.js';",
  ])('%s', (text) => {
    expect(wrongImports('src/flow/new.ts', sourceFacts('new.ts', text))).toHaveLength(1);
  });

  it.each([
    "import { sparse } from '../compress/wire/sparse.js';",
    "import path from 'node:path';",
    "// import '../session/workers.js';",
    "/** `import '../session/workers.js'` */",
    'const text = "import \'../session/workers.js\'";',
    "export { sign } from './sign.js';",
  ])('and is none, or a right one: %s', (text) => {
    expect(wrongImports('src/flow/new.ts', sourceFacts('new.ts', text))).toEqual([]);
  });
});

/** Where kinds live. */
const FAMILIES = ['src/compress', 'src/cost', 'src/flow', 'src/links', 'src/program', 'topology/generators'];
/** Files that may name all: lists of kinds, types written from them, and benchmarks, which choose. */
const MAY_NAME = [
  /^src\/bench\//,
  /^src\/library\/specs\.ts$/,
  /^src\/(compress|cost|flow|links|program)\/(registry|kinds)\.ts$/,
  /^topology\/registry\.ts$/,
];
const mayName = (file: string) => MAY_NAME.some((pattern) => pattern.test(file));
/** Words that are a kind's name and something else as well, as long as nothing is compared with them. */
const ORDINARY = new Set(['path']);
/**
 * Words of a language of its own: what zod calls a refinement, what a link of a parameter server may say in
 * short, a flow that is to find the agents' average, losses as the kernels' references know them, Graph500's
 * word for the logarithm of a size, and the graphs that a policy is trained on where a config names none.
 */
const OWN_WORDS: Record<string, string[]> = {
  custom: ['src/schema/explain.ts', 'src/plugin/modules.ts'],
  'one-bit': ['src/program/'],
  flatten: ['src/program/'],
  threshold: ['src/compress/event-triggered.ts'],
  average: ['src/flow/', 'src/program/flow/', 'src/tune/types.ts'],
  'exact-diffusion': ['src/flow/nids.ts'],
  'random-regular': ['src/learn/lesson.ts'],
  'erdos-renyi': ['src/learn/lesson.ts'],
  // A key of `trace`.
  every: ['src/schema/explain.ts'],
  // An option of sweep().
  grid: ['src/library/sweep.ts'],
  // Fields of a message have these names.
  scale: ['topology/generators/kronecker.ts', 'src/compress/wire/signs.ts'],
  sign: ['src/compress/wire/signs.ts'],
  logistic: ['kernels/reference/'],
  huber: ['kernels/reference/'],
  'nonconvex-logistic': ['kernels/reference/'],
};
/** Graphs made of other graphs. */
const MAY_IMPORT = ['src/links/one-peer-exponential.ts'];

const familyOf = (file: string) => FAMILIES.find((folder) => file.startsWith(`${folder}/`));
const baseOf = (file: string) => path.basename(file).replace(/\..*$/, '');

/** Whether a file of a family is `word`'s own by its name, or its folder's: `top-k.ts`, `mlp-host.ts`. */
function isNamedAfter(file: string, word: string): boolean {
  if (familyOf(file) === undefined) return false;
  const base = baseOf(file);
  return [base, path.basename(path.dirname(file))].some(
    (name) => name === word || name.startsWith(`${word}-`) || word.startsWith(`${name}-`),
  );
}

/** The kind that a word asks for, if it is one. */
function askedFor({ text, role, beside }: Word, kinds: ReadonlySet<string>): string | null {
  switch (role) {
    case 'key':
      return kinds.has(text) && beside.length !== 1 && beside.every((key) => kinds.has(key)) ? text : null;
    case 'pattern':
      return kinds.has(text.replaceAll(/[\^$]/g, '')) ? text : null;
    case 'part':
      if (text.length > 2 && /^[a-z0-9]+-$|^-[a-z0-9]+$/.test(text)) {
        return [...kinds].some((kind) => kind.startsWith(text) || kind.endsWith(text)) ? text : null;
      }
      break;
    case 'compared':
      if (/^[a-z0-9(), -]+\)$/.test(text)) {
        return text.split(/[(), ]+/).some((word) => kinds.has(word)) ? text : null;
      }
      break;
  }
  return kinds.has(text) ? text : null;
}

/** What a file says of kinds that are not its own. */
function kindsNamed(file: string, kinds: ReadonlySet<string>, facts = factsOf(file)): string[] {
  if (mayName(file)) return [];
  // What a file defines is its own, too: aliases have no file each.
  const defines = ({ role, beside }: Word) => role === 'kind' && beside.includes('metadata');
  const own = new Set(
    familyOf(file) === undefined ? [] : facts.words.filter(defines).map(({ text }) => text),
  );
  return facts.words.flatMap((word) => {
    const asked = askedFor(word, kinds);
    if (asked === null || own.has(asked) || isNamedAfter(file, asked)) return [];
    if (ORDINARY.has(asked) && word.role === 'other') return [];
    if (OWN_WORDS[asked]?.some((place) => file.startsWith(place))) return [];
    // A composition names its parts, as a config does.
    const composes =
      word.role === 'kind' && (file.startsWith('src/compress/') || word.within.includes('examples'));
    return composes ? [] : [`${file} names ${asked}`];
  });
}

/** Kinds that a file knows by importing the file of each: outside of its family only a list does. */
function kindsImported(file: string, kinds: ReadonlySet<string>, facts = factsOf(file)): string[] {
  if (mayName(file) || MAY_IMPORT.includes(file)) return [];
  return targetsOf(file, facts)
    .filter(({ what, types }) => {
      const family = familyOf(what);
      return !types && family !== undefined && family !== familyOf(file) && kinds.has(baseOf(what));
    })
    .map(({ what }) => `${file} imports ${what}`);
}

/** What helps where a new kind's name is an ordinary word. */
const CURE = [
  'ask for what a definition or its plan says, not for a kind;',
  'a word that only looks like one goes into ORDINARY or OWN_WORDS of test/architecture.test.ts',
].join(' ');

describe('a kind is known by name in its own file alone', () => {
  let kinds: ReadonlySet<string>;
  beforeAll(async () => {
    const { compressors, costs, flows, links, programs, topologies } = await loadRegistries();
    kinds = new Set(
      [compressors, costs, flows, links, programs, topologies].flatMap((registry) => Object.keys(registry)),
    );
  });

  it('and nobody asks for it elsewhere', () => {
    const files = ['src', 'topology', 'kernels', 'workers', 'scripts'].flatMap(sources);
    expect(
      files.flatMap((file) => kindsNamed(file, kinds)),
      CURE,
    ).toEqual([]);
    expect(
      files.flatMap((file) => kindsImported(file, kinds)),
      CURE,
    ).toEqual([]);
  });

  const namedIn = (file: string, text: string) => {
    const facts = sourceFacts(file, text);
    return [...kindsNamed(file, kinds, facts), ...kindsImported(file, kinds, facts)];
  };

  it.each([
    ['src/session/new.ts', "if (k.kind === 'top-k') f();"],
    ['src/session/new.ts', 'if (k.kind === "top-k") f();'],
    ['src/session/new.ts', 'if (k.kind === `top-k`) f();'],
    ['src/session/new.ts', "switch (k) { case 'average': f(); }"],
    ['src/session/new.ts', "if (k === 'path') f();"],
    ['src/session/new.ts', "const quick = [\n  'sign',\n  'admm',\n]; if (k === 'sign') f();"],
    ['src/session/new.ts', "const url = 'http://x'; if (k === 'top-k') f();"],
    ['src/session/new.ts', "if ({ kind: 'top-k' }.kind === k.kind) f();"],
    ['src/session/new.ts', "const own = {\n  kind: 'top-k',\n  metadata: {},\n};"],
    ['src/session/new.ts', 'const cost = { sign: 1, admm: 3 };'],
    ['src/session/new.ts', 'const f = flows.admm;'],
    ['src/session/new.ts', 'const { sign } = registries.compressors;'],
    ['src/session/new.ts', "if (k === 'flatten(sign)') f();"],
    ['src/session/new.ts', 'if (/^top-k$/.test(k)) f();'],
    ['src/session/new.ts', "if (k.startsWith('scalarize-')) f();"],
    ['src/session/new.ts', "import { topK } from '../compress/top-k.js'; if (k.kind === topK.kind) f();"],
    ['src/session/s.ts', "if (k === 'sign') f();"],
    ['src/session/sign.ts', "if (k === 'sign') f();"],
    ['src/session/foo-registry.ts', "if (k === 'sign') f();"],
    ['src/compress/s.ts', "if (k === 'sign') f();"],
    ['src/compress/new.ts', "const inner = {\n  kind: 'top-k',\n}; if (k === 'top-k') f();"],
    ['src/flow/new.ts', "const like = 'admm';"],
    ['kernels/new.ts', "if (k === 'sign') f();"],
    ['scripts/new.mjs', "if (k === 'sign') f();"],
  ])('refused in %s: %s', (file, text) => {
    expect(namedIn(file, text)).not.toEqual([]);
  });

  it.each([
    ['src/compress/sign.ts', "export const sign = define({ kind: 'sign' }); if (k === 'sign') f();"],
    ['src/compress/aliases.ts', "export const a = { kind: 'flattened-sign', metadata: {} };"],
    ['src/compress/every.ts', "export const every = define({ examples: [{ inner: { kind: 'sign' } }] });"],
    ['src/cost/mlp-host.ts', "const plan = { kind: 'mlp' };"],
    ['src/flow/power-gossip.ts', "const KIND = 'power-gossip-sgd';"],
    ['src/flow/registry.ts', "if (k === 'admm') f();"],
    ['src/program/new/spec.ts', "const link = { kind: 'one-bit' };"],
    ['src/session/new.ts', "// if (k === 'sign')\nconst text = 'a sign, and top-k of it';"],
    ['src/session/new.ts', "const at = { path, every: 3 }; const s = at['path'];"],
    ['src/session/new.ts', "import type { Link } from '../compress/top-k.js';"],
    ['src/session/new.ts', 'const scaled = x.scale * plan.threshold;'],
  ])('fine in %s: %s', (file, text) => {
    expect(namedIn(file, text)).toEqual([]);
  });
});
