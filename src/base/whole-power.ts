/**
 * base^exponent for a whole exponent >= 0, by squaring: multiplications only, so that every machine gets the
 * same bits.
 */
export function wholePower(base: number, exponent: number): number {
  let result = 1;
  let square = base;
  for (let rest = exponent; rest > 0; rest = Math.floor(rest / 2)) {
    if (rest % 2 === 1) result *= square;
    square *= square;
  }
  return result;
}
