/**
 * A round of push-sum, agent by agent:
 *
 *     (sums, weight) = own share + sum over in-neighbours of w share
 *     x = sums / weight        next share = (sums, weight) / (1 + out-degree)
 *
 * A row of shares holds dim sums and then the weight, which is added up first. What is added up is minus the
 * sum, -own - w share - ..., as the gather kernels do it.
 */
import { Edge, Row } from './lanes';
import { LANES, Real, SHIFT } from './real';
import { Touch } from './touch';

class Share {
  /** A vector of minus the sums to x and the next share. */
  @inline static split(total: v128, weight: v128, parts: v128, x: usize, out: usize): void {
    const sums = v128.neg<real>(total);
    v128.store(x, v128.div<real>(sums, weight));
    v128.store(out, v128.div<real>(sums, parts));
  }

  /** Minus the sum of one entry. */
  @inline static entry(
    c: usize,
    from: usize,
    to: usize,
    columns: usize,
    weights: usize,
    weightStride: usize,
    shares: usize,
    stride: usize,
    own: usize,
  ): real {
    const at = c << SHIFT;
    let total = -load<real>(own + at);
    for (let e = from; e < to; e++) {
      const q = shares + <usize>load<u32>(columns + (e << 2)) * stride + at;
      total -= <real>load<f64>(weights + e * weightStride) * load<real>(q);
    }
    return total;
  }

  @inline static rows(
    unit: bool,
    first: usize,
    count: usize,
    dim: usize,
    rowStart: usize,
    columns: usize,
    weights: usize,
    weightStride: usize,
    outDegrees: usize,
    shares: usize,
    next: usize,
    stride: usize,
    x: usize,
    xStride: usize,
    ahead: usize,
    agents: usize,
  ): void {
    for (let r: usize = 0; r < count; r++) {
      const i = first + r;
      const own = shares + i * stride;
      const row = x + i * xStride;
      const out = next + i * stride;
      const from = <usize>load<u32>(rowStart + (i << 2));
      const to = <usize>load<u32>(rowStart + (i << 2), 4);
      // What is stored keeps the loads alive; the share is written over it.
      if (ahead && i + ahead < agents)
        store<u64>(out, Touch.slots(i + ahead, rowStart, columns, shares, stride));
      const weight = -Share.entry(dim, from, to, columns, weights, weightStride, shares, stride, own);
      const parts = <real>(1 + load<f64>(outDegrees + (i << 3)));
      const byWeight = v128.splat<real>(weight);
      const byParts = v128.splat<real>(parts);
      let c: usize = 0;
      for (; c + 8 * LANES <= dim; c += 8 * LANES) {
        const at = c << SHIFT;
        const p = own + at;
        let a0 = v128.neg<real>(v128.load(p, 0));
        let a1 = v128.neg<real>(v128.load(p, 16));
        let a2 = v128.neg<real>(v128.load(p, 32));
        let a3 = v128.neg<real>(v128.load(p, 48));
        let a4 = v128.neg<real>(v128.load(p, 64));
        let a5 = v128.neg<real>(v128.load(p, 80));
        let a6 = v128.neg<real>(v128.load(p, 96));
        let a7 = v128.neg<real>(v128.load(p, 112));
        for (let e = from; e < to; e++) {
          const q = shares + <usize>load<u32>(columns + (e << 2)) * stride + at;
          const w = unit ? Real.splat(1) : Real.splatDouble(weights + e * weightStride);
          a0 = Edge.minus(unit, a0, w, v128.load(q, 0));
          a1 = Edge.minus(unit, a1, w, v128.load(q, 16));
          a2 = Edge.minus(unit, a2, w, v128.load(q, 32));
          a3 = Edge.minus(unit, a3, w, v128.load(q, 48));
          a4 = Edge.minus(unit, a4, w, v128.load(q, 64));
          a5 = Edge.minus(unit, a5, w, v128.load(q, 80));
          a6 = Edge.minus(unit, a6, w, v128.load(q, 96));
          a7 = Edge.minus(unit, a7, w, v128.load(q, 112));
        }
        const o = row + at;
        const s = out + at;
        Share.split(a0, byWeight, byParts, o, s);
        Share.split(a1, byWeight, byParts, o + 16, s + 16);
        Share.split(a2, byWeight, byParts, o + 32, s + 32);
        Share.split(a3, byWeight, byParts, o + 48, s + 48);
        Share.split(a4, byWeight, byParts, o + 64, s + 64);
        Share.split(a5, byWeight, byParts, o + 80, s + 80);
        Share.split(a6, byWeight, byParts, o + 96, s + 96);
        Share.split(a7, byWeight, byParts, o + 112, s + 112);
      }
      for (; c + LANES <= dim; c += LANES) {
        const at = c << SHIFT;
        let a = v128.neg<real>(v128.load(own + at));
        for (let e = from; e < to; e++) {
          const q = shares + <usize>load<u32>(columns + (e << 2)) * stride + at;
          a = v128.sub<real>(a, v128.mul<real>(Real.splatDouble(weights + e * weightStride), v128.load(q)));
        }
        Share.split(a, byWeight, byParts, row + at, out + at);
      }
      for (; c < dim; c++) {
        const sum = -Share.entry(c, from, to, columns, weights, weightStride, shares, stride, own);
        store<real>(row + (c << SHIFT), sum / weight);
        store<real>(out + (c << SHIFT), sum / parts);
      }
      store<real>(out + (dim << SHIFT), weight / parts);
      Row.clear(row, dim, Row.padded(dim));
      Row.clear(out, dim + 1, Row.padded(dim + 1));
    }
  }
}

/**
 * One round. shares, next: rows of dim + 1 entries of all agents, of this round and of the next; x: rows of
 * all agents. The shares that the agent `ahead` further on hears are asked for early; ahead 0: they are not.
 * `agents`: how many there are.
 */
export function pushSum(
  first: usize,
  count: usize,
  dim: usize,
  rowStart: usize,
  columns: usize,
  weights: usize,
  weightStride: usize,
  outDegrees: usize,
  shares: usize,
  next: usize,
  stride: usize,
  x: usize,
  xStride: usize,
  ahead: usize,
  agents: usize,
): void {
  if (weightStride === 0 && load<f64>(weights) === 1) {
    Share.rows(
      true,
      first,
      count,
      dim,
      rowStart,
      columns,
      weights,
      weightStride,
      outDegrees,
      shares,
      next,
      stride,
      x,
      xStride,
      ahead,
      agents,
    );
  } else {
    Share.rows(
      false,
      first,
      count,
      dim,
      rowStart,
      columns,
      weights,
      weightStride,
      outDegrees,
      shares,
      next,
      stride,
      x,
      xStride,
      ahead,
      agents,
    );
  }
}
