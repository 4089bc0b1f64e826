/** Philox streams that compressors draw from; docs/model/randomness.md lists all of them. */

/** An agent's own dither: lane c & 3 of block c >> 2 is coordinate c's. */
export const DITHER_STREAM = 2;
/** The dither of a server. */
export const SERVER_STREAM = 3;
/** The coordinates of rand-k. */
export const CHOICE_STREAM = 6;
/** Directions of scalarizers: shared by all agents. */
export const DIRECTION_STREAM = 9;
/** Sign patterns of best-rotation: shared by all agents, drawn once. */
export const ROTATION_STREAM = 10;
/** The sample of sampled-top-k. */
export const SAMPLE_STREAM = 22;
