/**
 * Every block of README.md and docs/ is what it claims to be: commands run as they stand, programs run,
 * configs run, and what shows neither (equations, tables, output) has nothing in it that somebody would
 * paste. Blocks are found by themselves; those that are shortened or not run are named below, with the
 * reason.
 *
 * A file that a block names in its first line (`# ring.yaml`, `// two-level.mjs`) is written; those of the
 * README are there for every document.
 *
 * In the gate what README.md shows runs whole, and every tenth block of the other pages;
 * all of them with `npm run test:docs`.
 */

import { spawn } from 'node:child_process';
import { chmodSync, mkdirSync, readdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from 'vitest';
import { parse, stringify } from 'yaml';
import { temporaryFolder } from '../support/run.js';
import { ALL, someOf } from '../support/some.js';

const root = fileURLToPath(new URL('../..', import.meta.url));
const main = path.join(root, 'dist/src/cli/main.js');

/**
 * Commands that are not run as they stand: `add` makes them shorter, in the gate alone where `whole`; without
 * it they are not run. `late`: run with `npm run test:all` alone.
 */
const COMMANDS: { matches: RegExp; why: string; add?: string; late?: true; whole?: true }[] = [
  {
    matches: /compare ring\.yaml/,
    why: 'a quarter of a minute; test/compare has them',
    add: '--seeds 1 --tune 2 --rounds 200',
    whole: true,
  },
  { matches: /sottovoce dashboard/, why: 'it serves until Ctrl-C; test/dashboard has it' },
  { matches: /sottovoce .*--queue nats/, why: 'it needs a NATS server; npm run test:queue has one' },
  { matches: /^npm ci\b/, why: 'it installs and builds this very tree' },
  { matches: /^node examples\/02-/, why: 'minutes on MNIST; test/examples has a few rounds of it' },
  {
    matches: /(sweep|map) ring\.yaml/,
    why: 'dozens of runs; test/sweep has them',
    add: '--rounds 100 --set flow.tuning=formula',
  },
  { matches: /compare (choose|edge)\.yaml/, why: 'minutes', add: '--seeds 1 --tune 2 --rounds 20' },
  { matches: /compare examples\/12-digraph/, why: 'minutes', add: '--seeds 1 --tune 2 --rounds 20' },
  {
    matches: /compare town-study\.yaml/,
    why: 'half a minute',
    add: '--seeds 1 --tune 2 --rounds 20',
  },
  { matches: /plot study /, why: 'it draws what the command above it leaves; test/figures has many' },
  { matches: /resume runs\//, why: 'it goes on with a run that was stopped: test/checkpoint has many' },
  { matches: /sottovoce bench distortion/, why: 'a minute and more; test/bench has it', add: '--quick' },
  { matches: /^node bench\//, why: 'minutes to hours of measuring, on data that is not ours' },
  {
    matches: /^node examples\/03-/,
    why: 'some seconds for each of four methods',
    add: '--rounds 20',
    late: true,
  },
  { matches: /^node examples\//, why: 'test/examples runs it', add: '', late: true },
  {
    matches: /^(npx )?sottovoce verify ring/,
    why: 'a dozen runs; test/verify has them',
    add: '',
    late: true,
  },
  {
    matches: /profile ring\.yaml .*(--against|--repeats)/,
    why: 'half a minute each, and another build; test/profile/against.test.ts has them',
  },
  { matches: /profile ring\.yaml/, why: 'five seconds of recording', add: '--seconds 0.3' },
  {
    matches: /plot paper /,
    why: 'of the comparison above it, which runs at the same time here; test/figures has both',
  },
  {
    matches: /profile profiles\/one-bit/,
    why: 'a hundred thousand agents',
    add: '--rounds 2 --set topology.nodes=2000 --no-html',
  },
];

/** Parts of configs that a base config does not make whole, by their beginning. */
const FRAGMENTS: [string, string][] = [
  ['topology: { kind: random-digraph', 'its flow is push-sum; test/links/push-sum.test.ts'],
  [
    'network: { bandwidth: 1 Mbit/s, latency: 20 ms, edges: links.csv }',
    "a reader's own file, shown below it",
  ],
  ['cost:\n  kind: softmax', 'MNIST; test/examples'],
  ['cost: { kind: mlp', 'its data is left out; docs say so with dots'],
];

/** Blocks in a language that is not run. */
const FOREIGN: [string, string][] = [
  ['ssh -L', 'another machine'],
  ['#!/bin/bash\n#SBATCH', 'a batch system of a cluster'],
  ['nats-server -js', 'a server, which serves until it is ended'],
  ['numactl --cpunodebind', 'a machine with several NUMA nodes'],
  ['docker run --cpuset', 'an image of one’s own'],
  ['#!/bin/sh\nnpx sottovoce bench round', 'minutes of measuring, and a branch of one’s own'],
  ['import pandas as pd', 'pandas, on the file that the command above it has written'],
];

/** Of docs/data-out.md: run by test/docs/data-out.test.ts where their programs are installed. */
const LANGUAGES = ['python', 'sql', 'r', 'matlab', 'javascript'];

/** What the parts of configs are made whole with. */
const BASE = {
  topology: { kind: 'ring', nodes: 5 },
  cost: { kind: 'logistic', data: 'examples/data/train.libsvm', regularization: 0.01 },
  flow: { kind: 'primal-dual', step: 0.1, alpha: 1, beta: 0.5 },
  rounds: 5,
  workers: 1,
};
const CONFIG_KEYS = [
  'topology',
  'weights',
  'cost',
  'flow',
  'compressor',
  'links',
  'network',
  'modules',
  'program',
  'rounds',
  'stop',
  'seed',
  'workers',
  'trace',
  'init',
  'layout',
];

type Block =
  | { kind: 'file'; name: string; text: string }
  | { kind: 'program' | 'fragment' | 'commands' | 'foreign' | 'figure'; text: string };

const SHELL = /^(\$ )?(npx|npm|node|sottovoce|python3?|pip|curl|git) /;
const CODE = /^(import|export|const|let|await|from) /;

function blocksOf(markdown: string): Block[] {
  const blocks: Block[] = [];
  const lines = markdown.split('\n');
  for (let at = 0; at < lines.length; at++) {
    const fence = /^```(\w*)/.exec(lines[at]);
    if (fence) {
      const end = lines.indexOf('```', at + 1);
      expect(end, `a fence without an end at line ${at + 1}`).toBeGreaterThan(at);
      blocks.push(fenced(fence[1], lines.slice(at + 1, end).join('\n')));
      at = end;
    } else if (/^ {4}\S/.test(lines[at]) && !/\S/.test(lines[at - 1] ?? '')) {
      let end = at;
      while (/^ {4}/.test(lines[end] ?? '')) end++;
      blocks.push(
        indented(
          lines
            .slice(at, end)
            .map((line) => line.slice(4))
            .join('\n'),
        ),
      );
      at = end;
    }
  }
  return blocks;
}

function fenced(language: string, text: string): Block {
  const name = /^(?:#|\/\/) ([\w.-]+\.(?:ya?ml|mjs|ts|csv))\b/.exec(text)?.[1];
  if (name !== undefined) return { kind: 'file', name, text };
  if (language === 'ts' || language === 'js') return { kind: 'program', text };
  if (language === 'yaml') return { kind: 'fragment', text };
  if (LANGUAGES.includes(language ?? '')) return { kind: 'foreign', text };
  if (language === 'sh' || language === 'bash') return { kind: 'commands', text };
  return indented(text);
}

function indented(text: string): Block {
  if (FOREIGN.some(([beginning]) => text.startsWith(beginning))) return { kind: 'foreign', text };
  if (SHELL.test(text)) return { kind: 'commands', text };
  if (isFragment(text)) return { kind: 'fragment', text };
  return { kind: 'figure', text };
}

const withoutRemarks = (text: string) =>
  text.replaceAll(/ {4,}.*$/gm, (remark) => (remark.trim() === '' ? remark : ''));

function isFragment(text: string): boolean {
  const keys = text
    .split('\n')
    .filter((line) => !line.startsWith(' '))
    .map((line) => /^(\w+):(\s|$)/.exec(line)?.[1]);
  return keys.every((key) => key !== undefined && CONFIG_KEYS.includes(key));
}

/** One a line; what follows `#` or four spaces is said to the reader. */
function commandsOf(text: string): string[] {
  return text
    .replaceAll(/\\\n\s*/g, '')
    .split('\n')
    .map((line) =>
      line
        .replace(/^\$ /, '')
        .replace(/\s+# .*$/, '')
        .replace(/ {4,}.*$/, '')
        .trim(),
    );
}

/** Where everybody begins. */
const FIRST = ['README.md'];

const documents = [
  'README.md',
  ...readdirSync(path.join(root, 'docs'), { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.md'))
    .map((name) => `docs/${name}`),
];
const blocks = new Map(
  documents.map((name) => [name, blocksOf(readFileSync(path.join(root, name), 'utf8'))]),
);
const knownOf = (command: string) => COMMANDS.find(({ matches }) => matches.test(command));
const scriptOf = (command: string) => /^npm (?:run )?([\w:]+)/.exec(command)?.[1];

/** What runs of the others. */
const runnable = documents
  .filter((document) => !FIRST.includes(document))
  .flatMap((document) => runnableOf(document).map((text) => `${document}\n${text}`));
const chosen = new Set(someOf(runnable, 10));

function runnableOf(document: string): string[] {
  return (blocks.get(document) ?? []).flatMap(({ kind, text }) => {
    if (kind === 'commands') return commandsOf(text).filter(isCommandToRun);
    return kind === 'program' || kind === 'fragment' ? [text] : [];
  });
}

/** Scripts are this package's own: what they run is what tests and examples run. */
function isCommandToRun(command: string): boolean {
  const known = knownOf(command);
  const runs = known === undefined || (known.add !== undefined && (!known.late || ALL));
  return runs && scriptOf(command) === undefined;
}

const isTurn = (document: string, text: string) =>
  FIRST.includes(document) || chosen.has(`${document}\n${text}`);

const { scripts } = JSON.parse(readFileSync(path.join(root, 'package.json'), 'utf8'));

const folder = temporaryFolder();
const bin = path.join(folder, 'bin');
mkdirSync(bin);
for (const [name, shift] of [
  ['npx', '[ "$1" = sottovoce ] || exit 127; shift; '],
  ['sottovoce', ''],
]) {
  writeFileSync(path.join(bin, name), `#!/bin/sh\n${shift}exec "${process.execPath}" "${main}" "$@"\n`);
  chmodSync(path.join(bin, name), 0o755);
}

/** Where somebody stands who reads a document in a clone, with the files that it shows. */
function placeFor(document: string): string {
  const place = path.join(folder, document.replaceAll(/\W/g, '-'));
  mkdirSync(path.join(place, 'node_modules'), { recursive: true });
  symlinkSync(root, path.join(place, 'node_modules', 'sottovoce'));
  for (const name of ['examples', 'profiles', 'bench'])
    symlinkSync(path.join(root, name), path.join(place, name));
  for (const source of new Set(['README.md', document])) {
    for (const block of blocks.get(source) ?? []) {
      if (block.kind === 'file') writeFileSync(path.join(place, block.name), block.text);
    }
  }
  return place;
}

async function shell(command: string, cwd: string): Promise<{ status: number | null; said: string }> {
  const env = { ...process.env, PATH: `${bin}:${process.env['PATH']}`, NO_COLOR: '1' };
  const child = spawn('bash', ['-c', command], { cwd, env });
  let said = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding('utf8').on('data', (text) => {
      said += text;
    });
  }
  const status = await new Promise<number | null>((resolve) => child.once('close', resolve));
  return { status, said };
}

describe.each(documents)('%s', (document) => {
  const place = placeFor(document);
  const found = blocks.get(document) as Block[];

  const commands = found.flatMap((block) => (block.kind === 'commands' ? commandsOf(block.text) : []));
  if (commands.length > 0) {
    test.concurrent.each([...new Set(commands)])(
      '$ %s',
      async (command) => {
        expect(command, 'a line of a block of commands').toMatch(SHELL);
        const script = scriptOf(command);
        const known = knownOf(command);
        if (script !== undefined && script !== 'ci') expect(Object.keys(scripts)).toContain(script);
        if (!isCommandToRun(command) || !isTurn(document, command)) return;
        const { status, said } = await shell(
          known && !(known.whole && ALL) ? `${command} ${known.add}` : command,
          place,
        );
        expect({ status, said }).toMatchObject({ status: 0 });
        // A grid in which cells were refused is a command that does not do what it is shown for.
        expect(said).not.toMatch(/\brefused\b/);
      },
      300_000,
    );
  }

  const programs = found.filter(({ kind, text }) => kind === 'program' && isTurn(document, text));
  if (programs.length > 0) {
    test.concurrent.each(programs.map(({ text }, at) => [at, text] as const))(
      'program %i',
      async (at, text) => {
        const file = path.join(place, `program-${at}.mjs`);
        writeFileSync(file, text);
        expect(await shell(`node ${file}`, place)).toMatchObject({ status: 0 });
      },
      300_000,
    );
  }

  const fragments = found.filter(
    ({ kind, text }) =>
      kind === 'fragment' &&
      !FRAGMENTS.some(([beginning]) => text.startsWith(beginning)) &&
      isTurn(document, text),
  );
  if (fragments.length > 0) {
    test.concurrent.each(fragments.map(({ text }, at) => [text.split('\n')[0], at, text] as const))(
      '%s',
      async (_line, at, text) => {
        const file = `fragment-${at}.yaml`;
        const said = parse(withoutRemarks(text));
        const whole = 'program' in said ? said : { ...BASE, ...said };
        writeFileSync(path.join(place, file), stringify({ ...whole, rounds: 5 }));
        expect(await shell(`sottovoce run ${file} -q --out fragment-${at}`, place)).toMatchObject({
          status: 0,
        });
      },
      300_000,
    );
  }

  test('shows nothing else that somebody would paste', () => {
    for (const block of found) {
      if (block.kind !== 'figure') continue;
      for (const line of block.text.split('\n')) {
        expect(line).not.toMatch(SHELL);
        expect(line).not.toMatch(CODE);
      }
    }
  });
});

test('what is not run as it stands is still there', () => {
  const all = [...blocks.values()].flat();
  const commands = all.flatMap((block) => (block.kind === 'commands' ? commandsOf(block.text) : []));
  for (const { matches } of COMMANDS)
    expect(
      commands.some((command) => matches.test(command)),
      String(matches),
    ).toBe(true);
  for (const [beginning] of [...FRAGMENTS, ...FOREIGN]) {
    expect(
      all.some(({ text }) => text.startsWith(beginning)),
      beginning,
    ).toBe(true);
  }
});
