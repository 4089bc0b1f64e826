/**
 * A run of a config over so many machines, planned before any of them is there: seconds of a round, what they
 * go to, what memory a rank takes, and how all of it changes with the number of machines, with the link, and
 * with compression. The model is in `model.ts`, what an agent takes is measured (`sample.ts`), and the cut is
 * that of the graph where it is small, else what its kind says of it (`topology/outline.ts`): nothing here is
 * as long as a graph that is large.
 */

import type { Graph } from '../../topology/index.js';
import { busiest, type Cut, cutsOfGraph, type Outline } from '../../topology/outline.js';
import { generators, outlineOf } from '../../topology/registry.js';
import { MAX_ARENA_BYTES } from '../arena/layout.js';
import { cacheBytes } from '../base/caches.js';
import { candidates } from '../base/cores.js';
import { describeSpec } from '../base/describe.js';
import { InputError } from '../base/errors.js';
import { isAuto } from '../compress/auto.js';
import { compresses } from '../compress/registry.js';
import type { FlowConfig, TopologySpec } from '../program/flow/config.js';
import { programDefinition } from '../program/registry.js';
import { type CutMethod, cutGraph } from '../ranks/cut.js';
import type { LoadedConfig } from '../run/config.js';
import { PROCESS_BYTES, WORKER_BYTES } from '../run/memory.js';
import {
  breakEven,
  dominant,
  type Link,
  type RankWork,
  type RoundSeconds,
  type RowWork,
  roundSeconds,
  withoutRows,
} from './model.js';
import { refuseSample, type Sample, sampleConfig, takeSample } from './sample.js';

export interface PlanOptions {
  /** Ranks, one on each machine. */
  machines: number;
  links: readonly Link[];
  /** Threads of a rank. */
  cores: number;
  /** Of a machine; null where nobody says. */
  memoryBytes: number | null;
  /** Rounds that compression takes for each round without it. */
  more: number;
  /**
   * Entries of x a second of the config's round on all threads of a rank, measured elsewhere; without
   * compression it is in proportion to what is timed here.
   */
  coordinatesPerSecond?: number | null;
  /** Seconds of a round for each agent on all threads of a rank, where both are known: goes before all else. */
  agentSeconds?: Readonly<Record<Variant, number>>;
}

/** The config's compressor, or none. */
export type Variant = 'compressed' | 'plain';

export interface PlannedRound extends RoundSeconds {
  ranks: number;
  /** Over one rank's round, whose link has nothing to do. */
  speedUp: number;
  dominant: string;
}

export interface PlannedVariant {
  variant: Variant;
  compressor: string;
  /** What neighbours hear of an agent in a round. */
  bytesAnAgent: number;
  secondsAnAgent: number;
  /** Of the rank that has most of it, in a round. */
  bytesIn: number;
  bytesOut: number;
  messages: number;
  memory: RankMemory;
  /** Ranks that it takes at least for each to fit; null where no number does. */
  leastRanks: number | null;
  /** By link: 1, 2, 4, ... ranks and all. */
  scaling: { link: string; rounds: PlannedRound[] }[];
}

export interface RankMemory {
  /** Shared memory of the rank that has most of it, which addresses 4 GiB. */
  arenaBytes: number;
  processBytes: number;
  /** Of the arena, what rank 0 keeps of every agent for rows of the trace. */
  tracedBytes: number;
  fits: boolean;
  fitsMachine: boolean | null;
}

/** What `sottovoce plan` says; plain data. */
export interface MachinesPlan {
  name: string;
  agents: number;
  /** Every edge in both its directions; an arc of a directed graph once. */
  arcs: number;
  machines: number;
  cores: number;
  links: { name: string; bitsPerSecond: number; latencySeconds: number }[];
  /** `how`: counted in a cut of the graph, or known from its parameters. */
  cut: Cut & { how: 'counted' | 'exact' | 'expected'; method: CutMethod };
  samples: { variant: Variant; agents: number; arenaBytes: number; roundSeconds: number }[];
  variants: PlannedVariant[];
  /** By link: bits a second above which the config's compressor no longer pays; null: never does, infinite: always. */
  breakEven: { link: string; bitsPerSecond: number | null }[];
  more: number;
  notes: string[];
}

/** Graphs up to so many nodes are made, and their cuts counted. */
const MADE_NODES = 100_000;
const MADE_ARCS = 2_000_000;
/** Agents of the samples: so few that all is in caches, and so many that nothing is, where those are enough. */
const SMALL_SAMPLE = 2000;
const LARGEST_SAMPLE = 40_000;
/** A sample so many times as large as the last cache is out of it. */
const BEYOND = 2;
/** What planning keeps of every agent, beside the graph. */
const HOST_AGENT_BYTES = 48;
/** A sum over all agents goes from rank to rank: an entry of a row. */
const CHAIN_SECONDS = 1e-9;

/** @throws InputError where the config is no run of agents on a graph, or nothing is known of its graph */
export async function planMachines(loaded: LoadedConfig, options: PlanOptions): Promise<MachinesPlan> {
  if (loaded.config.program !== undefined) {
    const { kind } = loaded.config.program;
    throw new InputError(
      `program.kind is ${kind}, expected a config of agents on a graph: no other is planned`,
    );
  }
  const flow = loaded as LoadedConfig<FlowConfig>;
  const notes: string[] = [];
  const network = await networkOf(flow, notes);
  const { machines } = options;
  if (machines > network.nodes) {
    throw new InputError(
      `--machines is ${machines}, expected at most ${network.nodes}: there are no more agents`,
    );
  }
  if (isAuto(flow.config.compressor)) {
    throw new InputError(
      'compressor is auto, expected one written out: machines are planned for what is sent, and a choice is made for a run on its own graph',
      {
        path: ['compressor'],
        hint: '`sottovoce tune CONFIG --write FILE` writes the chosen one into a config',
      },
    );
  }
  const isCompressed = compresses(flow.config.compressor, flow.config.precision);
  const found: PlannedVariant[] = [];
  const samples: MachinesPlan['samples'] = [];
  let asIs: number | null = null;
  const rounds = new Map<Variant, (ranks: number, link: Link) => RoundSeconds>();
  for (const variant of isCompressed ? (['compressed', 'plain'] as const) : (['plain'] as const)) {
    const taken = await samplesOf(flow, network, variant === 'compressed' || !isCompressed, machines);
    for (const sample of taken) {
      const { agents, arenaBytes, roundSeconds } = sample;
      samples.push({ variant, agents, arenaBytes, roundSeconds });
    }
    // In proportion to what was measured with the config as it is.
    asIs ??= perAgent(taken);
    const { coordinatesPerSecond } = options;
    const inProportion = coordinatesPerSecond
      ? ((taken[0]!.dim / coordinatesPerSecond) * perAgent(taken)) / asIs
      : null;
    const measured = options.agentSeconds?.[variant] ?? inProportion;
    const model = new VariantModel(variant, flow.config, network, taken, options, measured);
    rounds.set(variant, (ranks, link) => model.round(ranks, link));
    found.push(
      model.planned(isCompressed && variant === 'plain' ? 'none' : describeSpec(flow.config.compressor)),
    );
  }
  const [compressed, plain] = [rounds.get('compressed'), rounds.get('plain')];
  return {
    name: flow.config.name ?? 'run',
    agents: network.nodes,
    arcs: network.arcs,
    machines,
    cores: options.cores,
    links: options.links.map(({ name, bitsPerSecond, latencySeconds }) => ({
      name,
      bitsPerSecond,
      latencySeconds,
    })),
    cut: { ...network.cut(machines), how: network.how },
    samples,
    variants: found,
    breakEven:
      compressed && plain && machines > 1
        ? options.links.map((link) => {
            const at = (model: typeof compressed) => (bitsPerSecond: number) =>
              withoutRows(model(machines, { ...link, bitsPerSecond }));
            return { link: link.name, bitsPerSecond: breakEven(at(compressed), at(plain), options.more) };
          })
        : [],
    more: options.more,
    notes,
  };
}

function perAgent(samples: readonly Sample[]): number {
  const { agents, roundSeconds } = samples.at(-1) as Sample;
  return roundSeconds / agents;
}

/** A graph, or what is known of it. */
interface Network {
  nodes: number;
  arcs: number;
  how: MachinesPlan['cut']['how'];
  cut(ranks: number): Cut & { method: CutMethod };
  /** The topology of a run with at most so many agents. */
  smaller(agents: number): TopologySpec;
}

async function networkOf(loaded: LoadedConfig<FlowConfig>, notes: string[]): Promise<Network> {
  const { topology } = loaded.config;
  const { kind, largestComponent, ...parameters } = topology;
  const isGenerated = generators.some((generator) => generator.kind === kind);
  const outline = isGenerated ? outlineOf({ kind: kind as string, ...parameters }) : null;
  if (outline !== null && (outline.nodes > MADE_NODES || outline.arcs > MADE_ARCS)) {
    if (largestComponent) notes.push('planned as if the largest component were the whole graph');
    return fromOutline(outline, topology);
  }
  const network = await programDefinition(undefined).network(loaded);
  if (network === null)
    throw new InputError('the config has no graph: only runs of agents on a graph can be planned');
  return fromGraph(network.graph, topology, outline);
}

function fromOutline(outline: Outline, topology: TopologySpec): Network {
  const cuts = remember((ranks) => ({ ...outline.cut(ranks), method: 'given' as const }));
  return {
    nodes: outline.nodes,
    arcs: outline.arcs,
    how: outline.expected ? 'expected' : 'exact',
    cut: cuts,
    smaller: (agents) => smallerTopology(topology, outline, agents),
  };
}

function fromGraph(graph: Graph, topology: TopologySpec, outline: Outline | null): Network {
  // An agent takes about as long as hearing one neighbour.
  const weights = Float64Array.from(
    { length: graph.nodes },
    (_, node) => 1 + graph.rowStart[node + 1]! - graph.rowStart[node]!,
  );
  return {
    nodes: graph.nodes,
    arcs: graph.arcs?.count ?? 2 * graph.edges,
    how: 'counted',
    cut: remember((ranks) => {
      const { part, cut } = cutGraph(graph, ranks, weights);
      return { ...busiest(cutsOfGraph(graph, ranks, part)), method: cut.method };
    }),
    smaller: (agents) =>
      outline === null || agents >= graph.nodes ? topology : smallerTopology(topology, outline, agents),
  };
}

/** A drawn graph may fall apart where a larger one of its kind does not. */
function smallerTopology(topology: TopologySpec, outline: Outline, agents: number): TopologySpec {
  return {
    ...topology,
    ...outline.smaller(agents),
    ...(outline.expected && { largestComponent: true }),
  };
}

function remember<Found>(cut: (ranks: number) => Found): (ranks: number) => Found {
  const known = new Map<number, Found>();
  return (ranks) => {
    const found = known.get(ranks) ?? cut(ranks);
    known.set(ranks, found);
    return found;
  };
}

/** One whose rounds are in caches and, where those of a rank are not, one whose rounds are not. */
async function samplesOf(
  loaded: LoadedConfig<FlowConfig>,
  network: Network,
  asGiven: boolean,
  machines: number,
): Promise<Sample[]> {
  const take = async (agents: number) => {
    const config = sampleConfig(loaded, network.smaller(agents), asGiven);
    return takeSample(config).catch((error) => refuseSample(error, agents));
  };
  const own = Math.ceil(network.nodes / machines);
  const first = await take(Math.min(network.nodes, SMALL_SAMPLE));
  const anAgent = first.arenaBytes / first.agents;
  const beyond = Math.ceil((BEYOND * cacheBytes().last) / anAgent);
  const more = Math.min(network.nodes, LARGEST_SAMPLE, Math.max(beyond, 2 * SMALL_SAMPLE));
  if (more <= first.agents || own * anAgent <= first.arenaBytes) return [first];
  const second = await take(more);
  return second.agents > first.agents ? [first, second] : [first];
}

/** Rounds with the config's compressor, or without. */
class VariantModel {
  private readonly last: Sample;
  private readonly every: number;

  constructor(
    private readonly variant: Variant,
    config: FlowConfig,
    private readonly network: Network,
    private readonly samples: readonly Sample[],
    private readonly options: PlanOptions,
    /** Seconds of a round for each agent on all threads; null: what is timed here on one. */
    private readonly onThreads: number | null,
  ) {
    this.last = samples.at(-1) as Sample;
    this.every = Math.max(1, config.trace.every);
  }

  round(ranks: number, link: Link): RoundSeconds {
    return roundSeconds(this.work(ranks), this.row(), ranks, this.options.cores, link);
  }

  planned(compressor: string): PlannedVariant {
    const { machines, links } = this.options;
    const { bytesIn, bytesOut, secondsAnAgent, peers, messagesAPeer } = this.work(machines);
    return {
      variant: this.variant,
      compressor,
      bytesAnAgent: this.last.heard.agentBytes,
      secondsAnAgent,
      bytesIn,
      bytesOut,
      messages: peers * messagesAPeer,
      memory: this.memory(machines),
      leastRanks: this.leastRanks(),
      scaling: links.map((link) => {
        const one = this.round(1, link).total;
        return {
          link: link.name,
          rounds: candidates(machines).map((ranks) => {
            const seconds = this.round(ranks, link);
            return { ranks, ...seconds, speedUp: one / seconds.total, dominant: dominant(seconds) };
          }),
        };
      }),
    };
  }

  private work(ranks: number): RankWork {
    const { network, last } = this;
    const cut = network.cut(ranks);
    const { agentBytes, arcBytes, fields } = last.heard;
    return {
      secondsAnAgent: this.secondsAnAgent(cut.own),
      onThreads: this.onThreads !== null,
      phases: last.phases,
      own: cut.own,
      boundary: cut.boundary,
      peers: cut.peers,
      messagesAPeer: fields,
      bytesIn: cut.ghosts * agentBytes + cut.arcs * arcBytes,
      bytesOut: cut.sent * agentBytes + cut.arcs * arcBytes,
      foreignBytes: (threads) => (threads === 1 ? 0 : this.foreignBytes(cut, ranks * threads)),
    };
  }

  /**
   * That a thread reads of what others of its rank have written. Where a rank's rows are not in caches they come from
   * memory whoever has written them, and that is part of what an agent takes already.
   */
  private foreignBytes({ own, ghosts, parts }: Cut, threads: number): number {
    const { network, last } = this;
    const { agentBytes, arcBytes } = last.heard;
    if ((own * last.arenaBytes) / last.agents > cacheBytes().last) return 0;
    const among = network.cut(Math.min(network.nodes, threads)).ghosts - (ghosts * parts) / threads;
    return Math.max(0, among) * (agentBytes || (arcBytes * network.arcs) / network.nodes);
  }

  /** Between a sample that is in caches and one that is not, by the logarithm of what the agents take. */
  private secondsAnAgent(own: number): number {
    if (this.onThreads !== null) return this.onThreads;
    const points = this.samples.map(({ agents, arenaBytes, roundSeconds }) => ({
      bytes: arenaBytes,
      seconds: roundSeconds / agents,
    }));
    const [low, high] = [points[0]!, points.at(-1)!];
    const bytes = (own * this.last.arenaBytes) / this.last.agents;
    if (points.length === 1 || bytes <= low.bytes) return low.seconds;
    if (bytes >= high.bytes) return high.seconds;
    const share = Math.log(bytes / low.bytes) / Math.log(high.bytes / low.bytes);
    return low.seconds ** (1 - share) * high.seconds ** share;
  }

  private row(): RowWork {
    const { agents, rowSeconds, dim, memory } = this.last;
    const { nodes } = this.network;
    const seconds = (rowSeconds * nodes) / agents;
    return {
      seconds,
      chainSeconds: Math.min(seconds, nodes * dim * CHAIN_SECONDS),
      gatheredBytes: nodes * memory.traced,
      chainBytes: 16 * dim,
      every: this.every,
    };
  }

  private memory(ranks: number): RankMemory {
    const { network, last, options } = this;
    const cut = network.cut(ranks);
    const { fixed, anAgent, anArc, traced } = last.memory;
    const rows = cut.own + cut.ghosts;
    const ownArcs = (network.arcs * cut.own) / network.nodes;
    const tracedBytes = network.nodes * traced;
    const arenaBytes = Math.ceil(fixed + rows * anAgent + (ownArcs + cut.arcs) * anArc + tracedBytes);
    const hostBytes = 4 * (rows + ownArcs) + HOST_AGENT_BYTES * cut.own;
    const processBytes = Math.ceil(arenaBytes + hostBytes + PROCESS_BYTES + options.cores * WORKER_BYTES);
    return {
      arenaBytes,
      processBytes,
      tracedBytes,
      fits: arenaBytes <= MAX_ARENA_BYTES,
      fitsMachine: options.memoryBytes === null ? null : processBytes <= options.memoryBytes,
    };
  }

  /** By halving: what a rank takes falls with the number of ranks, but for what rank 0 keeps of all. */
  private leastRanks(): number | null {
    const { nodes } = this.network;
    const fits = (ranks: number) => this.memory(ranks).fits;
    let high = 1;
    while (!fits(high)) {
      if (high >= Math.min(nodes, MOST_RANKS)) return null;
      high = Math.min(nodes, MOST_RANKS, 2 * high);
    }
    let low = Math.floor(high / 2);
    while (high - low > 1) {
      const middle = Math.floor((low + high) / 2);
      if (fits(middle)) high = middle;
      else low = middle;
    }
    return high;
  }
}

/** Nobody has more machines. */
const MOST_RANKS = 16_384;
