/**
 * Hubs: rows shared out between all workers are the rows of one worker, to rounding; and the same bits
 * however many share them.
 */

import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { bindKernels, type Kernels } from '../../kernels/bindings.js';
import { createArena } from '../../src/arena/arena.js';
import { parseConfig } from '../../src/config/load.js';
import { blocksOf, findHubs } from '../../src/program/flow/hubs.js';
import { bindProgram } from '../../src/program/registry.js';
import { kernelsUrl } from '../../src/run/locations.js';
import type { RunPlan } from '../../src/run/types.js';
import { prepareRun } from '../../src/session/prepare.js';
import { runOnOneThread } from '../../src/session/single-thread.js';
import { generate } from '../../topology/index.js';
import { runConfig } from '../support/run.js';

const module = new WebAssembly.Module(readFileSync(kernelsUrl));
const leaves = 4700;
const base = {
  topology: { kind: 'star', nodes: leaves + 1 },
  cost: { kind: 'quadratic', dim: 9, condition: 3 },
  rounds: 12,
  seed: 11,
};
const gains = { kind: 'primal-dual', step: 1e-4, alpha: 0.5, beta: 0.5 };
const cases = [
  { flow: { ...gains, compress: 'none' }, compressor: { kind: 'identity' } },
  { flow: { ...gains, compress: 'node-state' }, compressor: { kind: 'scalarize-cyclic' } },
  { flow: { ...gains, compress: 'error-state' }, compressor: { kind: 'flattened-sign' } },
  { flow: { ...gains, compress: 'observer' }, compressor: { kind: 'top-k', k: 3 } },
  { flow: { ...gains, compress: 'error-memory' }, compressor: { kind: 'qsgd' } },
  {
    flow: { ...gains, compress: 'error-state' },
    compressor: { kind: 'adaptive', budget: 400, inner: [{ kind: 'sign' }, { kind: 'identity' }] },
  },
];

const prepare = async (config: Record<string, unknown>, workers: number) =>
  prepareRun(await parseConfig(config), workers);

it('are the agents with thousands of neighbours, cut into chunks that cover their edges', () => {
  const hubs = findHubs(generate(base.topology, 0));
  expect(hubs).toEqual([{ agent: 0, firstEdge: 0, edges: leaves, firstChunk: 0, chunks: 5 }]);
  expect(findHubs(generate({ kind: 'star', nodes: 3000 }, 0))).toEqual([]);
});

describe.each(cases)('$flow.compress $compressor.kind', ({ flow, compressor }) => {
  const config = { ...base, flow, compressor };

  it('computes what one worker alone computes', async () => {
    const { x } = runOnOneThread(await prepare(config, 1), module);
    const alone = await prepare(config, 1);
    expect(alone.plan).toHaveProperty('hubs.length', 1);
    const whole: RunPlan & { hubs: unknown } = { ...alone.plan, hubs: [] };
    const plain = runOnOneThread({ ...alone, plan: whole }, module).x;
    const largest = Array.from(x.data).reduce(
      (most, entry, at) => Math.max(most, Math.abs(entry - plain.data[at])),
      0,
    );
    expect(largest).toBeLessThan(1e-11);
  });

  it('has the same bits for any number of workers', async () => {
    const found = new Set<string>();
    for (const workers of [1, 2, 3, 7]) {
      found.add(runOnOneThread(await prepare(config, workers), module).summary.stateHash);
    }
    found.add((await runConfig({ ...config, workers: 2 })).summary.stateHash);
    expect(found.size).toBe(1);
  });
});

describe('kernels that do a whole round', () => {
  it('are given all blocks but the hubs, which are blocks of their own', () => {
    const hub = (agent: number) => ({ agent, firstEdge: 0, edges: 0, firstChunk: 0, chunks: 0 });
    const bounds = (...args: Parameters<typeof blocksOf>) => [...blocksOf(...args)];
    expect(bounds(0, 10, 4, [])).toEqual([0, 4, 8, 10]);
    expect(bounds(0, 10, 4, [hub(0), hub(6), hub(7)])).toEqual([0, 1, 5, 6, 7, 8, 10]);
    expect(bounds(5, 10, 4, [hub(0), hub(9)])).toEqual([5, 9, 10]);
    expect(bounds(5, 5, 4, [hub(5)])).toEqual([5]);
  });

  const whole = [
    { kernel: 'primalDualDense', step: 'stepPrimalDual', ...cases[0] },
    { kernel: 'primalDualRotatedSigns', step: 'stepPrimalDualError', ...cases[2] },
  ] as const;
  it.each(whole)(
    '$kernel does the round of everybody but the hub',
    async ({ kernel, step, flow, compressor }) => {
      const config = { ...base, cost: { kind: 'quadratic', dim: 64, condition: 3 }, flow, compressor };
      const workers = 2;
      const prepared = await prepare(config, workers);
      const { plan: run } = prepared;
      const arena = createArena(run.layout);
      prepared.fill(arena);
      const kernels = bindKernels(module, arena.memory);
      const rounds = new Uint32Array(leaves + 1);
      let byStep = 0;
      const counted: Kernels = {
        ...kernels,
        [kernel]: (first: number, count: number, ...rest: number[]) => {
          for (let agent = first; agent < first + count; agent++) rounds[agent]++;
          (kernels[kernel] as (...args: number[]) => void)(first, count, ...rest);
        },
        [step]: (count: number, ...rest: number[]) => {
          byStep += count;
          (kernels[step] as (...args: number[]) => void)(count, ...rest);
        },
      };
      const programs = Array.from({ length: workers }, (_, worker) =>
        bindProgram(run, arena, counted, worker),
      );
      for (const program of programs) program.prologue();
      for (let k = 0; k < 3; k++)
        for (let phase = 0; phase < programs[0].phases.length; phase++)
          for (const program of programs) program.phases[phase](k);
      expect([...rounds]).toEqual([0, ...new Array(leaves).fill(3)]);
      expect(byStep).toBe(3);
    },
  );
});

describe('over changing links a hub stays whole', () => {
  const config = {
    ...base,
    ...cases[2],
    flow: { ...cases[2].flow, step: 1e-5 },
    links: { kind: 'drops', rate: 0.1 },
  };

  it('and has the same bits for any number of workers', async () => {
    const found = new Set<string>();
    for (const workers of [1, 2, 7]) {
      const prepared = await prepare(config, workers);
      expect(prepared.plan).toHaveProperty('hubs.length', 0);
      found.add(runOnOneThread(prepared, module).summary.stateHash);
    }
    expect(found.size).toBe(1);
  });

  it('which is said where its row alone is more than a worker`s share', async () => {
    const warned = async (workers: number) => (await prepare(config, workers)).report.warnings.join('\n');
    expect(await warned(2)).not.toContain('neighbours');
    expect(await warned(16)).toMatch(
      /agent 0 has 4,700 neighbours, .* no more than \d of 16 workers are of use/,
    );
    // Shared, it is nobody's burden.
    const { links: _, ...fixed } = config;
    expect((await prepare(fixed, 16)).report.warnings.join('\n')).not.toContain('neighbours');
  });
});
