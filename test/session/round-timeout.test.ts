/** `timeout: { round }`: a phase that does not end fails the run and names the worker. */

import { writeFileSync } from 'node:fs';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { expect, it } from 'vitest';
import { compare, openSession, parseConfig } from '../../dist/src/index.js';
import { createLaps, type Late, watchLaps, withLaps } from '../../src/run/laps.js';
import type { BoundProgram } from '../../src/run/types.js';
import { temporaryFolder } from '../support/run.js';

const folder = temporaryFolder();
/** Long enough for a round of a busy machine, and its first one. */
const LIMIT = '1500 ms';
const input = {
  topology: { kind: 'ring' as const, nodes: 8 },
  cost: { kind: 'quadratic' as const, dim: 3 },
  flow: { kind: 'primal-dual' as const, compress: 'error-state' as const, step: 0.05, alpha: 0.5, beta: 0.5 },
  rounds: 40,
  workers: 2,
  timeout: { round: LIMIT },
};

/** A module whose `encode` does not return, once `round` has come: in the phase of the round before. */
function looping(round: number) {
  const module = path.join(folder, 'looping.mjs');
  writeFileSync(
    module,
    `export function plan(inputs) { return { messageBits: 64 * inputs.dim, linear: true }; }
export function encode(error, message, { agent, round }) {
  if (agent === 5 && round === ${round}) for (;;);
  for (const entry of error) message.float64(entry);
}
export function decode(message, out) { for (let c = 0; c < out.length; c++) out[c] = message.float64(); }
`,
  );
  return { compressor: { kind: 'custom' as const, module }, modules: { seconds: 3600 } };
}

it('a worker that hangs is named with its round, and the run has failed', async () => {
  await using opened = await openSession();
  const config = await parseConfig(input);
  const fault = { worker: 1, round: 7, kind: 'hang' as const };
  await opened.session.prepare({ config, outDir: null, fault });
  await expect(opened.session.start()).rejects.toThrow(
    /^worker 1 failed: round 7, phase 1, has not ended within 1\.5 s$/,
  );
});

it("the user's function that it is in is named, too", async () => {
  await using opened = await openSession();
  await opened.session.prepare({ config: await parseConfig({ ...input, ...looping(12) }), outDir: null });
  await expect(opened.session.start()).rejects.toThrow(
    /^worker 1 failed: round 11, phase 1, .* it is calling encode of .*looping\.mjs \(agent 5\)$/,
  );
});

it('a cell of a comparison has failed', async () => {
  const { cells } = await compare([{ ...input, ...looping(12) }], { trials: 0, jobs: 1 });
  expect(cells[0]).toMatchObject({ status: 'failed' });
  expect(cells[0]?.error).toBe('round 11, phase 1, has not ended within 1.5 s');
});

it('a pause is no round', async () => {
  await using opened = await openSession();
  const { session } = opened;
  await session.prepare({ config: await parseConfig(input), outDir: null });
  await session.pause();
  const running = session.start();
  await session.step(3);
  await sleep(2000);
  await session.resume();
  expect((await running).summary.status).toBe('finished');
});

it('a limit is seconds, or has a unit', async () => {
  for (const [round, seconds] of [
    [60, 60],
    ['60 s', 60],
    ['2 min', 120],
  ]) {
    const { config } = await parseConfig({ ...input, timeout: { round } } as never);
    expect(config.timeout).toEqual({ round: seconds });
  }
  for (const round of [0, -1, '0 s', '60', 'soon', 1e10]) {
    await expect(parseConfig({ ...input, timeout: { round } } as never)).rejects.toThrow(
      /timeout\.round is /,
    );
  }
});

it('each place is told: prologue, phases, rows', async () => {
  const found: (Late | null)[] = [];
  for (const place of ['prologue', 'phase', 'row', 'none']) {
    const laps = createLaps(2);
    let told: Late | null = null;
    const stop = watchLaps(laps, 0.08, (late) => {
      told = late;
    });
    // Who throws does not come out, as one that hangs.
    const inside = (here: string) => () => {
      if (here === place) throw new Error('does not come out');
    };
    const program = {
      prologue: inside('prologue'),
      phases: [() => {}, inside('phase')],
      tracePhases: [() => {}],
      traceRow: inside('row') as unknown as BoundProgram['traceRow'],
    };
    const { prologue, phases, tracePhases, traceRow } = withLaps(program, laps, 1);
    try {
      prologue();
      for (const phase of [...phases, ...tracePhases]) phase(4);
      traceRow(5, 0, new Float64Array(1));
    } catch {}
    await sleep(400);
    stop();
    found.push(told);
  }
  expect(found).toEqual([
    { worker: 1, what: 'the prologue, before round 0,' },
    { worker: 1, what: 'round 4, phase 2,' },
    { worker: 1, what: 'the trace row after round 5, phase 2,' },
    null,
  ]);
});
