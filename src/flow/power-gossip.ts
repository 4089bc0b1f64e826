/**
 * PowerGossip: states that are matrices X_i (rows x columns, in x row after row) mix along their leading singular directions, found by power iteration on
 * the differences of neighbours. The two ends of every edge hold the same unit vector v; with W = I - tau L (see `mixing.ts`), rank 1, warm started:
 *
 *     even rounds   i says X_i v to j, for every edge:     D = X_j v - X_i v         X_i += tau w_ij D v^T
 *     odd rounds    i says X_i^T v to j:                   D = X_j^T v - X_i^T v     X_i += tau w_ij v D^T
 *     then          v = D/|D| of the higher end minus the lower.
 *
 * X_i moves towards X_j by what the message says of it, v v^T applied to the difference from one side, so no step size but tau is needed and the average is conserved.
 * Nothing is remembered of the neighbours but v. `power-gossip` averages the agents' own values; `power-gossip-sgd` takes a gradient step at the same time,
 *
 *     X <- (what gossip makes of X) - h grad f(X),
 *
 * and stalls at a bias of order h, as DGD does.
 *
 * Messages go to one neighbour each: 64 rows bits in even rounds, 64 columns in odd ones, for every directed edge. An agent says another to each
 * neighbour, so `bitsBroadcast` counts as many as `bitsLinks`.
 *
 * Needs: connected undirected graph, tau lambdaMax < 2; the same edges in every round. Linear rate for averaging (the paper's is in expectation over fresh v).
 * Floats an agent: dim (x), and for each edge 3 max(rows, columns) (v, two slots).
 * Source: Vogels, Karimireddy, Jaggi 2020 (NeurIPS; arXiv 2008.01425), rank 1, one power iteration a step, alternating sides. Departures: the entries of v begin
 * uniform in (-1, 1) where theirs are Gaussian; where D is 0 a new v is drawn, where theirs stays 0.
 */

import { type FieldSpec, rowLength } from '../arena/layout.js';
import { batchParameter } from '../cost/batch.js';
import { unexpected } from '../errors.js';
import type { PlanContext } from '../runtime.js';
import { bindBlocks, blockFields, stepParameter } from './blocks.js';
import { edgeMailbox } from './edges.js';
import { roundStep, SAFETY, tuningParameter } from './gains.js';
import { mixingParameter, mixingSpectrum, planMixing } from './mixing.js';
import type { FlowDefinition, FlowSpec, GainContext } from './types.js';

const SOURCE = 'Vogels, Karimireddy, Jaggi 2020 (NeurIPS; arXiv 2008.01425)';

const shapeOf = (spec: FlowSpec) => spec['shape'] as [number, number];

/** Doubles of a slot: either side of a matrix, padded. */
const slotEntries = (spec: FlowSpec) => rowLength(Math.max(...shapeOf(spec)));

function checkShape(spec: FlowSpec, { dim, path }: PlanContext): void {
  const [rows, columns] = shapeOf(spec);
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

function definition(descends: boolean): FlowDefinition {
  const kind = descends ? 'power-gossip-sgd' : 'power-gossip';
  return {
    kind,
    card: {
      title: descends ? 'PowerGossip, SGD' : 'PowerGossip',
      summary: descends
        ? 'gradient descent on matrices that mix by power iteration along the edges; stalls at a bias'
        : "averages the agents' own matrices by power iteration on neighbours' differences",
      source: SOURCE,
    },
    problem: descends ? 'cost' : 'average',
    parameters: (z) =>
      z.strictObject({
        kind: z.literal(kind),
        shape: z
          .tuple([z.int().min(1), z.int().min(1)])
          .describe('[rows, columns] of the matrix that x is, row after row'),
        mixing: mixingParameter(z),
        tuning: tuningParameter(z),
        ...(descends && {
          step: stepParameter(z, 'half of (1 + lambda_min(W))/l'),
          batch: batchParameter(z),
        }),
      }),

    messages: (spec) => ({
      channels: 0,
      compressed: false,
      unicast: { bits: shapeOf(spec).map((length) => 64 * length), slotEntries: slotEntries(spec) },
    }),

    fields: (spec, context) => {
      checkShape(spec, context);
      const difference: FieldSpec = {
        name: 'scratch.difference',
        type: 'f64',
        length: slotEntries(spec),
        perWorker: true,
      };
      return [...blockFields({ state: ['x'], scratch: ['gradient'] }, context), difference];
    },

    plan: (spec, context) => {
      const mixing = planMixing(spec, context);
      const step = () =>
        spec['step'] === 'auto'
          ? roundStep(SAFETY * largestStep(mixing, context.gains()))
          : (spec['step'] as number);
      return {
        kind,
        gains: { ...(descends && { step: step() }), mixing },
        stateIsMessage: false,
        shape: shapeOf(spec),
      };
    },

    search: {
      directions: descends ? [{ step: 1 }, { mixing: 1 }] : [{ mixing: 1 }],
      largest: {},
      ...(descends ? { biased: true } : { shrink: 'mixing' }),
    },

    ...(descends && { largestStep: ({ gains: { mixing } }, gains) => largestStep(mixing, gains) }),

    bind: (plan, _channels, cost, runtime) => {
      const { combine, gradient: gradientAt, ...rows } = bindBlocks(cost, runtime);
      const { kernels, rowBytes, seed, graph: g } = runtime;
      const { step, mixing: tau } = plan.gains;
      const [height, width] = plan['shape'] as [number, number];
      const { held, reverse, slotBytes, slots } = edgeMailbox(runtime, rowLength(Math.max(height, width)));
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
          if (descends) gradientAt(first, count, round, own, gradient);
          kernels.powerMix(
            first,
            count,
            g.rowStart,
            g.columns,
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
          if (descends) combine(count, own, 1, own, -step, gradient);
          send(first, count, round + 1);
        },
      };
    },
  };
}

export const powerGossip = definition(false);
export const powerGossipSgd = definition(true);
