import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { InputError } from '../../src/base/errors.js';
import { checkFolder } from '../../src/output/check-folder.js';
import { makeManifest } from '../../src/output/manifest.js';
import { RunDirectory } from '../../src/output/run-directory.js';
import { traceLine } from '../../src/output/trace-file.js';
import { configDigest } from '../../src/run/inputs.js';
import { writeWhole } from '../../topology/whole-file.js';
import { LOADED, PLAN, row, SUMMARY } from '../report/fixtures.js';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'sottovoce-run-'));
});
afterEach(() => rmSync(folder, { recursive: true }));

const RUN = { run: 'first', config: LOADED, plan: PLAN };
const read = (directory: RunDirectory, name: string) => readFileSync(join(directory.path, name), 'utf8');

test('a run, from begin to finish', async () => {
  const directory = RunDirectory.create(join(folder, 'runs', 'one'));
  expect(existsSync(join(folder, 'runs'))).toBe(false);
  directory.begin(RUN);
  directory.append([row(0), row(5, { gap: 1e-7, objective: Number.NaN })]);
  await directory.writeX(async (file) => writeWhole(file, 'x'));
  await directory.finish({ ...SUMMARY, final: { ...SUMMARY.final, gap: Number.NaN } });

  expect(readdirSync(directory.path).sort()).toEqual([
    'manifest.json',
    'summary.json',
    'trace.csv',
    'trace.parquet',
    'x.npy',
  ]);
  expect(read(directory, 'trace.csv')).toBe(
    [
      'round,objective,gap,rmsError,consensusError,observerError,bitsBroadcast,bitsLinks,seconds,networkSeconds,accuracy,bitsUp,bitsDown,agentsGapMean,agentsGapWorst,gradientNorm,meanGradientNorm',
      '0,1,0.1,0.01,0.001,,0,0,0.25,,,,,0.2,0.4,0.03,0.02',
      '5,,1e-7,0.01,0.001,,4160,8320,0.25,,,,,0.2,0.4,0.03,0.02',
      '',
    ].join('\n'),
  );
  const summary = JSON.parse(read(directory, 'summary.json'));
  expect(summary).toMatchObject({ status: 'converged', final: { gap: null, optimum: 0.378775243 } });
});

test('trace numbers read back as the same doubles', () => {
  const values = [0.1 + 0.2, 5e-324, 1.7976931348623157e308, 123456789012345680000];
  for (const gap of values) expect(Number(traceLine(row(1, { gap })).split(',')[2])).toBe(gap);
});

test('the trace is in whole lines while the run lasts', async () => {
  const directory = RunDirectory.create(join(folder, 'run'));
  directory.begin(RUN);
  expect(read(directory, 'trace.csv')).toMatch(
    /^round,.*seconds,networkSeconds,accuracy,bitsUp,bitsDown,agentsGapMean,agentsGapWorst,gradientNorm,meanGradientNorm\n$/,
  );
  const rows = Array.from({ length: 5000 }, (_, round) => row(round));
  for (let i = 0; i < rows.length; i += 7) directory.append(rows.slice(i, i + 7));
  const text = read(directory, 'trace.csv');
  expect(text.length).toBeGreaterThan(100_000);
  expect(text.endsWith('\n')).toBe(true);
  await directory.finish(SUMMARY);
  expect(read(directory, 'trace.csv').trim().split('\n')).toHaveLength(5001);
});

describe('the manifest', () => {
  test('differs between two equal runs in id, machine and time only', () => {
    const { machine: _m, time: _t, ...first } = makeManifest(RUN);
    const { machine, time, ...second } = makeManifest({
      run: 'first',
      config: LOADED,
      plan: { ...PLAN, workers: 1, arenaBytes: 1, processBytes: 2 },
    });
    expect(second).toEqual(first);
    expect(machine).toMatchObject({ workers: 1, platform: process.platform });
    expect(Date.parse(time.started)).not.toBeNaN();
  });

  test('says versions, seed and the resolved config', () => {
    const { versions, seed, config } = makeManifest(RUN);
    expect(versions).toMatchObject({
      sottovoce: '0.1.0',
      node: process.versions.node,
      v8: process.versions.v8,
    });
    expect(versions.dependencies['piscina']).toMatch(/^5\./);
    expect(seed).toBe(7);
    expect(config).toEqual(LOADED.config);
    expect(versions.kernels).toMatch(/^[0-9a-f]{64}$/);
  });
});

test('the digest of the config can be made again from the manifest, data of a memory included', () => {
  const config = { ...LOADED.config, init: Float64Array.of(1, 2, 3, Math.PI) };
  const manifest = JSON.parse(JSON.stringify(makeManifest({ ...RUN, config: { ...LOADED, config } })));
  expect(configDigest(manifest.config)).toBe(manifest.configDigest);
  expect(manifest.configDigest).not.toBe(makeManifest(RUN).configDigest);
});

describe('what is there already', () => {
  /** A run of two rows and an x, or what there is of one that does not come to its end. */
  async function runInto(path: string, run: string, x: string, summary = SUMMARY): Promise<void> {
    const directory = RunDirectory.create(path);
    directory.begin({ ...RUN, run });
    directory.append([row(0), row(1)]);
    await directory.writeX(async (file) => writeWhole(file, x));
    await directory.finish({ ...summary, run });
  }
  const contents = (path: string) =>
    Object.fromEntries(
      readdirSync(path, { recursive: true, encoding: 'utf8' })
        .filter((name) => statSync(join(path, name)).isFile())
        .map((name) => [name, readFileSync(join(path, name), 'utf8')]),
    );

  test('an earlier run is there, whole, until the next one is; other files beside it stay', async () => {
    const path = join(folder, 'run');
    await runInto(path, 'first', 'old');
    writeFileSync(join(path, 'figure.svg'), 'mine');
    const before = contents(path);

    const later = RunDirectory.create(path);
    later.begin({ ...RUN, run: 'second' });
    expect(() => RunDirectory.create(path)).toThrow(/is in use/);
    later.append([row(0)]);
    await later.writeX(async (file) => writeWhole(file, 'new'));
    expect(contents(path)).toMatchObject(before);
    expect(checkFolder(path)).toMatchObject({ run: 'first', problems: [] });
    await later.finish({ ...SUMMARY, run: 'second' });

    expect(readdirSync(path).sort()).toEqual([
      'figure.svg',
      'manifest.json',
      'summary.json',
      'trace.csv',
      'trace.parquet',
      'x.npy',
    ]);
    expect(checkFolder(path)).toMatchObject({ run: 'second', problems: [] });
    expect(contents(path)).toMatchObject({ 'x.npy': 'new', 'figure.svg': 'mine' });
  });

  test('a run that fails leaves an earlier one where it is, and itself beside it, until one ends well', async () => {
    const path = join(folder, 'run');
    await runInto(path, 'first', 'old');
    await runInto(path, 'second', 'half', { ...SUMMARY, status: 'failed', error: 'worker 0 failed' });
    expect(checkFolder(path)).toMatchObject({ run: 'first', problems: [] });
    const kept = join(path, 'incomplete');
    expect(checkFolder(kept)).toMatchObject({ run: 'second', problems: [] });
    expect(read({ path: kept } as RunDirectory, 'summary.json')).toContain('the earlier results stay');
    await runInto(path, 'third', 'half', { ...SUMMARY, status: 'failed', error: 'worker 0 failed' });
    expect(checkFolder(kept).run).toBe('third');
    await runInto(path, 'fourth', 'new');
    expect(checkFolder(path)).toMatchObject({ run: 'fourth', problems: [] });
    expect(existsSync(kept)).toBe(false);
  });

  test('a run that failed is replaced by the next one, whatever becomes of that', async () => {
    const path = join(folder, 'run');
    await runInto(path, 'first', 'old', { ...SUMMARY, status: 'failed' });
    await runInto(path, 'second', 'half', { ...SUMMARY, status: 'failed' });
    expect(checkFolder(path)).toMatchObject({ run: 'second', problems: [] });
    expect(readdirSync(path)).not.toContain('incomplete');
  });

  test('an empty folder is used', () => {
    expect(RunDirectory.create(folder).path).toBe(folder);
  });

  test.each([
    ['somebody else’s folder', { 'notes.txt': 'do not lose' }],
    ["a web page's manifest", { 'manifest.json': '{"name":"app","icons":[]}' }],
    ['a broken manifest', { 'manifest.json': '{' }],
  ])('%s is refused and untouched', (_name, files) => {
    const path = join(folder, 'run');
    mkdirSync(path);
    for (const [name, text] of Object.entries(files)) writeFileSync(join(path, name), text);
    expect(() => RunDirectory.create(path)).toThrow(/is not empty and holds no earlier run/);
    expect(readdirSync(path)).toEqual(Object.keys(files));
  });

  test('a file in the way, at the end of the path or in the middle of it', () => {
    const file = join(folder, 'file');
    writeFileSync(file, '');
    expect(() => RunDirectory.create(file)).toThrow(InputError);
    expect(() => RunDirectory.create(join(file, 'run'))).toThrow(
      /cannot write results to .*: part of the path is a file/,
    );
  });
});
