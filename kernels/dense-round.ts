/**
 * A whole round of the uncompressed primal-dual flow, agent by agent: what `gatherDense`, `gradientQuadratic`
 * and `stepPrimalDual` do one after the other, with the same bits. L x stays in registers between the sums
 * and the step.
 *
 * Where edges have no weights, a vector of L x is summed over up to eight neighbours at once, whose rows are
 * all open, and stepped before the next one is begun: one sum and what is loaded for it need few registers.
 * Eight sums and a neighbour after the other, which is what weights leave registers for, are more than there
 * are, and the compiler puts a sum onto the stack in the inner loop. An agent with more neighbours has its
 * sums in its row of x_out on the way from one group of eight to the next. In float32 neighbours are taken in
 * pairs, behind the first one where their number is odd (`Edge.pair`): groups have an even number but for the
 * first.
 *
 * Arguments are repeated where a variant is chosen: each is compiled with its flags as constants.
 */
import { Edge } from './lanes';
import { At0, At16, At32, At48, At64, At80, At96, At112 } from './offsets';
import { Real, SINGLE } from './real';
import { Touch } from './touch';

class Tile {
  /**
   * A vector of one agent, T behind the addresses: x_out and v from L x = ly. `quadratic`: the
   * gradient is a (x - b), else it is a.
   */
  @inline static step<T>(
    quadratic: bool,
    damped: bool,
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
    v128.store(xOut, v128.sub<real>(state, damped ? v128.mul<real>(damping, change) : change), offsetof<T>());
    v128.store(v, v128.add<real>(dual, v128.mul<real>(beta, ly)), offsetof<T>());
  }

  @inline static row(
    quadratic: bool,
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
    // Rows are whole lines, four vectors each.
    if (SINGLE) {
      for (; at < stride; at += 64) {
        const p = own + at;
        const p0 = v128.load(p, 0);
        const p1 = v128.load(p, 16);
        const p2 = v128.load(p, 32);
        const p3 = v128.load(p, 48);
        let l0 = Real.splat(0);
        let l1 = Real.splat(0);
        let l2 = Real.splat(0);
        let l3 = Real.splat(0);
        for (let e = from; e < to; e++) {
          const q = slots + <usize>load<u32>(columns + (e << 2)) * stride + at;
          const w = Real.splatDouble(weights + e * weightStride);
          l0 = Edge.apart(false, l0, w, p0, v128.load(q, 0));
          l1 = Edge.apart(false, l1, w, p1, v128.load(q, 16));
          l2 = Edge.apart(false, l2, w, p2, v128.load(q, 32));
          l3 = Edge.apart(false, l3, w, p3, v128.load(q, 48));
        }
        const o = xOut + at;
        const r = v + at;
        const g = a + at;
        const h = b + at;
        Tile.step<At0>(quadratic, true, l0, p, r, g, h, o, eta, alpha, beta, damping);
        Tile.step<At16>(quadratic, true, l1, p, r, g, h, o, eta, alpha, beta, damping);
        Tile.step<At32>(quadratic, true, l2, p, r, g, h, o, eta, alpha, beta, damping);
        Tile.step<At48>(quadratic, true, l3, p, r, g, h, o, eta, alpha, beta, damping);
      }
      return;
    }
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
        const w = Real.splatDouble(weights + e * weightStride);
        l0 = Edge.minus(false, l0, w, v128.load(q, 0));
        l1 = Edge.minus(false, l1, w, v128.load(q, 16));
        l2 = Edge.minus(false, l2, w, v128.load(q, 32));
        l3 = Edge.minus(false, l3, w, v128.load(q, 48));
        l4 = Edge.minus(false, l4, w, v128.load(q, 64));
        l5 = Edge.minus(false, l5, w, v128.load(q, 80));
        l6 = Edge.minus(false, l6, w, v128.load(q, 96));
        l7 = Edge.minus(false, l7, w, v128.load(q, 112));
      }
      const o = xOut + at;
      const r = v + at;
      const g = a + at;
      const h = b + at;
      Tile.step<At0>(quadratic, true, l0, p, r, g, h, o, eta, alpha, beta, damping);
      Tile.step<At16>(quadratic, true, l1, p, r, g, h, o, eta, alpha, beta, damping);
      Tile.step<At32>(quadratic, true, l2, p, r, g, h, o, eta, alpha, beta, damping);
      Tile.step<At48>(quadratic, true, l3, p, r, g, h, o, eta, alpha, beta, damping);
      Tile.step<At64>(quadratic, true, l4, p, r, g, h, o, eta, alpha, beta, damping);
      Tile.step<At80>(quadratic, true, l5, p, r, g, h, o, eta, alpha, beta, damping);
      Tile.step<At96>(quadratic, true, l6, p, r, g, h, o, eta, alpha, beta, damping);
      Tile.step<At112>(quadratic, true, l7, p, r, g, h, o, eta, alpha, beta, damping);
    }
    for (; at < stride; at += 16) {
      const p = own + at;
      let l = v128.mul<real>(d, v128.load(p));
      for (let e = from; e < to; e++) {
        const q = slots + <usize>load<u32>(columns + (e << 2)) * stride + at;
        const w = Real.splatDouble(weights + e * weightStride);
        l = Edge.minus(false, l, w, v128.load(q));
      }
      Tile.step<At0>(quadratic, true, l, p, v + at, a + at, b + at, xOut + at, eta, alpha, beta, damping);
    }
  }
}

class Group {
  /** A neighbour more, of weight 1. */
  @inline static one<T>(begins: bool, l: v128, own: v128, q: usize): v128 {
    const m = v128.load(q, offsetof<T>());
    if (!SINGLE) return v128.sub<real>(l, m);
    const difference = v128.sub<real>(own, m);
    return begins ? difference : v128.add<real>(l, difference);
  }

  /** Two more. `own`: in float32 twice the own message. */
  @inline static two<T>(begins: bool, l: v128, own: v128, q: usize, r: usize): v128 {
    const m = v128.load(q, offsetof<T>());
    const o = v128.load(r, offsetof<T>());
    if (!SINGLE) return v128.sub<real>(v128.sub<real>(l, m), o);
    const difference = Edge.pair(own, m, o);
    return begins ? difference : v128.add<real>(l, difference);
  }

  /**
   * A vector of L x so far, T behind the addresses: `begins` with the own message, or with what `out` has.
   */
  @inline static sum<T>(
    n: i32,
    begins: bool,
    d: v128,
    own: usize,
    out: usize,
    q0: usize,
    q1: usize,
    q2: usize,
    q3: usize,
    q4: usize,
    q5: usize,
    q6: usize,
    q7: usize,
  ): v128 {
    const p = SINGLE || begins ? v128.load(own, offsetof<T>()) : d;
    let l = !begins ? v128.load(out, offsetof<T>()) : SINGLE ? p : v128.mul<real>(d, p);
    const twice = SINGLE ? v128.add<real>(p, p) : p;
    if (n & 1) {
      l = Group.one<T>(begins, l, p, q0);
      return n > 1 ? Group.two<T>(false, l, twice, q1, q2) : l;
    }
    l = Group.two<T>(begins, l, twice, q0, q1);
    if (n > 2) l = Group.two<T>(false, l, twice, q2, q3);
    if (n > 4) {
      l = Group.two<T>(false, l, twice, q4, q5);
      l = Group.two<T>(false, l, twice, q6, q7);
    }
    return l;
  }

  /**
   * n neighbours (1, 2, 3 or 8), whose columns begin at `edge`, of an agent that has more; sums stay at
   * `out`.
   */
  @inline static some(
    n: i32,
    begins: bool,
    edge: usize,
    degree: f64,
    slots: usize,
    stride: usize,
    own: usize,
    out: usize,
  ): void {
    const d = Real.splat(degree);
    const s0 = slots + <usize>load<u32>(edge, 0) * stride;
    const s1 = n > 1 ? slots + <usize>load<u32>(edge, 4) * stride : 0;
    const s2 = n > 2 ? slots + <usize>load<u32>(edge, 8) * stride : 0;
    const s3 = n > 3 ? slots + <usize>load<u32>(edge, 12) * stride : 0;
    const s4 = n > 4 ? slots + <usize>load<u32>(edge, 16) * stride : 0;
    const s5 = n > 4 ? slots + <usize>load<u32>(edge, 20) * stride : 0;
    const s6 = n > 4 ? slots + <usize>load<u32>(edge, 24) * stride : 0;
    const s7 = n > 4 ? slots + <usize>load<u32>(edge, 28) * stride : 0;
    let at: usize = 0;
    for (; at + 128 <= stride; at += 128) {
      const p = own + at;
      const o = out + at;
      const q0 = s0 + at;
      const q1 = s1 + at;
      const q2 = s2 + at;
      const q3 = s3 + at;
      const q4 = s4 + at;
      const q5 = s5 + at;
      const q6 = s6 + at;
      const q7 = s7 + at;
      v128.store(o, Group.sum<At0>(n, begins, d, p, o, q0, q1, q2, q3, q4, q5, q6, q7), 0);
      v128.store(o, Group.sum<At16>(n, begins, d, p, o, q0, q1, q2, q3, q4, q5, q6, q7), 16);
      v128.store(o, Group.sum<At32>(n, begins, d, p, o, q0, q1, q2, q3, q4, q5, q6, q7), 32);
      v128.store(o, Group.sum<At48>(n, begins, d, p, o, q0, q1, q2, q3, q4, q5, q6, q7), 48);
      v128.store(o, Group.sum<At64>(n, begins, d, p, o, q0, q1, q2, q3, q4, q5, q6, q7), 64);
      v128.store(o, Group.sum<At80>(n, begins, d, p, o, q0, q1, q2, q3, q4, q5, q6, q7), 80);
      v128.store(o, Group.sum<At96>(n, begins, d, p, o, q0, q1, q2, q3, q4, q5, q6, q7), 96);
      v128.store(o, Group.sum<At112>(n, begins, d, p, o, q0, q1, q2, q3, q4, q5, q6, q7), 112);
    }
    for (; at < stride; at += 16) {
      const p = own + at;
      const o = out + at;
      const q0 = s0 + at;
      const q1 = s1 + at;
      const q2 = s2 + at;
      const q3 = s3 + at;
      const q4 = s4 + at;
      const q5 = s5 + at;
      const q6 = s6 + at;
      const q7 = s7 + at;
      v128.store(o, Group.sum<At0>(n, begins, d, p, o, q0, q1, q2, q3, q4, q5, q6, q7));
    }
  }

  /** The last n (1, 2, 3, 4 or 8), and the step. `damped`: its factor is not 1. */
  @inline static last(
    quadratic: bool,
    damped: bool,
    n: i32,
    begins: bool,
    edge: usize,
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
    const s0 = slots + <usize>load<u32>(edge, 0) * stride;
    const s1 = n > 1 ? slots + <usize>load<u32>(edge, 4) * stride : 0;
    const s2 = n > 2 ? slots + <usize>load<u32>(edge, 8) * stride : 0;
    const s3 = n > 3 ? slots + <usize>load<u32>(edge, 12) * stride : 0;
    const s4 = n > 4 ? slots + <usize>load<u32>(edge, 16) * stride : 0;
    const s5 = n > 4 ? slots + <usize>load<u32>(edge, 20) * stride : 0;
    const s6 = n > 4 ? slots + <usize>load<u32>(edge, 24) * stride : 0;
    const s7 = n > 4 ? slots + <usize>load<u32>(edge, 28) * stride : 0;
    let at: usize = 0;
    for (; at + 128 <= stride; at += 128) {
      const p = own + at;
      const o = xOut + at;
      const r = v + at;
      const g = a + at;
      const h = b + at;
      const q0 = s0 + at;
      const q1 = s1 + at;
      const q2 = s2 + at;
      const q3 = s3 + at;
      const q4 = s4 + at;
      const q5 = s5 + at;
      const q6 = s6 + at;
      const q7 = s7 + at;
      const l0 = Group.sum<At0>(n, begins, d, p, o, q0, q1, q2, q3, q4, q5, q6, q7);
      Tile.step<At0>(quadratic, damped, l0, p, r, g, h, o, eta, alpha, beta, damping);
      const l1 = Group.sum<At16>(n, begins, d, p, o, q0, q1, q2, q3, q4, q5, q6, q7);
      Tile.step<At16>(quadratic, damped, l1, p, r, g, h, o, eta, alpha, beta, damping);
      const l2 = Group.sum<At32>(n, begins, d, p, o, q0, q1, q2, q3, q4, q5, q6, q7);
      Tile.step<At32>(quadratic, damped, l2, p, r, g, h, o, eta, alpha, beta, damping);
      const l3 = Group.sum<At48>(n, begins, d, p, o, q0, q1, q2, q3, q4, q5, q6, q7);
      Tile.step<At48>(quadratic, damped, l3, p, r, g, h, o, eta, alpha, beta, damping);
      const l4 = Group.sum<At64>(n, begins, d, p, o, q0, q1, q2, q3, q4, q5, q6, q7);
      Tile.step<At64>(quadratic, damped, l4, p, r, g, h, o, eta, alpha, beta, damping);
      const l5 = Group.sum<At80>(n, begins, d, p, o, q0, q1, q2, q3, q4, q5, q6, q7);
      Tile.step<At80>(quadratic, damped, l5, p, r, g, h, o, eta, alpha, beta, damping);
      const l6 = Group.sum<At96>(n, begins, d, p, o, q0, q1, q2, q3, q4, q5, q6, q7);
      Tile.step<At96>(quadratic, damped, l6, p, r, g, h, o, eta, alpha, beta, damping);
      const l7 = Group.sum<At112>(n, begins, d, p, o, q0, q1, q2, q3, q4, q5, q6, q7);
      Tile.step<At112>(quadratic, damped, l7, p, r, g, h, o, eta, alpha, beta, damping);
    }
    for (; at < stride; at += 16) {
      const p = own + at;
      const o = xOut + at;
      const q0 = s0 + at;
      const q1 = s1 + at;
      const q2 = s2 + at;
      const q3 = s3 + at;
      const q4 = s4 + at;
      const q5 = s5 + at;
      const q6 = s6 + at;
      const q7 = s7 + at;
      const l = Group.sum<At0>(n, begins, d, p, o, q0, q1, q2, q3, q4, q5, q6, q7);
      Tile.step<At0>(quadratic, damped, l, p, v + at, a + at, b + at, o, eta, alpha, beta, damping);
    }
  }

  /** What is left of an agent's edges after `beforeLast`. A few rows have no variant without damping. */
  @inline static finish(
    quadratic: bool,
    damped: bool,
    left: usize,
    begins: bool,
    edge: usize,
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
    if (left === 32) {
      if (begins)
        Group.last(
          quadratic,
          damped,
          8,
          true,
          edge,
          degree,
          slots,
          stride,
          own,
          xOut,
          v,
          a,
          b,
          eta,
          alpha,
          beta,
          damping,
        );
      else
        Group.last(
          quadratic,
          damped,
          8,
          false,
          edge,
          degree,
          slots,
          stride,
          own,
          xOut,
          v,
          a,
          b,
          eta,
          alpha,
          beta,
          damping,
        );
    } else if (left === 16) {
      if (begins)
        Group.last(
          quadratic,
          damped,
          4,
          true,
          edge,
          degree,
          slots,
          stride,
          own,
          xOut,
          v,
          a,
          b,
          eta,
          alpha,
          beta,
          damping,
        );
      else
        Group.last(
          quadratic,
          damped,
          4,
          false,
          edge,
          degree,
          slots,
          stride,
          own,
          xOut,
          v,
          a,
          b,
          eta,
          alpha,
          beta,
          damping,
        );
    } else if (left === 4)
      Group.last(
        quadratic,
        true,
        1,
        true,
        edge,
        degree,
        slots,
        stride,
        own,
        xOut,
        v,
        a,
        b,
        eta,
        alpha,
        beta,
        damping,
      );
    else if (left === 8)
      Group.last(
        quadratic,
        true,
        2,
        true,
        edge,
        degree,
        slots,
        stride,
        own,
        xOut,
        v,
        a,
        b,
        eta,
        alpha,
        beta,
        damping,
      );
    else
      Group.last(
        quadratic,
        true,
        3,
        true,
        edge,
        degree,
        slots,
        stride,
        own,
        xOut,
        v,
        a,
        b,
        eta,
        alpha,
        beta,
        damping,
      );
  }
}

/**
 * All of an agent's edges but the last 8 or 4 (of one with fewer: none) into its row at `out`: those beyond
 * fours, then eights, in the order of the edges. Gives where the last ones begin.
 */
function beforeLast(
  edge: usize,
  end: usize,
  degree: f64,
  slots: usize,
  stride: usize,
  own: usize,
  out: usize,
): usize {
  let begins = true;
  const few = (end - edge) & 12;
  if (few) {
    if (few === 4) Group.some(1, true, edge, degree, slots, stride, own, out);
    else if (few === 8) Group.some(2, true, edge, degree, slots, stride, own, out);
    else Group.some(3, true, edge, degree, slots, stride, own, out);
    edge += few;
    begins = false;
  }
  for (; end - edge > 32; edge += 32) {
    if (begins) Group.some(8, true, edge, degree, slots, stride, own, out);
    else Group.some(8, false, edge, degree, slots, stride, own, out);
    begins = false;
  }
  return edge;
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
    if (unit && to > from) {
      let edge = columns + (from << 2);
      const end = columns + (to << 2);
      const begins = end - edge <= 16 || end - edge === 32;
      if (!begins) edge = beforeLast(edge, end, degree, slots, stride, own, xOut + at);
      const left = end - edge;
      if (gradient) {
        if (hImplicit !== 0)
          Group.finish(
            false,
            true,
            left,
            begins,
            edge,
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
          Group.finish(
            false,
            false,
            left,
            begins,
            edge,
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
        if (hImplicit !== 0)
          Group.finish(
            true,
            true,
            left,
            begins,
            edge,
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
          Group.finish(
            true,
            false,
            left,
            begins,
            edge,
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
    } else {
      if (gradient)
        Tile.row(
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
      else
        Tile.row(
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
    }
  }
}
