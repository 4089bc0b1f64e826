/**
 * Binding a planned flow to one worker: from here on there are only addresses and kernels. See
 * `docs/rounds.md` for who writes what.
 */

import type { Kernels } from '../../../kernels/bindings.js';
import type { Arena } from '../../arena/arena.js';
import { rowBytesOf } from '../../arena/layout.js';
import type { CompressorPlan } from '../../compress/types.js';
import { costByNumber, costOfPart, valuesByNumber } from '../../cost/by-number.js';
import { costDefinition } from '../../cost/registry.js';
import type { BoundCost } from '../../cost/types.js';
import { bindChannel, bindStateChannel } from '../../flow/channel.js';
import { bindReference } from '../../flow/reference.js';
import { flowDefinition } from '../../flow/registry.js';
import { bindLinks } from '../../links/bind.js';
import { Ensemble } from '../../ranks/ensemble.js';
import { bindExchange } from '../../ranks/exchange.js';
import type { Transport } from '../../ranks/transport.js';
import type { BoundProgram, SaidBefore } from '../../run/types.js';
import type { Runtime } from '../../runtime.js';
import { bindBits } from './bits.js';
import { blocksOf, shareHubs } from './hubs.js';
import { referenceByNumber } from './order.js';
import { bindTrace, stateAt } from './trace.js';
import type { FlowRunPlan } from './types.js';

function bindRuntime(plan: FlowRunPlan, arena: Arena, kernels: Kernels, worker: number): Runtime {
  const fixedDegrees = arena.address('graph.degrees');
  const runtime: Runtime = {
    arena,
    kernels,
    worker,
    agents: plan.rows,
    total: plan.agents,
    dim: plan.dim,
    rowBytes: plan.rowBytes,
    blockAgents: plan.blockAgents,
    seed: plan.seed,
    ahead: plan.ahead,
    graph: {
      rowStart: arena.address('graph.rowStart'),
      columns: arena.address('graph.columns'),
      ...(plan.links === null
        ? {
            weights: arena.address('graph.weights'),
            weightStride: plan.weightStride,
            degrees: fixedDegrees,
          }
        : {
            weights: arena.address('links.weights'),
            weightStride: 8,
            degrees: arena.address('links.degrees'),
            changing: { fixedDegrees },
          }),
    },
  };
  if (arena.has('agents.numbers')) runtime.numbers = arena.view('agents.numbers', 'u32');
  if (!plan.reference) return runtime;
  const reference = bindReference(plan.reference, runtime);
  const { numbers, rowBytes } = runtime;
  return {
    ...runtime,
    reference: numbers === undefined ? reference : referenceByNumber(reference, numbers, rowBytes),
  };
}

function bindCost(plan: FlowRunPlan, runtime: Runtime): BoundCost {
  const definition = costDefinition(plan.cost.kind, ['cost']);
  const cost = definition.bind(plan.cost, runtime);
  const { numbers, rowBytes } = runtime;
  if (numbers === undefined) return cost;
  if (plan.part !== null) return definition.placed ? cost : costOfPart(cost, numbers, rowBytes);
  return definition.placed ? valuesByNumber(cost, numbers) : costByNumber(cost, numbers, rowBytes);
}

/** The runtime of a channel whose vectors are shorter or longer than x. */
function widthOf({ dim }: CompressorPlan, runtime: Runtime): Runtime {
  return dim === runtime.dim
    ? runtime
    : { ...runtime, dim, rowBytes: rowBytesOf(dim, runtime.arena.precision) };
}

/**
 * Of a run that was changed: what had been said before, and what has been said since. The first call of `from`
 * says after which round that is; going back to a later row changes nothing about it.
 */
function goingOn(
  counted: ReturnType<typeof bindBits>,
  before: SaidBefore,
): ReturnType<typeof bindBits> & { from(round: number): void } {
  let broadcast = 0;
  let links = 0;
  let networkSeconds = 0;
  let known = false;
  return {
    deliver: counted.deliver,
    from(round) {
      if (known) return;
      known = true;
      broadcast = before.bitsBroadcast - counted.broadcast(round);
      links = before.bitsLinks - counted.links(round);
      networkSeconds = before.networkSeconds - counted.networkSeconds(round);
    },
    broadcast: (rounds) => broadcast + counted.broadcast(rounds),
    links: (rounds) => links + counted.links(rounds),
    networkSeconds: (rounds) => networkSeconds + counted.networkSeconds(rounds),
  };
}

/** `transport`: of the worker that speaks with other ranks. */
export function bindFlow(
  plan: FlowRunPlan,
  arena: Arena,
  kernels: Kernels,
  worker: number,
  transport?: Transport,
): BoundProgram {
  const { part } = plan;
  const runtime = bindRuntime(plan, arena, kernels, worker);
  const { blockAgents } = plan;
  const bindChannels = (runtime: Runtime) =>
    plan.flow.stateIsMessage
      ? [bindStateChannel(runtime, stateAt(plan, arena, 'x'))]
      : plan.channels.map((compressor, channel) => {
          const state = plan.inStates[channel];
          return state === null
            ? bindChannel(compressor, channel, widthOf(compressor, runtime))
            : bindStateChannel(runtime, stateAt(plan, arena, state));
        });
  const hubs = plan.hubs.length > 0 ? shareHubs(plan.hubs, plan.workers, runtime, bindChannels) : null;
  const channels = hubs?.channels ?? bindChannels(runtime);
  const cost = bindCost(plan, runtime);
  const flow = flowDefinition(plan.flow).bind(plan.flow, channels, cost, runtime, bindChannels);
  const first = plan.partition[worker];
  const end = plan.partition[worker + 1];
  // What other ranks hear comes first.
  const interior = part === null ? first : part.interior[worker];
  const boundaryBlocks = blocksOf(first, interior, blockAgents, plan.hubs);
  const blocks = blocksOf(interior, end, blockAgents, plan.hubs);
  const links =
    plan.links === null
      ? null
      : bindLinks(
          { ...plan, agents: plan.rows, total: plan.agents, plan: plan.links, first, end },
          arena,
          kernels,
        );
  const counted = bindBits(plan, arena, worker, links);
  const goesOn = plan.before === undefined ? null : goingOn(counted, plan.before);
  const bits = goesOn ?? counted;

  const begin = (k: number) => {
    cost.beginRound?.(k);
    links?.begin(k);
    bits.deliver(k);
    links?.ahead(k + 1);
    for (let channel = 0; channel < channels.length; channel++) channels[channel].prepare(k + 1);
    flow.prepare?.(k + 1);
  };
  const workOn = (blocks: Uint32Array, k: number) => {
    for (let b = 0; b + 1 < blocks.length; b++) flow.block(blocks[b], blocks[b + 1] - blocks[b], k);
  };
  const round = (k: number) => {
    begin(k);
    workOn(blocks, k);
  };
  const boundary = (k: number) => {
    begin(k);
    workOn(boundaryBlocks, k);
  };

  const speaks = part !== null && transport !== undefined;
  const ensemble = speaks ? new Ensemble(part, arena, transport) : null;
  const exchange = speaks ? bindExchange(part, plan.ownArcs, arena, transport) : null;
  const speak = (k: number) => {
    exchange?.[k & 1].start();
    exchange?.[k & 1].wait();
  };
  const speakOf = (k: number) => {
    speak(k + 1);
    if (ensemble !== null) counted.findSlowest?.(k, ensemble);
  };
  const phases: [string, (k: number) => void][] =
    part === null
      ? [['round', round]]
      : [
          ['boundary', boundary],
          ['interior, exchange', speaks ? speakOf : (k) => workOn(blocks, k)],
        ];
  if (hubs) phases.unshift(['hubs', hubs.phase]);

  return {
    prologue() {
      links?.prologue();
      for (const channel of channels) channel.prepare(0);
      flow.prepare?.(0);
      for (const some of [boundaryBlocks, blocks])
        for (let b = 0; b + 1 < some.length; b++) flow.prologue(some[b], some[b + 1] - some[b], 0);
    },
    ...(part !== null && { meet: speak }),
    ...(ensemble !== null && {
      collect: (k: number, into: readonly Uint8Array[] | null) =>
        plan.state.forEach(({ name }, i) => {
          const at = stateAt(plan, arena, name)(k);
          ensemble.collect(at, plan.rowBytes, plan.dim * arena.realBytes, into?.[i] ?? null);
        }),
    }),
    ...(plan.workers === 1 && {
      said: (rounds: number) => ({
        bitsBroadcast: bits.broadcast(rounds),
        networkSeconds: bits.networkSeconds(rounds),
      }),
    }),
    phases: phases.map(([, phase]) => phase),
    phaseNames: phases.map(([name]) => name),
    ...bindTrace(plan, runtime, cost, bits, ensemble),
    restore(k) {
      // What a codec has drawn for the messages that are waiting lies outside the arena.
      for (const channel of channels) channel.prepare(k);
      flow.prepare?.(k);
      if (worker === 0) goesOn?.from(k);
    },
  };
}
