/**
 * A user's own links: which edges carry messages in a round is what `up` of a module says, that the config
 * names. The links of the run are those of `topology`.
 *
 * Both ends of an edge are to say the same without asking each other, on whatever worker they are. So `up` is
 * asked with the smaller end first, and has to be a function of the edge and the round: what it draws is
 * drawn by them (`context.random`, the words that built-in kinds draw), and before the run it is asked twice,
 * the second time backwards. An arc of a directed graph is asked from its tail to its head.
 *
 * Whatever the module throws or returns by mistake ends the run with file, function, edge and round. The
 * interface is documented in docs/your-own-network.md.
 *
 * Departure from the other kinds: no reference implementation. The module is the mathematics, and the
 * reference calls it edge by edge.
 */

import { arcList, edgeList, type Graph } from '../../topology/graph.js';
import { formatValue, InputError } from '../base/errors.js';
import { philoxBlock } from '../data/random.js';
import type { RandomNumbers } from '../plugin/draws.js';
import {
  describeReturned,
  describeThrown,
  moduleUrl,
  placeIn,
  type UserModule,
  userModule,
} from '../plugin/modules.js';
import { WatchedFunction, watchedCall } from '../plugin/watch.js';
import type { Seed } from '../runtime.js';
import { LINKS_STREAM } from './draws.js';
import { type ArcTable, defineLinks, type LinksPlan, numberAt } from './types.js';

/**
 * What a module of links exports. `Parameters`: what stands beside `kind` and `module` in the config; `Data`:
 * what its `plan` works out.
 */
export interface LinksModule<Parameters extends object = Readonly<Record<string, unknown>>, Data = unknown> {
  /**
   * Whether the link is up in a round: true or false. An edge is asked with `from < to`, and its answer holds
   * for both directions; an arc is asked from its tail to its head. A function of its arguments alone: the
   * same answer whenever it is asked, in whatever order.
   */
  up(round: number, from: number, to: number, context: LinksModuleContext<Parameters, Data>): boolean;
  /** Once, on the host. Refuse parameters by throwing an Error that says what was expected. */
  plan?(inputs: LinksInputs<Parameters>): LinksAnswer<Data>;
  /**
   * Of the rounds, the share in which a link is up, in [0, 1]: `auto` gains go by it. Default: what is
   * counted in the first 64 rounds.
   */
  presence?: number | ((from: number, to: number, context: LinksModuleContext<Parameters, Data>) => number);
  /** Whether it may be asked of the arcs of a directed graph. Default false: such a graph is refused. */
  directed?: boolean;
}

/** What a links module's plan is told. */
export interface LinksInputs<Parameters extends object = Readonly<Record<string, unknown>>> {
  /** Agents of the run. */
  nodes: number;
  /** Every edge once, its smaller end first; of a directed graph every arc, from its tail to its head. */
  edges: readonly (readonly [from: number, to: number])[];
  /** Names of the agents; null where they have none but their numbers. */
  labels: readonly string[] | null;
  /** Whether `edges` are arcs. */
  directed: boolean;
  /** Rounds of the run, at most. */
  rounds: number;
  /** Everything that stands beside `kind` and `module` in the config. */
  parameters: Parameters;
}

/** What a links module's plan answers. */
export interface LinksAnswer<Data = unknown> {
  /** Handed back as `context.data`, on every worker: plain data worked out once. */
  data?: Data;
}

/** What `up` and `presence` are told beside the edge. */
export interface LinksModuleContext<
  Parameters extends object = Readonly<Record<string, unknown>>,
  Data = unknown,
> {
  /** Everything that stands beside `kind` and `module` in the config. */
  readonly parameters: Parameters;
  /** What `plan` returned as `data`. */
  readonly data: Data;
  /** Draws of the edge and round that are asked for: the same at both ends, on any worker. */
  readonly random: LinkRandom;
}

/** Draws of one edge: the first four words of a round are those that built-in links draw. */
export interface LinkRandom extends RandomNumbers {
  /** The same edge's draws of another round, from the first: for what lasts longer than a round. */
  at(round: number): RandomNumbers;
}

interface CustomLinksPlan extends LinksPlan {
  module: string;
  directed: boolean;
  parameters: Record<string, unknown>;
  data: unknown;
}

const ANSWERS = ['data'];
/** Rounds that are counted where a module gives no `presence`. */
const COUNTED_ROUNDS = 64;
/** Edges and rounds that are asked twice before the run. */
const TRIED_EDGES = 64;
const TRIED_ROUNDS = 16;
/** Further blocks of four words have a stream of their own: counter (head, tail, round, 4 + 256 block). */
const NEXT_BLOCK = 256;

export const custom = defineLinks({
  kind: 'custom',
  metadata: {
    title: "A user's own links",
    summary: 'asks up() of your module about every edge and round; parameters beside it are handed to it',
    source: 'docs/your-own-network.md',
  },
  directed: true,
  parameters: (z) =>
    z.looseObject({
      kind: z.literal('custom'),
      module: z.string().min(1).describe('your .mjs file, relative to the config'),
    }),

  load: ({ kind, module: file, ...parameters }, { graph, path, seed, rounds }) => {
    const module = userModule(moduleUrl(file));
    const refuse: Refuse = (what, cause) =>
      new InputError(
        `${placeIn(cause, module.url, module.file)}: ${what}`,
        { path: [...path, 'module'] },
        { cause },
      );
    const directed = graph.arcs !== undefined;
    checkExports(module, directed, refuse);
    const data = planData(module, { graph, rounds, parameters }, refuse);
    const plan: CustomLinksPlan = { kind, lanes: 0, module: module.url, directed, parameters, data };
    const calls = new LinkCalls(plan, module, seed);
    const neverUp = tryOut(calls, graph, rounds, refuse);
    let presence: number | Float64Array | null = null;
    return {
      plan,
      graph,
      fields: () => [],
      // Counting asks every edge many times: only who chooses gains waits for it.
      get presence() {
        presence ??= presenceOf(calls, module, graph, rounds, refuse);
        return presence;
      },
      pairwise: false,
      warnings: neverUp
        ? [`${module.file}: up answered false for every edge that was tried in the first rounds`]
        : [],
      reference: (own) => {
        const asked = new LinkCalls(plan, module, own);
        return (round, from, to) =>
          directed || from < to ? asked.up(round, from, to) : asked.up(round, to, from);
      },
    };
  },

  bind(plan, table) {
    const { rowStart, columns, orientation, first, end, up, seed } = table;
    const calls = new LinkCalls(plan, userModule(plan.module), seed);
    const begin = rowStart[first];
    const asked =
      orientation === 'edges' ? askedBefore(table) : new Int32Array(rowStart[end] - begin).fill(-1);
    return {
      mask(round) {
        for (let row = first; row < end; row++) {
          const own = numberAt(table, row);
          for (let arc = rowStart[row]; arc < rowStart[row + 1]; arc++) {
            const before = asked[arc - begin];
            if (before >= 0) {
              up[arc] = up[before];
              continue;
            }
            const other = numberAt(table, columns[arc]);
            const outward = orientation === 'edges' ? own < other : orientation === 'out';
            const isUp = outward ? calls.up(round, own, other) : calls.up(round, other, own);
            up[arc] = isUp ? 1 : 0;
          }
        }
      },
    };
  },
});

type Refuse = (what: string, cause?: unknown) => InputError;
type Edge = readonly [from: number, to: number];
type AskPresence = Exclude<LinksModule['presence'], number | undefined>;

/** Of edges between two of the rows first..end-1: where, in the row before, the other end's entry is. Else -1. */
function askedBefore(
  table: Pick<ArcTable, 'rowStart' | 'columns' | 'numbers' | 'first' | 'end'>,
): Int32Array {
  const { rowStart, columns, first, end } = table;
  const begin = rowStart[first];
  const asked = new Int32Array(rowStart[end] - begin).fill(-1);
  for (let row = first; row < end; row++) {
    const own = numberAt(table, row);
    for (let arc = rowStart[row]; arc < rowStart[row + 1]; arc++) {
      const other = columns[arc];
      if (other >= row || other < first) continue;
      // The numbers of a row's columns ascend.
      let at = rowStart[other];
      let past = rowStart[other + 1];
      while (past - at > 1) {
        const middle = (at + past) >>> 1;
        if (numberAt(table, columns[middle]) <= own) at = middle;
        else past = middle;
      }
      asked[arc - begin] = at;
    }
  }
  return asked;
}

/** The module's functions with what comes back from them checked. */
class LinkCalls {
  readonly #module: UserModule;
  readonly #up: LinksModule['up'];
  readonly #directed: boolean;
  readonly #random: EdgeDraws;
  readonly #context: LinksModuleContext;
  readonly #asking: WatchedFunction;

  constructor({ parameters, data, directed }: CustomLinksPlan, module: UserModule, seed: Seed) {
    this.#module = module;
    this.#up = functionsOf(module).up;
    this.#directed = directed;
    this.#asking = new WatchedFunction(module, 'up');
    this.#random = new EdgeDraws(seed);
    this.#context = { parameters, data, random: this.#random };
  }

  up(round: number, from: number, to: number): boolean {
    this.#random.begin(round, from, to);
    let answer: unknown;
    this.#asking.begin(from, round);
    try {
      answer = this.#up(round, from, to, this.#context);
    } catch (cause) {
      throw this.#failed(`up threw ${describeThrown(cause)}`, round, from, to, cause);
    } finally {
      this.#asking.end();
    }
    if (answer === true) return true;
    if (answer === false) return false;
    throw this.#failed(`up returned ${describeReturned(answer)}, expected true or false`, round, from, to);
  }

  /** Asked of an edge in no round: it sees the draws of round 0. */
  presence(ask: AskPresence, from: number, to: number): unknown {
    this.#random.begin(0, from, to);
    return watchedCall(this.#module, 'presence', () => ask(from, to, this.#context));
  }

  name(from: number, to: number): string {
    return this.#directed ? `arc ${from} -> ${to}` : `edge ${from}-${to}`;
  }

  #failed(what: string, round: number, from: number, to: number, cause?: unknown): ModuleFailure {
    return new ModuleFailure(this.#module, `${what} (${this.name(from, to)}, round ${round})`, cause);
  }
}

/** Something that the module did with one edge. */
class ModuleFailure extends Error {
  override name = 'ModuleFailure';
  /** Without the place. */
  readonly what: string;
  constructor(module: UserModule, what: string, cause?: unknown) {
    super(`${placeIn(cause, module.url, module.file)}: ${what}`, { cause });
    this.what = what;
  }
}

/** Philox by edge and round: counter (head or larger end, tail or smaller end, round, stream). */
class EdgeDraws implements LinkRandom {
  readonly #words = new Uint32Array(4);
  readonly #seed: Seed;
  #tail = 0;
  #head = 0;
  #round = 0;
  #next = 0;

  constructor(seed: Seed) {
    this.#seed = seed;
  }

  begin(round: number, tail: number, head: number): void {
    this.#tail = tail;
    this.#head = head;
    this.#round = round;
    this.#next = 0;
  }

  at(round: number): RandomNumbers {
    if (!Number.isInteger(round) || round < 0 || round > 0xffff_ffff) {
      throw new RangeError(
        `random.at is asked for round ${formatValue(round)}, expected a whole number >= 0`,
      );
    }
    this.#round = round;
    this.#next = 0;
    return this;
  }

  word(): number {
    return this.#words[this.#draw()];
  }

  // Not by way of word(): half of the words are beyond what a call returns without making an object.
  uniform(): number {
    return (this.#words[this.#draw()] + 0.5) * 2 ** -32;
  }

  /** Where the next word is. */
  #draw(): number {
    const lane = this.#next & 3;
    if (lane === 0) {
      const stream = LINKS_STREAM + NEXT_BLOCK * (this.#next >>> 2);
      philoxBlock(this.#words, 0, this.#head, this.#tail, this.#round, stream, this.#seed);
    }
    this.#next++;
    return lane;
  }
}

function functionsOf(module: UserModule): LinksModule {
  return module.exports as unknown as LinksModule;
}

function checkExports(module: UserModule, isDirected: boolean, refuse: Refuse): void {
  const { up, plan, presence, directed } = module.exports;
  if (typeof up !== 'function')
    throw refuse('exports no function up, expected up, and perhaps plan, presence and directed');
  if (plan !== undefined && typeof plan !== 'function')
    throw refuse(`exports a plan that is ${describeReturned(plan)}, expected a function or none`);
  const isShare = typeof presence === 'number' && presence >= 0 && presence <= 1;
  if (presence !== undefined && typeof presence !== 'function' && !isShare)
    throw refuse(
      `exports a presence that is ${describeReturned(presence)}, expected a number in [0, 1], a function or none`,
    );
  if (directed !== undefined && typeof directed !== 'boolean')
    throw refuse(`exports directed as ${describeReturned(directed)}, expected true, false or none`);
  if (isDirected && directed !== true)
    throw refuse('exports no directed = true, expected that where the topology is directed');
}

function planData(
  module: UserModule,
  { graph, rounds, parameters }: { graph: Graph; rounds: number; parameters: Record<string, unknown> },
  refuse: Refuse,
): unknown {
  const { plan } = functionsOf(module);
  if (plan === undefined) return undefined;
  const { nodes, labels, arcs } = graph;
  const { from, to } = endsOf(graph);
  const edges = Array.from(from, (node, at): Edge => [node, to[at]]);
  const inputs: LinksInputs = { nodes, edges, labels, directed: arcs !== undefined, rounds, parameters };
  let answer: unknown;
  try {
    answer = watchedCall(module, 'plan', () => plan(inputs));
  } catch (cause) {
    throw refuse(`plan threw ${describeThrown(cause)}`, cause);
  }
  if (answer === undefined) return undefined;
  if (answer === null || typeof answer !== 'object' || answer instanceof Promise || Array.isArray(answer)) {
    throw refuse(
      `plan returned ${describeReturned(answer)}, expected nothing or an object such as { data: [0.1, 0.2] }`,
    );
  }
  const unknown = Object.keys(answer).find((key) => !ANSWERS.includes(key));
  if (unknown !== undefined)
    throw refuse(`plan returned an unknown ${unknown}, expected ${ANSWERS.join(', ')}`);
  const { data } = answer as LinksAnswer;
  try {
    structuredClone(data);
  } catch {
    throw refuse('plan returned data that cannot be sent to workers, expected plain data (no functions)');
  }
  return data;
}

/**
 * Asks some edges about the first rounds, and again from the last to the first: a module that remembers, or
 * draws elsewhere, answers differently. Returns whether all of them were down.
 */
function tryOut(calls: LinkCalls, graph: Graph, rounds: number, refuse: Refuse): boolean {
  const { from: tails, to: heads } = endsOf(graph);
  const tried: number[] = [];
  for (let at = 0; at < tails.length; at += Math.ceil(tails.length / TRIED_EDGES)) tried.push(at);
  const questions = Array.from({ length: Math.min(rounds, TRIED_ROUNDS) }, (_, round) =>
    tried.map((at) => ({ round, from: tails[at], to: heads[at] })),
  ).flat();
  const first = questions.map(({ round, from, to }) => asInput(() => calls.up(round, from, to), refuse));
  for (let at = questions.length - 1; at >= 0; at--) {
    const { round, from, to } = questions[at];
    const again = asInput(() => calls.up(round, from, to), refuse);
    if (again === first[at]) continue;
    const where = `${calls.name(from, to)}, round ${round}`;
    throw refuse(
      `up answers ${first[at]} and, asked again, ${again} (${where}), expected the same whenever it is asked (draw from context.random, keep nothing between calls)`,
    );
  }
  return questions.length > 0 && !first.includes(true);
}

/** Before the run what a module does wrong is bad input, with its place in the config. */
function asInput<T>(ask: () => T, refuse: Refuse): T {
  try {
    return ask();
  } catch (failure) {
    if (failure instanceof ModuleFailure) throw refuse(failure.what, failure.cause);
    throw failure;
  }
}

/** One share for all links, or one for each of `graph.columns`; of arcs their mean. */
function presenceOf(
  calls: LinkCalls,
  module: UserModule,
  graph: Graph,
  rounds: number,
  refuse: Refuse,
): number | Float64Array {
  const { presence } = functionsOf(module);
  if (typeof presence === 'number') return presence;
  const share = (from: number, to: number): number => {
    if (presence === undefined) return countedShare(calls, rounds, from, to, refuse);
    let answer: unknown;
    try {
      answer = calls.presence(presence, from, to);
    } catch (cause) {
      throw refuse(`presence threw ${describeThrown(cause)} (${calls.name(from, to)})`, cause);
    }
    if (typeof answer === 'number' && answer >= 0 && answer <= 1) return answer;
    throw refuse(
      `presence returned ${describeReturned(answer)}, expected a number in [0, 1] (${calls.name(from, to)})`,
    );
  };
  if (graph.arcs) {
    const { from, to } = endsOf(graph);
    return from.reduce((sum, tail, at) => sum + share(tail, to[at]), 0) / Math.max(from.length, 1);
  }
  const { nodes, rowStart, columns } = graph;
  const shares = new Float64Array(columns.length);
  const asked = askedBefore({ rowStart, columns, first: 0, end: nodes });
  for (let row = 0; row < nodes; row++) {
    for (let arc = rowStart[row]; arc < rowStart[row + 1]; arc++) {
      const before = asked[arc];
      shares[arc] = before >= 0 ? shares[before] : share(row, columns[arc]);
    }
  }
  const [first = 1] = shares;
  return shares.every((one) => one === first) ? first : shares;
}

/** Of the first rounds, the share in which a link is up. */
function countedShare(calls: LinkCalls, rounds: number, from: number, to: number, refuse: Refuse): number {
  const counted = Math.min(rounds, COUNTED_ROUNDS);
  let ups = 0;
  for (let round = 0; round < counted; round++) {
    if (asInput(() => calls.up(round, from, to), refuse)) ups++;
  }
  return ups / counted;
}

/** Ends of every edge once, the smaller first; of a directed graph its arcs, tail and head. */
function endsOf(graph: Graph): { from: Uint32Array; to: Uint32Array } {
  return graph.arcs ? arcList(graph.arcs) : edgeList(graph);
}
