/**
 * out_i = sum_j L_ij m_j = degree_i m_i - sum_{j ~ i} w_ij m_j: an agent's row of the Laplacian applied to decoded messages.
 *
 * Neighbours are subtracted one after the other in CSR order, so a row's bits depend on the graph alone. Column tiles are
 * held in registers over all neighbours: a row of the output is written once. `weightStride` 0 means that `weights` holds the
 * one weight of every edge.
 */
import { Packed, Row, Signs } from './lanes';

/**
 * What lies far away is asked for before it is needed. Neighbours are scattered over memory, and a processor runs only so far ahead of
 * its arithmetic; here nothing stands between the loads, so that many of them are under way at once. The block's edges follow each other
 * in CSR.
 */
class Far {
  /** Loads the first word of every slot that the block reads, and leaves something at `out`, which the block will write over. */
  @inline static touch(
    first: usize,
    count: usize,
    rowStart: usize,
    columns: usize,
    slots: usize,
    slotStride: usize,
    out: usize,
  ): void {
    const from = <usize>load<u32>(rowStart + (first << 2));
    const to = <usize>load<u32>(rowStart + ((first + count) << 2));
    if (to - from > FAR_EDGES) return;
    let seen: u64 = 0;
    for (let e = from; e < to; e++)
      seen ^= load<u64>(slots + <usize>load<u32>(columns + (e << 2)) * slotStride);
    store<u64>(out, seen);
  }
}

/** More than this would push out of the caches what it brings in. */
const FAR_EDGES: usize = 2048;

class Dense {
  /** w m; where all weights are 1 the multiplication is left out, which changes no bits and saves a quarter of the time. */
  @inline static term(unit: bool, w: v128, m: v128): v128 {
    return unit ? m : f64x2.mul(w, m);
  }

  @inline static rows(
    unit: bool,
    first: usize,
    count: usize,
    rowStart: usize,
    columns: usize,
    weights: usize,
    weightStride: usize,
    degrees: usize,
    slots: usize,
    slotStride: usize,
    out: usize,
    outStride: usize,
    n: usize,
  ): void {
    for (let r: usize = 0; r < count; r++) {
      const i = first + r;
      const own = slots + i * slotStride;
      const row = out + r * outStride;
      const degree = load<f64>(degrees + (i << 3));
      const from = <usize>load<u32>(rowStart + (i << 2));
      const to = <usize>load<u32>(rowStart + (i << 2), 4);
      let c: usize = 0;
      for (; c + 16 <= n; c += 16) {
        const at = c << 3;
        const p = own + at;
        const d = f64x2.splat(degree);
        let a0 = f64x2.mul(d, v128.load(p, 0));
        let a1 = f64x2.mul(d, v128.load(p, 16));
        let a2 = f64x2.mul(d, v128.load(p, 32));
        let a3 = f64x2.mul(d, v128.load(p, 48));
        let a4 = f64x2.mul(d, v128.load(p, 64));
        let a5 = f64x2.mul(d, v128.load(p, 80));
        let a6 = f64x2.mul(d, v128.load(p, 96));
        let a7 = f64x2.mul(d, v128.load(p, 112));
        for (let e = from; e < to; e++) {
          const q = slots + <usize>load<u32>(columns + (e << 2)) * slotStride + at;
          const w = unit ? f64x2.splat(1) : v128.load64_splat(weights + e * weightStride);
          a0 = f64x2.sub(a0, Dense.term(unit, w, v128.load(q, 0)));
          a1 = f64x2.sub(a1, Dense.term(unit, w, v128.load(q, 16)));
          a2 = f64x2.sub(a2, Dense.term(unit, w, v128.load(q, 32)));
          a3 = f64x2.sub(a3, Dense.term(unit, w, v128.load(q, 48)));
          a4 = f64x2.sub(a4, Dense.term(unit, w, v128.load(q, 64)));
          a5 = f64x2.sub(a5, Dense.term(unit, w, v128.load(q, 80)));
          a6 = f64x2.sub(a6, Dense.term(unit, w, v128.load(q, 96)));
          a7 = f64x2.sub(a7, Dense.term(unit, w, v128.load(q, 112)));
        }
        const o = row + at;
        v128.store(o, a0, 0);
        v128.store(o, a1, 16);
        v128.store(o, a2, 32);
        v128.store(o, a3, 48);
        v128.store(o, a4, 64);
        v128.store(o, a5, 80);
        v128.store(o, a6, 96);
        v128.store(o, a7, 112);
      }
      for (; c + 2 <= n; c += 2) {
        const at = c << 3;
        let a = f64x2.mul(f64x2.splat(degree), v128.load(own + at));
        for (let e = from; e < to; e++) {
          const q = slots + <usize>load<u32>(columns + (e << 2)) * slotStride + at;
          a = f64x2.sub(a, f64x2.mul(v128.load64_splat(weights + e * weightStride), v128.load(q)));
        }
        v128.store(row + at, a);
      }
      if (c < n) {
        const at = c << 3;
        let a = degree * load<f64>(own + at);
        for (let e = from; e < to; e++) {
          const q = slots + <usize>load<u32>(columns + (e << 2)) * slotStride + at;
          a -= load<f64>(weights + e * weightStride) * load<f64>(q);
        }
        store<f64>(row + at, a);
      }
      Row.clear(row, n, Row.padded(n));
    }
  }
}

export function gatherDense(
  first: usize,
  count: usize,
  rowStart: usize,
  columns: usize,
  weights: usize,
  weightStride: usize,
  degrees: usize,
  slots: usize,
  slotStride: usize,
  out: usize,
  outStride: usize,
  n: usize,
): void {
  if (weightStride === 0 && load<f64>(weights) === 1) {
    Dense.rows(
      true,
      first,
      count,
      rowStart,
      columns,
      weights,
      weightStride,
      degrees,
      slots,
      slotStride,
      out,
      outStride,
      n,
    );
  } else {
    Dense.rows(
      false,
      first,
      count,
      rowStart,
      columns,
      weights,
      weightStride,
      degrees,
      slots,
      slotStride,
      out,
      outStride,
      n,
    );
  }
}

/**
 * Signs are never looked up: a shift brings a pair's two bits to the sign places of two lanes, and an exclusive or puts them on the
 * product weight * scale, which is formed once a neighbour.
 * `single`: the scale is a float32.
 */
class SignMessages {
  @inline static gather(
    single: bool,
    first: usize,
    count: usize,
    rowStart: usize,
    columns: usize,
    weights: usize,
    weightStride: usize,
    degrees: usize,
    slots: usize,
    slotStride: usize,
    out: usize,
    outStride: usize,
    n: usize,
  ): void {
    Far.touch(first, count, rowStart, columns, slots, slotStride, out);
    for (let r: usize = 0; r < count; r++) {
      const i = first + r;
      const own = slots + i * slotStride;
      const row = out + r * outStride;
      const degree = f64x2.splat(load<f64>(degrees + (i << 3)));
      const from = <usize>load<u32>(rowStart + (i << 2));
      const to = <usize>load<u32>(rowStart + (i << 2), 4);
      let c: usize = 0;
      for (; c + 16 <= n; c += 16) {
        const byte = (c >> 3) + Signs.scaleBytes(single);
        let s = f64x2.mul(degree, Signs.scale(own, single));
        let bits = Signs.spread(v128.load16_splat(own + byte));
        let a0 = Signs.apply(bits, 0, s);
        let a1 = Signs.apply(bits, 1, s);
        let a2 = Signs.apply(bits, 2, s);
        let a3 = Signs.apply(bits, 3, s);
        let a4 = Signs.apply(bits, 4, s);
        let a5 = Signs.apply(bits, 5, s);
        let a6 = Signs.apply(bits, 6, s);
        let a7 = Signs.apply(bits, 7, s);
        for (let e = from; e < to; e++) {
          const q = slots + <usize>load<u32>(columns + (e << 2)) * slotStride;
          s = f64x2.mul(v128.load64_splat(weights + e * weightStride), Signs.scale(q, single));
          bits = Signs.spread(v128.load16_splat(q + byte));
          a0 = f64x2.sub(a0, Signs.apply(bits, 0, s));
          a1 = f64x2.sub(a1, Signs.apply(bits, 1, s));
          a2 = f64x2.sub(a2, Signs.apply(bits, 2, s));
          a3 = f64x2.sub(a3, Signs.apply(bits, 3, s));
          a4 = f64x2.sub(a4, Signs.apply(bits, 4, s));
          a5 = f64x2.sub(a5, Signs.apply(bits, 5, s));
          a6 = f64x2.sub(a6, Signs.apply(bits, 6, s));
          a7 = f64x2.sub(a7, Signs.apply(bits, 7, s));
        }
        const o = row + (c << 3);
        v128.store(o, a0, 0);
        v128.store(o, a1, 16);
        v128.store(o, a2, 32);
        v128.store(o, a3, 48);
        v128.store(o, a4, 64);
        v128.store(o, a5, 80);
        v128.store(o, a6, 96);
        v128.store(o, a7, 112);
      }
      for (; c < n; c += 8) {
        const byte = (c >> 3) + Signs.scaleBytes(single);
        let s = f64x2.mul(degree, Signs.scale(own, single));
        let bits = Signs.spread(v128.load8_splat(own + byte));
        let a0 = Signs.apply(bits, 0, s);
        let a1 = Signs.apply(bits, 1, s);
        let a2 = Signs.apply(bits, 2, s);
        let a3 = Signs.apply(bits, 3, s);
        for (let e = from; e < to; e++) {
          const q = slots + <usize>load<u32>(columns + (e << 2)) * slotStride;
          s = f64x2.mul(v128.load64_splat(weights + e * weightStride), Signs.scale(q, single));
          bits = Signs.spread(v128.load8_splat(q + byte));
          a0 = f64x2.sub(a0, Signs.apply(bits, 0, s));
          a1 = f64x2.sub(a1, Signs.apply(bits, 1, s));
          a2 = f64x2.sub(a2, Signs.apply(bits, 2, s));
          a3 = f64x2.sub(a3, Signs.apply(bits, 3, s));
        }
        const o = row + (c << 3);
        v128.store(o, a0, 0);
        v128.store(o, a1, 16);
        v128.store(o, a2, 32);
        v128.store(o, a3, 48);
      }
      Row.clear(row, n, Row.padded(n));
    }
  }
}

export function gatherSign(
  first: usize,
  count: usize,
  rowStart: usize,
  columns: usize,
  weights: usize,
  weightStride: usize,
  degrees: usize,
  slots: usize,
  slotStride: usize,
  out: usize,
  outStride: usize,
  n: usize,
): void {
  SignMessages.gather(
    false,
    first,
    count,
    rowStart,
    columns,
    weights,
    weightStride,
    degrees,
    slots,
    slotStride,
    out,
    outStride,
    n,
  );
}

export function gatherSignSingle(
  first: usize,
  count: usize,
  rowStart: usize,
  columns: usize,
  weights: usize,
  weightStride: usize,
  degrees: usize,
  slots: usize,
  slotStride: usize,
  out: usize,
  outStride: usize,
  n: usize,
): void {
  SignMessages.gather(
    true,
    first,
    count,
    rowStart,
    columns,
    weights,
    weightStride,
    degrees,
    slots,
    slotStride,
    out,
    outStride,
    n,
  );
}

export function gatherSparse(
  first: usize,
  count: usize,
  rowStart: usize,
  columns: usize,
  weights: usize,
  weightStride: usize,
  degrees: usize,
  slots: usize,
  slotStride: usize,
  out: usize,
  outStride: usize,
  n: usize,
  k: usize,
  indexBits: usize,
): void {
  const quick = Packed.quickCount(k, indexBits);
  for (let r: usize = 0; r < count; r++) {
    const i = first + r;
    const row = out + r * outStride;
    Row.clearAll(row, n);
    addSparse(row, slots + i * slotStride, load<f64>(degrees + (i << 3)), k, indexBits, quick);
    const from = <usize>load<u32>(rowStart + (i << 2));
    const to = <usize>load<u32>(rowStart + (i << 2), 4);
    for (let e = from; e < to; e++) {
      const slot = slots + <usize>load<u32>(columns + (e << 2)) * slotStride;
      addSparse(row, slot, -load<f64>(weights + e * weightStride), k, indexBits, quick);
    }
  }
}

/** row += factor * the sparse message in `slot`. */
function addSparse(row: usize, slot: usize, factor: f64, k: usize, indexBits: usize, quick: usize): void {
  const indices = slot + (k << 3);
  const mask: u32 = (1 << (<u32>indexBits)) - 1;
  let t: usize = 0;
  for (let position: usize = 0; t < quick; t++, position += indexBits) {
    const p = row + (Packed.quickRead(indices, position, mask) << 3);
    store<f64>(p, load<f64>(p) + factor * load<f64>(slot + (t << 3)));
  }
  for (; t < k; t++) {
    const p = row + (Packed.read(indices, t, indexBits) << 3);
    store<f64>(p, load<f64>(p) + factor * load<f64>(slot + (t << 3)));
  }
}
