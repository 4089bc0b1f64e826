/**
 * What the kernels call the losses of linear models (see gradient.ts); the costs' own files read them here
 * too.
 */

export const SQUARE = 0;
export const LOGISTIC = 1;
export const HUBER = 2;
/** The loss of LOGISTIC, with sum_c x_c^2 / (1 + x_c^2) in the place of |x|^2 / 2. */
export const SATURATED_LOGISTIC = 3;
