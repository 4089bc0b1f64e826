/** The search of a cell: every flow's open gains, the same number of trials, judged by arrivals. */

import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { runCell } from '../../src/compare/run-cell.js';
import { searchCell } from '../../src/compare/search-cell.js';
import type { Target } from '../../src/compare/types.js';
import { flows } from '../../src/flow/registry.js';
import { kernelsUrl } from '../../src/run/locations.js';
import { Stepper } from '../../src/session/single-thread.js';
import { prepareFlow } from '../support/prepare-flow.js';

const module = new WebAssembly.Module(readFileSync(kernelsUrl));
const TARGET: Target = { quantity: 'rmsError', bound: 1e-4 };
const TRIALS = 15;

async function prepare(flow: Record<string, unknown>, compressor?: object, weights = 'metropolis') {
  const config = {
    topology: { kind: 'ring', nodes: 8 },
    weights,
    cost: { kind: 'quadratic', dim: 8, condition: 5, seed: 1 },
    flow: { tuning: 'formula', ...flow },
    ...(compressor && { compressor }),
    rounds: 3000,
    stop: { rmsError: TARGET.bound },
  };
  return prepareFlow(config, 1);
}

/** Exact ones that are searched, and whether they compress. */
const exact = Object.values(flows).filter(
  ({ search, problem }) => search && !search.biased && problem === 'cost',
);

describe.each(exact)('$kind', ({ kind, modes, messages, parameters }) => {
  const sent = modes === undefined ? messages(parameters(z).parse({ kind })) : null;
  const compressor = (sent?.compressed ?? true) ? { kind: 'flatten', inner: { kind: 'sign' } } : undefined;
  // Even shares go with no other weights.
  const weights = sent?.shares ? 'unit' : 'metropolis';

  it('arrives at least as early as with its formula, within the trials that everyone has', async () => {
    const formula = runCell(new Stepper(await prepare({ kind }, compressor, weights), module), TARGET).arrival
      ?.round;
    const prepared = await prepare({ kind }, compressor, weights);
    const { search, plan } = searchCell(new Stepper(prepared, module), prepared.openGains, TARGET, TRIALS);
    const { gains, rounds, trials } = search;
    expect(trials).toBeLessThanOrEqual(TRIALS);
    expect(rounds).toBeLessThanOrEqual(formula ?? Number.POSITIVE_INFINITY);
    // What was found is what a run of its own does.
    const { compress } = prepared.made.plan.flow;
    const winner = await prepare({ kind, ...(compress && { compress }), ...gains }, compressor, weights);
    const again = runCell(new Stepper(winner, module), TARGET);
    expect(again.arrival?.round).toBe(rounds);
    expect(runCell(new Stepper(prepared, module), TARGET, plan).arrival?.round).toBe(rounds);
  });
});

it('leaves gains alone that are given', async () => {
  const flow = { kind: 'nids', step: 0.11 };
  const prepared = await prepare(flow);
  const { search, plan } = searchCell(new Stepper(prepared, module), prepared.openGains, TARGET, TRIALS);
  expect(search.gains).not.toHaveProperty('step');
  expect(plan).toHaveProperty('flow.gains.step', 0.11);
});

it('says nothing where nothing is open', async () => {
  const flow = { kind: 'nids', step: 0.11, mixing: 0.5 };
  const prepared = await prepare(flow);
  const { search, plan } = searchCell(new Stepper(prepared, module), prepared.openGains, TARGET, TRIALS);
  expect(search).toEqual({ gains: null, rounds: null, trials: 0 });
  expect(plan).toBe(prepared.plan);
});
