/**
 * A whole round of the uncompressed primal-dual flow, agent by agent: what `gatherDense`, `gradientQuadratic`
 * and `stepPrimalDual` do one after the other, with the same bits. Eight vectors of L x are held in
 * registers over all neighbours, and go from there into the step.
 *
 * Arguments are repeated where a variant is chosen: each is compiled with its flags as constants.
 */
import { Edge } from './lanes';
import { At0, At16, At32, At48, At64, At80, At96, At112 } from './offsets';
import { Real } from './real';
import { Touch } from './touch';

class Tile {
  /**
   * A vector of one agent, T behind the addresses: x_out and v from L x = ly. `quadratic`: the
   * gradient is a (x - b), else it is a.
   */
  @inline static step<T>(
    quadratic: bool,
    ly: v128,
    x: usize,
    v: usize,
    a: usize,
    b: usize,
    xOut: usize,
    eta: v128,
    alpha: v128,
    beta: v128,
    damping: v128,
  ): void {
    const state = v128.load(x, offsetof<T>());
    const dual = v128.load(v, offsetof<T>());
    const slope = v128.load(a, offsetof<T>());
    const g = v128.mul<real>(
      eta,
      quadratic ? v128.mul<real>(slope, v128.sub<real>(state, v128.load(b, offsetof<T>()))) : slope,
    );
    const change = v128.add<real>(v128.add<real>(g, v128.mul<real>(alpha, ly)), v128.mul<real>(beta, dual));
    v128.store(xOut, v128.sub<real>(state, v128.mul<real>(damping, change)), offsetof<T>());
    v128.store(v, v128.add<real>(dual, v128.mul<real>(beta, ly)), offsetof<T>());
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
    const d = Real.splat(degree);
    let at: usize = 0;
    for (; at + 128 <= stride; at += 128) {
      const p = own + at;
      let l0 = v128.mul<real>(d, v128.load(p, 0));
      let l1 = v128.mul<real>(d, v128.load(p, 16));
      let l2 = v128.mul<real>(d, v128.load(p, 32));
      let l3 = v128.mul<real>(d, v128.load(p, 48));
      let l4 = v128.mul<real>(d, v128.load(p, 64));
      let l5 = v128.mul<real>(d, v128.load(p, 80));
      let l6 = v128.mul<real>(d, v128.load(p, 96));
      let l7 = v128.mul<real>(d, v128.load(p, 112));
      for (let e = from; e < to; e++) {
        const q = slots + <usize>load<u32>(columns + (e << 2)) * stride + at;
        const w = unit ? d : Real.splatDouble(weights + e * weightStride);
        l0 = Edge.minus(unit, l0, w, v128.load(q, 0));
        l1 = Edge.minus(unit, l1, w, v128.load(q, 16));
        l2 = Edge.minus(unit, l2, w, v128.load(q, 32));
        l3 = Edge.minus(unit, l3, w, v128.load(q, 48));
        l4 = Edge.minus(unit, l4, w, v128.load(q, 64));
        l5 = Edge.minus(unit, l5, w, v128.load(q, 80));
        l6 = Edge.minus(unit, l6, w, v128.load(q, 96));
        l7 = Edge.minus(unit, l7, w, v128.load(q, 112));
      }
      const o = xOut + at;
      const r = v + at;
      const g = a + at;
      const h = b + at;
      Tile.step<At0>(quadratic, l0, p, r, g, h, o, eta, alpha, beta, damping);
      Tile.step<At16>(quadratic, l1, p, r, g, h, o, eta, alpha, beta, damping);
      Tile.step<At32>(quadratic, l2, p, r, g, h, o, eta, alpha, beta, damping);
      Tile.step<At48>(quadratic, l3, p, r, g, h, o, eta, alpha, beta, damping);
      Tile.step<At64>(quadratic, l4, p, r, g, h, o, eta, alpha, beta, damping);
      Tile.step<At80>(quadratic, l5, p, r, g, h, o, eta, alpha, beta, damping);
      Tile.step<At96>(quadratic, l6, p, r, g, h, o, eta, alpha, beta, damping);
      Tile.step<At112>(quadratic, l7, p, r, g, h, o, eta, alpha, beta, damping);
    }
    for (; at < stride; at += 16) {
      const p = own + at;
      let l = v128.mul<real>(d, v128.load(p));
      for (let e = from; e < to; e++) {
        const q = slots + <usize>load<u32>(columns + (e << 2)) * stride + at;
        const w = unit ? d : Real.splatDouble(weights + e * weightStride);
        l = Edge.minus(unit, l, w, v128.load(q));
      }
      Tile.step<At0>(quadratic, l, p, v + at, a + at, b + at, xOut + at, eta, alpha, beta, damping);
    }
  }
}

/**
 * One round, with the bits of gatherDense, the gradient and stepPrimalDual. slots: x of all agents, which
 * are the messages; xOut, v, a, b: block rows. The gradient is in `gradient` (block rows) or, where that is
 * 0, a (x - b).
 *
 * The rows that the agent `ahead` further on reads are asked for early; ahead 0: they are not. `agents`: how
 * many there are.
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
  ahead: usize,
  agents: usize,
): void {
  const eta = Real.splat(hEta);
  const alpha = Real.splat(hAlpha);
  const beta = Real.splat(hBeta);
  const unit = weightStride === 0 && load<f64>(weights) === 1;
  for (let r: usize = 0; r < count; r++) {
    const i = first + r;
    const from = <usize>load<u32>(rowStart + (i << 2));
    const to = <usize>load<u32>(rowStart + (i << 2), 4);
    const degree = load<f64>(degrees + (i << 3));
    const damping = Real.splat(1 / (1 + hImplicit * degree));
    const own = slots + i * stride;
    const at = r * stride;
    const g = gradient + at;
    // What is stored keeps the loads alive; the step writes over it.
    if (ahead && i + ahead < agents)
      store<u64>(xOut + at, Touch.slots(i + ahead, rowStart, columns, slots, stride));
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
