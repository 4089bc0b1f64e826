/**
 * What a graph, a flow, links and a compressor cannot do together is refused or, where it only disappoints,
 * said.
 */

import { unbalancedNode } from '../../../topology/properties.js';
import { describeSpec } from '../../base/describe.js';
import { InputError, unexpected } from '../../base/errors.js';
import { compresses } from '../../compress/registry.js';
import { type CompressorPlan, reckonedContraction } from '../../compress/types.js';
import type { CostModel } from '../../cost/types.js';
import { automaticGain } from '../../flow/gains.js';
import { flowName, flows } from '../../flow/registry.js';
import type { FlowDefinition, FlowSpec } from '../../flow/types.js';
import { linksDefinition } from '../../links/registry.js';
import type { FlowProblem } from './load.js';

/** What a flow and a compressor cannot do together is refused or, where it only disappoints, said. */
export function checkCompressor(
  definition: FlowDefinition,
  flow: FlowSpec,
  plan: CompressorPlan,
  { config: { compressor: spec } }: FlowProblem,
  warnings: string[],
): void {
  const { linear, variance } = plan;
  if (!definition.messages(flow).compressed) {
    if (!compresses(spec, plan.realBits === 32 ? 'float32' : 'float64')) return;
    if (flow.compress === undefined) {
      throw unexpected(
        ['compressor', 'kind'],
        spec.kind,
        `identity, since ${flowName(flow)} sends its vectors as they are`,
      );
    }
    const modes = (definition.modes ?? []).filter((mode) => mode !== 'none');
    throw unexpected(
      ['flow', 'compress'],
      'none',
      `one of ${modes.join(', ')}, since compressor.kind is ${spec.kind} (with none nothing is compressed)`,
    );
  }
  if (flow.compress === 'node-state' && !linear) {
    warnings.push(
      `node-state compression converges for linear compressors only; ${spec.kind} is not linear, so expect it to stall short of the optimum (error-state and observer do not)`,
    );
  }
  if (reckonedContraction(plan) > 0 || (definition.unbiased && variance !== undefined)) return;
  const automatic = automaticGain(flow, definition);
  if (automatic !== undefined) {
    throw unexpected(
      ['flow', automatic],
      'auto',
      `a number: ${describeSpec(spec)} is no contraction, so no step can be promised (shrink it with { kind: scale, factor: c, inner: ... }, or see \`sottovoce certify\`)`,
    );
  }
  if (flow.compress !== 'node-state') {
    warnings.push(
      `${describeSpec(spec)} is no contraction: the estimates may grow unless mu is small enough (\`sottovoce certify\` finds how small)`,
    );
  }
}

/** A flow that needs convex costs says so where they are known not to be. */
export function checkCost({ costs = 'any' }: FlowDefinition, flow: FlowSpec, cost: CostModel): void {
  // Large costs take a while to say how curved they are.
  if (costs === 'any') return;
  const { nonconvex = false } = cost;
  if (!nonconvex && (costs === 'convex' || cost.curvature.m > 0)) return;
  const found = nonconvex ? 'is not convex' : 'has no m > 0 (of strong convexity)';
  throw new InputError(`${flowName(flow)} needs ${costs.replace('-', ' ')} costs, and this one ${found}`, {
    path: ['cost'],
    hint: 'a cost with regularization > 0 is strongly convex where it is convex',
  });
}

/** A flow that rests on symmetry, or on the same weights in every round, says so before it goes wrong. */
export function checkGraph(
  definition: FlowDefinition,
  flow: FlowSpec,
  { config, graph, links, weights }: FlowProblem,
): void {
  const { links: linksSpec } = config;
  const graphs = definition.graphs?.(flow) ?? 'edges';
  const mode =
    flow.compress === undefined ? flowName(flow) : `${flowName(flow)} with compress ${flow.compress}`;
  const others = (able: (kind: FlowDefinition) => boolean) =>
    Object.values(flows)
      .filter((other) => other !== definition && other.of === undefined && able(other))
      .map(({ kind }) => kind)
      .join(', ');
  if (graph.arcs) {
    if (graphs === 'edges') {
      const path = ['flow', flow.compress === undefined ? 'kind' : 'compress'];
      throw new InputError(
        `${mode} needs every link to work in both directions, and the topology is directed`,
        {
          path,
          hint:
            definition.declares?.directed ??
            `on directed graphs: ${others((other) => other.graphs?.({ kind: other.kind }) === 'arcs')}, or consensus with compress none where everyone hears as many as hear it; or make edges of the arcs (no \`directed\`)`,
        },
      );
    }
    // Graphs that follow one another may each be balanced, and all of them together not.
    const uneven = graphs === 'balanced' && !links?.balanced ? unbalancedNode(graph.arcs) : -1;
    if (uneven >= 0) {
      throw new InputError(
        `${mode} needs everyone to hear as many as hear it, and agent ${graph.labels?.[uneven] ?? uneven} does not`,
        {
          path: ['flow', 'kind'],
          hint: 'push-sum and surplus-consensus average over any strongly connected directed graph',
        },
      );
    }
    if (weights !== null) {
      throw unexpected(
        ['weights'],
        config.weights,
        'unit, since the arcs of a directed graph have no weights',
      );
    }
  }
  if (definition.messages(flow).shares && weights !== null) {
    throw unexpected(['weights'], config.weights, `unit, since ${flowName(flow)} gives even shares`);
  }
  if (!links || !linksSpec) return;
  const kind = linksDefinition(linksSpec.kind, ['links']);
  const refuse = (why: string, hint: string) =>
    new InputError(`links.kind is ${kind.kind}, ${why}`, { path: ['links', 'kind'], hint });
  if (!definition.changingLinks) {
    throw refuse(
      `and ${flowName(flow)} needs the same weights in every round`,
      definition.declares?.changingLinks ??
        `over changing links: ${others((other) => other.changingLinks ?? false)}`,
    );
  }
  if (graph.arcs && !kind.directed) {
    throw refuse(
      'which needs links that work in both directions, and the topology is directed',
      'drops and gilbert-elliott let single arcs fail, and a schedule may have directed graphs',
    );
  }
  if (graph.arcs && graphs === 'balanced' && !(links.balanced ?? kind.balanced)) {
    const why = links.balanced === undefined ? 'lets single arcs fail' : 'has graphs that are not balanced';
    throw refuse(
      `which ${why}, and ${mode} needs everyone to hear as many as hear it in every round`,
      'flow: { kind: push-sum }, or an undirected topology',
    );
  }
  const { shares, ahead = true } = definition.messages(flow);
  if (shares && ahead && kind.foreseen === false) {
    throw refuse(
      `whose links are agreed on in the round itself, and ${flowName(flow)} has to know a round ahead how many will hear`,
      'flow: { kind: consensus } averages over pairs, as do quantized-push-sum and surplus-consensus',
    );
  }
}
