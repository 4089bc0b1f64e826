/** `pin`: which worker is held to which processor, that it is, that it is given back, and where it is refused. */

import { spawnSync } from 'node:child_process';
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it, vi } from 'vitest';
import { Rig } from '../../dist/src/bench/rig.js';
import { parseConfig } from '../../dist/src/index.js';
import { RunSession } from '../../dist/src/session/run-session.js';
import { listText, readProcessors, within } from '../../src/base/processors.js';
import { configDigest } from '../../src/run/inputs.js';
import { nearbyOf, placeWorkers } from '../../src/run/places.js';
import { describeShape, treeShape } from '../../src/sync/tree.js';
import * as trees from '../support/processor-trees.js';
import { reading } from '../support/processor-trees.js';
import { runConfig, temporaryFolder } from '../support/run.js';

const of = (tree: trees.Tree) => readProcessors(reading(tree));
const placed = (tree: trees.Tree, pin: 'cores' | 'spread', workers: number) => {
  const places = placeWorkers(pin, workers, of(tree));
  return places && listText(places);
};

describe('who is held where', () => {
  it('cores: one cache after the other, a hardware thread of each core', () => {
    expect(placed(trees.smallVirtual, 'cores', 2)).toBe('0-1');
    expect(placed(trees.xeonServer, 'cores', 40)).toBe('0-39');
    expect(placed(trees.xeonJob, 'cores', 4)).toBe('40-43');
    expect(placed(trees.epycServer, 'cores', 6)).toBe('0-5');
    expect(placed(trees.containerWithSet, 'cores', 5)).toBe('6-9,12');
    expect(placed(trees.armServer, 'cores', 16)).toBe('0-15');
  });

  it('spread: in turns over sockets and caches, neighbours next to one another', () => {
    expect(placed(trees.xeonServer, 'spread', 4)).toBe('0-1,32-33');
    expect(placed(trees.epycServer, 'spread', 4)).toBe('0,16,32,48');
    expect(placed(trees.epycServer, 'spread', 16)).toBe('0,4,8,12,16,20,24,28,32,36,40,44,48,52,56,60');
    expect(placed(trees.epycServer, 'spread', 17)).toBe('0-1,4,8,12,16,20,24,28,32,36,40,44,48,52,56,60');
    expect(placed(trees.xeonServer, 'spread', 64)).toBe('0-63');
  });

  it('faster cores of a hybrid machine first', () => {
    expect(placed(trees.hybridLaptop, 'cores', 6)).toBe('0,2,4,6,8-9');
    expect(placed(trees.hybridLaptop, 'spread', 6)).toBe('0,2,4,6,8,12');
    expect(placed(trees.armLaptop, 'cores', 5)).toBe('4-7,0');
  });

  it('nobody where there are more workers than cores', () => {
    expect(placed(trees.siblingsVirtual, 'cores', 2)).toBeNull();
    expect(placed(trees.xeonJob, 'spread', 5)).toBeNull();
    expect(placed(trees.nothing, 'cores', 1)).toBeNull();
  });

  it('and who shares a cache meets first at the barrier', () => {
    const machine = of(trees.epycServer);
    const places = placeWorkers('cores', 16, machine);
    expect(nearbyOf(places, machine).slice(3, 5)).toEqual([
      [0, 0],
      [1, 0],
    ]);
    expect(describeShape(treeShape(16, nearbyOf(places, machine)))).toBe('tree of 4, 4');
    expect(nearbyOf(null, machine)).toEqual([]);
  });
});

const config = {
  topology: { kind: 'ring', nodes: 12 },
  cost: { kind: 'quadratic', dim: 5 },
  flow: { kind: 'primal-dual', step: 0.05, alpha: 0.5, beta: 0.5 },
  rounds: 40,
};

const TASKS = '/proc/self/task';
/** Of each thread of this process, where it may run. */
function masks(): Map<string, string> {
  return new Map(
    readdirSync(TASKS).flatMap((task): [string, string][] => {
      try {
        const status = readFileSync(`${TASKS}/${task}/status`, 'utf8');
        return [[task, /^Cpus_allowed_list:\t(.*)$/m.exec(status)?.[1] ?? '']];
      } catch {
        // It has ended meanwhile.
        return [];
      }
    }),
  );
}

const { allowed, cores } = readProcessors();
const ownCores = within(cores, allowed);

describe.skipIf(process.platform !== 'linux' || ownCores.length < 2)('a run', () => {
  it.each(['cores', 'spread'])('holds its workers while it lasts, and nobody else (%s)', async (pin) => {
    const all = listText(allowed);
    const session = new RunSession();
    const endless = { ...config, rounds: 1_000_000_000, workers: 2, pin };
    const { pinned, ...plan } = await session.prepare({ config: await parseConfig(endless), outDir: null });
    expect(plan.workers).toBe(2);
    expect(new Set(pinned).size).toBe(2);
    await session.pause();
    const ended = session.start();
    await session.step(5);
    const held = [...masks().values()].filter((mask) => mask !== all);
    expect(held.sort()).toEqual((pinned ?? []).map(String).sort());
    await session.stop();
    await ended;
    expect([...masks().values()].filter((mask) => mask !== all)).toEqual([]);
  });

  it('of a benchmark is held where its config says so, and nowhere else', async () => {
    for (const [pin, count] of [
      ['cores', 2],
      ['none', undefined],
    ] as const) {
      const rig = await Rig.open({ ...config, workers: 2, pin }, 2);
      expect(rig.report.pinned?.length).toBe(count);
      await rig.close();
    }
  });

  it.each(['throw', 'exit'] as const)('gives processors back where a worker fails (%s)', async (kind) => {
    const fault = { worker: 1, round: 3, kind };
    await expect(runConfig({ ...config, workers: 2, pin: 'cores' }, { fault })).rejects.toThrow(/worker 1/);
    const all = listText(allowed);
    const held = () => [...masks().values()].filter((mask) => mask !== all);
    await vi.waitFor(() => expect(held()).toEqual([]), { timeout: 60_000 });
  });

  it('has the same bits, and the same digest', async () => {
    const [free, held] = [
      await runConfig({ ...config, workers: 2 }),
      await runConfig({ ...config, workers: 2, pin: 'cores' }),
    ];
    expect(held.summary.stateHash).toBe(free.summary.stateHash);
    const digest = async (given: object) => configDigest((await parseConfig(given)).config);
    expect(await digest({ ...config, pin: 'spread' })).toBe(await digest(config));
  });

  it('touches a large arena from there', async () => {
    const large = {
      ...config,
      topology: { kind: 'ring', nodes: 16_000 },
      cost: { kind: 'quadratic', dim: 128 },
      rounds: 2,
    };
    const free = await runConfig({ ...large, workers: 1 });
    const held = await runConfig({ ...large, workers: 2, pin: 'cores' });
    expect(held.summary.stateHash).toBe(free.summary.stateHash);
  });

  it('is refused where a worker would have no core of its own, with its line', async () => {
    const workers = ownCores.length + 1;
    await expect(runConfig({ ...config, workers, pin: 'cores' })).rejects.toThrow(
      `pin is cores, which holds each worker to a core of its own: there are ${workers} workers and ${ownCores.length} cores that are ours`,
    );
    await expect(runConfig({ ...config, pin: 'core' })).rejects.toThrow(
      'pin is "core", expected none, cores or spread',
    );
  });
});

describe('where threads cannot be held', () => {
  it('another system is named', () => {
    const places = new URL('../../dist/src/run/places.js', import.meta.url).href;
    const program = `
      Object.defineProperty(process, 'platform', { value: 'darwin' });
      const { placesFor } = await import(${JSON.stringify(places)});
      console.log(placesFor('none', 3));
      try { placesFor('cores', 1); } catch (error) { console.log(error.code, error.message); }`;
    const { stdout } = spawnSync(process.execPath, ['--input-type=module', '-e', program], {
      encoding: 'utf8',
    });
    expect(stdout).toBe(
      'null\nBAD_INPUT pin is cores, and threads cannot be held to processors here: this is darwin, and no Linux\n',
    );
  });

  it.skipIf(process.platform !== 'linux')('and without koffi; a run that is gone on with goes on', () => {
    const folder = temporaryFolder();
    const file = path.join(folder, 'held.yaml');
    const lines = Object.entries({ ...config, workers: 1, checkpoint: { everyRounds: 20 } }).map(
      ([key, value]) => `${key}: ${JSON.stringify(value)}`,
    );
    writeFileSync(file, `${lines.join('\n')}\npin: cores\n`);
    const main = fileURLToPath(new URL('../../dist/src/cli/main.js', import.meta.url));
    const preload = fileURLToPath(new URL('./no-koffi.cjs', import.meta.url));
    const out = path.join(folder, 'out');
    const command = (without: boolean, ...args: string[]) => {
      const NODE_OPTIONS = without ? `--require ${JSON.stringify(preload)}` : '';
      const env = { ...process.env, NODE_OPTIONS, NO_COLOR: '1' };
      const { status, stderr, stdout } = spawnSync(process.execPath, [main, ...args], {
        encoding: 'utf8',
        env,
      });
      return { status, stderr, stdout };
    };
    const refused = command(true, 'run', file, '--out', out);
    expect(refused.status).toBe(2);
    expect(refused.stderr).toContain(
      `${file}:7:6: pin is cores, and threads cannot be held to processors here: the package koffi is not installed`,
    );
    const made = command(false, 'run', file, '--out', out);
    expect([made.status, made.stderr]).toEqual([0, expect.anything()]);
    expect(made.stdout + made.stderr).toMatch(/pinned +worker by worker to processors \d/);
    const manifest = JSON.parse(readFileSync(path.join(out, 'manifest.json'), 'utf8'));
    expect(manifest.machine.pinned).toHaveLength(1);
    expect(manifest.plan.pinned).toBeUndefined();
    const gone = command(true, 'resume', out, '--rounds', '60');
    expect(gone.status).toBe(0);
    expect(gone.stdout + gone.stderr).toContain('workers are held to no processors: pin is cores');
  });
});
