/**
 * The same bits in whatever order agents lie in memory, over links that change, on arcs, and where every
 * neighbour is told something else: state, x and every row of the trace, for every flow on 1, 2 and 3 workers;
 * and a run that is broken off in one order goes on in the other.
 *
 * What would break it: an edge drawn or paired by positions, a module asked by them, arcs that stand where those
 * of another agent should, a message that is read by the wrong neighbour.
 */

import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { isInputError } from '../../src/base/errors.js';
import { kernelsUrl } from '../../src/run/locations.js';
import { Stepper } from '../../src/session/single-thread.js';
import type { TraceRow } from '../../src/trace/row.js';
import { everyCase, ROUNDS } from '../support/every-case.js';
import { type PreparedFlow, prepareFlow } from '../support/prepare-flow.js';
import { ALL, someOfEach } from '../support/some.js';

const module = new WebAssembly.Module(readFileSync(kernelsUrl));
const HALF = 4;

const WAYS = [
  { workers: 1, layout: { order: 'rcm' } },
  { workers: 2, layout: { order: 'rcm', block: 3, ahead: 2 } },
  { workers: 3, layout: { order: 'rcm', block: 1 } },
] as const;

/** A run with all of its rows, what was kept of it half way, and its last state. */
function outcome(prepared: PreparedFlow, from: Uint8Array | null = null) {
  const run = new Stepper(prepared, module);
  run.begin();
  if (from !== null) run.goOn(from, HALF);
  const rows: TraceRow[] = [];
  let half = from;
  for (;;) {
    rows.push({ ...run.look().row, seconds: 0 });
    if (run.round === HALF) half = run.keep();
    if (run.round === ROUNDS) break;
    run.step();
  }
  return { half, seen: { rows, hash: run.finish('go', []).summary.stateHash } };
}

describe('the same bits in either order', () => {
  let turn = 0;
  const some = someOfEach(5);
  const done = new Map<string, number>();
  it.each([...everyCase()])('%s', async (_, cases) => {
    for (const { name, over, config } of some(cases)) {
      let prepared: PreparedFlow;
      try {
        prepared = await prepareFlow({ ...config, layout: { order: 'given' } }, 2);
      } catch (error) {
        if (isInputError(error)) continue;
        throw error;
      }
      const given = outcome(prepared);
      const { workers, layout } = WAYS[turn++ % WAYS.length];
      const placed = await prepareFlow({ ...config, layout }, workers);
      expect(placed.made.choice.outline.order?.numbers.some((number, at) => number !== at)).toBe(true);
      const there = outcome(placed);
      expect(there.seen, name).toEqual(given.seen);
      expect(Buffer.compare(there.half!, given.half!), `${name}: what is kept of it`).toBe(0);
      const { hash, rows } = outcome(placed, given.half).seen;
      expect(hash, `${name}: gone on with`).toEqual(given.seen.hash);
      expect(rows, `${name}: gone on with`).toEqual(given.seen.rows.slice(HALF));
      done.set(over, (done.get(over) ?? 0) + 1);
    }
  });

  it('which are flows over links of every kind, on edges and on arcs', () => {
    for (const [over, count] of done)
      expect(count, over).toBeGreaterThanOrEqual(over.startsWith('edges') ? (ALL ? 50 : 10) : 2);
    expect(done.size).toBe(19);
  });
});
