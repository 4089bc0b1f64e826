/** `sottovoce compare` through the compiled command, with its pool. */

import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parquetReadObjects } from 'hyparquet';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type CompareOptions, compareCommand } from '../../dist/src/cli/compare.js';
import type { Comparison } from '../../dist/src/compare/results.js';
import { loadConfig } from '../../dist/src/index.js';
import { RunSession } from '../../dist/src/session/run-session.js';

const folder = mkdtempSync(join(tmpdir(), 'sottovoce-compare-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));
const config = join(folder, 'ring.yaml');
const out = join(folder, 'out');

writeFileSync(
  config,
  `topology: { kind: ring, nodes: 6 }
cost: { kind: quadratic, dim: 8 }
flow: { kind: primal-dual }
rounds: 400
trace: { every: 1 }
network: { bandwidth: 1 Mbit/s, latency: 1 ms }
`,
);

/** Runs the command; `signalAfterMs` is when Ctrl-C comes. */
async function compare(options: CompareOptions, signalAfterMs?: number) {
  const said = { stdout: '', stderr: '' };
  const output = (name: 'stdout' | 'stderr') => ({
    write(text: string) {
      said[name] += text;
    },
  });
  const terminal = { stdout: output('stdout'), stderr: output('stderr'), env: {}, debug: false };
  const code = await compareCommand([config], { jobs: '2', ...options }, terminal, {
    newFolder: (base: string) => base,
    now: () => new Date(),
    exit: () => {},
    onSignal(listener) {
      if (signalAfterMs !== undefined) setTimeout(() => listener('SIGINT'), signalAfterMs);
      return () => {};
    },
  });
  return { code, ...said };
}

describe('a grid of two compressors, two modes and two seeds', () => {
  let results: Comparison & { complete: boolean };
  const options = {
    compressors: 'flatten(sign); top-k(k=2); top-k(k=99)',
    flows: 'error-state; primal-dual(compress=observer, step=9, alpha=1, beta=1)',
    seeds: '1,2',
    tune: '0',
    out,
  };

  beforeAll(async () => {
    const { code, stdout } = await compare({ ...options, json: true });
    expect(code).toBe(0);
    results = JSON.parse(stdout);
  });

  it('has a row for each cell, those that diverged or cannot be among them', () => {
    expect(results.complete).toBe(true);
    expect(results.cells).toHaveLength(12);
    expect(results.cells.map(({ status }) => status)).toEqual([
      ...['converged', 'converged', 'diverged', 'diverged'],
      ...['converged', 'converged', 'diverged', 'diverged'],
      ...['refused', 'refused', 'refused', 'refused'],
    ]);
    expect(results.cells[8].error).toContain('compressor.k is 99, expected 1..8 (dim)');
  });

  it('ends every cell in the bits of the same run alone, with any number of workers', async () => {
    const mine = results.cells.filter(({ seed, status }) => seed === 2 && status !== 'refused');
    const specs = [
      { kind: 'flatten', inner: { kind: 'sign' } },
      { kind: 'top-k', k: 2 },
    ];
    const flows = [
      { kind: 'primal-dual', compress: 'error-state' },
      { kind: 'primal-dual', compress: 'observer', step: 9, alpha: 1, beta: 1 },
    ];
    const alone = specs.flatMap((compressor) => flows.map((flow) => ({ compressor, flow })));
    for (const [i, { compressor, flow }] of alone.entries()) {
      const values = { compressor, flow, seed: 2, workers: 2, stop: { rmsError: 1e-6 } };
      const overrides = Object.entries(values).map(([key, value]) => ({ path: [key], value, origin: key }));
      const session = new RunSession();
      await session.prepare({ config: await loadConfig(config, overrides), outDir: null });
      const { summary } = await session.start();
      expect([mine[i].stateHash, mine[i].rounds]).toEqual([summary.stateHash, summary.rounds]);
      expect(mine[i].bitsLinks).toBe(summary.bits.links);
      expect(mine[i].networkSeconds).toBe(summary.final.networkSeconds);
    }
  });

  it('writes the same rows as CSV and as Parquet, and a picture', async () => {
    const bytes = readFileSync(join(out, 'results.parquet'));
    const file = bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.byteLength) as ArrayBuffer;
    const rows = await parquetReadObjects({ file });
    expect(
      rows.map(({ stateHash, bitsToTarget, roundsToTarget, pareto }) => ({
        stateHash,
        bitsToTarget,
        roundsToTarget,
        pareto,
      })),
    ).toEqual(
      results.cells.map(({ stateHash, bitsToTarget, roundsToTarget, pareto }) => ({
        stateHash,
        bitsToTarget,
        roundsToTarget,
        pareto,
      })),
    );
    expect(readFileSync(join(out, 'results.csv'), 'utf8').trimEnd().split('\n')).toHaveLength(13);
    expect(readFileSync(join(out, 'picture.svg'), 'utf8')).toMatch(/^<svg .*<\/svg>\n$/s);
  });

  it('runs nothing a second time, and only what is missing when something is', async () => {
    const again = await compare(options);
    expect(again.stderr).toBe('0 cells to run, 12 known from before\n');
    const [first] = readdirSync(join(out, 'cells'));
    rmSync(join(out, 'cells', first));
    writeFileSync(join(out, 'cells', readdirSync(join(out, 'cells'))[0]), '{ half');
    expect((await compare(options)).stderr).toContain('2 cells to run, 10 known from before');
    const { cells } = JSON.parse(readFileSync(join(out, 'results.json'), 'utf8')) as Comparison;
    expect(cells.map(({ stateHash }) => stateHash)).toEqual(results.cells.map(({ stateHash }) => stateHash));
  });
});

describe('Ctrl-C', () => {
  const options: CompareOptions = {
    compressors: 'top-k(k=1); sign',
    seeds: '1,2,3,4',
    target: 'rmsError=1e-300',
    set: ['flow.step=1e-6', 'flow.alpha=1', 'flow.beta=1', 'trace.every=1000'],
    rounds: '30000000',
    out: join(folder, 'stopped'),
  };

  it('ends at once what would take minutes, says how to go on and exits with 130', async () => {
    const { code, stderr } = await compare(options, 1500);
    expect(code).toBe(130);
    expect(stderr).toContain('stopped: 0 of 8 cells are done; to go on, repeat the command with --out');
  });

  it('leaves a folder that the next call takes up', async () => {
    const { code, stderr } = await compare({ ...options, rounds: '1000' });
    expect(code).toBe(0);
    expect(stderr).toContain('8 cells to run');
  });
});

describe('what is wrong is said before anything runs', () => {
  const to = join(folder, 'never');
  it.each<[CompareOptions, string]>([
    [{ compressors: 'sgn' }, 'did you mean sign?'],
    [{ compressors: '' }, '--compressors is empty'],
    [{ compressors: 'sign;' }, 'entry 2 of --compressors is empty, expected kinds with a ; between them'],
    [{ flows: '; error-state' }, 'entry 1 of --flows is empty'],
    [{ flows: 'primal' }, 'flow primal, column 1: primal, expected one of primal-dual'],
    [{ flows: 'primal-dual(mu=2)' }, 'flow.mu is 2'],
    [
      { target: 'gap' },
      '--target is gap, expected one of rmsError, agentsGapMean, agentsGapWorst, gradientNorm, gap, consensusError',
    ],
    [{ seeds: '1,x' }, '--seeds is x, expected a whole number >= 0'],
    [{ jobs: '0' }, '--jobs is 0, expected a whole number >= 1'],
    [{ out: tmpdir() }, 'holds no earlier comparison'],
  ])('%o', async (options, message) => {
    await expect(compare({ out: to, ...options })).rejects.toThrow(message);
  });

  it('and a grid of which nothing can run is bad input', async () => {
    await expect(compare({ compressors: 'top-k(k=99)', out: to })).rejects.toThrow('compressor.k is 99');
  });
});
