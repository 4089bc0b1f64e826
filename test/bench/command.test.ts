/**
 * `sottovoce bench NAME --quick`: every benchmark of the registry runs and writes what it says. No time is
 * asserted anywhere.
 */

import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, describe, expect, it, vi } from 'vitest';
import { openPeers } from '../../src/bench/peers-open.js';
import { benchmarks } from '../../src/bench/registry.js';
import type { BenchDocument } from '../../src/bench/report.js';
import { main } from '../../src/cli/main.js';
import { ALL } from '../support/some.js';

// Spinning threads on a loaded machine: a quick benchmark may take its time there.
vi.setConfig({ testTimeout: 600_000 });

const folder = mkdtempSync(path.join(os.tmpdir(), 'sottovoce-bench-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

async function run(...argv: string[]) {
  const texts = { stdout: '', stderr: '' };
  const output = (name: 'stdout' | 'stderr') => ({
    write(text: string) {
      texts[name] += text;
    },
  });
  const exitCode = await main(['bench', ...argv], {
    stdout: output('stdout'),
    stderr: output('stderr'),
    env: {},
    debug: false,
  });
  return { exitCode, ...texts };
}

const readDocument = (file: string) => JSON.parse(readFileSync(file, 'utf8')) as BenchDocument;

describe.each(benchmarks.map(({ name }) => name).filter((name) => name !== 'targets'))(
  'bench %s --quick',
  (name) => {
    it('prints machine and tables, and writes figures with their spread', async () => {
      const file = path.join(folder, `${name}.json`);
      const { exitCode, stdout, stderr } = await run(
        name,
        '--quick',
        '--passes',
        '1',
        '--json',
        file,
        '--quiet',
      );
      expect(stderr).toBe('');
      expect(exitCode).toBe(0);
      expect(stdout).toContain(`Node ${process.versions.node}`);
      const document = readDocument(file);
      expect(document).toMatchObject({
        format: 'sottovoce-bench-1',
        benchmark: name,
        quick: true,
        passes: 1,
      });
      expect(document.figures.length).toBeGreaterThan(0);
      const ids = document.figures.map(({ id }) => id);
      expect(new Set(ids).size).toBe(ids.length);
      for (const figure of document.figures) {
        expect(figure.id).toMatch(new RegExp(`^${name}/`));
        // What a checkpoint costs is a difference, and may drown in the noise of a short sample.
        // An exponent of what grows slower than its size may be anything.
        if (name !== 'checkpoints' && name !== 'growth') expect(figure.median).toBeGreaterThanOrEqual(0);
        expect(figure.q1).toBeLessThanOrEqual(figure.median);
        expect(figure.q3).toBeGreaterThanOrEqual(figure.median);
        expect(figure.samples).toBeGreaterThan(0);
        expect(figure.values).toHaveLength(figure.samples);
      }
      for (const { title } of document.tables) expect(stdout).toContain(title);
    });
  },
);

it('draws the scaling curve of a config, and compares with itself', async () => {
  const config = path.join(folder, 'ring.yaml');
  writeFileSync(
    config,
    'name: small ring\ntopology: { kind: ring, nodes: 40 }\ncost: { kind: quadratic, dim: 8 }\nflow: { kind: primal-dual }\ncompressor: { kind: top-k, k: 2 }\n',
  );
  const json = path.join(folder, 'config.json');
  const svg = path.join(folder, 'scaling.svg');
  const options = ['--quick', '--passes', '1', '--quiet', '--workers', '1,2'];
  const first = await run('scaling', config, ...options, '--json', json, '--picture', svg);
  expect(first.exitCode).toBe(0);
  expect(first.stdout).toContain('Strong scaling: small ring');
  // Before anything is measured.
  expect(first.stdout).toMatch(/one curve with 1, 2 workers, 1 passes: about .* of memory at most\n/);
  const drawing = readFileSync(svg, 'utf8');
  expect(drawing).toContain('>small ring<');
  expect(drawing).toContain('<circle');
  const png = path.join(folder, 'scaling.png');
  const second = await run('scaling', config, ...options, '--against', json, '--picture', png);
  expect(second.stdout).toContain('now / before');
  expect([...readFileSync(png).subarray(0, 4)]).toEqual([0x89, 0x50, 0x4e, 0x47]);
});

it('measures the compressors that --only names, a module of your own among them', async () => {
  const only = `top-k; flatten(one-bit); custom(module=${fileURLToPath(new URL('../../examples/04-own-compressor/two-level.mjs', import.meta.url))})`;
  const { stdout } = await run('round', '--quick', '--passes', '1', '--json', '-', '--only', only);
  const [table] = (JSON.parse(stdout) as BenchDocument).tables;
  const names = table!.rows.map(([name]) => name!.replace(/module=.*\//, 'module='));
  expect(names).toEqual(['none', 'top-k(k=8)', 'flatten(one-bit)', 'custom(module=two-level.mjs)']);
  const wrong = await run('round', '--quick', '--only', 'top-k; signn');
  expect(wrong).toMatchObject({ exitCode: 2, stderr: expect.stringContaining('did you mean sign') });
});

it('measures the rounds of a config, with its own modules', async () => {
  const example = (name: string) => fileURLToPath(new URL(`../../examples/${name}`, import.meta.url));
  const of = async (config: string, ...more: string[]) => {
    const { stdout } = await run('round', config, '--quick', '--passes', '1', '--json', '-', ...more);
    return (JSON.parse(stdout) as BenchDocument).tables[0]!.rows.map(([name]) => name);
  };
  expect(await of(example('07-own-flow/own-flow.yaml'))).toEqual(['none', 'flatten(sign)']);
  if (ALL) expect(await of(example('07-own-flow/own-flow.yaml'), '--only', 'sign')).toEqual(['none', 'sign']);
  const dgd = path.join(folder, 'dgd.yaml');
  writeFileSync(
    dgd,
    'topology: { kind: ring, nodes: 20 }\ncost: { kind: quadratic, dim: 8 }\nflow: { kind: dgd }\n',
  );
  expect(await of(dgd)).toEqual(['none']);
});

describe('bench scaling --weak', () => {
  const config = (name: string, topology: string, cost = '{ kind: quadratic, dim: 8 }') => {
    const file = path.join(folder, name);
    writeFileSync(file, `topology: ${topology}\ncost: ${cost}\nflow: { kind: primal-dual, step: 0.1 }\n`);
    return file;
  };
  const weak = (...argv: string[]) =>
    run('scaling', ...argv, '--quick', '--passes', '1', '--quiet', '--workers', '1,2,3');

  it('grows the number that is named, in proportion to workers', async () => {
    const torus = config('torus.yaml', '{ kind: torus, rows: 4, columns: 5 }');
    const { exitCode, stdout } = await weak(torus, '--weak', 'topology.rows');
    expect(exitCode).toBe(0);
    expect(stdout).toContain('topology.rows 4 a worker');
    expect(stdout).toMatch(/^1 +20 /m);
    expect(stdout).toMatch(/^3( \(more than cores\))? +60 /m);
    const ring = await weak(config('ring20.yaml', '{ kind: ring, nodes: 20 }'), '--weak');
    expect(ring.stdout).toContain('topology.nodes 20 a worker');
  });

  it('refuses what does not grow', async () => {
    const torus = config('torus.yaml', '{ kind: torus, rows: 4, columns: 5 }');
    const cube = config('cube.yaml', '{ kind: hypercube, dimension: 3 }');
    const data = fileURLToPath(new URL('../../examples/data/train.libsvm', import.meta.url));
    const file = config(
      'data.yaml',
      '{ kind: ring, nodes: 9 }',
      `{ kind: logistic, data: ${data}, regularization: 0.01 }`,
    );
    for (const [argv, message] of [
      [[torus, '--weak'], 'topology.nodes is not in the config'],
      [[torus, '--weak', 'topology.kind'], 'topology.kind is "torus"'],
      [[cube, '--weak', 'topology.dimension'], 'there are 64 agents for 2 workers, expected 16'],
      [[file, '--weak'], 'cost.data is a file'],
      [['--weak', 'topology.nodes'], 'expected a config'],
    ] as const) {
      const { exitCode, stderr } = await weak(...argv);
      expect(stderr).toContain(message);
      expect(exitCode).toBe(2);
    }
  });

  it('without a config is that of the benchmark’s own problems', async () => {
    const { stdout } = await weak('--weak');
    expect(stdout).toContain('Weak scaling: no compression');
    expect(stdout).not.toContain('Strong scaling:');
  });
});

it('has stdout for JSON alone, and noise and machine in it', async () => {
  const { exitCode, stdout, stderr } = await run(
    'barrier',
    '--quick',
    '--passes',
    '5',
    '--json',
    '-',
    '--checklist',
  );
  expect(exitCode).toBe(0);
  const document = JSON.parse(stdout) as BenchDocument;
  expect(document.machine.topology).toMatchObject({ hostname: os.hostname() });
  expect(Array.isArray(document.noise)).toBe(true);
  expect(document.checklist?.map(({ rule }) => rule)).toEqual([1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12]);
  for (const { values = [], interval, q1, q3 } of document.figures) {
    expect(values).toHaveLength(5);
    expect(interval?.low).toBeLessThanOrEqual(q1);
    expect(interval?.high).toBeGreaterThanOrEqual(q3);
  }
  // The table is for people, and there all the same.
  expect(stderr).toContain('ns a crossing');
  expect(stderr).toContain('10. how parallel times were measured');
});

it('exits with 1 where --fail-on says so, and has written all the same', async () => {
  const file = path.join(folder, 'before.json');
  const options = ['--quick', '--passes', '3', '--workers', '1', '--quiet'];
  await run('barrier', ...options, '--json', file);
  const before = readDocument(file);
  const faster = before.figures.map((each) => {
    // Without a spread: how much the passes varied says nothing of what is judged.
    const median = each.median / 1000;
    return { ...each, values: each.values!.map(() => median), median, q1: median, q3: median };
  });
  writeFileSync(file, JSON.stringify({ ...before, figures: faster }));
  const after = path.join(folder, 'after.json');
  const compared = [...options, '--against', file, '--json', after];
  expect(await run('barrier', ...compared)).toMatchObject({ exitCode: 0 });
  const { exitCode, stderr } = await run('barrier', ...compared, '--fail-on', 'slower:5%');
  expect(exitCode).toBe(1);
  expect(stderr).toMatch(/^failed: barrier, 1 threads/);
  expect(readDocument(after).figures).toHaveLength(before.figures.length);
});

it('measures some parts of the targets, and names what is missing', async () => {
  const { CC, PYTHON } = process.env;
  Object.assign(process.env, { CC: 'no-such-compiler', PYTHON: 'no-such-python' });
  try {
    const options = ['--quick', '--passes', '1', '--quiet', '--json', '-'];
    const { exitCode, stdout, stderr } = await run('targets', ...options, '--only', 'memory, growth');
    expect(exitCode).toBe(0);
    const { figures, details } = JSON.parse(stdout) as BenchDocument;
    expect(new Set(figures.map(({ id }) => id.replace(/\/.*/, '')))).toEqual(new Set(['memory', 'growth']));
    expect(details['missing']).toEqual([expect.stringContaining('no C/OpenMP reference')]);
    expect(stderr).toContain('Not measured here');
    const wrong = await run('targets', ...options, '--only', 'memroy');
    expect(wrong).toMatchObject({ exitCode: 2, stderr: expect.stringContaining('did you mean memory') });
  } finally {
    for (const [name, value] of Object.entries({ CC, PYTHON })) {
      if (value === undefined) delete process.env[name];
      else process.env[name] = value;
    }
  }
});

it('refuses what it cannot read, with a next step', async () => {
  expect(await run('round', '--workers', '0')).toMatchObject({ exitCode: 2 });
  const { exitCode, stderr } = await run('round', '--against', path.join(folder, 'nothing.json'));
  expect(exitCode).toBe(2);
  expect(stderr).toContain('cannot be read');
  const picture = await run('scaling', '--picture', 'scaling.gif');
  expect(picture.exitCode).toBe(2);
  expect(picture.stderr).toContain('.svg or .png');
});

it('says which peers are missing, and goes on without them', async () => {
  const peers = await openPeers({ CC: 'no-such-compiler', PYTHON: 'no-such-python' });
  try {
    expect(peers.c).toBeNull();
    expect(peers.numpy).toBeNull();
    expect(peers.missing.join('\n')).toMatch(/no C\/OpenMP reference: .*no-such-compiler/);
    expect(peers.missing.join('\n')).toMatch(/no NumPy\/SciPy reference: .*no-such-python/);
  } finally {
    await peers.close();
  }
});
