/**
 * Distinct coordinates at random, by Floyd's method: each set of so many is as likely as any other. An index
 * below n is floor(u n / 2^32), whose bias is below n / 2^32.
 */

/**
 * Draws indices.length distinct coordinates of taken.length, from as many random words. Coordinate c is taken
 * where taken[c] is `mark`.
 */
export function drawDistinct(
  words: Uint32Array,
  taken: Uint32Array,
  mark: number,
  indices: Uint32Array,
): void {
  const dim = taken.length;
  const count = indices.length;
  for (let t = 0; t < count; t++) {
    const last = dim - count + t;
    const drawn = Math.floor((words[t] * (last + 1)) / 2 ** 32);
    const index = taken[drawn] === mark ? last : drawn;
    taken[index] = mark;
    indices[t] = index;
  }
}

/** Marks of one draw after another, so that nothing is cleared between two. */
export class Marks {
  readonly taken: Uint32Array;
  #mark = 0;

  constructor(dim: number) {
    this.taken = new Uint32Array(dim);
  }

  /** One that no coordinate has. */
  next(): number {
    this.#mark = (this.#mark + 1) >>> 0;
    // After 2^32 draws marks begin again, and those of old must not look like new ones.
    if (this.#mark === 0) {
      this.taken.fill(0);
      this.#mark = 1;
    }
    return this.#mark;
  }
}
