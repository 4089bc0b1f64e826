/**
 * PowerGossip: states that are matrices X_i (rows x columns, in x row after row) mix along their leading
 * singular directions, found by power iteration on the differences of neighbours. The two ends of every edge
 * hold the same unit vector v; with W = I - tau L (see `mixing.ts`), rank 1, warm started:
 *
 *     even rounds   i sends X_i v to j, for every edge:    D = X_j v - X_i v         X_i += tau w_ij D v^T
 *     odd rounds    i sends X_i^T v to j:                  D = X_j^T v - X_i^T v     X_i += tau w_ij v D^T
 *     then          v = D/|D| of the higher end minus the lower.
 *
 * X_i moves towards X_j by what the message tells of it, v v^T applied to the difference from one side, so no
 * step size but tau is needed and the average is conserved. Nothing is remembered of the neighbours but v.
 * `power-gossip` averages the agents' own values; `power-gossip-sgd` takes a gradient step at the same time,
 *
 *     X <- (what gossip makes of X) - h grad f(X),
 *
 * and stalls at a bias of order h, as DGD does. One function makes both: a gradient step is all that sets
 * them apart.
 *
 * Messages go to one neighbour each: 64 rows bits in even rounds, 64 columns in odd ones, for every directed
 * edge. Each neighbour is sent another, so `bitsBroadcast` counts as many as `bitsLinks`.
 *
 * Needs: connected undirected graph, tau lambdaMax < 2; the same edges in every round. Linear rate for
 * averaging (the paper's is in expectation over fresh v). Floats an agent: dim (x), and for each edge 3
 * max(rows, columns) (v, two slots). Source: Vogels, Karimireddy, Jaggi 2020 (NeurIPS; arXiv 2008.01425),
 * rank 1, one power iteration a step, alternating sides. Departures: the entries of v begin uniform in (-1,
 * 1) where theirs are Gaussian; where D is 0 a new v is drawn, where theirs stays 0.
 */

import type { z } from 'zod';
import { type FieldSpec, rowLength } from '../arena/layout.js';
import { unexpected } from '../base/errors.js';
import { batchParameter } from '../cost/batch.js';
import type { PlanContext } from '../runtime.js';
import { bindBlocks, blockFields, stepParameter } from './blocks.js';
import { edgeMailbox } from './edges.js';
import { type Gain, numberOr, roundStep, SAFETY, tuningParameter } from './gains.js';
import { mixingParameter, mixingSpectrum, planMixing } from './mixing.js';
import { defineFlow, type FlowDefinition, type FlowSpec, type GainContext } from './types.js';

const SOURCE = 'Vogels, Karimireddy, Jaggi 2020 (NeurIPS; arXiv 2008.01425)';

type Shape = [rows: number, columns: number];

interface Parameters extends FlowSpec {
  shape: Shape;
  mixing: Gain;
  /** Only of the one that descends. */
  step?: Gain;
}

/** Entries of the longest message: either side of a matrix. */
const longest = (shape: Shape) => Math.max(...shape);

function checkShape([rows, columns]: Shape, { dim, path }: PlanContext): void {
  if (rows * columns !== dim) {
    throw unexpected(
      [...path, 'shape'],
      [rows, columns],
      `[rows, columns] with rows x columns = ${dim} (dim)`,
    );
  }
}

function largestStep(tau: number, gains: GainContext): number {
  return (1 + mixingSpectrum(tau, gains).lambdaMin) / gains.l;
}

function definition(kind: string, descends: boolean): FlowDefinition {
  return defineFlow({
    kind,
    metadata: {
      title: descends ? 'PowerGossip, SGD' : 'PowerGossip',
      summary: descends
        ? 'gradient descent on matrices that mix by power iteration along the edges; stalls at a bias'
        : "averages the agents' own matrices by power iteration on neighbours' differences",
      source: SOURCE,
    },
    problem: descends ? 'cost' : 'average',
    parameters(zod): z.ZodType<Parameters> {
      const gossip = zod.strictObject({
        kind: zod.literal(kind),
        shape: zod
          .tuple([zod.int().min(1), zod.int().min(1)])
          .describe('[rows, columns] of the matrix that x is, row after row'),
        mixing: mixingParameter(zod),
        tuning: tuningParameter(zod),
      });
      if (!descends) return gossip;
      return gossip.extend({
        step: stepParameter(zod, 'half of (1 + lambda_min(W))/l'),
        batch: batchParameter(zod),
      });
    },

    messages: ({ shape }) => ({
      channels: 0,
      compressed: false,
      unicast: { numbers: shape, longest: longest(shape) },
    }),

    fields: ({ shape }, context) => {
      checkShape(shape, context);
      const difference: FieldSpec = {
        name: 'scratch.difference',
        type: 'real',
        length: rowLength(longest(shape), context.precision),
        perWorker: true,
      };
      return [...blockFields({ state: ['x'], scratch: ['gradient'] }, context), difference];
    },

    plan: ({ shape, step, ...given }, context) => {
      const mixing = planMixing(given.mixing, context);
      const automatic = () => roundStep(SAFETY * largestStep(mixing, context.gains()));
      return {
        kind,
        gains: { ...(step !== undefined && { step: numberOr(step, automatic) }), mixing },
        shape,
      };
    },

    biased: () => descends,

    search: {
      directions: descends ? [{ step: 1 }, { mixing: 1 }] : [{ mixing: 1 }],
      largest: {},
      ...(descends ? { biased: true } : { shrink: 'mixing' }),
    },

    // Asked only where there is a step.
    largestStep: ({ gains: { mixing } }, gains) => largestStep(mixing, gains),

    bind: ({ shape, gains }, _channels, cost, runtime) => {
      const { combine, gradient: gradientAt, ...rows } = bindBlocks(cost, runtime);
      const { arena, kernels, rowBytes, seed, graph: g } = runtime;
      const numbers = runtime.numbers === undefined ? 0 : arena.address('agents.numbers');
      const { step, mixing: tau } = gains;
      const [height, width] = shape;
      const { held, reverse, slotBytes, slots } = edgeMailbox(runtime, longest(shape));
      const x = rows.state('x');
      const gradient = rows.scratch('gradient');
      const difference = rows.scratch('difference');
      const send = (first: number, count: number, round: number) =>
        kernels.powerSend(
          first,
          count,
          g.rowStart,
          x + first * rowBytes,
          rowBytes,
          height,
          width,
          round & 1,
          held,
          slots(round),
          slotBytes,
        );
      return {
        prologue(first, count, round) {
          kernels.powerBegin(
            first,
            count,
            g.rowStart,
            g.columns,
            numbers,
            held,
            slotBytes,
            width,
            seed.low,
            seed.high,
          );
          send(first, count, round);
        },
        block(first, count, round) {
          const own = x + first * rowBytes;
          if (step !== undefined) gradientAt(first, count, round, own, gradient);
          kernels.powerMix(
            first,
            count,
            g.rowStart,
            g.columns,
            numbers,
            g.weights,
            g.weightStride,
            reverse,
            own,
            rowBytes,
            height,
            width,
            round & 1,
            held,
            slots(round),
            slotBytes,
            tau,
            difference,
            round + 1,
            seed.low,
            seed.high,
          );
          if (step !== undefined) combine(count, own, 1, own, -step, gradient);
          send(first, count, round + 1);
        },
      };
    },
  });
}

export const powerGossip = definition('power-gossip', false);
export const powerGossipSgd = definition('power-gossip-sgd', true);
