/**
 * A run is changed between two rounds: the same changes after the same rounds give the same bits for any number
 * of workers, and once more from the manifest; flows whose theory says so come to the optimum of the changed
 * run; what makes no sense is refused, and the run stands as it was.
 */

import { readFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, test } from 'vitest';
import { type Edit, openSession, parseConfig, type RunResult } from '../../dist/src/index.js';
import { flows } from '../../src/flow/registry.js';
import { loadManifest } from '../../src/output/load-manifest.js';
import { temporaryFolder } from '../support/run.js';
import { someOf } from '../support/some.js';

const folder = temporaryFolder();

/** Rounds, and then edits. */
type Script = [rounds: number, ...edits: Edit[]][];

const BASE = {
  topology: { kind: 'torus', rows: 3, columns: 4 },
  cost: { kind: 'quadratic', dim: 8, condition: 4 },
  rounds: 240,
  trace: { every: 10 },
};

async function scripted(
  config: Record<string, unknown>,
  script: Script,
  { workers = 1, outDir = null as string | null } = {},
): Promise<RunResult> {
  const { session, close } = await openSession();
  try {
    await session.prepare({ config: await parseConfig({ ...config, workers }), outDir, keepRows: true });
    await session.pause();
    const running = session.start();
    running.catch(() => {});
    for (const [rounds, ...edits] of script) {
      if (rounds > 0) await session.step(rounds);
      await session.change(edits);
    }
    await session.resume();
    return await running;
  } finally {
    await close();
  }
}

const CUT: Edit = { kind: 'cut', edges: [edge(0), edge(1)] };
const RESTORE: Edit = { kind: 'restore', edges: 'all' };
const SIGNS: Edit = { kind: 'compressor', compressor: 'flatten(sign)' };
const TOP_K: Edit = { kind: 'compressor', compressor: { kind: 'top-k', k: 4 } };

/** One in a row of the torus, or of a ring. */
function edge(i: number): [number, number] {
  return [i, i + 1];
}

/** Of each flow: its config, whether it takes a compressor, a gain, and whether it ends at the optimum. */
const FLOWS: Record<
  string,
  { flow?: object; also?: object; compressed?: boolean; gain?: Record<string, number>; exact?: boolean }
> = {
  'primal-dual': { compressed: true, gain: { alpha: 0.2 }, exact: true },
  consensus: {
    compressed: true,
    gain: { step: 0.05 },
    exact: true,
    also: { cost: { kind: 'average', dim: 8 } },
  },
  'scaled-primal-dual': { compressed: true, gain: { alpha: 0.2 }, exact: true },
  'push-sum': { exact: true, also: { cost: { kind: 'average', dim: 8 } } },
  dgd: { gain: { step: 0.02 } },
  extra: { gain: { step: 0.1 }, exact: true },
  nids: { gain: { step: 0.1 }, exact: true },
  'exact-diffusion': { gain: { step: 0.1 }, exact: true },
  diging: { gain: { step: 0.02 }, exact: true },
  admm: { gain: { penalty: 0.3 }, exact: true },
  pdmm: { gain: { penalty: 0.3 }, exact: true },
  'choco-gossip': {
    compressed: true,
    gain: { gamma: 0.3 },
    exact: true,
    also: { cost: { kind: 'average', dim: 8 } },
  },
  'choco-sgd': { compressed: true, gain: { step: 0.01 } },
  lead: { compressed: true, gain: { gamma: 0.3 }, exact: true },
  beer: { compressed: true, gain: { gamma: 0.2 }, exact: true },
  'c-gt': { compressed: true, gain: { gamma: 0.2 }, exact: true },
  'surplus-consensus': {
    compressed: true,
    gain: { gamma: 0.3 },
    exact: true,
    also: { cost: { kind: 'average', dim: 8 } },
  },
  'quantized-push-sum': {
    compressed: true,
    gain: { gamma: 0.3 },
    exact: true,
    also: { cost: { kind: 'average', dim: 8 } },
  },
  'push-pull': { compressed: true, gain: { gamma: 0.2 }, exact: true },
  'push-diging': { compressed: true, gain: { gamma: 0.2 }, exact: true },
  sgp: { compressed: true, gain: { step: 0.01 } },
  'power-gossip': {
    flow: { shape: [4, 2] },
    gain: { mixing: 0.05 },
    exact: true,
    also: { cost: { kind: 'average', dim: 8 } },
  },
  'power-gossip-sgd': { flow: { shape: [4, 2] }, gain: { step: 0.01 } },
};

function configOf(kind: string): Record<string, unknown> {
  const { flow = {}, also = {} } = FLOWS[kind]!;
  return { ...BASE, flow: { kind, ...flow }, ...also };
}

test('every flow is tried', () => {
  expect(Object.keys(FLOWS).sort()).toEqual(
    Object.keys(flows)
      .filter((kind) => kind !== 'custom')
      .sort(),
  );
});

// All of them take minutes; each is tried whole by `npm run test:all`.
describe.each(someOf(Object.keys(FLOWS), 8))('%s', (kind) => {
  const { compressed = false, gain, exact = false } = FLOWS[kind]!;

  test('cut, restored, other gains and compressors: the same bits for two workers and in another order', async () => {
    const script: Script = [
      [15, CUT],
      ...(compressed ? ([[10, SIGNS]] satisfies Script) : []),
      ...(gain ? ([[5, { kind: 'flow', parameters: gain }]] satisfies Script) : []),
      [20, { kind: 'restore', edges: [edge(1)] }],
      ...(compressed ? ([[10, TOP_K]] satisfies Script) : []),
      [5, RESTORE],
    ];
    const [one, two] = [
      await scripted({ ...configOf(kind), rounds: 90 }, script),
      await scripted({ ...configOf(kind), rounds: 90, layout: { order: 'rcm' } }, script, { workers: 2 }),
    ];
    expect(two.summary.stateHash).toBe(one.summary.stateHash);
    expect(two.rows.map(({ bitsLinks, round }) => [round, bitsLinks])).toEqual(
      one.rows.map(({ bitsLinks, round }) => [round, bitsLinks]),
    );
    expect(one.rows.map(({ round }) => round)).toEqual([0, 10, 20, 30, 40, 50, 60, 70, 80, 90]);
    expect(one.summary.changes).toHaveLength(script.length);
  });

  test.runIf(exact)('comes to the optimum over other edges', async () => {
    const { summary } = await scripted({ ...configOf(kind), rounds: 3000 }, [
      [20, CUT],
      [1, { kind: 'cut', edges: [edge(4), edge(6)] }],
      [30, { kind: 'restore', edges: [edge(4)] }],
    ]);
    expect(summary.final.rmsError).toBeLessThan(1e-8);
  });

  test.runIf(exact && compressed)('comes to the optimum with another compressor', async () => {
    const { summary } = await scripted({ ...configOf(kind), rounds: 6000 }, [
      [20, TOP_K],
      [20, CUT],
      [20, RESTORE],
    ]);
    expect(summary.final.rmsError).toBeLessThan(1e-8);
  });

  test.runIf(!compressed)('has no other compressor', async () => {
    await expect(scripted(configOf(kind), [[5, SIGNS]])).rejects.toMatchObject({ code: 'BAD_INPUT' });
  });
});

const RING = { ...BASE, topology: { kind: 'ring', nodes: 8 }, flow: { kind: 'primal-dual' }, rounds: 60 };

describe('a run', () => {
  test('that nothing is changed in has the bits that it always had', async () => {
    const plain = await scripted(RING, []);
    const same = await scripted(RING, [[20, { kind: 'rounds', rounds: 60 }]]);
    expect(same.summary.stateHash).toBe(plain.summary.stateHash);
    expect(same.rows.map(({ seconds: _, ...row }) => row)).toEqual(
      plain.rows.map(({ seconds: _, ...row }) => row),
    );
    expect(plain.summary.changes).toBeUndefined();
  });

  test('is made again from its manifest, noise and silences included', async () => {
    const outDir = path.join(folder, 'journal');
    const done = await scripted(
      RING,
      [
        [7, { kind: 'noise', agents: [3], sd: 0.5 }, { kind: 'noise', agents: 'all', sd: 0.01 }],
        [5, SIGNS],
        [3, { kind: 'silence', agents: [2, 3], rounds: 11 }],
        [0, { kind: 'noise', agents: 'all', sd: 0.1 }],
        [15, { kind: 'stop', stop: { consensusError: 1e-9 } }],
      ],
      { outDir },
    );
    const manifest = JSON.parse(readFileSync(path.join(outDir, 'manifest.json'), 'utf8'));
    expect(manifest.changes.map(({ round }: { round: number }) => round)).toEqual([7, 12, 15, 15, 26, 30]);
    const { loaded } = await loadManifest(outDir);
    for (const workers of [1, 2]) {
      const { session, close } = await openSession();
      const config = { ...loaded, config: { ...loaded.config, workers } };
      await session.prepare({ config, outDir: null });
      const { summary } = await session.start();
      await close();
      expect(summary.stateHash).toBe(done.summary.stateHash);
      expect(summary.changes).toEqual(done.summary.changes);
      expect([summary.status, summary.rounds]).toEqual([done.summary.status, done.summary.rounds]);
    }
  });

  test('counts what is said before and after, and what whoever gets an edge back is told', async () => {
    const flow = { kind: 'lead', step: 0.2, gamma: 0.5, alpha: 1, mixing: 0.25 };
    const { rows, summary } = await scripted({ ...RING, flow }, [
      [10, { kind: 'cut', edges: [edge(0)] }],
      [10, RESTORE],
    ]);
    const message = 64 * 8;
    const before = 10 * 16 * message + 10 * 14 * message;
    expect(rows.find(({ round }) => round === 30)!.bitsLinks).toBe(before + 2 * 64 * 8 + 10 * 16 * message);
    expect(rows.find(({ round }) => round === 30)!.bitsBroadcast).toBe(30 * 8 * message + 2 * 64 * 8);
    expect(summary.bits.links).toBe(rows.at(-1)!.bitsLinks);
  });

  test('may have more rounds, or be over with a target that it has reached', async () => {
    expect((await scripted(RING, [[20, { kind: 'rounds', rounds: 90 }]])).summary.rounds).toBe(90);
    const over = await scripted({ ...RING, rounds: 5000 }, [[400, { kind: 'stop', stop: { rmsError: 1 } }]]);
    expect([over.summary.status, over.summary.rounds]).toEqual(['converged', 400]);
  });

  test('whose agent is silent falls into parts, and is whole again afterwards', async () => {
    const { session, close } = await openSession();
    try {
      await session.prepare({ config: await parseConfig({ ...RING, workers: 2 }), outDir: null });
      await session.pause();
      const running = session.start();
      await session.step(10);
      const report = await session.change({ kind: 'silence', agents: [4], rounds: 5 });
      expect(report).toMatchObject({ round: 10, edges: 6, parts: 2 });
      expect(report.warnings.join()).toContain('falls into 2 parts');
      const alone = await session.inspect(4);
      expect(alone.neighbours).toEqual([]);
      expect((await session.progress()).pending).toMatchObject([{ round: 15 }]);
      expect(await session.step(10)).toBe(20);
      expect((await session.inspect(4)).neighbours).toEqual([3, 5]);
      expect((await session.progress()).changes).toBe(2);
      await session.resume();
      expect((await running).summary.final.rmsError).toBeLessThan(1e-2);
    } finally {
      await close();
    }
  });

  const REFUSED: [what: string, edit: Edit, message: string][] = [
    ['an edge that is not there', { kind: 'cut', edges: [[0, 4]] }, 'there is no edge 0-4'],
    ['an agent that is not there', { kind: 'cut', edges: [[0, 99]] }, 'there is no edge 0-99'],
    ['an edge that is whole', { kind: 'restore', edges: [[0, 1]] }, 'edge 0-1 is not cut'],
    ['nothing cut', { kind: 'restore', edges: 'all' }, 'no edge is cut'],
    ['another flow', { kind: 'flow', parameters: { kind: 'extra' } }, 'flow'],
    ['an unknown gain', { kind: 'flow', parameters: { stpe: 1 } }, 'flow.stpe'],
    ['a gain out of range', { kind: 'flow', parameters: { step: -1 } }, 'flow.step is -1'],
    ['no compressor', { kind: 'compressor', compressor: 'topk(k=3)' }, 'topk'],
    ['fewer rounds than are done', { kind: 'rounds', rounds: 3 }, 'rounds is 3, expected at least the 10'],
    ['noise of no size', { kind: 'noise', agents: 'all', sd: Number.NaN }, 'sd is NaN'],
    ['noise for nobody', { kind: 'noise', agents: [8], sd: 1 }, 'agent is 8, expected 0..7'],
    ['a fault in no worker', { kind: 'fault', worker: 7, fault: 'throw' }, 'worker is 7, expected 0..0'],
    ['a hang that nobody notices', { kind: 'fault', worker: 0, fault: 'hang' }, 'would hang for ever'],
    ['what is no edit', { edges: { cut: [[0, 1]] } } as never, 'is no edit, expected { kind, … }'],
    ['nothing', null as never, 'null is no edit'],
    ['an unknown kind', { kind: 'sever', edges: [[0, 1]] } as never, 'kind is "sever", expected one of'],
    ['a key too many', { kind: 'cut', edges: [[0, 1]], all: true } as never, 'unknown key edits.all'],
    ['ends that are no numbers', { kind: 'cut', edges: [['0', '1']] } as never, 'edits.edges'],
    ['parameters that are none', { kind: 'flow', parameters: {} }, 'parameters is {}'],
    [
      'a prototype',
      { kind: 'flow', parameters: JSON.parse('{ "__proto__": { "step": 1 } }') },
      'parameters is {}',
    ],
    ['a target that it cannot have', { kind: 'stop', stop: { nothing: 1 } as never }, 'stop.nothing'],
  ];
  test('refuses what makes no sense, and goes on to the same bits', async () => {
    const { session, close } = await openSession();
    try {
      await session.prepare({ config: await parseConfig({ ...RING, workers: 1 }), outDir: null });
      await session.pause();
      const running = session.start();
      await session.step(10);
      for (const [what, edit, message] of REFUSED) {
        await expect(session.change(edit), what).rejects.toThrow(message);
        await expect(session.change(edit), what).rejects.toMatchObject({ code: 'BAD_INPUT' });
        expect((await session.progress()).round, what).toBe(10);
      }
      await session.resume();
      expect((await running).summary.stateHash).toBe((await scripted(RING, [])).summary.stateHash);
    } finally {
      await close();
    }
  });

  test('is not changed while it goes on, nor when it is over', async () => {
    const { session, close } = await openSession();
    try {
      await session.prepare({
        config: await parseConfig({ ...RING, workers: 1, rounds: 1_000_000 }),
        outDir: null,
      });
      await expect(session.change(RESTORE)).rejects.toThrow('not running');
      const running = session.start();
      await expect(session.change(RESTORE)).rejects.toThrow('while the run goes on');
      await session.stop();
      await running;
      await expect(session.change(RESTORE)).rejects.toThrow('had ended');
    } finally {
      await close();
    }
  });

  test('fails by a fault on purpose', async () => {
    await expect(
      scripted(RING, [[10, { kind: 'fault', worker: 1, fault: 'throw' }]], { workers: 2 }),
    ).rejects.toMatchObject({ code: 'WORKER_FAILED' });
  });
});
