/**
 * The built command line as a user meets it: a process, its output and its exit code. Of many cases of one
 * kind (help, bad usage) one is a process, and the others run on this thread.
 */

import { spawn, spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import { sottovoce as onThisThread } from '../support/command-line.js';

const MAIN = resolve('dist/src/cli/main.js');
const folder = mkdtempSync(join(tmpdir(), 'sottovoce-cli-'));
afterAll(() => rmSync(folder, { recursive: true }));

function sottovoce(...args: string[]) {
  const { status, stdout, stderr } = spawnSync(process.execPath, [MAIN, ...args], {
    cwd: folder,
    encoding: 'utf8',
    timeout: 240_000,
    env: { ...process.env, NO_COLOR: '1', SOTTOVOCE_DEBUG: '' },
  });
  return { status, stdout, stderr };
}

const GOOD = `topology: { kind: ring, nodes: 5 }
cost: { kind: quadratic, dim: 4 }
flow: { kind: primal-dual }
`;

describe.skipIf(!existsSync(MAIN))('sottovoce', () => {
  test('--version', () => {
    expect(sottovoce('--version')).toEqual({ status: 0, stdout: '0.1.0\n', stderr: '' });
  });

  test.each([
    [['--help'], ['Examples:', 'Exit codes: 0 done', 'topology', 'schema', 'list']],
    [
      ['run', '--help'],
      ['Examples:', 'manifest.json', 'trace.csv', 'x.npy', 'agents.csv', 'Exit codes', '--set <path=value>'],
    ],
    [
      ['topology', 'inspect', '--help'],
      ['Examples:', '--weights', 'lambda2'],
    ],
    [
      ['topology', 'generate', '--help'],
      ['ring', 'torus', 'Examples:'],
    ],
    [
      ['topology', 'generate', 'torus', '--help'],
      ['--rows <count>', '--columns <count>', '--out <file>'],
    ],
    [
      ['topology', 'convert', '--help'],
      ['--largest-component', 'Examples:'],
    ],
    [
      ['report', '--help'],
      ['Examples:', 'report: false', '--out', 'Exit codes'],
    ],
    [['list', '--help'], ['Examples:']],
    [
      ['plot', '--help'],
      ['Examples:', '--facet graph', 'agents-gap', 'Exit codes'],
    ],
    [
      ['dashboard', '--help'],
      ['Examples:', '--token <text>', 'ssh -L', 'Exit codes'],
    ],
    [
      ['learn', '--help'],
      ['Examples:', 'learn:', 'policy.json', '--queue <address>', 'Exit codes'],
    ],
    [['schema', '--help'], ['yaml-language-server']],
  ])('%j teaches', async (args, words) => {
    const { status, stdout, stderr } =
      args.length === 1 ? sottovoce(...args) : await onThisThread(folder, ...args);
    expect(status).toBe(0);
    expect(stderr).toBe('');
    for (const word of words) expect(stdout).toContain(word);
  });

  test.each([
    [[], 'Usage: sottovoce'],
    [['rnu', 'x.yaml'], "unknown command 'rnu'"],
    [['dashboard', 'x.yaml'], 'error: x.yaml: there is no such file\n'],
    [['dashboard', '--port', '70000'], 'error: --port is 70000, expected at most 65535\n'],
    [['dashboard', '--token', 'short'], 'error: the token is too short'],
    [['run'], "missing required argument 'config'"],
    [['run', 'x.yaml', '--round', '3'], 'Did you mean --rounds?'],
    [['run', 'x.yaml'], 'error: x.yaml: there is no such file\n'],
    [['run', '.'], 'error: . is a folder, expected a config file\n'],
    [['run', 'x.yaml', '--set', 'rounds'], 'error: --set rounds: expected path=value\nhint: '],
    [
      ['list', 'compresors'],
      'error: family is "compresors", expected one of topologies, costs, flows, programs, compressors, links; did you mean compressors?',
    ],
    [
      ['topology', 'inspect', 'a.edges', '--weights', 'metroplis'],
      'error: --weights is "metroplis", expected one of unit, metropolis, file; did you mean metropolis?',
    ],
    [
      ['topology', 'convert', 'a.edges', 'b.gml', '--separator', 'dots'],
      'error: --separator is "dots", expected one of tab, comma, semicolon, bar, space',
    ],
    [['learn', 'x.yaml'], "required option '-o, --out <file>' not specified"],
    [['learn', 'x.yaml', '--out', 'p.json'], 'error: x.yaml: there is no such file\n'],
    [['plot', 'x', '--out', 'a.svg'], 'error: x: there is no such folder\n'],
    [['topology', 'inspect'], 'error: neither a file nor --kind is given'],
    [['topology', 'inspect', '--kind', 'rign', '--nodes', '3'], 'did you mean ring?'],
    [
      ['topology', 'inspect', '--kind', 'ring', '--nodes', 'x'],
      'error: --nodes is the text "x", expected a whole number >= 1',
    ],
    [
      ['topology', 'inspect', '--kind', 'watts-strogatz', '--nodes', '9', '--degree', '3', '--rewire', '0'],
      '--degree is 3, expected an even',
    ],
    [['topology', 'generate', 'ring', '--nodes', '5'], "required option '-o, --out <file>' not specified"],
    [['topology', 'generate', 'rign'], "unknown command 'rign'"],
    [['topology', 'convert', 'a.gml', './a.gml'], 'is the file being read'],
  ])('%j is bad usage: exit code 2, and why', async (args, message) => {
    // One that commander refuses, and one that the command does.
    const spawned = ['rnu x.yaml', 'run .'].includes(args.join(' '));
    const { status, stdout, stderr } = spawned ? sottovoce(...args) : await onThisThread(folder, ...args);
    expect(stderr).toContain(message);
    expect(stdout).toBe('');
    expect(status).toBe(2);
  });

  const nowhere = (name: string) => join(folder, 'nowhere', name);
  test.each([
    ['plot', 'run', '--out', nowhere('a.svg')],
    ['plot', 'run', '--out', join(folder, 'b.svg'), '--table', nowhere('t.tex')],
    ['report', 'run', '--out', nowhere('report.html')],
    ['topology', 'generate', 'ring', '--nodes', '5', '--out', nowhere('ring.csv')],
    ['certify', 'sign', '--dim', '8', '--picture', nowhere('decay.svg')],
    ['bench', 'barrier', '--json', nowhere('b.json')],
    ['bench', 'barrier', '--picture', nowhere('b.svg')],
  ])(
    'a file in a folder that is not there is said before the work, and nothing is written: %s %s',
    async (...args) => {
      const before = readdirSync(folder);
      const { status, stdout, stderr } = await onThisThread(folder, ...args);
      expect(stderr).toMatch(/cannot be written: there is no folder \S*nowhere/);
      expect(stderr).not.toContain('.part');
      expect(stdout).toBe('');
      expect(status).toBe(2);
      expect(readdirSync(folder)).toEqual(before);
    },
  );

  test('a bad config: every line of it, nothing written', () => {
    writeFileSync(join(folder, 'bad.yaml'), `${GOOD}rounds: 0\ncompressor: { kind: sing }\n`);
    const before = readdirSync(folder);
    const { status, stderr } = sottovoce('run', 'bad.yaml', '--workers', '0');
    expect(status).toBe(2);
    expect(stderr).toContain('error: bad.yaml:4:9: rounds is 0, expected a whole number in 1..2147483647\n');
    expect(stderr).toContain('error: bad.yaml:5:21: compressor.kind is "sing", expected one of ');
    expect(stderr).toContain(
      'error: --workers 0: workers is 0, expected auto or a whole number in 1..1024\n',
    );
    expect(stderr).not.toContain('    at ');
    expect(readdirSync(folder)).toEqual(before);
  });

  test('--debug shows where', () => {
    expect(sottovoce('run', 'none.yaml', '--debug').stderr).toMatch(/\n {4}at /);
  });

  test('topology inspect --json of a graph made on the spot', () => {
    const { status, stdout } = sottovoce(
      'topology',
      'inspect',
      '--kind',
      'torus',
      '--rows',
      '5',
      '--columns',
      '5',
      '--json',
    );
    expect(status).toBe(0);
    const inspection = JSON.parse(stdout);
    expect(inspection).toMatchObject({ nodes: 25, edges: 50, components: 1, diameter: 4 });
    expect(inspection.lambda2).toBeCloseTo(1.3819660113, 9);
    expect(inspection.lambdaMax).toBeCloseTo(7.2360679775, 9);
  });

  test('schema and list come from the registries', async () => {
    const schema = JSON.parse((await onThisThread(folder, 'schema')).stdout);
    expect(schema.properties).toHaveProperty('compressor');
    const list = JSON.parse((await onThisThread(folder, 'list', '--json')).stdout);
    const families = ['topologies', 'costs', 'flows', 'programs', 'compressors', 'links'];
    expect(Object.keys(list)).toEqual([...families, 'precision']);
    const flows = JSON.parse((await onThisThread(folder, 'list', 'flows', '--json')).stdout);
    expect(Object.keys(flows)).toEqual(['flows']);
    for (const family of Object.values<{ kind: string; summary: string }[]>(list)) {
      expect(family.length).toBeGreaterThan(0);
      for (const { kind, summary } of family) expect(`${kind}: ${summary}`).toMatch(/^[a-z0-9-]+: .+/);
    }
    expect((await onThisThread(folder, 'list', 'compressors')).stdout).toMatch(/^compressors\n {2}\S+ +\S/);
  });

  test('a run: five files, a plan, a summary', async () => {
    writeFileSync(join(folder, 'good.yaml'), GOOD);
    const { status, stdout, stderr } = sottovoce(
      'run',
      'good.yaml',
      '--out',
      'out/one',
      '--rounds',
      '50',
      '--workers',
      '1',
    );
    expect(stderr).toBe('');
    expect(status).toBe(0);
    expect(stdout).toMatch(/^good\n {2}memory +\S+ \w+ shared, about/);
    expect(stdout).toMatch(/\nfinished {2}good: 50 rounds in /);
    expect(readdirSync(join(folder, 'out/one')).sort()).toEqual([
      'agents.csv',
      'manifest.json',
      'report.html',
      'summary.json',
      'trace.csv',
      'trace.parquet',
      'x.npy',
    ]);
    const read = (name: string) => readFileSync(join(folder, 'out/one', name), 'utf8');
    expect(JSON.parse(read('summary.json'))).toMatchObject({
      status: 'finished',
      rounds: 50,
      agents: 5,
      workers: 1,
    });
    expect(read('trace.csv').trim().split('\n')).toHaveLength(1 + 51);

    // The resolved config in the manifest is itself a config, and gives the same bits.
    writeFileSync(join(folder, 'again.json'), JSON.stringify(JSON.parse(read('manifest.json')).config));
    const again = JSON.parse(
      (await onThisThread(folder, 'run', 'again.json', '--out', 'out/two', '--json')).stdout,
    );
    expect(again.stateHash).toBe(JSON.parse(read('summary.json')).stateHash);
  });

  test('results are not written over what is somebody else’s', () => {
    writeFileSync(join(folder, 'good.yaml'), GOOD);
    const { status, stderr } = sottovoce('run', 'good.yaml', '--out', '.');
    expect(status).toBe(2);
    expect(stderr).toMatch(/^error: \. is not empty and holds no earlier run/);
  });

  test('a parameter that only the plan can refuse has its line too', () => {
    writeFileSync(join(folder, 'late.yaml'), `${GOOD}compressor:\n  kind: top-k\n  k: 9\n`);
    const { status, stderr } = sottovoce('run', 'late.yaml');
    expect(stderr).toBe('error: late.yaml:6:6: compressor.k is 9, expected 1..4 (dim)\n');
    expect(status).toBe(2);
  });

  test('Ctrl-C ends a run after its round, with its results', async () => {
    writeFileSync(join(folder, 'good.yaml'), GOOD);
    const args = [MAIN, 'run', 'good.yaml', '--rounds', '2000000000', '--out', 'out/stopped'];
    const child = spawn(process.execPath, args, { cwd: folder, stdio: ['ignore', 'pipe', 'pipe'] });
    let errors = '';
    child.stderr.on('data', (data) => {
      errors += data;
      // The first line of progress: the run is under way.
      if (/round [\d,]+ of/.test(String(data))) child.kill('SIGINT');
    });
    const status = await new Promise((done) => child.on('close', done));
    expect(errors).toContain('stopping after this round…');
    expect(status).toBe(130);
    const summary = JSON.parse(readFileSync(join(folder, 'out/stopped/summary.json'), 'utf8'));
    expect(summary.status).toBe('stopped');
    expect(summary.rounds).toBeGreaterThan(0);
  });

  test('topology: generate, inspect and convert files', async () => {
    const topology = (...args: string[]) => onThisThread(folder, 'topology', ...args);
    const generated = await topology('generate', 'ring', '--nodes', '25', '--out', 'ring.graphml');
    expect(generated).toEqual({ status: 0, stdout: 'ring.graphml: 25 nodes, 25 edges\n', stderr: '' });
    expect((await topology('convert', 'ring.graphml', 'ring.json')).status).toBe(0);
    const inspection = JSON.parse((await topology('inspect', 'ring.json', '--json')).stdout);
    expect(inspection).toMatchObject({ nodes: 25, edges: 25, diameter: 12 });
    expect(inspection.lambda2).toBeCloseTo(0.0628336777, 9);
    expect(await topology('inspect', 'none.gml')).toMatchObject({ status: 2, stdout: '' });
  });

  test('a closed pipe is not an error', async () => {
    const child = spawn(process.execPath, [MAIN, 'schema'], {
      cwd: folder,
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    let errors = '';
    child.stderr.on('data', (data) => {
      errors += data;
    });
    child.stdout.destroy();
    const status = await new Promise((done) => child.on('close', done));
    expect(errors).toBe('');
    expect(status).toBe(0);
  });
});
