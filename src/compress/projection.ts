/**
 * Scalarizers with arbitrary directions: C(e, k) = sum_j psi_j psi_j^T e with orthonormal psi_0 .. psi_(m-1)
 * of round k that everyone knows. A message is the m numbers psi_j . e, 64 m bits; linear, |C(e)| <= |e|. A
 * family says what the directions of a round are; everything else is here.
 *
 * Directions of rounds k (to read messages) and k+1 (to write them) stand in the arena side by side, a copy a
 * worker.
 */

import type { z } from 'zod';
import { project } from '../../kernels/reference/compressors.js';
import { ALL_AGENTS, philoxWords } from '../../kernels/reference/philox.js';
import { type Reals, rowLength } from '../arena/layout.js';
import type { Metadata, PlanContext } from '../runtime.js';
import { atMostDim } from './checks.js';
import { defineWired } from './define.js';
import { DIRECTION_STREAM } from './streams.js';
import type { CompressorPlan } from './types.js';
import { realBitsOf } from './wire/format.js';
import { projections, readProjections } from './wire/projections.js';
import { scalarBits } from './wire/scalars.js';

/**
 * Shared random words of a family: the first `length` of those that `index` names. They are valid until the
 * next draw.
 */
export type Draw = (index: number) => Uint32Array;

/** Fills dim entries of every row with the directions of a round. */
export type FillDirections = (round: number, rows: readonly Reals[]) => void;

export type Told = Required<Pick<CompressorPlan, 'contraction' | 'contractionKind' | 'sweep'>> & {
  inTurn?: boolean;
};

/**
 * `scalars` of dim directions a message, in turn: after dim / gcd(dim, scalars) rounds each has been said
 * equally often.
 */
export function inTurn(dim: number, scalars: number): Told {
  let [divisor, rest] = [dim, scalars];
  while (rest > 0) [divisor, rest] = [rest, divisor % rest];
  return {
    contraction: scalars / dim,
    contractionKind: scalars === dim ? 'worst' : 'sweep',
    sweep: dim / divisor,
    inTurn: dim % scalars === 0,
  };
}

/** Scalars of a message: m in 1..dim, 1 by default. */
export function scalarsParameter(zod: typeof z, what = 'directions') {
  return { scalars: zod.number().int().min(1).optional().describe(`${what} a message, 1 by default`) };
}

export function planScalars(scalars: number, context: PlanContext) {
  atMostDim(scalars, 'scalars', context);
  return { scalars, messageBits: scalarBits(scalars, realBitsOf(context)), linear: true, projects: true };
}

interface ProjectionFamily<Kind extends string> {
  kind: Kind;
  metadata: Metadata;
  /** Words of one draw. */
  words(dim: number, scalars: number): number;
  /** What a message, or a sweep of them, keeps of every vector. */
  contraction(dim: number, scalars: number): Told;
  /** Called once for each worker. */
  directions(dim: number, scalars: number, draw: Draw): FillDirections;
}

export function projection<const Kind extends string>(family: ProjectionFamily<Kind>) {
  const { kind, metadata } = family;
  return defineWired({
    kind,
    metadata,
    parameters: (z) => scalarsParameter(z),
    plan: ({ scalars = 1 }, context) => {
      const { dim, path, precision } = context;
      const name = path.join('.');
      const wordCount = Math.ceil(family.words(dim, scalars) / 4) * 4;
      return {
        ...planScalars(scalars, context),
        ...family.contraction(dim, scalars),
        basis: `${name}.basis`,
        words: `${name}.words`,
        sums: `${name}.sums`,
        fields: [
          {
            name: `${name}.basis`,
            type: 'real',
            length: 2 * scalars * rowLength(dim, precision),
            perWorker: true,
          },
          { name: `${name}.words`, type: 'u32', length: wordCount, perWorker: true },
          { name: `${name}.sums`, type: 'real', length: scalars, perWorker: true },
        ],
      };
    },
    bind: (plan, runtime) => {
      const { kernels, arena, seed, worker } = runtime;
      const { dim, slotBytes, scalars } = plan;
      const basis = arena.address(plan.basis, worker);
      const basisView = arena.reals(plan.basis, worker);
      const wordsAt = arena.address(plan.words, worker);
      const words = arena.view(plan.words, 'u32', worker);
      const stride = rowLength(dim, arena.precision);
      const rowsOf = [0, 1].map((parity) =>
        Array.from({ length: scalars }, (_, j) => {
          const begin = (parity * scalars + j) * stride;
          return basisView.subarray(begin, begin + dim);
        }),
      );
      const basisOf = (round: number) => basis + (round & 1) * scalars * stride * arena.realBytes;
      const fill = family.directions(dim, scalars, (index) => {
        const blocks = words.length / 4;
        kernels.philoxWords(wordsAt, blocks, 0, ALL_AGENTS, index, DIRECTION_STREAM, seed.low, seed.high);
        return words;
      });
      return {
        ...readProjections(plan, runtime, basisOf, arena.address(plan.sums, worker)),
        prepare: (round) => fill(round, rowsOf[round & 1]),
        encode: (first, count, round, errors, errorStride, slots) =>
          kernels.encodeProjections(
            first,
            count,
            errors,
            errorStride,
            slots,
            slotBytes,
            dim,
            basisOf(round),
            scalars,
          ),
      };
    },
    messages: ({ dim, scalars, realBits }, seed) => {
      const length = family.words(dim, scalars);
      const fill = family.directions(dim, scalars, (index) =>
        philoxWords(length, ALL_AGENTS, index, DIRECTION_STREAM, [seed.low, seed.high]),
      );
      const rows = Array.from({ length: scalars }, () => new Float64Array(dim));
      let filledFor = Number.NaN;
      const directionsOf = (round: number) => {
        if (round !== filledFor) fill(round, rows);
        filledFor = round;
        return rows;
      };
      return {
        format: projections(dim, scalars, directionsOf, realBits),
        of: (error, round) => project(error, directionsOf(round)),
      };
    },
    examples: (dim) => [{ scalars: Math.min(dim, 4) }, {}],
  });
}
