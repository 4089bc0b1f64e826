/**
 * What is kept of a run is all that it needs to go on: every kind of run whose bits are recorded is broken off
 * half way, kept, and gone on with by another number of workers, agents in another order, blocks of another
 * size. Its last state has the recorded bits all the same, and its last row the same figures.
 *
 * Here every so many of them; all of them with `npm run test:chaos`.
 */

import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { isInputError } from '../../src/base/errors.js';
import { parseConfig } from '../../src/config/load.js';
import { kernelsUrl } from '../../src/run/locations.js';
import { prepareRun } from '../../src/session/prepare.js';
import { Stepper } from '../../src/session/single-thread.js';
import type { TraceRow } from '../../src/trace/row.js';
import { ROUNDS, recordedTables } from '../engine/recorded.js';
import { ALL } from '../support/some.js';

const tables = await recordedTables();
const module = new WebAssembly.Module(readFileSync(kernelsUrl));
const EVERY = ALL ? 1 : 37;
const timeless = ({ seconds: _, ...row }: TraceRow) => row;

/** Laid out otherwise, where the config leaves it open and there is a graph. */
function otherLayout(config: Record<string, unknown>): Record<string, unknown> {
  if (config['program'] !== undefined) return config;
  const order = (config['layout'] as { order?: string } | undefined)?.order === 'rcm' ? 'given' : 'rcm';
  return { ...config, layout: { order, block: 3 } };
}

async function stepperOf(config: Record<string, unknown>, workers: number): Promise<Stepper> {
  const stepper = new Stepper(await prepareRun(await parseConfig(config), workers), module);
  stepper.begin();
  return stepper;
}

/** Steps to `round`; rows on the way are looked at as in a run, since they must leave nothing behind. */
function goTo(stepper: Stepper, round: number): TraceRow {
  let { row } = stepper.look();
  while (stepper.round < round) {
    stepper.step();
    if (stepper.round % 10 === 0 || stepper.round === round) ({ row } = stepper.look());
  }
  return row;
}

async function check(name: string, config: Record<string, unknown>): Promise<void> {
  const rounds = (config['rounds'] as number | undefined) ?? ROUNDS;
  const whole = { rounds, trace: { every: 10 }, ...config };
  const half = Math.floor(rounds * 0.37);
  let first: Stepper;
  try {
    first = await stepperOf(whole, 2);
  } catch (error) {
    if (isInputError(error)) return;
    throw error;
  }
  goTo(first, half);
  const kept = first.keep();
  const expected = timeless(goTo(first, rounds));
  const { summary } = first.finish('go', []);

  const second = await stepperOf(otherLayout(whole), 3).catch(async (error) => {
    if (isInputError(error)) return stepperOf(whole, 3);
    throw error;
  });
  second.goOn(kept, half);
  // What is kept of it at once is what it was given.
  expect(Buffer.compare(second.keep(), kept), `${name}: kept again`).toBe(0);
  const found = timeless(goTo(second, rounds));
  expect(second.finish('go', []).summary.stateHash, name).toBe(summary.stateHash);
  expect(found, name).toEqual(expected);
}

describe('a run that is gone on with', () => {
  it.each(Object.keys(tables))(
    '%s',
    async (name) => {
      let at = 0;
      for (const [kind, config] of (tables[name] as (typeof tables)[string])()) {
        if (at++ % EVERY === 0) await check(kind, config);
      }
    },
    600_000,
  );
});
