/**
 * Neumaier's compensated sums: each keeps, beside its running total, what rounding took from it.
 *
 * The error of a total is about one rounding of it plus 2^-106 of the summed magnitudes, whatever the number
 * of terms: a reference value f* can be trusted to the last digit or two. A. Neumaier, ZAMM 54 (1974).
 */
export class CompensatedSum {
  readonly #sums: Float64Array;
  readonly #corrections: Float64Array;

  /** `length` sums side by side. */
  constructor(length: number) {
    this.#sums = new Float64Array(length);
    this.#corrections = new Float64Array(length);
  }

  add(index: number, term: number): void {
    const sum = this.#sums[index]!;
    const next = sum + term;
    this.#corrections[index]! += Math.abs(sum) >= Math.abs(term) ? sum - next + term : term - next + sum;
    this.#sums[index] = next;
  }

  total(index: number): number {
    return this.#sums[index]! + this.#corrections[index]!;
  }

  reset(): void {
    this.#sums.fill(0);
    this.#corrections.fill(0);
  }
}
