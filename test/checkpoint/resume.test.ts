/**
 * Runs on threads that are ended and gone on with: the same last state as a run that never stopped, the same
 * rows, and one folder that holds one run. Torn, foreign and older checkpoints are refused with the reason, and
 * the one before is used.
 */

import { cpSync, existsSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { parseConfig } from '../../dist/src/index.js';
import { checkFolder } from '../../dist/src/output/check-folder.js';
import { findResumption } from '../../dist/src/session/resume-point.js';
import { RunSession } from '../../dist/src/session/run-session.js';
import type { RunResult } from '../../dist/src/session/types.js';
import { fileSystem } from '../../dist/topology/file-system.js';
import { temporaryFolder } from '../support/run.js';

const folder = temporaryFolder();
const base = {
  topology: { kind: 'erdos-renyi', nodes: 37, averageDegree: 5, seed: 3, largestComponent: true },
  cost: { kind: 'quadratic', dim: 11, condition: 6 },
  // What trial runs find, which take longer than the run.
  flow: { kind: 'primal-dual', compress: 'error-state', step: 0.0553, alpha: 0.643, beta: 2.56, mu: 0.5 },
  compressor: { kind: 'error-feedback', inner: { kind: 'top-k', k: 3 } },
  seed: 5,
  workers: 2,
  rounds: 400,
  trace: { every: 7 },
};

async function run(config: Record<string, unknown>, out: string, endAt?: number): Promise<RunResult> {
  const session = new RunSession();
  await session.prepare({ config: await parseConfig(config), outDir: path.join(folder, out) });
  return drive(session, endAt);
}

/** Ends it after `endAt` rounds, where that is given. */
async function drive(session: RunSession, endAt?: number, from = 0, runId?: string): Promise<RunResult> {
  if (endAt !== undefined) await session.pause();
  const ended = session.start(runId === undefined ? {} : { runId });
  if (endAt !== undefined) {
    await session.pause();
    if (endAt > from) await session.step(endAt - from);
    await session.stop();
  }
  return ended;
}

async function resume(out: string, overrides: Record<string, unknown> = {}, endAt?: number) {
  const changes = Object.entries(overrides).map(([key, value]) => ({
    path: key.split('.'),
    value,
    origin: `--${key}`,
  }));
  const found = await findResumption(path.join(folder, out), changes);
  const session = new RunSession();
  const { loaded: config, from } = found;
  const report = await session.prepare({ config, from, outDir: found.folder });
  const result = await drive(session, endAt, from.round, found.run);
  return { found, report, result };
}

const rowsOf = (out: string) =>
  readFileSync(path.join(folder, out, 'trace.csv'), 'utf8')
    .trim()
    .split('\n')
    .map((line) => line.split(',').filter((_, column) => column !== 8));
const files = (out: string) => readdirSync(path.join(folder, out, 'checkpoints')).sort();
const copy = (from: string, to: string) =>
  cpSync(path.join(folder, from), path.join(folder, to), { recursive: true });

const problems: Record<string, Record<string, unknown>> = {
  'gains that were auto, a memory': { ...base, flow: { kind: 'primal-dual' } },
  'a target, quick rows': { ...base, stop: { rmsError: 1e-7 }, rounds: 5000 },
  'a target, rows that are far apart': {
    ...base,
    topology: { kind: 'ring', nodes: 400 },
    cost: { kind: 'quadratic', dim: 64, condition: 3 },
    flow: { kind: 'primal-dual', compress: 'error-state', step: 0.02, alpha: 0.5, beta: 0.5 },
    compressor: { kind: 'flattened-sign' },
    stop: { gap: 1e-3 },
    rounds: 3000,
    trace: { every: 50 },
  },
  // What a run began with is part of its verdict.
  'one that diverges': {
    ...base,
    flow: { kind: 'primal-dual', compress: 'error-state', step: 0.2, alpha: 1, beta: 1 },
    compressor: { kind: 'flattened-sign' },
    trace: { every: 2 },
  },
  'links with a state': {
    ...base,
    flow: { kind: 'primal-dual' },
    links: { kind: 'gilbert-elliott', toBad: 0.3, toGood: 0.15 },
    compressor: { kind: 'event-triggered', threshold: { relative: 0.3, rate: 0.9 }, inner: { kind: 'sign' } },
    network: { bandwidth: 1000, latency: 0.5 },
  },
  'agents in another order': { ...base, layout: { order: 'rcm', block: 3 } },
  'a server with Adam': {
    program: {
      kind: 'parameter-server',
      agents: 5,
      gamma: 0.05,
      lambda: 'auto',
      optimizer: { kind: 'adam' },
    },
    cost: { kind: 'quadratic', dim: 12 },
    seed: 4,
    workers: 2,
    rounds: 300,
    trace: { every: 10 },
  },
};

describe.each(Object.entries(problems))('%s', (name, config) => {
  const out = name.replaceAll(/\W+/g, '-');

  it('goes on twice, with other workers, to the bits of a run that never stopped', async () => {
    const whole = await run(config, `${out}-whole`);
    const ends = whole.summary.rounds;
    const first = await run(config, out, Math.floor(ends / 3));
    expect(first.summary).toMatchObject({ status: 'stopped', checkpoints: { written: 1 } });
    expect(first.summary.stateHash).not.toBe(whole.summary.stateHash);

    const second = await resume(out, { workers: 3 }, Math.floor((2 * ends) / 3));
    expect(second.result.summary).toMatchObject({ status: 'stopped', workers: 3 });
    const third = await resume(out, { workers: 1 });
    const { summary } = third.result;
    expect(summary.run).toBe(first.summary.run);
    expect([summary.rounds, summary.status]).toEqual([ends, whole.summary.status]);
    expect(summary.stateHash).toBe(whole.summary.stateHash);
    expect(summary.bits).toEqual(whole.summary.bits);
    expect(summary.final).toEqual(whole.summary.final);
    expect(rowsOf(out)).toEqual(rowsOf(`${out}-whole`));
    expect(checkFolder(path.join(folder, out))).toMatchObject({ run: first.summary.run, problems: [] });
    const manifest = JSON.parse(readFileSync(path.join(folder, out, 'manifest.json'), 'utf8'));
    expect(manifest.resumed.map(({ workers }: { workers: number }) => workers)).toEqual([3, 1]);
  });
});

describe('checkpoints on the way', () => {
  const config = { ...base, rounds: 900, checkpoint: { everyRounds: 100, keep: 3 } };

  it('are as many as are to be kept, change no bit, and a run goes on from each', async () => {
    const without = await run({ ...base, rounds: 900 }, 'without');
    const { summary } = await run(config, 'way');
    expect(summary.stateHash).toBe(without.summary.stateHash);
    expect(summary.checkpoints?.written).toBeGreaterThan(1);
    const kept = files('way');
    expect(kept.length).toBe(Math.min(3, summary.checkpoints?.written ?? 0));
    expect(kept.at(-1)).toMatch(/-0000000900\.checkpoint$/);
    await expect(resume('way')).rejects.toThrow('has all of its 900 rounds');
    copy('way', 'way-early');
    rmSync(path.join(folder, 'way-early', 'checkpoints', kept.at(-1) as string));
    await expect(resume('way-early')).rejects.toThrow('has all of its 900 rounds');

    // One flipped bit at a time: the checkpoint before is taken, and it says why.
    let newest = kept.at(-1) as string;
    for (const before of kept.slice(0, -1).reverse()) {
      copy('way', `way-${before}`);
      // With its results it would have nothing to go on to.
      rmSync(path.join(folder, `way-${before}`, 'summary.json'));
      const file = path.join(folder, `way-${before}`, 'checkpoints', newest);
      const bytes = readFileSync(file);
      bytes[Math.floor(bytes.length * 0.6)]! ^= 1;
      writeFileSync(file, bytes);
      const { found, result } = await resume(`way-${before}`);
      expect(path.basename(found.from.checkpoint as string)).toBe(before);
      expect(found.notes.join()).toContain('is not as it was written');
      expect(result.summary.stateHash).toBe(without.summary.stateHash);
      renameSync(path.join(folder, 'way', 'checkpoints', newest), path.join(folder, newest));
      newest = before;
    }
  });

  it('the trace has all rows before a checkpoint when it appears', async () => {
    const own = fileSystem.renameSync;
    const behind: [number, number][] = [];
    fileSystem.renameSync = (from, to) => {
      own(from, to);
      const round = /-(\d{10})\.checkpoint$/.exec(String(to))?.[1];
      if (round === undefined) return;
      const trace = readFileSync(path.join(path.dirname(String(to)), '..', 'trace.csv'), 'utf8');
      behind.push([Number(round), Number(trace.trim().split('\n').at(-1)?.split(',')[0])]);
    };
    try {
      await run({ ...config, trace: { every: 1 }, checkpoint: { everyRounds: 20 } }, 'rows');
      await run({ ...base, rounds: 900, trace: { every: 1 } }, 'rows-later', 300);
      await resume('rows-later');
    } finally {
      fileSystem.renameSync = own;
    }
    expect(behind.length).toBeGreaterThan(2);
    for (const [round, last] of behind) expect(last).toBeGreaterThanOrEqual(round);
  });

  it.each([7, 10])(
    'ended after its last round, before its results were written: it writes them (rows every %i)',
    async (every) => {
      const done = { ...base, trace: { every }, rounds: 200, checkpoint: { everyRounds: 90 } };
      const { summary } = await run(done, `done-${every}`);
      copy(`done-${every}`, `undone-${every}`);
      for (const name of ['summary.json', 'x.npy']) rmSync(path.join(folder, `undone-${every}`, name));
      const { found, result } = await resume(`undone-${every}`);
      expect(found.from.round).toBe(200);
      expect(result.summary).toMatchObject({ status: 'finished', rounds: 200, stateHash: summary.stateHash });
      expect(result.summary.final).toEqual(summary.final);
      expect(rowsOf(`undone-${every}`)).toEqual(rowsOf(`done-${every}`));
      expect(checkFolder(path.join(folder, `undone-${every}`)).problems).toEqual([]);
    },
  );

  it('more rounds are those of a longer run; where the rounds decide, that is said', async () => {
    const short = { ...base, rounds: 200, checkpoint: { everyRounds: 60, keep: 2 } };
    await run(short, 'longer');
    const longer = await run({ ...base, rounds: 500 }, 'long');
    const { result, report } = await resume('longer', { rounds: 500 });
    expect(report.warnings.join()).not.toContain('depends on');
    expect(result.summary.stateHash).toBe(longer.summary.stateHash);

    const schedule = {
      kind: 'schedule',
      until: [0.4],
      inner: [{ kind: 'top-k', k: 3 }, { kind: 'sign' }],
    };
    await run({ ...short, compressor: schedule }, 'scheduled');
    const scheduled = await resume('scheduled', { rounds: 500 });
    expect(scheduled.report.warnings.join()).toContain('depends on how many rounds');
  });
});

describe('what is no checkpoint of this run', () => {
  const config = { ...base, rounds: 300 };
  const checkpointOf = (out: string) => path.join(folder, out, 'checkpoints', files(out)[0] as string);

  it.each([
    ['torn in the state', (bytes: Buffer) => bytes.subarray(0, bytes.length - 1000), 'it is torn'],
    ['torn in the header', (bytes: Buffer) => bytes.subarray(0, 100), 'torn'],
    ['empty', () => Buffer.alloc(0), 'is no checkpoint'],
    [
      'of a later format',
      (bytes: Buffer) => Buffer.concat([Buffer.from('sottovoce-checkpoint/2'), bytes.subarray(22)]),
      'another version wrote it',
    ],
    ['longer than it was', (bytes: Buffer) => Buffer.concat([bytes, Buffer.alloc(8)]), 'it is torn'],
  ])('%s', async (name, change, message) => {
    const out = `bad-${name.replaceAll(' ', '-')}`;
    await run(config, out, 100);
    const file = checkpointOf(out);
    writeFileSync(file, change(readFileSync(file)));
    await expect(resume(out)).rejects.toThrow(message);
    await expect(resume(out)).rejects.toMatchObject({ code: 'BAD_INPUT' });
  });

  it('of another run, another config, a folder without a run', async () => {
    await run(config, 'one', 100);
    await run(config, 'other', 100);
    cpSync(checkpointOf('other'), checkpointOf('one'));
    await expect(resume('one')).rejects.toThrow('is of another run');

    const manifest = path.join(folder, 'other', 'manifest.json');
    writeFileSync(manifest, readFileSync(manifest, 'utf8').replace('"seed": 5', '"seed": 6'));
    await expect(resume('other')).rejects.toThrow('is of another config');

    await expect(resume('nowhere')).rejects.toThrow('holds no run');
  });

  it('a checkpoint that cannot be written ends nothing', async () => {
    const real = fileSystem.openSync;
    fileSystem.openSync = ((file: string, ...rest: [number]) => {
      if (file.includes('.checkpoint.')) throw Object.assign(new Error('ENOSPC'), { code: 'ENOSPC' });
      return real(file, ...rest);
    }) as typeof real;
    try {
      const whole = await run({ ...config, checkpoint: { everyRounds: 50, keep: 2 } }, 'full');
      const { summary } = whole;
      expect(summary).toMatchObject({ status: 'finished', checkpoints: { written: 0, lastRound: null } });
      expect(summary.warnings.join()).toContain(
        'a checkpoint could not be written: no space is left (ENOSPC)',
      );
    } finally {
      fileSystem.openSync = real;
    }
  });

  it('where rows were lost no checkpoint is left behind them, so that they come again', async () => {
    const traced = { ...config, rounds: 4000, trace: { every: 1 }, checkpoint: { everyRounds: 90, keep: 2 } };
    const whole = await run(traced, 'lost-whole');
    const { openSync, writeSync } = fileSystem;
    let trace = -1;
    let failed = false;
    const hasCheckpoint = () =>
      existsSync(path.join(folder, 'lost/checkpoints')) &&
      files('lost').some((name) => name.endsWith('.checkpoint'));
    fileSystem.openSync = ((file: string, ...rest: [number]) => {
      const handle = openSync(file, ...rest);
      if (file.endsWith('trace.csv')) trace = handle;
      return handle;
    }) as typeof openSync;
    fileSystem.writeSync = ((handle: number, ...rest: [Uint8Array, number, number]) => {
      // Once: the disk is well again when the run's end is written.
      if (handle === trace && !failed && hasCheckpoint()) {
        failed = true;
        throw Object.assign(new Error('EIO'), { code: 'EIO' });
      }
      return writeSync(handle, ...rest);
    }) as typeof writeSync;
    try {
      await expect(run(traced, 'lost')).rejects.toThrow(/trace.csv/);
    } finally {
      Object.assign(fileSystem, { openSync, writeSync });
    }
    expect(rowsOf('lost').length).toBeLessThan(4000);
    const { result } = await resume('lost');
    expect(result.summary).toMatchObject({ stateHash: whole.summary.stateHash, warnings: [] });
    expect(rowsOf('lost')).toEqual(rowsOf('lost-whole'));
  });

  it('a trace that was cut is said, and what is there is kept', async () => {
    const whole = await run(config, 'cut-whole');
    await run(config, 'cut', 200);
    const trace = path.join(folder, 'cut', 'trace.csv');
    writeFileSync(trace, readFileSync(trace, 'utf8').slice(0, 1500));
    const { result } = await resume('cut');
    expect(result.summary.stateHash).toBe(whole.summary.stateHash);
    expect(result.summary.warnings.join()).toMatch(/trace.csv lacks \d+ rows before round 200/);
  });

  it('an input that has changed since is refused by name', async () => {
    const graph = path.join(folder, 'graph.edges');
    writeFileSync(graph, '0 1\n1 2\n2 3\n3 0\n');
    await run({ ...config, topology: { file: graph } }, 'changed', 100);
    writeFileSync(graph, '0 1\n1 2\n2 3\n3 0\n0 2\n');
    await expect(resume('changed')).rejects.toThrow(/graph\.edges has changed since it began/);
  });

  it('a run that arrived has nothing to go on with', async () => {
    await run({ ...base, stop: { rmsError: 1e-3 }, rounds: 5000 }, 'arrived');
    await expect(resume('arrived')).rejects.toThrow(/converged after .* nothing to go on with/);
  });
});
