/**
 * A cell as a job, without a queue between: what a worker makes of it in another folder is what this machine
 * makes of it, to the last letter of its messages.
 */

import { copyFileSync, mkdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { CellJobs, cellEnd, cellJob } from '../../dist/src/compare/cell-job.js';
import { CellPool } from '../../dist/src/compare/cell-pool.js';
import { makeGrid } from '../../dist/src/compare/grid.js';
import type { Cell, CellEnd } from '../../dist/src/compare/types.js';
import { placeIn } from '../../dist/src/queue/cache.js';
import { fromText, toText } from '../../dist/src/queue/plain-data.js';
import type { Job } from '../../dist/src/queue/protocol.js';
import { temporaryFolder } from '../support/run.js';

const folder = temporaryFolder();
const at = (name: string) => path.join(folder, name);
const pool = new CellPool(1);
const worker = new CellJobs(1);
let before: string;

beforeAll(() => {
  before = process.cwd();
  process.chdir(folder);
  mkdirSync(at('study'));
  writeFileSync(at('net.edges'), '0 1\n1 2\n2 3\n3 0\n');
  writeFileSync(at('bad.libsvm'), '1 1:1\n-1 1:two\n');
  writeFileSync(at('good.libsvm'), '1 1:1\n-1 1:2\n1 1:3\n-1 1:0.5\n');
  writeFileSync(at('level.mjs'), 'export const level = 3;\n');
  writeFileSync(
    at('cost.mjs'),
    `import { level } from './level.mjs';
export const plan = () => ({ dim: 1, m: level, l: level });
export const value = (x, i) => (level / 2) * (x[0] - i) ** 2;
export const gradient = (x, out, i) => { out[0] = level * (x[0] - i); };
`,
  );
});
afterAll(async () => {
  process.chdir(before);
  await Promise.all([pool.end(), worker.end()]);
});

async function cellOf(topology: string, cost: string, more = ''): Promise<Cell> {
  const rest = 'flow: { kind: primal-dual, compress: none, step: 0.1, alpha: 1, beta: 1 }\nrounds: 60\n';
  writeFileSync(at('study/a.yaml'), `topology: ${topology}\ncost: ${cost}\n${rest}${more}`);
  const { cells } = await makeGrid({ configs: [at('study/a.yaml')], tune: 0, target: 'gap=1e-2' });
  return cells[0] as Cell;
}

const order = { target: { quantity: 'gap', bound: 1e-2 }, tune: 0, ask: {} } as const;

/** What the queue would do with it: as text, its files somewhere else, and back. */
async function elsewhere(job: Job): Promise<CellEnd> {
  const large = new Map<string, Uint8Array>();
  const bytesOf = async (sha256: string) => large.get(sha256) as Uint8Array;
  const { data, files } = (await fromText(toText(job, large), bytesOf)) as Job;
  const root = temporaryFolder();
  for (const { path: file } of files) {
    mkdirSync(path.dirname(placeIn(root, file)), { recursive: true });
    copyFileSync(file, placeIn(root, file));
  }
  const end = await worker.run(data, root);
  const { value, keep } = (await fromText(toText(end, large), bytesOf)) as { value: unknown; keep: boolean };
  expect(JSON.stringify(value)).not.toContain(root);
  return cellEnd(value, keep);
}

/** Without what a clock has said. */
function timeless({ outcome, ...end }: CellEnd): unknown {
  const text = JSON.stringify(outcome, (key, value) =>
    ['seconds', 'roundsPerSecond', 'workersTime'].includes(key)
      ? undefined
      : Number.isNaN(value)
        ? 'NaN'
        : value,
  );
  return { ...end, outcome: JSON.parse(text) };
}

describe('a cell that a worker has run is the cell that runs here', () => {
  it.each([
    ['a graph beside its config', '{ file: ../net.edges }', '{ kind: quadratic, dim: 4 }', 1, false],
    [
      'data',
      '{ file: ../net.edges }',
      '{ kind: logistic, data: ../good.libsvm, regularization: 1 }',
      2,
      false,
    ],
    [
      'a module and what it imports',
      '{ kind: ring, nodes: 5 }',
      '{ kind: custom, module: ../cost.mjs }',
      2,
      true,
    ],
    ['no file at all', '{ kind: ring, nodes: 5 }', '{ kind: quadratic, dim: 4 }', 0, false],
  ])('%s', async (_what, topology, cost, files, modules) => {
    const cell = await cellOf(topology, cost);
    const job = cellJob(cell, order);
    expect([job.files.length, job.modules, job.id]).toEqual([files, modules, cell.id]);
    const here = (await pool.run(cell.loaded, order)) as CellEnd;
    expect(here.outcome.status).toBe('converged');
    expect(timeless(await elsewhere(job))).toEqual(timeless(here));
  });

  it('names that are whole paths, in a config of that form', async () => {
    const cell = await cellOf(`{ file: ${at('net.edges')} }`, '{ kind: quadratic, dim: 4 }');
    const here = (await pool.run(cell.loaded, order)) as CellEnd;
    expect(here.inputs[0]?.path).toBe(at('net.edges'));
    expect(timeless(await elsewhere(cellJob(cell, order)))).toEqual(timeless(here));
  });

  it('names that climb above all folders stay among the files of the job', async () => {
    const cell = await cellOf(
      `{ file: ${'../'.repeat(30)}${at('net.edges').slice(1)} }`,
      '{ kind: quadratic, dim: 4 }',
    );
    const here = (await pool.run(cell.loaded, order)) as CellEnd;
    expect(here.outcome.status).toBe('converged');
    const { outcome } = await elsewhere(cellJob(cell, order));
    expect(outcome).toMatchObject({
      status: 'converged',
      topology: (here.outcome as { topology: string }).topology,
    });
    // A job without it reads nothing that lies on the worker under that name.
    const job = { ...cellJob(cell, order), files: [] };
    expect((await elsewhere(job)).outcome).toMatchObject({ status: 'refused' });
  });

  it('what is refused, in the same words', async () => {
    const bad = await cellOf(
      '{ kind: ring, nodes: 2 }',
      '{ kind: logistic, data: ../bad.libsvm, regularization: 1 }',
    );
    const many = await cellOf(
      '{ kind: ring, nodes: 5 }',
      '{ kind: quadratic, dim: 4 }',
      'compressor: { kind: top-k, k: 99 }\n',
    );
    many.loaded.config['flow'] = { ...(many.loaded.config['flow'] as object), compress: 'error-state' };
    for (const [cell, words] of [
      [bad, 'bad.libsvm:2: found "1:two"'],
      [many, 'compressor.k is 99, expected 1..4 (dim)'],
    ] as const) {
      const here = (await pool.run(cell.loaded, order)) as CellEnd;
      expect(here.outcome).toMatchObject({ status: 'refused', error: expect.stringContaining(words) });
      expect(await elsewhere(cellJob(cell, order))).toEqual(here);
    }
  });
});
