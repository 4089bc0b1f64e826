/**
 * Arithmetic in registers and nothing else: the speed of a core without memory accesses. Eight vectors of
 * two, so that no addition waits for the one before it. A step is x <- 3/4 x + 1/4, which tends to 1 and so
 * stays finite.
 *
 * Chain j starts at (j, -j). The sum of all is returned: a compiler may remove what nobody reads.
 *
 * And memory accesses and next to no arithmetic. Both are what benchmarks hold rounds against.
 */
import { Real, SHIFT } from './real';

/** Sum of the sixteen numbers 0, 1, .. 7 and their negatives after `steps` steps x <- 3/4 x + 1/4. */
export function arithmetic(steps: i32): f64 {
  const factor = f64x2.splat(0.75);
  const shift = f64x2.splat(0.25);
  let x0 = f64x2(0, -0.0);
  let x1 = f64x2(1, -1);
  let x2 = f64x2(2, -2);
  let x3 = f64x2(3, -3);
  let x4 = f64x2(4, -4);
  let x5 = f64x2(5, -5);
  let x6 = f64x2(6, -6);
  let x7 = f64x2(7, -7);
  for (let step = 0; step < steps; step++) {
    x0 = f64x2.add(f64x2.mul(factor, x0), shift);
    x1 = f64x2.add(f64x2.mul(factor, x1), shift);
    x2 = f64x2.add(f64x2.mul(factor, x2), shift);
    x3 = f64x2.add(f64x2.mul(factor, x3), shift);
    x4 = f64x2.add(f64x2.mul(factor, x4), shift);
    x5 = f64x2.add(f64x2.mul(factor, x5), shift);
    x6 = f64x2.add(f64x2.mul(factor, x6), shift);
    x7 = f64x2.add(f64x2.mul(factor, x7), shift);
  }
  let sum = f64x2.add(x0, x1);
  sum = f64x2.add(sum, x2);
  sum = f64x2.add(sum, x3);
  sum = f64x2.add(sum, x4);
  sum = f64x2.add(sum, x5);
  sum = f64x2.add(sum, x6);
  sum = f64x2.add(sum, x7);
  return f64x2.extract_lane(sum, 0) + f64x2.extract_lane(sum, 1);
}

/** STREAM's triad, a = b - factor c, of n numbers in whole vectors: the speed of memory. */
export function triad(n: usize, a: usize, b: usize, c: usize, factor: f64): void {
  const times = Real.splat(factor);
  const bytes = n << SHIFT;
  for (let at: usize = 0; at < bytes; at += 16) {
    v128.store(a + at, v128.sub<real>(v128.load(b + at), v128.mul<real>(times, v128.load(c + at))));
  }
}
