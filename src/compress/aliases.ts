/** Short names for compositions that people use by name: what they stand for is data, and nothing else knows them. */

import { oneBitParameters } from './one-bit.js';
import type { CompressorAlias } from './types.js';

export const flattenedSign: CompressorAlias = {
  kind: 'flattened-sign',
  card: {
    title: 'Flattened sign',
    summary: 'short for flatten(sign): one bit a coordinate after a shared random rotation',
    source: 'Stollenwerk, Jacques 2024 (arXiv 2405.11095)',
  },
  parameters: (z) => z.strictObject({ kind: z.literal('flattened-sign') }),
  expand: () => ({ kind: 'flatten', inner: { kind: 'sign' } }),
};

export const flattenedOneBit: CompressorAlias = {
  kind: 'flattened-one-bit',
  card: {
    title: 'Flattened one-bit',
    summary:
      "short for flatten(one-bit): one dithered bit a coordinate after a shared random rotation, FO-SGD's compressor",
    source: 'Stollenwerk, Jacques 2024 (arXiv 2405.11095)',
  },
  parameters: (z) => z.strictObject({ kind: z.literal('flattened-one-bit'), ...oneBitParameters(z) }),
  expand: ({ kind: _, ...parameters }) => ({ kind: 'flatten', inner: { ...parameters, kind: 'one-bit' } }),
};
