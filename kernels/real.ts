/**
 * The numbers of state, messages and data. `real` is f64 or f32: the compiler is told which (`--use
 * real=f32`), and makes a module of each from the same sources, with the same exports. A row is whole cache
 * lines in both, so most kernels go line by line and do not know which it is. Where one must,
 * `sizeof<real>()` is a constant, and the other branch is not compiled.
 *
 * What stays float64 in both: gains and steps that kernels are given, weights and degrees of the graph, sums
 * whose digits a trace shows, and the points that it evaluates.
 */

/** Log2 of the bytes of a number: entry c of a row is at row + (c << SHIFT). */
export const SHIFT: usize = alignof<real>();
/** Numbers in a vector: 2 or 4. */
export const LANES: usize = 16 >> SHIFT;
/** Numbers in a cache line, which is four vectors: 8 or 16. */
export const LINE: usize = 64 >> SHIFT;
/** Whether numbers are float32. */
export const SINGLE: bool = sizeof<real>() === 4;

export class Real {
  /** The nearest number in all lanes. */
  @inline static splat(x: f64): v128 {
    return v128.splat<real>(<real>x);
  }

  /** A float64 in memory (a weight, a factor) in all lanes. */
  @inline static splatDouble(p: usize): v128 {
    if (SINGLE) return f32x4.splat(<f32>load<f64>(p));
    return v128.load64_splat(p);
  }

  /** A number in memory, a message's, in all lanes. */
  @inline static splatAt(p: usize): v128 {
    if (SINGLE) return v128.load32_splat(p);
    return v128.load64_splat(p);
  }

  /** The first `left` of the numbers at p, at most a vector of them, and +0 behind; nothing else is read. */
  @inline static part(p: usize, left: isize): v128 {
    if (SINGLE) {
      if (left >= 4) return v128.load(p);
      if (left <= 0) return f32x4.splat(0);
      if (left === 1) return v128.load32_zero(p);
      const two = v128.load64_zero(p);
      return left === 2 ? two : v128.load32_lane(p, two, 2, 8);
    }
    if (left >= 2) return v128.load(p);
    return left <= 0 ? f64x2.splat(0) : v128.load64_zero(p);
  }

  /** Whether all lanes are equal: no NaN is. */
  @inline static equal(a: v128, b: v128): bool {
    if (SINGLE) return v128.all_true<i32>(f32x4.eq(a, b));
    return v128.all_true<i64>(f64x2.eq(a, b));
  }

  /** The sum of a vector's lanes, in float64. */
  @inline static lanes(v: v128): f64 {
    if (SINGLE) {
      const two = f64x2.add(f64x2.promote_low_f32x4(v), f64x2.promote_low_f32x4(i64x2.shuffle(v, v, 1, 1)));
      return f64x2.extract_lane(two, 0) + f64x2.extract_lane(two, 1);
    }
    return f64x2.extract_lane(v, 0) + f64x2.extract_lane(v, 1);
  }
}

/** Pairs of numbers as float64, for sums in float64: pair k of a group of eight is T = 16 k. */
export class Wide {
  /** Bytes of eight numbers. */
  @inline static eight(): usize {
    return 8 << SHIFT;
  }

  @inline static pair<T>(p: usize): v128 {
    if (SINGLE) return f64x2.promote_low_f32x4(v128.load64_zero(p, offsetof<T>() / 2));
    return v128.load(p, offsetof<T>());
  }
}
