/**
 * `lambda: auto`: the width of the dither from short trial runs.
 *
 * A width far below what is sent cuts entries off, one far above drowns them in noise of its own size. Where
 * between is best depends on gradients, step and the number of agents, and no formula knows. So the program
 * itself is run, on this thread, for TRIAL_ROUNDS rounds (fewer where the run is shorter) with each of a few
 * widths: powers of two times the root mean square of the entries of the agents' gradients at the beginning,
 * which a rotation does not change. The one that leaves the lowest objective is taken, and among those that
 * leave about as little the widest, since it cuts off least. The same config gives the same width.
 */

import { bindKernels } from '../../../kernels/bindings.js';
import { createArena } from '../../arena/arena.js';
import { unexpected } from '../../base/errors.js';
import { costDefinition } from '../../cost/registry.js';
import type { CostModel } from '../../cost/types.js';
import { compileKernels } from '../../run/kernels.js';
import { COLUMNS } from '../../trace/ring.js';
import { bindServer } from './bind.js';
import type { ServerConfig } from './config.js';
import { fillServer } from './fill.js';
import { planServer } from './plan.js';

const TRIAL_ROUNDS = 100;
/** Candidates, in units of the root mean square of a gradient's entries. */
const WIDTHS = [0.25, 0.5, 1, 2, 4];
/** Objectives that differ by less of the progress made count as equal. */
const SAME = 0.02;

export interface FoundLambda {
  lambda: number;
  /** For people. */
  report: string;
}

export async function findLambda(
  config: ServerConfig,
  cost: CostModel,
  modules: readonly string[],
  init: Float64Array | null,
): Promise<FoundLambda> {
  const rounds = Math.min(config.rounds, TRIAL_ROUNDS);
  const module = await compileKernels(config.precision);
  const planned = (lambda: number) =>
    planServer({
      config: { ...config, program: { ...config.program, lambda } },
      cost,
      workers: 1,
      modules,
    }).run;
  const { layout, rowBytes, dim, agents, cost: costPlan } = planned(1);
  const arena = createArena(layout);
  fillServer(arena, cost, init);
  const kernels = bindKernels(module, arena.memory);
  const beginning = arena.reals('x').slice();

  const runtime = {
    arena,
    kernels,
    worker: 0,
    agents,
    dim,
    rowBytes,
    blockAgents: 1,
    seed: planned(1).seed,
    graph: { rowStart: 0, columns: 0, weights: 0, weightStride: 0, degrees: 0 },
  };
  const bound = costDefinition(costPlan.kind).bind(costPlan, runtime);
  const gradient = arena.reals('scratch.gradient');
  bound.beginRound?.(0);
  let squares = 0;
  for (let agent = 0; agent < agents; agent++) {
    bound.gradient(agent, 1, arena.address('x'), arena.address('scratch.gradient', 0));
    for (let c = 0; c < dim; c++) squares += gradient[c] ** 2;
  }
  const size = Math.sqrt(squares / agents / dim);
  if (!(size > 0 && size < Number.POSITIVE_INFINITY)) {
    throw unexpected(
      ['program', 'lambda'],
      'auto',
      'a number: all gradients at the beginning are 0, which says nothing',
    );
  }

  const row = new Float64Array(COLUMNS.length);
  const objectiveAfter = (lambda: number) => {
    for (const { name, type } of Object.values(layout.fields)) {
      if (!name.startsWith('cost.')) arena.view(name, type).fill(0);
    }
    arena.reals('x').set(beginning);
    const program = bindServer(planned(lambda), arena, kernels, 0);
    const objective = (round: number) => {
      for (const phase of program.tracePhases) phase(round);
      program.traceRow(round, 0, row);
      return row[COLUMNS.indexOf('objective')];
    };
    program.prologue();
    const before = objective(0);
    for (let round = 0; round < rounds; round++) for (const phase of program.phases) phase(round);
    return { lambda, before, after: objective(rounds) };
  };
  const candidates = WIDTHS.map((width) => Number((width * size).toPrecision(3)));
  const found = candidates.map(objectiveAfter).filter(({ after }) => Number.isFinite(after));
  if (found.length === 0) {
    throw unexpected(
      ['program', 'gamma'],
      config.program.gamma,
      'a smaller step: the trial run for lambda diverged with every width',
    );
  }
  const best = Math.min(...found.map(({ after }) => after));
  const [{ before }] = found;
  const enough = best + SAME * Math.max(0, before - best);
  const chosen = found.filter(({ after }) => after <= enough).at(-1) ?? found[0];
  return {
    lambda: chosen.lambda,
    report: `${chosen.lambda} (auto: objective ${Number(chosen.after.toPrecision(4))} after a trial run of ${rounds} rounds, the best of ${candidates.join(', ')})`,
  };
}
