/**
 * What neighbours hear of an agent is what fields say that they hear (`FieldSpec.heard`), and nothing else: ranks
 * with arenas of their own, in which others' agents are not there, come to the bits of a run in one arena when
 * these rows and arcs go over after every round, for every flow, compressor and kind of links. And all of it is
 * needed: with any such field kept back they do not.
 *
 * It is what a run over many machines rests on.
 */

import { readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import type { Precision } from '../../src/arena/layout.js';
import { isInputError } from '../../src/base/errors.js';
import { flowDefinition } from '../../src/flow/registry.js';
import { kernelsOf } from '../../src/run/locations.js';
import { baselines, compressorSpecs, flowSpecs, messagesOf } from '../engine/table.js';
import { everyCase, topologies } from '../support/every-case.js';
import { prepareFlow } from '../support/prepare-flow.js';
import { EmulatedRanks } from '../support/ranks/emulated-ranks.js';
import { temporaryFolder } from '../support/run.js';
import { someOfEach } from '../support/some.js';

const compiled = (precision: Precision) => new WebAssembly.Module(readFileSync(kernelsOf(precision)));
const modules = { float64: compiled('float64'), float32: compiled('float32') };
const RANKS = 3;
const LAYOUTS = [{ order: 'given' }, { order: 'rcm', block: 3, ahead: 2 }];

/** Fields that were heard, and whether a run came out otherwise where one was kept back. */
const needed = new Map<string, boolean>();
let turn = 0;

async function check(name: string, config: Record<string, unknown>): Promise<void> {
  const prepared = await prepareFlow({ ...config, layout: LAYOUTS[turn++ % LAYOUTS.length] }, RANKS);
  const module = modules[prepared.plan.layout.precision];
  const ranks = new EmulatedRanks(prepared, module);
  ranks.run();
  expect(ranks.difference(), name).toBeNull();
  for (const field of ranks.heard) {
    if (needed.get(field) === true) continue;
    const deaf = new EmulatedRanks(prepared, module);
    needed.set(field, comesOutOtherwise(deaf, field));
  }
}

/** The same, where the config is one: what does not go together is refused. */
async function checkWhatRuns(name: string, config: Record<string, unknown>): Promise<boolean> {
  try {
    await check(name, config);
    return true;
  } catch (error) {
    if (isInputError(error)) return false;
    throw error;
  }
}

function comesOutOtherwise(ranks: EmulatedRanks, silent: string): boolean {
  try {
    ranks.run(silent);
  } catch {
    // A column that leads out of the memory.
    return true;
  }
  return ranks.difference() !== null;
}

describe('what is heard is all that neighbours read', () => {
  const some = someOfEach(11);
  it.each([...everyCase()])('%s', async (_, cases) => {
    let ran = 0;
    for (const { name, config } of some(cases)) if (await checkWhatRuns(name, config)) ran++;
    // Where just those are refused that it was the turn of.
    for (const { name, config } of cases) if (ran === 0 && (await checkWhatRuns(name, config))) ran++;
    expect(ran).toBeGreaterThan(0);
  });

  const base = {
    topology: topologies['edges'],
    cost: { kind: 'quadratic', dim: 11, condition: 6 },
    flow: { kind: 'primal-dual', compress: 'error-state', step: 0.02, alpha: 0.5, beta: 0.5 },
    rounds: 5,
    seed: 5,
  };
  const mustRun = (name: string, more: Record<string, unknown>) => check(name, { ...base, ...more });

  it.each(compressorSpecs)('with $kind, and over links that drop', async (compressor) => {
    await mustRun(compressor.kind, { compressor });
    await mustRun(compressor.kind, { compressor, links: { kind: 'drops', rate: 0.3 } });
  });

  // Estimates are made anew of the neighbours' every 64 rounds.
  it.each(
    [...flowSpecs, ...baselines.map(({ flow }) => flow)].filter(
      (flow) => messagesOf(flow).compressed && messagesOf(flow).estimates !== false,
    ),
  )('in float32: $kind $compress $module', async (flow) => {
    const { search } = flowDefinition(flow);
    await mustRun(flow.kind, {
      flow: { ...flow, ...(search && { tuning: 'formula' }) },
      compressor: { kind: 'top-k', k: 4 },
      precision: 'float32',
      rounds: 67,
    });
  });

  const samples = path.join(temporaryFolder(), 'two.libsvm');
  writeFileSync(
    samples,
    Array.from(
      { length: 70 },
      (_, r) => `${Math.sin(5 * r) > 0 ? 1 : -1} ${(r % 3) + 1}:${Math.sin(r)} 5:1\n`,
    ).join(''),
  );
  const each = path.join(temporaryFolder(), 'each.mjs');
  writeFileSync(
    each,
    `export const needs = { changingLinks: true };
    export const messages = { x: { form: 'difference', each: true, gain: 0.4 } };
    export function step({ x, heard, gradient }) {
      const slope = gradient(x);
      for (const { weight, message } of heard.x.each)
        for (let c = 0; c < x.length; c++) x[c] += 0.05 * weight * (message[c] - x[c]);
      for (let c = 0; c < x.length; c++) x[c] -= 0.05 * slope[c];
    }`,
  );
  const logistic = { kind: 'logistic', data: samples, regularization: 0.2 };
  it.each<[string, Record<string, unknown>]>([
    [
      'rounds in one kernel',
      { cost: { kind: 'quadratic', dim: 16 }, compressor: { kind: 'flatten', inner: { kind: 'sign' } } },
    ],
    [
      'rounds in one kernel, messages that are states',
      { cost: { kind: 'quadratic', dim: 16 }, flow: { ...base.flow, compress: 'none' } },
    ],
    ['samples', { cost: logistic, compressor: { kind: 'top-k', k: 3 } }],
    ['mini-batches between messages', { cost: logistic, flow: { ...base.flow, inner: 3, batch: 2 } }],
    [
      'a reference that moves',
      {
        cost: { kind: 'average', dim: 11 },
        flow: {
          kind: 'consensus',
          step: 0.05,
          alpha: 1,
          reference: { kind: 'sinusoid', amplitude: 2, period: 7 },
        },
      },
    ],
    [
      'neighbours one by one',
      { flow: { kind: 'custom', module: each }, compressor: { kind: 'top-k', k: 4 } },
    ],
    [
      'neighbours one by one, over links that drop',
      {
        flow: { kind: 'custom', module: each },
        compressor: { kind: 'sign' },
        links: { kind: 'drops', rate: 0.3 },
      },
    ],
    ['agents without a neighbour', { topology: { kind: 'path', nodes: 5 }, compressor: { kind: 'sign' } }],
  ])('%s', mustRun);
});

it('and all of it is needed', () => {
  expect([...needed.keys()].sort()).toEqual(
    [
      'edges.outbox',
      'links.choice',
      'outbox',
      'outbox@1',
      'outbox@2',
      's',
      's.read',
      's.sum',
      's.tracker',
      'shares',
      'v',
      'x',
    ].sort(),
  );
  expect([...needed].filter(([, isNeeded]) => !isNeeded)).toEqual([]);
});
