/**
 * Projections: m numbers, the lengths along m orthonormal directions of the round, which every reader knows.
 */

import { unfold } from '../../../kernels/reference/compressors.js';
import { gather } from '../../../kernels/reference/gather.js';
import type { NumberBits } from '../../arena/layout.js';
import type { Runtime } from '../../runtime.js';
import { bindReaders, type Slots, type WireFormat } from './format.js';
import { scalars } from './scalars.js';

export function projections(
  dim: number,
  count: number,
  directionsOf: (round: number) => readonly Float64Array[],
  realBits: NumberBits,
): WireFormat<Float64Array> {
  return {
    ...scalars(dim, count, () => 0, realBits),
    fieldAt: (n) => ({
      name: 'length',
      coordinate: null,
      meaning: `how far the vector goes along direction ${n + 1} of the round`,
    }),
    value: (numbers, round) => unfold(numbers, directionsOf(round)),
    // Numbers are added up before they are unfolded.
    gathered: (graph, messages, i, round) => unfold(gather(graph, messages, i), directionsOf(round)),
  };
}

/**
 * `basisOf`: the address of a round's directions; `sums`: of as many numbers, for the sum over neighbours.
 */
export function readProjections(
  plan: Slots & { scalars: number },
  runtime: Runtime,
  basisOf: (round: number) => number,
  sums: number,
) {
  const { gatherProjections: gather, decodeProjections: decode } = runtime.kernels;
  return bindReaders({ gather, decode }, plan, runtime, { a: basisOf, b: () => plan.scalars, c: sums });
}
