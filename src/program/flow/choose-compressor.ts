/**
 * `compressor: auto` of a flow: the registry's candidates, or those that the config names, each as a short run of
 * this very config; what comes out is the same problem with the chosen one written out.
 */

import { describeSpec } from '../../base/describe.js';
import { InputError } from '../../base/errors.js';
import type { AutoSpec } from '../../compress/auto.js';
import { compressors } from '../../compress/registry.js';
import type { CompressorSpec } from '../../compress/types.js';
import { flowDefinition, flowName } from '../../flow/registry.js';
import type { Compress } from '../../flow/types.js';
import { checkTargets } from '../../run/targets.js';
import { chooseCompressor as choose } from '../../tune/choose-compressor.js';
import { answerFlow } from './answer.js';
import type { FlowConfig } from './config.js';
import { shortRun } from './gains.js';
import type { FlowProblem } from './load.js';
import { completeFlow } from './mode.js';
import { outlineFlow } from './plan.js';

/** With `given` as it is told to people, and `spec` with its modules resolved. */
interface Candidate {
  given: CompressorSpec;
  spec: CompressorSpec;
}

/** @throws InputError where the flow takes no compressor, or none of the candidates */
export async function chooseCompressor(problem: FlowProblem, auto: AutoSpec): Promise<FlowProblem> {
  const { config, cost } = problem;
  const { flow, stop } = config;
  const definition = flowDefinition(flow);
  if (definition.modes === undefined && !definition.messages(flow).compressed) {
    throw new InputError(
      `compressor is auto, expected none: ${flowName(flow)} sends its vectors as they are, and there is nothing to choose`,
      { path: ['compressor'] },
    );
  }
  const answer = answerFlow(problem);
  checkTargets(stop, answer);
  const variants = new Map<string, FlowProblem>();
  const contenders = candidatesOf(problem, auto, cost.dim).map(({ given, spec }) => {
    const name = describeSpec(given);
    const variant = withCompressor(problem, given, spec);
    variants.set(name, variant);
    const short = (compress: Compress | undefined) =>
      shortRun(variant, answer.optimum, { compress, reference: null });
    return {
      spec: given,
      name,
      look: () =>
        outlineFlow(variant, 1, { compress: variant.config.flow.compress, order: 'given', whole: true }).plan,
      open: () => ({
        tunable: short(variant.config.flow.compress),
        otherMode: variant.otherMode === null ? null : () => short(variant.otherMode ?? undefined),
      }),
    };
  });
  const found = choose({ contenders, purpose: auto.for, stop, rounds: config.rounds });
  if (!('report' in found)) {
    const reason = mostOften(found.refused);
    throw new InputError(
      `compressor is auto, and none of ${found.refused.length} candidates goes with ${flowName(flow)}`,
      {
        path: ['compressor'],
        ...(reason && { hint: reason }),
      },
    );
  }
  const chosen = variants.get(found.contender.name) as FlowProblem;
  return { ...chosen, choice: { report: found.report, tuning: found.tuning } };
}

/** The reason of most of them, and whose it is where it is not that of all. */
function mostOften(refused: readonly { compressor: string; why: string }[]): string | null {
  const times = new Map<string, number>();
  for (const { why } of refused) times.set(why, (times.get(why) ?? 0) + 1);
  // The first of equals.
  const reason = [...times.keys()].reduce<string | null>(
    (best, why) => (best === null || (times.get(why) as number) > (times.get(best) as number) ? why : best),
    null,
  );
  if (reason === null || times.size === 1) return reason;
  return `${refused.find(({ why }) => why === reason)?.compressor}: ${reason}`;
}

/** Each once. */
function candidatesOf(problem: FlowProblem, auto: AutoSpec, dim: number): Candidate[] {
  if (auto.among !== undefined) {
    const given = (problem.given.compressor as AutoSpec).among ?? [];
    return unlike(auto.among.map((spec, i) => ({ given: given[i] ?? spec, spec })));
  }
  return unlike(
    Object.values(compressors).flatMap(({ kind, candidates }) =>
      candidates(dim).map((parameters) => {
        const spec = { kind, ...parameters };
        return { given: spec, spec };
      }),
    ),
  );
}

function unlike(candidates: readonly Candidate[]): Candidate[] {
  return [...new Map(candidates.map((candidate) => [describeSpec(candidate.given), candidate])).values()];
}

/** The same problem with a compressor, and the mode that a config with it gets. */
export function withCompressor(
  problem: FlowProblem,
  given: CompressorSpec,
  spec: CompressorSpec,
): FlowProblem {
  const { precision } = problem.config;
  const own = completeFlow(problem.config.flow, spec, precision);
  const told = completeFlow(problem.given.flow, given, precision);
  return {
    ...problem,
    given: { ...problem.given, compressor: given, flow: told.flow } as FlowConfig,
    config: { ...problem.config, compressor: spec, flow: own.flow },
    otherMode: own.otherMode,
  };
}
