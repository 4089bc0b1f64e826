/**
 * Numbers for the gains of a flow that are `auto`: the formula's, or what trial runs of this very run find
 * (`tune/tune.ts`); and what is to be said of gains that somebody chose.
 */

import type { Spectrum } from '../../../topology/spectrum.js';
import { isInputError } from '../../base/errors.js';
import { hasOpenGains } from '../../flow/gains.js';
import { flowDefinition } from '../../flow/registry.js';
import type { FlowPlan } from '../../flow/types.js';
import type { Answer } from '../../run/program.js';
import type { Tuning } from '../../run/reports.js';
import type { Tunable } from '../../tune/types.js';
import { bindFlow } from './bind.js';
import { fillFlow } from './fill.js';
import { boundSpectrum, type FlowProblem, heaviestOf } from './load.js';
import { type FlowOutline, outlineFlow, planFlow, type Variant, withFlow } from './plan.js';

export interface FlowChoice {
  /** The outline in the mode that was chosen. */
  outline: FlowOutline;
  flow: FlowPlan;
  /** Null where no gain was `auto`. */
  tuning: Tuning | null;
  warnings: string[];
}

export async function chooseGains(
  problem: FlowProblem,
  outline: FlowOutline,
  { optimum }: Answer,
): Promise<FlowChoice> {
  const { config, otherMode } = problem;
  const formula = outline.withGains({});
  const warnings = spectrumWarning(problem);
  const definition = flowDefinition(config.flow);
  const { agents, dim, seed } = outline.plan;
  definition.tryOut?.(formula, { agents, dim, seed });
  if (!hasOpenGains(config.flow, definition)) {
    const averaging = await warnOfAveraging(problem, formula);
    return { outline, flow: formula, tuning: null, warnings: [...warnings, ...averaging] };
  }
  const short = (compress = config.flow.compress) =>
    shortRun(problem, optimum, { compress, reference: null });
  // Gains are judged by how fast a run converges, which it does where the reference stands still.
  const tune = async () =>
    (await import('../../tune/tune.js')).tune({
      tunable: short(),
      otherMode: otherMode === null ? null : () => short(otherMode),
      stop: config.stop,
    });
  // Whoever chose the compressor has done so already.
  const tuning = problem.choice?.tuning ?? (await tune());
  if (tuning.doubt !== null) warnings.push(`gains that are auto: ${tuning.doubt}`);
  const { compress } = tuning;
  const other = compress !== null && compress !== outline.spec.compress;
  const chosen = other ? outlineFlow(problem, outline.workers, { compress }) : outline;
  const flow = chosen.withGains(tuning.gains);
  return {
    outline: chosen,
    flow,
    tuning,
    warnings: [...warnings, ...(await warnOfAveraging(problem, flow))],
  };
}

/**
 * The run, or a variant of it, on one thread: short, and the same bits in any order of agents. In float64, so
 * that a run in float32 has the gains of the same run in float64: rounding would end a trial on its way.
 */
export function shortRun(problem: FlowProblem, optimum: Answer['optimum'], variant: Variant): Tunable {
  const { reference = problem.reference } = variant;
  const outline = outlineShort(problem, { ...variant, order: 'given', whole: true }, reference !== null);
  const { spec, work, gains, withGains } = outline;
  const known = optimum !== null || outline.plan.problem === 'average';
  const plan = planFlow(outline, withGains({}), known);
  return {
    plan,
    spec,
    cost: problem.cost,
    optimum,
    init: problem.init,
    work,
    gains,
    withGains,
    fill: (arena) => fillFlow(arena, { problem, reference, plan, order: outline.order, optimum }),
    bind: (flow, arena, kernels) => bindFlow(withFlow(plan, flow), arena, kernels, 0),
  };
}

/**
 * In the run's own precision where a reference moves, and where a budget of bits is none of float64 numbers.
 */
function outlineShort(problem: FlowProblem, variant: Variant, moves: boolean): FlowOutline {
  if (problem.config.precision === undefined || moves) return outlineFlow(problem, 1, variant);
  try {
    return outlineFlow(problem, 1, { ...variant, precision: 'float64' });
  } catch (error) {
    if (!isInputError(error)) throw error;
    return outlineFlow(problem, 1, variant);
  }
}

function spectrumWarning({ knownSpectrum }: FlowProblem): string[] {
  const found = knownSpectrum();
  if (found === null || found.converged) return [];
  const accuracy = Math.max(found.residual2, found.residualMax).toExponential(0);
  return [`the graph's spectrum is known to ${accuracy} only: gains that are auto may be off`];
}

async function warnOfAveraging(problem: FlowProblem, plan: FlowPlan): Promise<string[]> {
  const { config, graph, degrees, links, weights } = problem;
  const definition = flowDefinition(config.flow);
  if (definition.averaging === undefined || (links !== null && !links.pairwise)) return [];
  const [{ averagingWarning }, { spectrum }] = await Promise.all([
    import('../../flow/averaging.js'),
    import('../../../topology/spectrum.js'),
  ]);
  const warning = averagingWarning({
    definition,
    plan,
    graph,
    degrees,
    pair: links?.pairwise ? 2 * heaviestOf(weights) : null,
    bound: boundSpectrum(graph, degrees).lambdaMax,
    lambdaMax: () => largestFor(problem.knownSpectrum() ?? spectrum(graph, weights)),
  });
  return warning === null ? [] : [warning];
}

/** Whether that is all that is known: `spectrum` leaves smaller errors. */
export function hasTwoDigits({ converged, residual2, residualMax }: Spectrum): boolean {
  return converged && Math.max(residual2, residualMax) > 1e-8;
}

/** Of a spectrum to two digits, the end of its interval that is an eigenvalue's own: nobody is warned in vain. */
function largestFor(found: Spectrum): number {
  return hasTwoDigits(found) ? found.lambdaMax * (1 - found.residualMax) : found.lambdaMax;
}
