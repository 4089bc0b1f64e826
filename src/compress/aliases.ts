/**
 * Short names for compositions that people use by name: what they stand for is data, and nothing else knows
 * them.
 */

import { geometricParameters } from '../base/schedules.js';
import { defineAlias } from './define.js';
import { flatten } from './flatten.js';
import { fitParameters, lloydMax } from './lloyd-max.js';
import { oneBit, oneBitParameters } from './one-bit.js';
import { sign } from './sign.js';

/** Short for `flatten(sign())`. */
export const flattenedSign = defineAlias({
  kind: 'flattened-sign',
  metadata: {
    title: 'Flattened sign',
    summary: 'short for flatten(sign): one bit a coordinate after a shared random rotation',
    source: 'Stollenwerk, Jacques 2024 (arXiv 2405.11095)',
  },
  parameters: () => ({}),
  expand: () => flatten(sign()),
});

/** Short for `flatten(oneBit(options))`. */
export const flattenedOneBit = defineAlias({
  kind: 'flattened-one-bit',
  metadata: {
    title: 'Flattened one-bit',
    summary:
      'short for flatten(one-bit): one dithered bit a coordinate after a shared random rotation, ' +
      "FO-SGD's compressor",
    source: 'Stollenwerk, Jacques 2024 (arXiv 2405.11095)',
  },
  parameters: oneBitParameters,
  expand: ({ kind: _, ...parameters }) => flatten(oneBit(parameters)),
});

/** Short for `oneBit({ lambda: { kind: 'geometric', ... } })`. */
export const annealedSign = defineAlias({
  kind: 'annealed-sign',
  metadata: {
    title: 'Annealed dithered sign',
    summary:
      'short for one-bit with a lambda that shrinks by the same factor every round: one bit an entry, no scale',
    source: 'Stollenwerk, Jacques 2024 (arXiv 2405.11095), with a lambda of our own',
  },
  parameters: geometricParameters,
  // A lambda belongs to the size of the errors of a run: there is none to try on all.
  takes: ['initial', 'rate'],
  expand: ({ kind: _, initial, rate }) => oneBit({ lambda: { kind: 'geometric', initial, rate } }),
});

/** Short for `flatten(lloydMax(options))`. */
export const eden = defineAlias({
  kind: 'eden',
  metadata: {
    title: 'EDEN',
    summary: 'short for flatten(lloyd-max): one to eight bits a coordinate after a shared random rotation',
    source: 'Vargaftik et al. 2022 (arXiv 2108.08842)',
  },
  parameters: fitParameters,
  // Of one bit it is flatten(sign).
  candidates: () => [2, 3, 4, 5, 6, 8].map((bits) => ({ bits, scaleBits: 32 })),
  expand: ({ kind: _, ...parameters }) => flatten(lloydMax(parameters)),
});
