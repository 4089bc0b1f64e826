/**
 * Bad input, as people really give it: each is refused with the place, the value and what was expected, exit
 * code 2, and nothing written. Each stage at which something is refused (reading the config, reading a graph,
 * planning) has one case in a process of its own; the others are run on this thread, which differs from it in
 * nothing but the time it takes.
 */

import { spawnSync } from 'node:child_process';
import { existsSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { runOnThisThread, type Said } from '../support/command-line.js';
import { temporaryFolder } from '../support/run.js';

const MAIN = fileURLToPath(new URL('../../dist/src/cli/main.js', import.meta.url));
const folder = temporaryFolder();
const write = (name: string, text: string) => writeFileSync(path.join(folder, name), text);

write('bad.gml', 'graph [\n  node [ id 0 ]\n  node [ id 1 ]\n  edge [ source 0 target ]\n]\n');
write('two.edges', '0 1\n1 2\n3 4\n');
write('negative.edges', '0 1 1\n1 2 -3\n');
write('triangle.edges', '0 1\n1 2\n2 0\n');
write('narrow.csv', 'a,b,y\n1,2,1\n1,2\n');
write('nan.libsvm', '1 1:0.5 2:1\n-1 1:nan\n');
write('three.libsvm', '1 1:0.5\n2 1:1\n3 1:2\n');

const BASE = {
  topology: '{ kind: ring, nodes: 12 }',
  cost: '{ kind: quadratic, dim: 8 }',
  flow: '{ kind: primal-dual, compress: error-state, step: 0.02, alpha: 1, beta: 1 }',
  compressor: '{ kind: top-k, k: 4 }',
  rounds: '200',
};

interface Bad {
  what: string;
  change: Partial<Record<keyof typeof BASE, string>>;
  /** What stderr must say. */
  says: (string | RegExp)[];
  /** As a process. */
  spawned?: true;
}

function spawned(...args: string[]): Said {
  return spawnSync(process.execPath, [MAIN, 'run', 'config.yaml', ...args], {
    cwd: folder,
    encoding: 'utf8',
  });
}

const cases: Bad[] = [
  {
    what: 'a missing graph file',
    change: { topology: '{ file: nowhere.gml }' },
    says: ['nowhere.gml', 'no such file'],
  },
  {
    what: 'a malformed graph',
    spawned: true,
    change: { topology: '{ file: bad.gml }' },
    says: ['bad.gml:4:', "found ']'"],
  },
  {
    what: 'a disconnected graph',
    change: { topology: '{ file: two.edges }' },
    says: ['config.yaml:1:', '2 components of 3, 2 nodes', 'topology.largestComponent: true', '(3 nodes)'],
  },
  {
    what: 'a negative weight',
    change: { topology: '{ file: negative.edges }\nweights: file' },
    says: ['negative.edges:2:', '-3'],
  },
  {
    what: 'weights from a file that has none',
    change: { topology: '{ kind: ring, nodes: 5 }\nweights: file' },
    says: ['config.yaml:2:', 'weights'],
  },
  {
    what: 'a data row of the wrong width',
    change: {
      topology: '{ file: triangle.edges }',
      cost: '{ kind: logistic, data: narrow.csv, regularization: 0.1 }',
    },
    says: ['narrow.csv:3: the row has 2 columns, expected 3'],
  },
  {
    what: 'NaN among the data',
    change: {
      topology: '{ file: triangle.edges }',
      cost: '{ kind: logistic, data: nan.libsvm, regularization: 0.1 }',
    },
    says: ['nan.libsvm:2:', '1:nan', 'expected a finite number'],
  },
  {
    what: 'three labels where two are meant',
    change: {
      topology: '{ file: triangle.edges }',
      cost: '{ kind: logistic, data: three.libsvm, regularization: 0.1 }',
    },
    says: ['three.libsvm', /labels/],
  },
  {
    what: 'k > d',
    change: { compressor: '{ kind: top-k, k: 9 }' },
    says: ['config.yaml:4:', 'compressor.k is 9, expected 1..8 (dim)'],
  },
  {
    what: 'k = 0',
    change: { compressor: '{ kind: top-k, k: 0 }' },
    says: ['config.yaml:4:', 'compressor.k is 0'],
  },
  {
    what: 'a kind that is unknown two levels down',
    change: {
      compressor: '{ kind: error-feedback, inner: { kind: flatten, inner: { kind: sing } } }',
    },
    says: ['config.yaml:4:', 'compressor.inner.inner.kind is "sing"', 'did you mean sign?'],
  },
  {
    what: 'a step that grows',
    change: { compressor: '{ kind: uniform-quantize, step: 1, rate: 1 }' },
    says: ['config.yaml:4:', 'compressor.rate is 1'],
  },
  {
    what: 'an automatic step for what does not contract',
    change: {
      flow: '{ kind: primal-dual, compress: observer }',
      compressor: '{ kind: one-bit, shrink: 1 }',
    },
    says: ['config.yaml:3:', 'flow.step is "auto"', 'one-bit(shrink=1) is no contraction'],
  },
  {
    what: 'an unknown compressor',
    spawned: true,
    change: { compressor: '{ kind: topk, k: 2 }' },
    says: ['config.yaml:4:', 'expected one of identity', 'did you mean top-k?'],
  },
  {
    what: 'an unknown cost',
    change: { cost: '{ kind: cubic }' },
    says: ['config.yaml:2:', 'expected one of quadratic'],
  },
  {
    what: 'an unknown flow',
    change: { flow: '{ kind: dual }' },
    says: ['config.yaml:3:', 'expected one of primal-dual'],
  },
  {
    what: 'an unknown topology',
    change: { topology: '{ kind: rign, nodes: 3 }' },
    says: ['config.yaml:1:', 'did you mean ring?'],
  },
  {
    what: 'a compressor where nothing is compressed',
    change: { flow: '{ kind: primal-dual, compress: none }' },
    says: ['config.yaml:3:', 'flow.compress is "none"', 'top-k'],
  },
  {
    what: 'a step of nothing',
    change: { flow: '{ kind: primal-dual, step: 0 }' },
    says: ['config.yaml:3:', 'flow.step is 0'],
  },
  { what: 'no workers', change: { rounds: '5\nworkers: 0' }, says: ['config.yaml:6:', 'workers is 0'] },
  {
    what: 'more memory than 4 GiB',
    spawned: true,
    change: { topology: '{ kind: ring, nodes: 5000000 }', cost: '{ kind: quadratic, dim: 64 }' },
    says: [/needs 1\d\.\d GiB of shared memory, 1\d\.\d GiB more than the 4 GiB/, /about \d+% of the agents/],
  },
  {
    what: 'a beginning of the wrong shape',
    change: { rounds: '5\ninit: nowhere.npy' },
    says: ['nowhere.npy'],
  },
];

const configText = (change: Bad['change']) =>
  Object.entries({ ...BASE, ...change })
    .map(([key, value]) => `${key}: ${value}\n`)
    .join('');

describe('bad input', () => {
  it.each(cases)('$what', async ({ change, says, ...how }) => {
    write('config.yaml', configText(change));
    const { status, stdout, stderr } = how.spawned
      ? spawned('--out', 'out')
      : await runOnThisThread(folder, 'config.yaml', { out: 'out' });
    for (const expected of says) expect(stderr).toMatch(expected);
    expect(stderr).not.toMatch(/ {4}at /);
    expect(stdout).toBe('');
    expect(status).toBe(2);
    expect(existsSync(path.join(folder, 'out'))).toBe(false);
  });

  it('a step that is too large diverges: exit 1, the trace kept, and a hint that works', async () => {
    const writeStep = (step: number) =>
      write(
        'config.yaml',
        configText({
          flow: `{ kind: primal-dual, compress: error-state, step: ${step}, alpha: 1, beta: 1 }`,
          rounds: '2000\ntrace: { every: 5 }',
        }),
      );
    writeStep(1);
    const diverged = spawned('--out', 'step-1', '--json');
    expect(diverged.status).toBe(1);
    const summary = JSON.parse(diverged.stdout);
    expect(summary.status).toBe('diverged');
    expect(existsSync(path.join(folder, 'step-1', 'trace.csv'))).toBe(true);
    const [, advised] = summary.hint.match(/try flow\.step: ([\d.e-]+)$/);
    writeStep(Number(advised));
    const better = await runOnThisThread(folder, 'config.yaml', { out: `step-${advised}`, json: true });
    expect(JSON.parse(better.stdout).status).toBe('finished');
  });
});
