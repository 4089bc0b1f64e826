/**
 * Consensus over arcs: the equation by hand, its limit, and what `auto` makes of a balanced directed graph.
 */

import { writeFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { parseConfig } from '../../src/config/load.js';
import { writeNpy } from '../../src/data/npy.js';
import { prepareRun } from '../../src/session/prepare.js';
import { temporaryFolder } from '../support/run.js';
import { runSequentially } from '../support/sequential.js';

const folder = temporaryFolder();

/** One value an agent. */
async function values(...own: number[]) {
  const file = path.join(folder, `${own.length}.npy`);
  await writeNpy(file, { shape: [own.length, 1], data: Float64Array.from(own) });
  return { kind: 'average', values: file };
}

/** A union of directed cycles: whoever is on one hears one more and is heard by one more. */
function cycles(name: string, ...all: number[][]) {
  const file = path.join(folder, `${name}.csv`);
  const arcs = all.flatMap((cycle) => cycle.map((node, at) => `${node},${cycle[(at + 1) % cycle.length]}\n`));
  writeFileSync(file, `source,target\n${arcs.join('')}`);
  return { file, directed: true };
}

const step = { kind: 'consensus', compress: 'none', step: 0.25, alpha: 1 };

describe('an agent is pulled by those whom it hears', () => {
  it('on a directed ring of four', async () => {
    const config = {
      topology: { kind: 'directed-ring', nodes: 4 },
      cost: await values(4, 8, 12, 16),
      flow: step,
      trace: { every: 1000 },
    };
    expect([...(await runSequentially({ ...config, rounds: 1 }, 1)).x]).toEqual([7, 7, 11, 15]);
    for (const entry of (await runSequentially({ ...config, rounds: 300 }, 2)).x)
      expect(entry).toBeCloseTo(10, 12);
  });

  it('on two cycles through one agent, read from a file', async () => {
    // 0 hears 2 and 4, the others one each.
    const config = {
      topology: cycles('eight', [0, 1, 2], [0, 3, 4]),
      cost: await values(10, 0, 20, 5, -10),
      flow: step,
    };
    expect([...(await runSequentially({ ...config, rounds: 1 }, 1)).x]).toEqual([
      10 - 0.25 * (10 - 20 + (10 + 10)),
      0.25 * 10,
      20 - 0.25 * 20,
      5 - 0.25 * (5 - 10),
      -10 - 0.25 * (-10 - 5),
    ]);
    for (const entry of (await runSequentially({ ...config, rounds: 300 }, 1)).x)
      expect(entry).toBeCloseTo(5, 12);
  });

  it('an edge said both ways is what it is without a direction', async () => {
    const cost = await values(1, 2, 3, 4, 5, 6);
    const both = cycles('both', [0, 1], [1, 2], [2, 3], [3, 4], [4, 5], [5, 0]);
    const arcs = await runSequentially({ topology: both, cost, flow: step, rounds: 30 }, 1);
    const edges = await runSequentially(
      { topology: { kind: 'ring', nodes: 6 }, cost, flow: step, rounds: 30 },
      1,
    );
    expect([...arcs.x]).toEqual([...edges.x]);
  });
});

describe('auto gains over balanced arcs', () => {
  const graphs = {
    'a directed ring': { kind: 'directed-ring', nodes: 9 },
    exponential: { kind: 'exponential', nodes: 11, directed: true },
    cycles: cycles('cycles', [0, 1, 2, 3, 4, 5, 6], [0, 2, 4], [0, 5, 1], [3, 6]),
    'edges said both ways': cycles('path', [0, 1], [1, 2], [2, 3], [3, 4]),
  };
  it.each(Object.entries(graphs))('converge, as fast as is said: %s', async (_name, topology) => {
    for (const tuning of ['formula', 'pilot']) {
      const config = {
        topology,
        cost: { kind: 'average', dim: 3, seed: 5 },
        flow: { kind: 'consensus', tuning },
        rounds: 3000,
        stop: { rmsError: 1e-9 },
        trace: { every: 1 },
      };
      const { report } = await prepareRun(await parseConfig(config), 1);
      const { rounds, verdict, first, final } = await runSequentially(config, 1);
      expect(verdict).toBe('converged');
      const decades = Math.log10(first.rmsError / final.rmsError);
      expect(rounds / decades).toBeLessThan(1.15 * (report.tuning?.roundsPerDecade ?? Number.NaN));
    }
  });

  it('are the step that averages exactly where everyone hears one other a round', async () => {
    const config = {
      topology: { kind: 'directed-ring', nodes: 16 },
      links: { kind: 'one-peer-exponential' },
      cost: { kind: 'average', dim: 3, seed: 5 },
      flow: { kind: 'consensus', tuning: 'formula' },
      rounds: 4,
    };
    const { report } = await prepareRun(await parseConfig(config), 1);
    expect(report.gains['step']).toBe(0.5);
    expect((await runSequentially(config, 1)).final.rmsError).toBeLessThan(1e-15);
  });

  it('after a divergence, the hint is a step that is stable', async () => {
    const config = {
      topology: graphs.exponential,
      cost: { kind: 'average', dim: 3, seed: 5 },
      flow: { ...step, step: 2 },
      rounds: 3000,
      stop: { rmsError: 1e-9 },
    };
    expect((await runSequentially(config, 1)).verdict).toBe('diverged');
    const hint = (await prepareRun(await parseConfig(config), 1)).hint();
    const advised = Number(/try flow\.step: ([\d.]+)/.exec(hint)?.[1]);
    expect(hint).toContain('beyond 0.25 even the uncompressed flow is unstable');
    const again = await runSequentially({ ...config, flow: { ...step, step: advised } }, 1);
    expect(again.verdict).toBe('converged');
  });
});
