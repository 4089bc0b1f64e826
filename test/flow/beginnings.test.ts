/** Every flow begins at the file that `init` names, and what it keeps beside x begins with it. */

import { describe, expect, it } from 'vitest';
import {
  a,
  all,
  answerOf,
  compressors,
  dim,
  nameOf,
  nodes,
  start,
  type Variant,
  wave,
  writeProblem,
} from '../support/flow-variants.js';
import { writeQuadratic } from '../support/quadratic.js';
import { temporaryFolder } from '../support/run.js';
import { runSequentially } from '../support/sequential.js';

const folder = temporaryFolder();
const configOf = await writeProblem(folder);

const topology = { kind: 'grid', rows: 2, columns: 4 };
// All costs have their minimum at the same place.
const everywhere = Float64Array.from({ length: nodes * dim }, (_, at) => 1 + wave(at % dim));
const { cost: agreed, init: there } = await writeQuadratic(folder, 'agreed', a, everywhere, dim);
const begun = all.filter((variant) => variant.start === undefined);

/**
 * x is what they hold over the weight that they hold of it: even with all at the optimum they go through
 * both.
 */
const WEIGHTED = ['push-diging', 'sgp', 'quantized-push-sum'];

/** With the compressors that can be tried: not signs, which a rounding decides where an error is nearly 0. */
function triedWith({ lines }: Variant) {
  return compressors.slice(0, 2).filter((_, which) => lines[which].startsWith('='));
}

describe.each(begun.map((variant) => ({ variant, name: nameOf(variant) })))('$name', ({ variant }) => {
  it('has x(0) from the file', async () => {
    const right = answerOf(variant);
    const squares = start.flatMap((row) => [...row].map((entry, c) => (entry - right[c]) ** 2));
    const rms = Math.sqrt(squares.reduce((sum, square) => sum + square, 0) / squares.length);
    for (const compressor of triedWith(variant)) {
      const { first } = await runSequentially({ ...configOf(variant), topology, compressor, rounds: 1 }, 1);
      expect(first.rmsError / rms, compressor.kind).toBeCloseTo(1, 12);
    }
  });

  it('stays where everybody is at the optimum from the beginning', async () => {
    // With a memory agents hold their own x against the little that is known of the others' at first. With
    // weights they have shares of 1 at first, and send on what those become.
    const moves = variant.spec.compress === 'error-memory' || WEIGHTED.includes(variant.spec.kind);
    const tried = triedWith(variant).slice(0, moves ? 1 : 2);
    for (const compressor of tried) {
      const config = { ...configOf(variant), cost: agreed, init: there, topology, compressor, rounds: 30 };
      const { final } = await runSequentially(config, 1);
      expect(final.rmsError, compressor.kind).toBeLessThan(1e-12);
    }
  });
});
