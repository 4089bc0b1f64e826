/**
 * exp and log1p on two doubles at once, without tables: tables would be data segments, which every thread
 * that instantiates the module would write again over the shared memory.
 *
 * Cost: about 20 multiply-adds each. Error: below 1.5 units in the last place. The series are Taylor's (of
 * exp) and that of the inverse hyperbolic tangent, cut where the next term is below half a unit.
 */
export class Pair {
  /**
   * exp(x) = 2^k exp(r), k = round(x / ln 2), |r| <= ln 2 / 2. Saturates to 0 and Infinity; NaN stays NaN.
   * ln 2 is subtracted in two parts; the first has 21 trailing zero bits, so that k times it is exact.
   */
  @inline static exp(argument: v128): v128 {
    // pmin and pmax return their first argument when the comparison fails, so NaN passes.
    const x = f64x2.pmax(f64x2.pmin(argument, f64x2.splat(750)), f64x2.splat(-750));
    // Adding 1.5 * 2^52 rounds to an integer and leaves it in the low bits.
    const shifted = f64x2.add(f64x2.mul(x, f64x2.splat(1.4426950408889634)), f64x2.splat(6755399441055744));
    const k = f64x2.sub(shifted, f64x2.splat(6755399441055744));
    const high = f64x2.sub(x, f64x2.mul(k, f64x2.splat(reinterpret<f64>(0x3fe62e42fee00000))));
    const low = f64x2.mul(k, f64x2.splat(reinterpret<f64>(0x3dea39ef35793c76)));
    const r = f64x2.sub(high, low);
    const lost = f64x2.sub(f64x2.sub(high, r), low);
    let p = f64x2.splat(1.0 / 6227020800.0);
    p = f64x2.add(f64x2.mul(p, r), f64x2.splat(1.0 / 479001600.0));
    p = f64x2.add(f64x2.mul(p, r), f64x2.splat(1.0 / 39916800.0));
    p = f64x2.add(f64x2.mul(p, r), f64x2.splat(1.0 / 3628800.0));
    p = f64x2.add(f64x2.mul(p, r), f64x2.splat(1.0 / 362880.0));
    p = f64x2.add(f64x2.mul(p, r), f64x2.splat(1.0 / 40320.0));
    p = f64x2.add(f64x2.mul(p, r), f64x2.splat(1.0 / 5040.0));
    p = f64x2.add(f64x2.mul(p, r), f64x2.splat(1.0 / 720.0));
    p = f64x2.add(f64x2.mul(p, r), f64x2.splat(1.0 / 120.0));
    p = f64x2.add(f64x2.mul(p, r), f64x2.splat(1.0 / 24.0));
    p = f64x2.add(f64x2.mul(p, r), f64x2.splat(1.0 / 6.0));
    p = f64x2.add(f64x2.mul(p, r), f64x2.splat(0.5));
    p = f64x2.add(f64x2.mul(f64x2.mul(r, r), p), lost);
    p = f64x2.add(f64x2.splat(1), f64x2.add(r, p));
    // 2^k in two factors: k reaches beyond the exponents of normal numbers on both sides.
    const half = Pair.floorHalf(shifted);
    const rest = i64x2.sub(i64x2.sub(shifted, f64x2.splat(6755399441055744)), half);
    return f64x2.mul(f64x2.mul(p, Pair.powerOfTwo(half)), Pair.powerOfTwo(rest));
  }

  /** floor(k / 2) as integers, k in the low bits of `shifted`: |k| < 2^11 here. */
  @inline static floorHalf(shifted: v128): v128 {
    const k = i64x2.sub(shifted, f64x2.splat(6755399441055744));
    return i64x2.sub(i64x2.shr_u(i64x2.add(k, i64x2.splat(4096)), 1), i64x2.splat(2048));
  }

  @inline static powerOfTwo(k: v128): v128 {
    return i64x2.shl(i64x2.add(k, i64x2.splat(1023)), 52);
  }

  /**
   * log(1 + x), finite x > -1. With u = 1 + x = 2^k m, m in [sqrt 1/2, sqrt 2), f = m - 1, s = f / (2 + f):
   * log m = f - (f^2/2 - s (f^2/2 + R)), R = 2 s^2/3 + 2 s^4/5 + ...; c / u: what rounding took from u.
   */
  @inline static log1p(x: v128): v128 {
    const one = f64x2.splat(1);
    const u = f64x2.add(one, x);
    // The smaller of the two terms is what lost bits.
    const large = f64x2.gt(x, one);
    const lost = v128.bitselect(f64x2.sub(one, f64x2.sub(u, x)), f64x2.sub(x, f64x2.sub(u, one)), large);
    const c = f64x2.div(lost, u);
    const moved = i64x2.add(u, i64x2.splat(0x3ff0000000000000 - 0x3fe6a09e00000000));
    const exponent = i64x2.sub(i64x2.shr_u(moved, 52), i64x2.splat(1023));
    const k = f64x2.sub(i64x2.add(exponent, f64x2.splat(6755399441055744)), f64x2.splat(6755399441055744));
    const m = i64x2.add(v128.and(moved, i64x2.splat(0x000fffffffffffff)), i64x2.splat(0x3fe6a09e00000000));
    const f = f64x2.sub(m, one);
    const s = f64x2.div(f, f64x2.add(f64x2.splat(2), f));
    const z = f64x2.mul(s, s);
    let r = f64x2.splat(2.0 / 21.0);
    r = f64x2.add(f64x2.mul(r, z), f64x2.splat(2.0 / 19.0));
    r = f64x2.add(f64x2.mul(r, z), f64x2.splat(2.0 / 17.0));
    r = f64x2.add(f64x2.mul(r, z), f64x2.splat(2.0 / 15.0));
    r = f64x2.add(f64x2.mul(r, z), f64x2.splat(2.0 / 13.0));
    r = f64x2.add(f64x2.mul(r, z), f64x2.splat(2.0 / 11.0));
    r = f64x2.add(f64x2.mul(r, z), f64x2.splat(2.0 / 9.0));
    r = f64x2.add(f64x2.mul(r, z), f64x2.splat(2.0 / 7.0));
    r = f64x2.add(f64x2.mul(r, z), f64x2.splat(2.0 / 5.0));
    r = f64x2.add(f64x2.mul(r, z), f64x2.splat(2.0 / 3.0));
    r = f64x2.mul(r, z);
    const halfSquare = f64x2.mul(f64x2.splat(0.5), f64x2.mul(f, f));
    const small = f64x2.add(
      f64x2.mul(s, f64x2.add(halfSquare, r)),
      f64x2.add(f64x2.mul(k, f64x2.splat(reinterpret<f64>(0x3dea39ef35793c76))), c),
    );
    const log = f64x2.add(
      f64x2.mul(k, f64x2.splat(reinterpret<f64>(0x3fe62e42fee00000))),
      f64x2.sub(f, f64x2.sub(halfSquare, small)),
    );
    // log1p(-0) is -0, which the sums above turn into +0.
    return v128.bitselect(x, log, f64x2.eq(x, f64x2.splat(0)));
  }

  /** log(1 + exp(-margin)), which for a margin of -1e4 is 1e4, not Infinity. */
  @inline static logisticLoss(margin: v128): v128 {
    const linear = f64x2.pmax(f64x2.neg(margin), f64x2.splat(0));
    return f64x2.add(linear, Pair.log1p(Pair.exp(f64x2.neg(f64x2.abs(margin)))));
  }

  /** d/dt log(1 + exp(-y t)) = -y / (1 + exp(y t)): between -y and 0 whatever the margin. */
  @inline static logisticSlope(t: v128, y: v128): v128 {
    return f64x2.div(f64x2.neg(y), f64x2.add(f64x2.splat(1), Pair.exp(f64x2.mul(y, t))));
  }
}

/** exp of one number: a lane of what is computed two at a time, exported so that it can be tested. */
export function exp(x: f64): f64 {
  return f64x2.extract_lane(Pair.exp(f64x2.splat(x)), 0);
}

/** log(1 + x) of one finite number above -1: a lane as well, exported so that it can be tested. */
export function log1p(x: f64): f64 {
  return f64x2.extract_lane(Pair.log1p(f64x2.splat(x)), 0);
}
