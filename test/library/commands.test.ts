/** Functions and commands of the same name give the same: each is called both ways, times aside. */

import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, test } from 'vitest';
import {
  type ConfigInput,
  certify,
  compare,
  inspectTopology,
  isInputError,
  type Progress,
  profile,
  tune,
} from '../../src/index.js';
import { generate, readGraph } from '../../topology/index.js';
import { sottovoce } from '../support/command-line.js';
import { temporaryFolder } from '../support/run.js';

const CONFIG = {
  name: 'ring',
  topology: { kind: 'ring', nodes: 6 },
  cost: { kind: 'quadratic', dim: 4, condition: 2 },
  flow: { kind: 'primal-dual' },
  rounds: 500,
  stop: { rmsError: 1e-3 },
  workers: 1,
} satisfies ConfigInput;
const folder = temporaryFolder();
const file = join(folder, 'ring.yaml');
const json = (text: string) => JSON.parse(text);
/** As JSON has it: no NaN, no undefined. */
const asJson = (data: unknown) => JSON.parse(JSON.stringify(data));
const printed = async (...argv: string[]) => {
  const { status, stdout, stderr } = await sottovoce(folder, ...argv);
  // A profile of a moment says so.
  const said = stderr.replace(/^warning: (\d+ samples say little|others had the cores).*\n/gm, '');
  expect({ status, said }).toEqual({ status: 0, said: '' });
  return stdout;
};
const read = (...parts: string[]) => readFileSync(join(folder, ...parts), 'utf8');
const refusal = (promise: Promise<unknown>): Promise<Error> =>
  promise.then(
    () => expect.fail('nothing was thrown'),
    (error) => error,
  );

beforeAll(() => writeFileSync(file, JSON.stringify(CONFIG)));

describe('topology inspect', () => {
  const weighted = join(folder, 'weighted.edges');
  const directed = join(folder, 'directed.gml');
  beforeAll(() => {
    writeFileSync(weighted, 'a b 2\nb c 1\nc a 0.5\nd e 1\n');
    const edges = ['0 target 1', '1 target 2', '2 target 0'].map((ends) => `edge [ source ${ends} ]`);
    const nodes = [0, 1, 2].map((id) => `node [ id ${id} ]`);
    writeFileSync(directed, `graph [ directed 1 ${[...nodes, ...edges].join(' ')} ]`);
  });

  test('a file, with its own weights, its largest component, its directions', async () => {
    expect(await inspectTopology(weighted)).toEqual(
      json(await printed('topology', 'inspect', weighted, '--json')),
    );
    const flags = ['--weights', 'file', '--largest-component', '--json'];
    expect(await inspectTopology(weighted, { weights: 'file', largestComponent: true })).toEqual(
      json(await printed('topology', 'inspect', weighted, ...flags)),
    );
    const stated = await inspectTopology(directed);
    expect(stated).toEqual(json(await printed('topology', 'inspect', directed, '--json')));
    expect(stated).toMatchObject({ directed: true, arcs: 3 });
    expect(await inspectTopology({ file: directed, directed: false })).toMatchObject({ directed: false });
    expect(await inspectTopology({ file: 'weighted.edges' }, { folder })).toMatchObject({ nodes: 5 });
  });

  test('a generator', async () => {
    const flags = ['--kind', 'grid', '--rows', '3', '--columns', '4', '--json'];
    const grid = await inspectTopology({ kind: 'grid', rows: 3, columns: 4 });
    expect(grid).toEqual(json(await printed('topology', 'inspect', ...flags)));
    const drawn = ['--kind', 'erdos-renyi', '--nodes', '30', '--probability', '0.2', '--seed', '5', '--json'];
    expect(await inspectTopology({ kind: 'erdos-renyi', nodes: 30, probability: 0.2 }, { seed: 5 })).toEqual(
      json(await printed('topology', 'inspect', ...drawn)),
    );
  });

  test('edges and graphs in memory, with a signal and without', async () => {
    const { source, ...ring } = await inspectTopology({ kind: 'ring', nodes: 5 });
    expect(source).toBe('ring');
    const edges = [0, 1, 2, 3, 4].map((i) => [i, (i + 1) % 5]);
    expect(await inspectTopology({ edges, name: 'mine' })).toEqual({ source: 'mine', ...ring });
    const graph = generate({ kind: 'ring', nodes: 5 });
    expect(await inspectTopology(graph)).toEqual({ source: 'given graph', ...ring });
    const { signal } = new AbortController();
    expect(await inspectTopology({ graph }, { signal })).toEqual({ source: 'given graph', ...ring });
    expect(await inspectTopology(await readGraph(weighted), { weights: 'file' })).toMatchObject({
      ...(await inspectTopology(weighted, { weights: 'file' })),
      source: 'given graph',
    });
  });

  test('refuses what is no graph, by its place', async () => {
    const message = async (...given: Parameters<typeof inspectTopology>) => {
      const error = await refusal(inspectTopology(...given));
      expect(isInputError(error)).toBe(true);
      return error.message;
    };
    expect(await message({ kind: 'ring', nodes: 0 })).toMatch(/topology\.nodes is 0, expected/);
    expect(await message({ kind: 'random-regular', nodes: 5, degree: 3 })).toMatch(/^topology\.\w+ is/);
    expect(await message({ edges: [[0, 1, 2]] } as never)).toMatch(/topology\.edges\[0\]/);
    expect(await message(null as never)).toMatch(/topology is empty, expected/);
    expect(await message('no-such.gml')).toMatch(/no-such\.gml/);
    expect(await message({ kind: 'ring', nodes: 5 }, { weights: 'file' })).toMatch(/the graph has none/);
    expect(await message({ kind: 'ring', nodes: 5 }, { weights: 'heavy' as never })).toMatch(
      /weights is "heavy"/,
    );
    const reason = new Error('enough');
    const signal = AbortSignal.abort(reason);
    expect(await refusal(inspectTopology({ kind: 'ring', nodes: 5 }, { signal }))).toBe(reason);
  });
});

describe('tune', () => {
  test('what it prints', async () => {
    const { report } = await tune(file);
    expect(asJson(report)).toEqual(json(await printed('tune', file, '--json')));
    expect((await tune(CONFIG)).report).toEqual(report);
  });

  test('tells of trials, ends on a signal, and two at once are the same as alone', async () => {
    const seen: number[] = [];
    const options = { trials: 6, onProgress: ({ trials }: { trials: number }) => void seen.push(trials) };
    const [one, two] = await Promise.all([tune(CONFIG, options), tune(CONFIG, { trials: 6 })]);
    expect(one).toEqual(two);
    expect(seen).toEqual(Array.from({ length: seen.length }, (_, i) => i + 1));
    expect(seen.length).toBeGreaterThanOrEqual(one.trials?.trials ?? 99);

    const controller = new AbortController();
    const long = tune(
      { ...CONFIG, rounds: 2_000_000, stop: { rmsError: 1e-14 } },
      {
        trials: 1_000_000,
        signal: controller.signal,
        onProgress: () => controller.abort(),
      },
    );
    await expect(long).rejects.toThrow(controller.signal.reason);
    const broken = tune(CONFIG, {
      trials: 6,
      onProgress: () => {
        throw new TypeError('mine');
      },
    });
    await expect(broken).rejects.toThrow(new TypeError('mine'));
    await expect(tune(CONFIG, { signal: AbortSignal.abort() })).rejects.toThrow(/abort/);
  });
});

describe('certify', () => {
  const options = { dim: 8, starts: 12, rounds: 300 };
  test('what it prints', async () => {
    const certificate = await certify('flatten(sign)', options);
    const flags = ['--dim', '8', '--starts', '12', '--rounds', '300', '--json'];
    expect([asJson(certificate)]).toEqual(json(await printed('certify', 'flatten(sign)', ...flags)));
  });

  test('tells what it measures, ends on a signal, and two at once are the same as alone', async () => {
    const seen: string[] = [];
    const onProgress = ({ measuring }: { measuring: string }) => void seen.push(measuring);
    const [one, two] = await Promise.all([
      certify('sign', { ...options, onProgress }),
      certify('sign', options),
    ]);
    expect(one).toEqual(two);
    expect(seen.slice(0, 5)).toEqual(['map', 'gains', 'flow', 'later', 'messages']);
    const controller = new AbortController();
    const long = certify('sign', {
      dim: 2 ** 14,
      rounds: 2 ** 22,
      signal: controller.signal,
      onProgress: () => controller.abort(),
    });
    await expect(long).rejects.toThrow(controller.signal.reason);
  });
});

describe('compare', () => {
  const ranked = (text: string | object) =>
    asJson(typeof text === 'string' ? json(text) : text) as { cells: object[]; methods: object[] };
  /** Seconds are of this machine, and what a config is called is where it came from. */
  const timeless = (results: object) =>
    JSON.parse(
      JSON.stringify(results, (key, value) =>
        /^(seconds|secondsToTarget|config)$/.test(key) ? undefined : value,
      ),
    );

  test('what it prints and writes', async () => {
    const command = [
      'compare',
      file,
      '--compressors',
      'sign; flatten(sign)',
      '--seeds',
      '1,2',
      '--tune',
      '4',
    ];
    const out = await printed(...command, '--out', join(folder, 'command'), '--json', '--quiet');
    const outDir = join(folder, 'function');
    const { pictures, curves, ...outcome } = await compare([file], {
      compressors: ['sign', 'flatten(sign)'],
      seeds: [1, 2],
      trials: 4,
      outDir,
    });
    const { format, ...results } = json(out);
    expect(format).toBe('sottovoce-comparison/2');
    expect(timeless(ranked(outcome))).toEqual(timeless(results));
    expect(timeless(json(read('function', 'results.json')))).toEqual(timeless(json(out)));
    // The command has them in a file of their own.
    expect(read('function', 'curves.csv')).toContain(curves[0].label);
    expect(new Set(curves.map(({ label }) => label)).size).toBe(2);
    const names = (name: string) => readdirSync(join(folder, name)).filter((entry) => !entry.startsWith('.'));
    expect(names('function')).toEqual(names('command'));
    expect(pictures).toEqual([{ name: 'picture.svg', svg: read('command', 'picture.svg') }]);
    expect(read('function', 'picture.svg')).toBe(pictures[0].svg);
  });

  test('tells of cells, ends on a signal or what a callback throws; one folder is for one at a time', async () => {
    const seen: number[] = [];
    const outDir = join(folder, 'shared');
    const options = { compressors: ['sign', 'identity'], trials: 0, jobs: 1 };
    const first = compare([CONFIG], {
      ...options,
      outDir,
      onCell: (_c, _o, { done, of }) => seen.push(done, of),
    });
    const second = refusal(compare([CONFIG], { ...options, outDir }));
    const both = await Promise.allSettled([first, second.then((error) => Promise.reject(error))]);
    expect(both.map(({ status }) => status)).toEqual(['fulfilled', 'rejected']);
    expect((await second).message).toMatch(/writing|in use|at work/);
    expect(seen).toEqual([1, 2, 2, 2]);

    const long = { ...CONFIG, rounds: 50_000_000, stop: { rmsError: 1e-300 } } satisfies ConfigInput;
    const controller = new AbortController();
    const stopped = await compare([CONFIG, long], {
      trials: 0,
      jobs: 1,
      target: { rmsError: 1e-300 },
      signal: controller.signal,
      onCell: () => controller.abort(),
    });
    expect(stopped.complete).toBe(false);
    expect(stopped.cells).toHaveLength(1);
    const broken = () => {
      throw new TypeError('mine');
    };
    await expect(
      compare([CONFIG, long], { trials: 0, jobs: 1, target: { rmsError: 1e-300 }, onCell: broken }),
    ).rejects.toThrow(new TypeError('mine'));
  });
});

describe('profile', () => {
  const shape = ({ time, machine, ...report }: Record<string, unknown>) => ({
    ...report,
    machine,
    time: typeof time,
    ...Object.fromEntries(
      ['seconds', 'roundsPerSecond', 'merged', 'files', 'threads'].map((key) => [key, typeof report[key]]),
    ),
  });

  test('what it prints and writes: the same run, the same files', async () => {
    const command = join(folder, 'profile-command');
    const flags = ['--rounds', '20000', '--out', command, '--no-html', '--json', '--quiet'];
    const out = json(await printed('profile', file, ...flags));
    const outDir = join(folder, 'profile-function');
    const { report, text, profiles, files, summary } = await profile(file, {
      rounds: 20_000,
      outDir,
      html: false,
    });
    expect(shape(asJson(report))).toEqual(shape(out));
    expect(asJson(report)).toEqual(json(read('profile-function', 'profile.json')));
    expect(text).toBe(read('profile-function', 'hottest.txt'));
    expect(files.map((name) => name.slice(outDir.length + 1)).sort()).toEqual(readdirSync(command).sort());
    expect(profiles.map(({ thread }) => thread)).toEqual(['worker 0']);
    expect(asJson(profiles[0].profile)).toEqual(json(read('profile-function', 'worker-0.cpuprofile')));
    expect(summary).toMatchObject({ status: 'finished', rounds: 20_000 });
    // Among all that was on the stack: at the top of it the loop itself may have been met never.
    const names = profiles[0].profile.nodes.map(({ callFrame }) => callFrame.functionName);
    expect(names.some((name) => name.startsWith('runRounds'))).toBe(true);
    expect(report.merged.frames.reduce((sum, { share }) => sum + share, 0)).toBeCloseTo(1, 9);
  });

  test('a config in memory, for a time; two at once; what it tells meanwhile', async () => {
    const seen: Progress[] = [];
    const [one, two] = await Promise.all([
      profile(CONFIG, { seconds: 0.4, onProgress: (progress) => seen.push(progress) }),
      profile({ ...CONFIG, name: 'other' }, { seconds: 0.4, intervalUs: 1000 }),
    ]);
    expect([one.report.name, two.report.name]).toEqual(['ring', 'other']);
    expect([one.report.intervalUs, two.report.intervalUs]).toEqual([500, 1000]);
    for (const { report, summary, files } of [one, two]) {
      expect(files).toEqual([]);
      expect(summary.status).toBe('stopped');
      expect(report.merged.samples).toBeGreaterThan(20);
    }
    expect(seen.length).toBeGreaterThan(0);
  });

  test('a signal ends it, and what was recorded is there', async () => {
    const controller = new AbortController();
    const { summary, report } = await profile(CONFIG, {
      seconds: 600,
      signal: controller.signal,
      onProgress: ({ round }) => round > 1000 && controller.abort(),
    });
    expect(summary.status).toBe('stopped');
    expect(report.rounds).toBe(summary.rounds);
    const reason = new Error('enough');
    expect(await refusal(profile(CONFIG, { signal: AbortSignal.abort(reason) }))).toBe(reason);
  });

  test('a whole run is that of a file', async () => {
    const quick = join(folder, 'quick.yaml');
    writeFileSync(
      quick,
      JSON.stringify({
        ...CONFIG,
        rounds: 50,
        stop: {},
        flow: { kind: 'primal-dual', step: 0.1, alpha: 1, beta: 1 },
      }),
    );
    const { report, summary } = await profile(quick, { whole: true, seed: 3 });
    expect(report).toMatchObject({ scope: 'whole', rounds: 50, name: 'ring' });
    expect(report.threads.map(({ thread }) => thread)).toEqual(['main', 'coordinator', 'worker 0']);
    expect(summary.status).toBe('finished');
    expect((await refusal(profile(CONFIG, { whole: true }))).message).toMatch(
      /config in memory, expected the path/,
    );
  });

  test('wrong options and folders are refused before anything runs', async () => {
    const message = async (...given: Parameters<typeof profile>) =>
      (await refusal(profile(...given))).message;
    expect(await message(CONFIG, { seconds: 0 })).toMatch(/seconds is 0, expected a number/);
    expect(await message(CONFIG, { intervalUs: 1 })).toMatch(/intervalUs is 1, expected a whole number/);
    expect(await message(CONFIG, { workers: 0 })).toMatch(/workers is 0/);
    mkdirSync(join(folder, 'mine'));
    writeFileSync(join(folder, 'mine', 'thesis.tex'), '');
    expect(await message(CONFIG, { outDir: join(folder, 'mine') })).toMatch(/holds more than a profile/);
  });
});
