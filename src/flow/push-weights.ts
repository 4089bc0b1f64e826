/**
 * Weights that tell a share of a sum from the sum of shares, as in push-sum: they are pushed as sums are, begin
 * at 1, and the ratio u/w of what is pushed like them is undone what the graph does to both,
 *
 *     w <- w - gamma (I - C) w          (`arcs.ts`; the gamma of what is divided by them)
 *
 * As they tend to what C leaves each agent of n, they are positive and never small. A message is one number, as
 * it is, whatever the compressor: a weight that is off would move the limit.
 */

import { type FieldSpec, rowBytesOf } from '../arena/layout.js';
import type { PlanContext, Runtime } from '../runtime.js';
import { type ArcMixer, bindArcs } from './arcs.js';
import type { Coefficient, Equations, Row, Rows, Term } from './equations.js';
import { estimateEquations } from './estimate.js';
import { scratchFields, stateFields } from './state.js';
import type { Channel } from './types.js';

const WEIGHT = 'weight';
const INVERSE = 'weight.inverse';
const OWN = 'weight.own';
const APART = 'weight.apart';

export function weightFields(context: PlanContext): FieldSpec[] {
  const single = { ...context, dim: 1 };
  return [
    ...stateFields([WEIGHT], single),
    { name: INVERSE, type: 'f64', length: context.agents },
    ...scratchFields([OWN, APART], single),
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

function bindWeights(channel: Channel, arcs: ArcMixer, gamma: number, runtime: Runtime): Weights {
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
  const send = (first: number, count: number, round: number) => {
    for (let i = 0; i < count; i++) own[i * stride] = shares[first + i] * weights[(first + i) * stride];
    channel.send(first, count, round, ownAt);
  };
  return {
    inverse: (by) => ({ timesOwn: by, table: inversesAt }),
    begin(r, row) {
      r.call(row, (first, count, round) => {
        for (let i = first; i < first + count; i++) weights[i * stride] = 1;
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
          weights[at] -= gamma * given;
          inverses[first + i] = 1 / weights[at];
        }
        send(first, count, round + 1);
      });
    },
  };
}

/** Sums u whose shares are pushed in compressed messages, beside weights w, and x = u/w. */
export interface Ratio {
  x: Row;
  u: Row;
  arcs: ArcMixer;
  /** Scratch, free between a message heard and the next one sent. */
  disagreement: Row;
  shares: Row;
  /** u = x and w = 1. */
  begin(r: Equations): void;
  /** Sends the shares of u, and of what `beside` adds to them. */
  send(r: Equations, beside?: Term): void;
  /** u <- u + gained - gamma (I - C) uHat of the messages of the round, the same of w, and x = u/w. */
  hear(r: Equations, ...gained: Term[]): void;
}

export function bindRatio(
  [ofSums, ofWeights]: readonly [Channel, Channel],
  { gamma, alpha }: { gamma: number; alpha: number },
  rows: Rows,
  runtime: Runtime,
): Ratio {
  const arcs = bindArcs(runtime);
  const weights = bindWeights(ofWeights, arcs, gamma, runtime);
  const known = estimateEquations('.sum', ofSums, rows, runtime, alpha);
  const x = rows.state('x');
  const u = rows.state('sum');
  const disagreement = rows.scratch('disagreement');
  const shares = rows.scratch('known');
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
    send(r, beside = [0, u]) {
      r.sum(shares, [arcs.push(1), u], beside);
      known.send(r, shares);
    },
    hear(r, ...gained) {
      arcs.round(r, x);
      weights.round(r, x);
      const apart = known.hear(r, disagreement, shares);
      r.sum(u, [1, u], ...gained, [-gamma, apart], [arcs.excess(-gamma), shares]);
      r.sum(x, [weights.inverse(1), u], [0, u]);
    },
  };
}
