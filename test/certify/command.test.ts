/** `sottovoce certify` as a user meets it, through the command line's own entry. */

import { readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from 'vitest';
import { main } from '../../src/cli/main.js';
import type { Terminal } from '../../src/cli/terminal.js';
import { certify } from '../../src/library/tools.js';
import { logPlot } from '../../src/report/plot.js';
import { temporaryFolder } from '../support/run.js';

const folder = temporaryFolder();
const EXAMPLE = fileURLToPath(new URL('../../examples/04-own-compressor/', import.meta.url));

async function sottovoce(...argv: string[]) {
  const written = { out: '', err: '' };
  const terminal: Terminal = {
    stdout: { write: (text) => (written.out += text) },
    stderr: { write: (text) => (written.err += text) },
    env: {},
    debug: false,
  };
  const code = await main(argv, terminal);
  return { code, ...written };
}

describe('the table', () => {
  test('is sorted by what a thousandth costs, and says what qualifies', async () => {
    const { code, out, err } = await sottovoce(
      ...[
        'certify',
        'sign',
        'uniform-quantize(step=0.1,zoom=false)',
        '{ kind: identity }',
        'flatten(sign)',
        '--dim',
        '64',
      ],
    );
    expect(err).toBe('');
    expect(code).toBe(0);
    const lines = out.split('\n');
    expect(lines[0]).toBe('dim 64, 24 starts, seed 0; e <- e - mu C(e, k), one message a round');
    const names = lines.slice(4, 8).map((line) => line.split('  ')[0]);
    expect(names).toEqual([
      'flatten(sign)',
      '{ kind: identity }',
      'sign',
      'uniform-quantize(step=0.1,zoom=false)',
    ]);
    expect(lines[7]).toMatch(/never +never$/);
    expect(out).toMatch(/\nflatten\(sign\) +qualifies: \|C\(e\)\| <= 1 \|e\|, and every message/);
    expect(out).toMatch(/\nuniform-quantize.* does not qualify: .*dead zone/);
    expect(out).not.toContain('\u001b');
  });

  test('takes files: a config, a compressor, and a module beside them', async () => {
    const one = path.join(folder, 'one.yaml');
    writeFileSync(one, 'kind: top-k\nk: 3\n');
    const config = path.join(EXAMPLE, 'own-compressor.yaml');
    const { code, out } = await sottovoce('certify', one, config, '--dim', '12', '--json', '--starts', '12');
    expect(code).toBe(0);
    const found = JSON.parse(out) as {
      spec: { kind: string };
      bits: { perMessage: number };
      starts: unknown[];
    }[];
    expect(found.map(({ spec }) => spec.kind).sort()).toEqual(['custom', 'top-k']);
    expect(found.find(({ spec }) => spec.kind === 'custom')?.bits.perMessage).toBe(128 + 24);
    expect(found[0].starts).toHaveLength(12);
  });

  test('takes a policy by its file: in text, and beside a config', async () => {
    const policy = path.join(folder, 'policy.json');
    const action = { do: 'signs', size: 0.8, checks: [] };
    const shape = { name: 'two steps', rotate: 'exact', steps: 2, features: [], weights: [[]] };
    writeFileSync(policy, JSON.stringify({ format: 'sottovoce-policy/1', actions: [action], ...shape }));
    const beside = path.join(folder, 'learned.yaml');
    writeFileSync(beside, 'kind: learned\npolicy: policy.json\n');
    const few = ['--dim', '16', '--json', '--starts', '12'];
    const { code, out, err } = await sottovoce('certify', `learned(policy='${policy}')`, beside, ...few);
    expect([code, err]).toEqual([0, '']);
    const found = JSON.parse(out) as { spec: { policy: { name: string } } }[];
    expect(found.map(({ spec }) => spec.policy.name)).toEqual(['two steps', 'two steps']);
    const given = await certify({ kind: 'learned', policy }, { dim: 16, starts: 12 });
    expect(given.spec).toMatchObject({ policy: { name: 'two steps' } });
    writeFileSync(policy, '{}');
    expect(await sottovoce('certify', `learned('${policy}')`, ...few)).toMatchObject({
      code: 2,
      err: expect.stringContaining('policy.format is missing'),
    });
  });

  test('JSON has everything, and null where there is no number', async () => {
    const { out } = await sottovoce(
      'certify',
      'uniform-quantize(step=0.1,zoom=false)',
      '--dim',
      '16',
      '--json',
    );
    const [found] = JSON.parse(out);
    expect(found).toMatchObject({
      compressor: 'uniform-quantize(step=0.1,zoom=false)',
      verdict: { qualifies: false, kind: 'no' },
      bits: { thousandfold: { worst: null } },
    });
    for (const key of [
      'gain',
      'bound',
      'contraction',
      'rate',
      'window',
      'flow',
      'later',
      'range',
      'starts',
      'decay',
    ]) {
      expect(found).toHaveProperty(key);
    }
  });

  test('the picture is an SVG of both curves, with labels', async () => {
    const file = path.join(folder, 'decay.svg');
    const { out } = await sottovoce('certify', 'sign', 'flatten(sign)', '--dim', '16', '--picture', file);
    expect(out).toContain(`picture: ${file}`);
    const svg = readFileSync(file, 'utf8');
    expect(svg).toMatch(/^<svg xmlns="http:\/\/www\.w3\.org\/2000\/svg"/);
    expect(svg.match(/<polyline/g)).toHaveLength(4);
    for (const word of ['flatten(sign)', 'rounds', 'bits sent', '|e| / |e(0)|']) expect(svg).toContain(word);
    expect(svg).not.toMatch(/NaN|Infinity|undefined/);
  });
});

describe('bad input: exit code 2', () => {
  test.each([
    [['sign'], "required option '-d, --dim <count>' not specified"],
    [['sign', '--dim', '0'], '--dim is 0, expected a whole number in 1..'],
    [['sign', '--dim', '4', '--mu', '1.5'], '--mu is 1.5, expected a number in (0, 1]'],
    [['sign', '--dim', '4', '--picture', 'x.png'], 'expected a file that ends in .svg'],
    [['sgn', '--dim', '4'], 'did you mean sign?'],
    [
      ['sign', 'top-k(k=5)', '--dim', '4'],
      'compressor.k is 5, expected 1..4 (dim)\nhint: top-k(k=5)\n              ^',
    ],
    [['gone.yaml', '--dim', '4'], 'gone.yaml: there is no such file'],
    [['custom(module=gone.mjs)', '--dim', '4'], 'compressor.module: gone.mjs: there is no such file'],
  ])('%j', async (argv, message) => {
    const { code, out, err } = await sottovoce('certify', ...argv);
    expect(err).toContain(message);
    expect(out).toBe('');
    expect(code).toBe(2);
  });
});

test('a plot by hand: decades are equally far apart, and what falls below the floor leaves the frame', () => {
  const svg = logPlot(
    [{ xLabel: 'k', series: [{ label: 'a < b', x: [0, 1, 2, 3], y: [1, 1e-1, 1e-2, 0] }] }],
    { title: 't', yLabel: 'y', floor: 1e-3, ceiling: 1 },
  );
  const points = /<polyline points="([^"]*)"/
    .exec(svg)?.[1]
    .split(' ')
    .map((point) => point.split(',').map(Number));
  const ys = points?.map(([, y]) => y) ?? [];
  expect(ys[1] - ys[0]).toBeCloseTo(ys[2] - ys[1], 1);
  const decade = ys[1] - ys[0];
  expect(ys[3] - ys[0]).toBeGreaterThan(3 * decade + 10);
  const [, top, height] =
    /<clipPath [^>]*><rect [^>]*y="(\d+)"[^>]*height="(\d+)"/.exec(svg)?.map(Number) ?? [];
  expect([ys[0] - top, height]).toEqual([0, expect.closeTo(3 * decade, 1)]);
  expect(svg).toContain('a &lt; b');
});
