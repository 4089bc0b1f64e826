/** Sizes that the kernels share with those who plan their scratch: read by both compilers. */

/** Doubles of scratch that dithered signs take, whatever the length of the row; a multiple of 16. */
export const DITHER_SCRATCH = 256;
/** Bytes of scratch that counting signs takes. */
export const COUNT_SCRATCH_BYTES = 32768;
