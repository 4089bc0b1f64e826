/**
 * Scalarizers with arbitrary directions: C(e, k) = sum_j psi_j psi_j^T e with orthonormal psi_0 .. psi_(m-1) of round k that everyone knows. A message is
 * the m numbers psi_j . e, 64 m bits; linear, |C(e)| <= |e|. A family says what the directions of a round are; everything else is here.
 *
 * Directions of rounds k (to read messages) and k+1 (to write them) stand in the arena side by side, a copy a worker.
 */

import { project, unfold } from '../../kernels/reference/compressors.js';
import { ALL_AGENTS, philoxWords } from '../../kernels/reference/philox.js';
import { rowLength } from '../arena/layout.js';
import { scalarCount } from './parameters.js';
import { DIRECTION_STREAM } from './streams.js';
import type { CompressorDefinition, CompressorPlan } from './types.js';
import { scalarBits, slotBytes } from './wire.js';

/** Shared random words of a family: the first `length` of those that `index` names. They are valid until the next draw. */
export type Draw = (index: number) => Uint32Array;

/** Fills dim entries of every row with the directions of a round. */
export type FillDirections = (round: number, rows: readonly Float64Array[]) => void;

export type Told = Required<Pick<CompressorPlan, 'contraction' | 'contractionKind' | 'sweep'>> & {
  inTurn?: boolean;
};

/** `scalars` of dim directions a message, in turn: after dim / gcd(dim, scalars) rounds each has been said equally often. */
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

interface ProjectionFamily extends Pick<CompressorDefinition, 'kind' | 'card' | 'parameters'> {
  /** Words of one draw. */
  words(dim: number, scalars: number): number;
  /** What a message, or a sweep of them, keeps of every vector. */
  contraction(dim: number, scalars: number): Told;
  /** Called once for each worker. */
  directions(dim: number, scalars: number, draw: Draw): FillDirections;
}

export function projection(family: ProjectionFamily): CompressorDefinition {
  const { kind, card, parameters } = family;
  return {
    kind,
    card,
    parameters,
    plan: (spec, { dim, path }) => {
      const scalars = scalarCount(spec, path, dim);
      const name = path.join('.');
      const wordCount = Math.ceil(family.words(dim, scalars) / 4) * 4;
      return {
        kind,
        dim,
        scalars,
        messageBits: scalarBits(scalars),
        slotBytes: slotBytes(scalarBits(scalars)),
        linear: true,
        ...family.contraction(dim, scalars),
        projects: true,
        basis: `${name}.basis`,
        words: `${name}.words`,
        sums: `${name}.sums`,
        fields: [
          { name: `${name}.basis`, type: 'f64', length: 2 * scalars * rowLength(dim), perWorker: true },
          { name: `${name}.words`, type: 'u32', length: wordCount, perWorker: true },
          { name: `${name}.sums`, type: 'f64', length: scalars, perWorker: true },
        ],
      };
    },
    bind: (plan, runtime) => {
      const { kernels, arena, seed, worker, graph: g } = runtime;
      const { dim, slotBytes } = plan;
      const scalars = plan['scalars'] as number;
      const basis = arena.address(plan['basis'] as string, worker);
      const basisView = arena.view(plan['basis'] as string, 'f64', worker);
      const wordsAt = arena.address(plan['words'] as string, worker);
      const words = arena.view(plan['words'] as string, 'u32', worker);
      const sums = arena.address(plan['sums'] as string, worker);
      const stride = rowLength(dim);
      const rowsOf = [0, 1].map((parity) =>
        Array.from({ length: scalars }, (_, j) => {
          const begin = (parity * scalars + j) * stride;
          return basisView.subarray(begin, begin + dim);
        }),
      );
      const basisOf = (round: number) => basis + (round & 1) * scalars * stride * 8;
      const fill = family.directions(dim, scalars, (index) => {
        const blocks = words.length / 4;
        kernels.philoxWords(wordsAt, blocks, 0, ALL_AGENTS, index, DIRECTION_STREAM, seed.low, seed.high);
        return words;
      });
      return {
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
        gather: (first, count, round, slots, out, outStride) =>
          kernels.gatherProjections(
            first,
            count,
            g.rowStart,
            g.columns,
            g.weights,
            g.weightStride,
            g.degrees,
            slots,
            slotBytes,
            out,
            outStride,
            dim,
            basisOf(round),
            scalars,
            sums,
          ),
        decode: (first, count, round, slots, out, outStride) =>
          kernels.decodeProjections(
            first,
            count,
            slots,
            slotBytes,
            out,
            outStride,
            dim,
            basisOf(round),
            scalars,
          ),
      };
    },
    reference: (plan, seed) => {
      const { dim } = plan;
      const scalars = plan['scalars'] as number;
      const length = family.words(dim, scalars);
      const fill = family.directions(dim, scalars, (index) =>
        philoxWords(length, ALL_AGENTS, index, DIRECTION_STREAM, [seed.low, seed.high]),
      );
      const rows = Array.from({ length: scalars }, () => new Float64Array(dim));
      return (error, round) => {
        fill(round, rows);
        return unfold(project(error, rows), rows);
      };
    },
  };
}
