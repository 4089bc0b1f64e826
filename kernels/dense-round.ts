/**
 * A whole round of the uncompressed primal-dual flow, agent by agent: what `gatherDense`, `gradientQuadratic` and `stepPrimalDual` do one after the other, with the
 * bits that they give. Sixteen columns of L x are held in registers over all neighbours, and go from there into the step.
 */

class Tile {
  /** Columns c, c + 1 of one agent: x_out and v from L x = ly. `quadratic`: the gradient is a (x - b), else `a` is the gradient. */
  @inline static step(
    quadratic: bool,
    ly: v128,
    state: v128,
    dual: v128,
    a: v128,
    b: usize,
    xOut: usize,
    v: usize,
    eta: v128,
    alpha: v128,
    beta: v128,
    damping: v128,
  ): void {
    const g = f64x2.mul(eta, quadratic ? f64x2.mul(a, f64x2.sub(state, v128.load(b))) : a);
    const slope = f64x2.add(f64x2.add(g, f64x2.mul(alpha, ly)), f64x2.mul(beta, dual));
    v128.store(xOut, f64x2.sub(state, f64x2.mul(damping, slope)));
    v128.store(v, f64x2.add(dual, f64x2.mul(beta, ly)));
  }

  @inline static minus(unit: bool, sum: v128, w: v128, m: v128): v128 {
    return f64x2.sub(sum, unit ? m : f64x2.mul(w, m));
  }

  @inline static row(
    quadratic: bool,
    unit: bool,
    from: usize,
    to: usize,
    columns: usize,
    weights: usize,
    weightStride: usize,
    degree: f64,
    slots: usize,
    stride: usize,
    own: usize,
    xOut: usize,
    v: usize,
    a: usize,
    b: usize,
    eta: v128,
    alpha: v128,
    beta: v128,
    damping: v128,
  ): void {
    const d = f64x2.splat(degree);
    let at: usize = 0;
    for (; at + 128 <= stride; at += 128) {
      const p = own + at;
      let l0 = f64x2.mul(d, v128.load(p, 0));
      let l1 = f64x2.mul(d, v128.load(p, 16));
      let l2 = f64x2.mul(d, v128.load(p, 32));
      let l3 = f64x2.mul(d, v128.load(p, 48));
      let l4 = f64x2.mul(d, v128.load(p, 64));
      let l5 = f64x2.mul(d, v128.load(p, 80));
      let l6 = f64x2.mul(d, v128.load(p, 96));
      let l7 = f64x2.mul(d, v128.load(p, 112));
      for (let e = from; e < to; e++) {
        const q = slots + <usize>load<u32>(columns + (e << 2)) * stride + at;
        const w = unit ? d : v128.load64_splat(weights + e * weightStride);
        l0 = Tile.minus(unit, l0, w, v128.load(q, 0));
        l1 = Tile.minus(unit, l1, w, v128.load(q, 16));
        l2 = Tile.minus(unit, l2, w, v128.load(q, 32));
        l3 = Tile.minus(unit, l3, w, v128.load(q, 48));
        l4 = Tile.minus(unit, l4, w, v128.load(q, 64));
        l5 = Tile.minus(unit, l5, w, v128.load(q, 80));
        l6 = Tile.minus(unit, l6, w, v128.load(q, 96));
        l7 = Tile.minus(unit, l7, w, v128.load(q, 112));
      }
      const o = xOut + at;
      const r = v + at;
      const g = a + at;
      const h = b + at;
      Tile.step(
        quadratic,
        l0,
        v128.load(p, 0),
        v128.load(r, 0),
        v128.load(g, 0),
        h,
        o,
        r,
        eta,
        alpha,
        beta,
        damping,
      );
      Tile.step(
        quadratic,
        l1,
        v128.load(p, 16),
        v128.load(r, 16),
        v128.load(g, 16),
        h + 16,
        o + 16,
        r + 16,
        eta,
        alpha,
        beta,
        damping,
      );
      Tile.step(
        quadratic,
        l2,
        v128.load(p, 32),
        v128.load(r, 32),
        v128.load(g, 32),
        h + 32,
        o + 32,
        r + 32,
        eta,
        alpha,
        beta,
        damping,
      );
      Tile.step(
        quadratic,
        l3,
        v128.load(p, 48),
        v128.load(r, 48),
        v128.load(g, 48),
        h + 48,
        o + 48,
        r + 48,
        eta,
        alpha,
        beta,
        damping,
      );
      Tile.step(
        quadratic,
        l4,
        v128.load(p, 64),
        v128.load(r, 64),
        v128.load(g, 64),
        h + 64,
        o + 64,
        r + 64,
        eta,
        alpha,
        beta,
        damping,
      );
      Tile.step(
        quadratic,
        l5,
        v128.load(p, 80),
        v128.load(r, 80),
        v128.load(g, 80),
        h + 80,
        o + 80,
        r + 80,
        eta,
        alpha,
        beta,
        damping,
      );
      Tile.step(
        quadratic,
        l6,
        v128.load(p, 96),
        v128.load(r, 96),
        v128.load(g, 96),
        h + 96,
        o + 96,
        r + 96,
        eta,
        alpha,
        beta,
        damping,
      );
      Tile.step(
        quadratic,
        l7,
        v128.load(p, 112),
        v128.load(r, 112),
        v128.load(g, 112),
        h + 112,
        o + 112,
        r + 112,
        eta,
        alpha,
        beta,
        damping,
      );
    }
    for (; at < stride; at += 16) {
      const p = own + at;
      let l = f64x2.mul(d, v128.load(p));
      for (let e = from; e < to; e++) {
        const q = slots + <usize>load<u32>(columns + (e << 2)) * stride + at;
        const w = unit ? d : v128.load64_splat(weights + e * weightStride);
        l = Tile.minus(unit, l, w, v128.load(q));
      }
      Tile.step(
        quadratic,
        l,
        v128.load(p),
        v128.load(v + at),
        v128.load(a + at),
        b + at,
        xOut + at,
        v + at,
        eta,
        alpha,
        beta,
        damping,
      );
    }
  }
}

/**
 * One round, with the bits of gatherDense, the gradient and stepPrimalDual. slots: x of all agents, which
 * are the messages; xOut, v, a, b: block rows. The gradient is in `gradient` (block rows) or, where that is
 * 0, a (x - b).
 */
export function primalDualDense(
  first: usize,
  count: usize,
  rowStart: usize,
  columns: usize,
  weights: usize,
  weightStride: usize,
  degrees: usize,
  slots: usize,
  stride: usize,
  xOut: usize,
  v: usize,
  gradient: usize,
  a: usize,
  b: usize,
  hEta: f64,
  hAlpha: f64,
  hBeta: f64,
  hImplicit: f64,
): void {
  const eta = f64x2.splat(hEta);
  const alpha = f64x2.splat(hAlpha);
  const beta = f64x2.splat(hBeta);
  const unit = weightStride === 0 && load<f64>(weights) === 1;
  for (let r: usize = 0; r < count; r++) {
    const i = first + r;
    const from = <usize>load<u32>(rowStart + (i << 2));
    const to = <usize>load<u32>(rowStart + (i << 2), 4);
    const degree = load<f64>(degrees + (i << 3));
    const damping = f64x2.splat(1 / (1 + hImplicit * degree));
    const own = slots + i * stride;
    const at = r * stride;
    const g = gradient + at;
    if (gradient) {
      if (unit)
        Tile.row(
          false,
          true,
          from,
          to,
          columns,
          weights,
          weightStride,
          degree,
          slots,
          stride,
          own,
          xOut + at,
          v + at,
          g,
          0,
          eta,
          alpha,
          beta,
          damping,
        );
      else
        Tile.row(
          false,
          false,
          from,
          to,
          columns,
          weights,
          weightStride,
          degree,
          slots,
          stride,
          own,
          xOut + at,
          v + at,
          g,
          0,
          eta,
          alpha,
          beta,
          damping,
        );
    } else {
      if (unit)
        Tile.row(
          true,
          true,
          from,
          to,
          columns,
          weights,
          weightStride,
          degree,
          slots,
          stride,
          own,
          xOut + at,
          v + at,
          a + at,
          b + at,
          eta,
          alpha,
          beta,
          damping,
        );
      else
        Tile.row(
          true,
          false,
          from,
          to,
          columns,
          weights,
          weightStride,
          degree,
          slots,
          stride,
          own,
          xOut + at,
          v + at,
          a + at,
          b + at,
          eta,
          alpha,
          beta,
          damping,
        );
    }
  }
}
