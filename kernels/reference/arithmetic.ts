/** Sixteen numbers, x <- 3/4 x + 1/4 so many times each, and their sum: see kernels/arithmetic.ts. */
export function arithmetic(steps: number): number {
  const sums = [1, -1].map((sign) => {
    let sum = 0;
    for (let j = 0; j < 8; j++) {
      let x = sign * j;
      for (let step = 0; step < steps; step++) x = 0.75 * x + 0.25;
      sum += x;
    }
    return sum;
  });
  return sums[0] + sums[1];
}
