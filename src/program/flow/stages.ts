/** A flow over a graph, on the host: what each stage of making a run is for it. */

import type { Arcs } from '../../../topology/graph.js';
import { nameOfNode } from '../../../topology/names.js';
import { REAL, rowBytesOf } from '../../arena/layout.js';
import { describeSpec } from '../../base/describe.js';
import type { Gains } from '../../base/pattern-search.js';
import { agentsAhead } from '../../compress/wire/ahead.js';
import { samplesOf } from '../../cost/registry.js';
import type { CostModel } from '../../cost/types.js';
import { flowDefinition, flowLabel } from '../../flow/registry.js';
import type { LinksSpec } from '../../links/types.js';
import type { CutReport } from '../../ranks/cut.js';
import type { PartPlan } from '../../ranks/part.js';
import { estimateMemory } from '../../run/memory.js';
import { reportOptimum } from '../../run/optimum.js';
import type { Answer, OpenGains, Stages } from '../../run/program.js';
import type { AgentRow, PlanReport, RanksReport } from '../../run/reports.js';
import { remedyHint } from '../../tune/remedy.js';
import { searchable, startsOf } from '../../tune/search-gains.js';
import { automaticNames } from '../../tune/tune.js';
import { answerFlow } from './answer.js';
import { carryFlow, reloadFlow } from './carry.js';
import { fillFlow } from './fill.js';
import { chooseGains, type FlowChoice, hasTwoDigits, shortRun } from './gains.js';
import { type FlowProblem, loadNetworkAlone } from './load.js';
import { loadRun } from './load-run.js';
import type { FlowMade } from './made.js';
import type { LocalOrder } from './order.js';
import { type FlowOutline, outlineFlow, planFlow, withFlow } from './plan.js';
import type { FlowRunPlan } from './types.js';

export const flowStages: Stages<FlowProblem, FlowOutline, FlowChoice, FlowRunPlan> = {
  load: (loaded) => loadRun(loaded),
  reload: reloadFlow,
  carry: carryFlow,
  outline: (problem, workers) => outlineFlow(problem, workers),
  answer: answerFlow,
  choose: chooseGains,
  plan: (_problem, outline, { optimum }, choice) =>
    planFlow(choice.outline, choice.flow, optimum !== null || outline.plan.problem === 'average'),
  divide: (problem, choice, workers) => {
    const { compress } = choice.outline.spec;
    const outline = outlineFlow(problem, workers, { compress });
    return { outline, choice: { ...choice, outline } };
  },
  roundLoad: ({ choice: { outline } }) => outline.load,
  network: ({ graph, weights }) => ({ graph, weights }),
  loadNetwork: loadNetworkAlone,
  fill: (arena, { problem, answer: { optimum }, choice, plan }) =>
    fillFlow(arena, { problem, reference: problem.reference, plan, order: choice.outline.order, optimum }),
  report,
  hint: ({ problem, answer: { optimum }, choice: { outline }, plan }) => {
    const { compress } = plan.flow;
    return remedyHint({ plan, gains: outline.gains, work: outline.work }, () =>
      shortRun(problem, optimum, { compress }),
    );
  },
  config: ({ problem: { given }, plan: { flow } }) => ({
    ...given,
    flow: { ...given.flow, ...(flow.compress && { compress: flow.compress }) },
  }),
  place: ({ graph }, agent) => ({
    label: graph.labels?.[agent] ?? null,
    neighbours: Array.from(graph.columns.subarray(graph.rowStart[agent], graph.rowStart[agent + 1])),
  }),
  agents: agentRows,
  predict: async ({ problem, choice, plan }, sideOnly) =>
    (await import('./predict.js')).predictFlow(problem, choice.outline, plan, sideOnly),
  openGains,
};

async function report({ problem, answer: { optimum }, choice, plan }: FlowMade): Promise<PlanReport> {
  const { given, cost, graph, weights, degrees, knownSpectrum } = problem;
  const { order, orderReport, warnings } = choice.outline;
  const { flow, agents, edges, dim, rounds, blockAgents, part } = plan;
  // One of a rank's threads only speaks with the others.
  const workers = part === null ? plan.workers : plan.workers - 1;
  const found = knownSpectrum();
  const graphBytes =
    graph.rowStart.byteLength +
    graph.columns.byteLength +
    (weights?.byteLength ?? 0) +
    degrees.byteLength +
    arcBytes(graph.arcs) +
    orderBytes(order);
  return {
    name: problem.name,
    agents,
    edges,
    dim,
    workers,
    rounds,
    topology: problem.topology,
    cost: `${cost.description}${plan.problem === 'average' ? averaged(problem) : ''}`,
    flow: flowLabel(flow),
    compressor: describeSpec(given.compressor),
    links: given.links ? describeLinks(given.links) : null,
    layout: { order: orderReport, blockAgents, ahead: mostAhead(plan) },
    ...(given.precision && { precision: given.precision }),
    ...(part !== null && choice.outline.cut !== null && { ranks: ranksReport(part, choice.outline.cut) }),
    ...estimateMemory(plan, graphBytes + collectedBytes(plan), given.checkpoint !== undefined),
    spectrum: found && {
      lambda2: found.lambda2,
      lambdaMax: found.lambdaMax,
      ...(hasTwoDigits(found) && { within: Math.max(found.residual2, found.residualMax) }),
    },
    gains: flow.gains,
    tuning: choice.tuning,
    ...(problem.choice && { compressorChoice: problem.choice.report }),
    bits: { perMessage: plan.messageBits, uncompressedPerMessage: plan.uncompressedBits },
    optimum: reportOptimum(optimum),
    warnings: [...warnings, ...problem.warnings, ...unknownGap(optimum, cost), ...choice.warnings],
  };
}

/**
 * Of a flow that averages: what. Its objective and errors are those of the average, and not of the cost that
 * the config names.
 */
function averaged({ init, reference }: FlowProblem): string {
  if (reference !== null) return '; averaged are the references, and the cost plays no part';
  return init === null
    ? "; averaged are the agents' own values, and curvatures play no part"
    : '; averaged is what agents begin with, and the cost plays no part';
}

function ranksReport({ rank, ranks, own, rows, peers }: PartPlan, cut: CutReport): RanksReport {
  const { method, why, edges } = cut;
  return { rank, ranks, agents: own, ghosts: rows - own, peers: peers.length, cut: method, why, edges };
}

/** What the first of several ranks brings together: the state of all agents, and who they are. */
function collectedBytes({ part, agents, dim, state, layout }: FlowRunPlan): number {
  if (part === null || part.rank > 0) return 0;
  const numbers = agents * (Uint32Array.BYTES_PER_ELEMENT + Float64Array.BYTES_PER_ELEMENT);
  return state.length * agents * dim * REAL[layout.precision].bytes + numbers;
}

/** Of the messages that are asked for early, how many agents ahead; states lie in slots as wide as a row. */
function mostAhead(plan: FlowRunPlan): number {
  const { channels, dim, layout } = plan;
  const widths =
    channels.length === 0 ? [rowBytesOf(dim, layout.precision)] : channels.map(({ slotBytes }) => slotBytes);
  return Math.max(...widths.map((width) => agentsAhead(plan, width)));
}

function unknownGap(optimum: Answer['optimum'], { whyNoOptimum }: CostModel): string[] {
  return optimum === null && whyNoOptimum ? [`the gap is unknown: ${whyNoOptimum}`] : [];
}

function openGains({ problem, choice: { outline }, plan }: FlowMade): OpenGains | null {
  const { search } = flowDefinition(plan.flow);
  const free = searchable(plan.flow, automaticNames(problem.config.flow, plan.flow.gains));
  const [first] = free;
  if (!search || first === undefined) return null;
  const { directions, largest, shrink = 'step' } = search;
  return {
    starts: () => startsOf({ plan }, free, outline.gains()),
    directions,
    largest,
    shrink: free.includes(shrink) ? shrink : first,
    planWith: (gains: Gains) => withFlow(plan, outline.withGains(gains)),
  };
}

function* agentRows({ graph, cost }: FlowProblem): Iterable<AgentRow> {
  const { nodes, rowStart } = graph;
  for (let agent = 0; agent < nodes; agent++) {
    yield {
      row: agent,
      label: nameOfNode(graph, agent),
      degree: rowStart[agent + 1] - rowStart[agent],
      samples: samplesOf(cost, agent),
    };
  }
}

function arcBytes(arcs: Arcs | undefined): number {
  if (arcs === undefined) return 0;
  const { inStart, inColumns, outStart, outColumns } = arcs;
  return inStart.byteLength + inColumns.byteLength + outStart.byteLength + outColumns.byteLength;
}

function orderBytes(order: LocalOrder | null): number {
  if (order === null) return 0;
  const { out, numbers, rowStart, columns, arcs } = order;
  return [numbers, rowStart, columns, arcs, out?.rowStart, out?.columns, out?.arcs].reduce(
    (sum: number, table) => sum + (table?.byteLength ?? 0),
    0,
  );
}

/** In the short form; of a list of graphs, how many there are. */
function describeLinks(spec: LinksSpec): string {
  const { graphs } = spec;
  return describeSpec(Array.isArray(graphs) ? { ...spec, graphs: graphs.length } : spec);
}
