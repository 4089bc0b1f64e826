/**
 * A comparison never shows a result of something else: graph, data or module that has changed since, another
 * version, a cell's file that is damaged, edited or another cell's. Each is run again, and why is said. Here
 * one of each; all with `npm run test:chaos`.
 */

import { copyFileSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { compareCommand } from '../../dist/src/cli/compare.js';
import { compare as compareInLibrary } from '../../dist/src/index.js';
import { digestOf } from '../../src/base/canonical.js';
import { makeGrid } from '../../src/compare/grid.js';
import { CompareDirectory } from '../../src/compare/store.js';
import { temporaryFolder } from '../support/run.js';
import { ALL } from '../support/some.js';

const folder = temporaryFolder();
const config = join(folder, 'ring.yaml');
const out = join(folder, 'out');
const cellsOf = (directory = out) => readdirSync(join(directory, 'cells')).sort();
const cellFile = (at: number) => join(out, 'cells', cellsOf()[at]);
const GRAPH = '0 1\n1 2\n2 3\n3 0\n';
const COST = `import { level } from './level.mjs';
export const plan = () => ({ dim: 2, m: level, l: level });
export const value = (x, i) => (level / 2) * ((x[0] - i) ** 2 + x[1] ** 2);
export const gradient = (x, out, i) => { out[0] = level * (x[0] - i); out[1] = level * x[1]; };
`;
const ROWS = '1 1:0.5 2:1\n-1 1:2\n1 2:3\n-1 1:1 2:1\n';

const put = (name: string, content: string) => writeFileSync(join(folder, name), content);

async function compare(
  set: string[] = [],
): Promise<{ said: string; hashes: (string | null)[]; code: number }> {
  let said = '';
  const terminal = {
    stdout: { write: () => {} },
    stderr: {
      write(text: string) {
        // Not the lines about how far it is, which come when a machine is slow.
        if (!/^cell \d/.test(text)) said += text;
      },
    },
    env: {},
    debug: false,
  };
  const code = await compareCommand(
    [config],
    { jobs: '2', out, tune: '0', compressors: 'identity; top-k(k=1)', set },
    terminal,
    { newFolder: (base: string) => base, now: () => new Date(), exit: () => {}, onSignal: () => () => {} },
  );
  const { cells } = JSON.parse(readFileSync(join(out, 'results.json'), 'utf8'));
  return { said, code, hashes: cells.map(({ stateHash }: { stateHash: string }) => stateHash) };
}

function write(cost: string): void {
  put(
    'ring.yaml',
    `topology: { file: g.edges }\ncost: ${cost}\nflow: { kind: primal-dual, step: 0.05, compress: error-state }\nrounds: 40\nstop: { rmsError: 1.0e-9 }\n`,
  );
}

describe('a file that has changed', () => {
  beforeEach(() => {
    rmSync(out, { recursive: true, force: true });
    put('g.edges', GRAPH);
    put('level.mjs', 'export const level = 1;');
    put('cost.mjs', COST);
    put('a.libsvm', ROWS);
  });

  const files = [
    [
      'the data',
      '{ kind: logistic, data: a.libsvm, regularization: 0.1 }',
      'a.libsvm',
      ROWS.replace('2:3', '2:4'),
    ],
    ['a module', '{ kind: custom, module: cost.mjs }', 'cost.mjs', COST.replaceAll('- i)', '- 2 * i)')],
    ['what a module imports', '{ kind: custom, module: cost.mjs }', 'level.mjs', 'export const level = 2;'],
  ] as const;
  it.each(files.slice(ALL ? 0 : 2))('%s', async (_what, cost, name, content) => {
    write(cost);
    const first = await compare();
    expect((await compare()).said).toBe('0 cells to run, 2 known from before\n');
    const before = readFileSync(join(folder, name), 'utf8');
    put(name, content);
    const second = await compare();
    expect(second.said).toBe(`2 cells to run\n2 cells of them ran before: ${name} has changed since\n`);
    expect(second.hashes).not.toEqual(first.hashes);
    // Both are known now, each by what it was made from.
    put(name, before);
    const third = await compare();
    expect(third.said).toBe('0 cells to run, 2 known from before\n');
    expect(third.hashes).toEqual(first.hashes);
  });

  it.runIf(ALL)('while the comparison runs fails its cells, and is not kept', async () => {
    // The module changes the graph that is read after it.
    put(
      'topology.mjs',
      `import { appendFileSync } from 'node:fs';
appendFileSync(${JSON.stringify(join(folder, 'a.libsvm'))}, '1 1:7\\n');
export function* edges() { yield [0, 1]; yield [1, 2]; }`,
    );
    put(
      'ring.yaml',
      'topology: { kind: custom, module: topology.mjs }\ncost: { kind: logistic, data: a.libsvm, regularization: 0.1 }\nflow: { kind: primal-dual, step: 0.05, compress: error-state }\nrounds: 5\n',
    );
    const { code } = await compare();
    expect(code).toBe(1);
    const { cells } = JSON.parse(readFileSync(join(out, 'results.json'), 'utf8'));
    expect(cells[0]).toMatchObject({ status: 'failed', error: 'a.libsvm changed during the comparison' });
    expect(cellsOf()).toEqual([]);
  });
});

describe("a cell's file", () => {
  let hashes: (string | null)[] = [];
  beforeAll(async () => {
    rmSync(out, { recursive: true, force: true });
    put('g.edges', GRAPH);
    write('{ kind: quadratic, dim: 2 }');
    ({ hashes } = await compare());
  });

  /** The file with another content and the digest of that: what an older version may have left. */
  const rewritten = (change: object) => {
    const { digest: _, ...content } = { ...JSON.parse(readFileSync(cellFile(0), 'utf8')), ...change };
    return JSON.stringify({ ...content, digest: digestOf(content) });
  };
  const text = () => readFileSync(cellFile(0), 'utf8');
  it.each<[what: string, spoil: () => string]>([
    ['empty braces', () => '{}'],
    ['nothing', () => ''],
    ['a truncated file', () => text().slice(0, 500)],
    ['edited numbers', () => text().replace(/(?<="float64": ".{7})./, (at) => (at === 'A' ? 'B' : 'A'))],
    ['an edited round', () => text().replace(/"rounds": (\d)/, (_, digit) => `"rounds": ${digit}1`)],
    ['an edited status', () => text().replace(/"status": "\w+"/, '"status": "converged "')],
    ['one in another format', () => rewritten({ format: 'sottovoce-cell/0' })],
    ['another text', () => '["a"]'],
  ])('%s', async (_what, spoil) => {
    const whole = text();
    writeFileSync(cellFile(0), spoil());
    const { cells } = await makeGrid({ configs: [config], compressors: 'identity; top-k(k=1)', tune: 0 });
    const directory = CompareDirectory.open(out);
    const read = cells.map((cell) => directory.read(cell));
    directory.release();
    writeFileSync(cellFile(0), whole);
    expect(read.filter((kept) => kept !== null && 'why' in kept)).toEqual([
      { why: 'what was kept of them is damaged, or of an earlier version' },
    ]);
    expect(read.filter((kept) => kept !== null && 'outcome' in kept)).toHaveLength(1);
  });

  it('two of them swapped', async () => {
    const [one, two] = [cellFile(0), cellFile(1)];
    const spare = join(folder, 'spare');
    copyFileSync(one, spare);
    copyFileSync(two, one);
    copyFileSync(spare, two);
    const again = await compare();
    expect(again.said).toContain('2 cells of them ran before: what was kept of them is of other cells');
    expect(again.hashes).toEqual(hashes);
    expect((await compare()).said).toBe('0 cells to run, 2 known from before\n');
  });

  it.runIf(ALL)('of another version', async () => {
    const name = `${'0'.repeat(20)}.json`;
    writeFileSync(
      join(out, 'cells', name),
      rewritten({ cell: '0'.repeat(20), versions: { sottovoce: '0.0.1', kernels: '' } }),
    );
    rmSync(cellFile(1));
    const again = await compare();
    expect(again.said).toContain('1 cell of them ran before: they are of version 0.0.1');
    rmSync(join(out, 'cells', name));
  });

  it.runIf(ALL)('is looked at by the library, too', async () => {
    const outDir = join(folder, 'library');
    const options = { compressors: ['identity'], trials: 0, outDir } as const;
    const ran: number[] = [];
    const onCell = () => ran.push(1);
    const first = await compareInLibrary([config], { ...options, onCell });
    await compareInLibrary([config], { ...options, onCell });
    expect(ran).toHaveLength(1);
    put('g.edges', `${GRAPH}0 2\n`);
    const second = await compareInLibrary([config], { ...options, onCell });
    expect(ran).toHaveLength(2);
    expect(second.cells[0].stateHash).not.toBe(first.cells[0].stateHash);
    put('g.edges', GRAPH);
  });
});

describe('compare.json', () => {
  it.each(['{}', '{ "format": "of somebody" }', 'half'])('%s: the folder is not taken', async (content) => {
    const folderOfAnother = join(folder, 'of-another');
    mkdirSync(folderOfAnother, { recursive: true });
    writeFileSync(join(folderOfAnother, 'compare.json'), content);
    await expect(compareInLibrary([config], { trials: 0, outDir: folderOfAnother })).rejects.toThrow(
      /holds no earlier comparison/,
    );
  });
});
