/**
 * What messages take, in nanoseconds of the machine that docs/performance.md names: as measured, for d = 64
 * and 1,024 and 400 to 100,000 agents. Kernels differ by up to a factor of two from these.
 */

import type { MessageCost } from './types.js';

/** To make an entry of a message and to read it back. */
const SEND_NS = 4;
/** To add an entry as it is, and one that is unpacked by a kernel. */
export const READ_NS = 0.3;
const DECODE_NS = 0.45;
/** An entry of a rotated vector, both ways. */
export const TRANSFORM_NS = 3;
/** An entry that is packed and read field by field, without a kernel. */
const CODEC_SEND_NS = 120;
const CODEC_READ_NS = 20;
/** Of a message that is a few numbers for all entries. */
const CALL_NS = 3;

export const kernelNs = (dim: number): MessageCost => ({ own: SEND_NS * dim, neighbour: DECODE_NS * dim });

export const codecNs = (dim: number): MessageCost => ({
  own: CODEC_SEND_NS * dim,
  neighbour: CODEC_READ_NS * dim,
});

/** A few numbers of a linear message, added before they are unfolded. */
export const numbersNs = (dim: number, numbers: number): MessageCost => ({
  own: dim,
  neighbour: CALL_NS + READ_NS * numbers,
});
