/**
 * Weights that tell a share of a sum from the sum of shares, as in push-sum: they are pushed as sums are, begin
 * at 1, and the ratio u/w of what is pushed like them is undone what the graph does to both,
 *
 *     w <- w - gamma (I - C) w          (`arcs.ts`; the gamma of what is divided by them)
 *
 * As they tend to what C leaves each agent of n, they are positive and never small. A message is one number, as
 * it is, whatever the compressor: a weight that is off would move the limit.
 *
 * **What is compressed of the sums.** Where C stays, u and w come to rest, and what the network knows are the
 * shares p = u/(1 + D_out), from compressed differences that vanish. Where links change, C is another one in
 * every round: w goes on changing, u = w x with it, and differences of shares stay as large as they are, with
 * what a compressor leaves out of them. But the ratio rests. So there the network knows r = u/w, from
 * compressed differences q = C(r - s), and a hearer multiplies it by the share pi_j = w_j/(1 + D_out_j) of
 * the weight, which it is told as it is:
 *
 *     given_i = d_out_i pi_i - sum over in-neighbours j of pi_j            w <- w - gamma given
 *     u_i <- u_i - gamma (d_out_i pi_i rHat_i - sum_j pi_j rHat_j)         rHat = s + q,  s <- s + alpha q
 *          = u_i - gamma (sum_j pi_j (rHat_i - rHat_j) + given_i rHat_i)
 *
 * Sums are conserved as before, whatever rHat is, and where everyone agrees on rHat = x the ratios stay x.
 * With nothing compressed both are the same: then it is shares that are sent.
 */

import { type FieldSpec, rowBytesOf } from '../arena/layout.js';
import { readDense } from '../compress/wire/dense.js';
import type { PlanContext, Runtime } from '../runtime.js';
import { type ArcMixer, bindArcs } from './arcs.js';
import { type Coefficient, type Equations, type Row, type Rows, rowsOf, type Term } from './equations.js';
import { estimateEquations } from './estimate.js';
import { scratchFields, stateFields } from './state.js';
import type { BoundFlow, Channel } from './types.js';

const WEIGHT = 'weight';
const INVERSE = 'weight.inverse';
const OWN = 'weight.own';
const APART = 'weight.apart';
/** given_i of the round, and pi_j of every arc that is up in it, and their sum over an agent's. */
const GIVEN = 'weight.given';
const HEARD = 'weight.heard';
const HEARD_SUM = 'weight.heardSum';

export function weightFields(context: PlanContext): FieldSpec[] {
  const { agents, arcs = 0, linksChange = false } = context;
  const single = { ...context, dim: 1 };
  const ofAgents = (name: string): FieldSpec => ({ name, type: 'f64', length: agents });
  return [
    ...stateFields([WEIGHT], single),
    ofAgents(INVERSE),
    ...scratchFields([OWN, APART], single),
    ...(linksChange ? [ofAgents(GIVEN), ofAgents(HEARD_SUM), { ...ofAgents(HEARD), length: arcs }] : []),
  ];
}

interface Weights {
  /** by/w_i */
  inverse(by: number): Coefficient;
  /** w = 1, sent. `row`: any. */
  begin(r: Equations, row: Row): void;
  /** w of the messages of the round, and the next ones sent. */
  round(r: Equations, row: Row): void;
}

/** Neighbours' weights of a round, where agents multiply by them what they know of these neighbours. */
interface HeardWeights {
  /** given_i */
  givens: Float64Array;
  given(by: number): Coefficient;
  /** Takes the weights of the round of a block's in-neighbours. */
  take(first: number, count: number, round: number): void;
  /** The graph, its edges weighing what the share of the weight is. */
  graph: Runtime['graph'];
}

function bindHeard({ wire }: Channel, { arena, graph }: Runtime): HeardWeights {
  if (wire?.format !== 'rows') throw new Error('weights are sent as they are');
  const [givens, sums, shares] = [GIVEN, HEARD_SUM, HEARD].map((name) => arena.view(name, 'f64')) as [
    Float64Array,
    Float64Array,
    Float64Array,
  ];
  const rowStart = arena.view('graph.rowStart', 'u32');
  const columns = arena.view('graph.columns', 'u32');
  const up = arena.view('links.weights', 'f64');
  const { allReals: said, realBytes } = arena;
  const stride = wire.stride / realBytes;
  const [even, odd] = [wire.at(0) / realBytes, wire.at(1) / realBytes] as const;
  const givensAt = arena.address(GIVEN);
  return {
    givens,
    given: (by) => ({ timesOwn: by, table: givensAt }),
    take(first, count, round) {
      const base = (round & 1) === 0 ? even : odd;
      for (let agent = first; agent < first + count; agent++) {
        let sum = 0;
        for (let arc = rowStart[agent]; arc < rowStart[agent + 1]; arc++) {
          const share = up[arc] === 0 ? 0 : said[base + columns[arc] * stride];
          shares[arc] = share;
          sum += share;
        }
        sums[agent] = sum;
      }
    },
    graph: { ...graph, weights: arena.address(HEARD), weightStride: 8, degrees: arena.address(HEARD_SUM) },
  };
}

function bindWeights(
  channel: Channel,
  arcs: ArcMixer,
  gamma: number,
  runtime: Runtime,
  heard: HeardWeights | null,
): Weights {
  const { arena, worker } = runtime;
  const stride = rowBytesOf(1, arena.precision) / arena.realBytes;
  const weights = arena.reals(WEIGHT);
  const inverses = arena.view(INVERSE, 'f64');
  const inversesAt = arena.address(INVERSE);
  const [ownAt, apartAt] = [OWN, APART].map((name) => arena.address(`scratch.${name}`, worker)) as [
    number,
    number,
  ];
  const own = arena.reals(`scratch.${OWN}`, worker);
  const apart = arena.reals(`scratch.${APART}`, worker);
  const { shares, excesses } = arcs;
  const givens = heard?.givens ?? null;
  const send = (first: number, count: number, round: number) => {
    for (let i = 0; i < count; i++) own[i * stride] = shares[first + i] * weights[(first + i) * stride];
    channel.send(first, count, round, ownAt);
  };
  return {
    inverse: (by) => ({ timesOwn: by, table: inversesAt }),
    begin(r, row) {
      r.call(row, (first, count, round) => {
        for (let i = first; i < first + count; i++) {
          weights[i * stride] = 1;
          inverses[i] = 1;
        }
        send(first, count, round);
      });
    },
    round(r, row) {
      r.call(row, (first, count, round) => {
        channel.gather(first, count, round, apartAt);
        channel.decode(first, count, round, ownAt);
        for (let i = 0; i < count; i++) {
          const at = (first + i) * stride;
          const given = apart[i * stride] + excesses[first + i] * own[i * stride];
          if (givens !== null) givens[first + i] = given;
          weights[at] -= gamma * given;
          inverses[first + i] = 1 / weights[at];
        }
        heard?.take(first, count, round);
        send(first, count, round + 1);
      });
    },
  };
}

/** Sums u that are pushed in compressed messages, beside weights w, and x = u/w. */
export interface Ratio {
  x: Row;
  u: Row;
  arcs: ArcMixer;
  /** Scratch, free between a message heard and the next one sent. */
  disagreement: Row;
  shares: Row;
  /** u = x and w = 1. */
  begin(r: Equations): void;
  /** Sends what is pushed: u, and `by` times a row. */
  send(r: Equations, beside?: readonly [by: number, row: Row]): void;
  /** u <- u + gained - gamma (I - C) uHat of the messages of the round, the same of w, and x = u/w. */
  hear(r: Equations, ...gained: Term[]): void;
  /** What is bound beside the flow's own channels is made ready for a round. */
  prepare: NonNullable<BoundFlow['prepare']>;
}

/** `rebind`: the flow's channels on another graph. */
export function bindRatio(
  [ofSums, ofWeights]: readonly [Channel, Channel],
  { gamma, alpha }: { gamma: number; alpha: number },
  rows: Rows,
  runtime: Runtime,
  rebind: (runtime: Runtime) => Channel[],
): Ratio {
  const arcs = bindArcs(runtime);
  const compressed = rowsOf(ofSums, runtime) === null;
  const heard = runtime.graph.changing !== undefined && compressed ? bindHeard(ofWeights, runtime) : null;
  const weights = bindWeights(ofWeights, arcs, gamma, runtime, heard);
  const x = rows.state('x');
  const u = rows.state('sum');
  const disagreement = rows.scratch('disagreement');
  const shares = rows.scratch('known');
  const { pushed, given, known, prepare } =
    heard === null
      ? {
          pushed: arcs.push,
          given: arcs.excess,
          known: estimateEquations('.sum', ofSums, rows, runtime, alpha),
          prepare: () => {},
        }
      : bindKnownRatio(ofSums, heard, weights, alpha, rows, runtime, rebind);
  return {
    x,
    u,
    arcs,
    disagreement,
    shares,
    begin(r) {
      arcs.begin(r, x);
      weights.begin(r, x);
      r.sum(u, [1, x], [0, x]);
    },
    send(r, [by, beside] = [0, u]) {
      r.sum(shares, [pushed(1), u], [by === 0 ? 0 : pushed(by), beside]);
      known.send(r, shares);
    },
    hear(r, ...gained) {
      arcs.round(r, x);
      weights.round(r, x);
      const apart = known.hear(r, disagreement, shares);
      r.sum(u, [1, u], ...gained, [-gamma, apart], [given(-gamma), shares]);
      r.sum(x, [weights.inverse(1), u], [0, u]);
    },
    prepare,
  };
}

/** Where links change, it is the ratio that is pushed, and a hearer multiplies it by the weights it hears. */
function bindKnownRatio(
  ofSums: Channel,
  heard: HeardWeights,
  weights: Weights,
  alpha: number,
  rows: Rows,
  runtime: Runtime,
  rebind: (runtime: Runtime) => Channel[],
) {
  const { rowBytes, arena } = runtime;
  const weighed = { ...runtime, graph: heard.graph };
  const [sums] = rebind(weighed) as [Channel];
  const channel: Channel = { ...ofSums, gather: sums.gather, wire: null };
  const { gather } = readDense({ dim: rowBytes / arena.realBytes, slotBytes: rowBytes }, weighed, true);
  const known = estimateEquations('.sum', channel, rows, runtime, alpha, 1, 1, (first, count, of, out) =>
    gather(first, count, 0, of, out, rowBytes),
  );
  return {
    pushed: weights.inverse,
    given: heard.given,
    known,
    prepare: (round: number) => sums.prepare(round),
  };
}
