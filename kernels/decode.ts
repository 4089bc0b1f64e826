/** out row = the agent's own message, decoded: what it adds to its copy of what the network knows of it. */
import { Packed, Row, Signs } from './lanes';

export function decodeDense(
  first: usize,
  count: usize,
  slots: usize,
  slotStride: usize,
  out: usize,
  outStride: usize,
  n: usize,
): void {
  for (let r: usize = 0; r < count; r++) {
    const slot = slots + (first + r) * slotStride;
    const row = out + r * outStride;
    let c: usize = 0;
    for (; c + 2 <= n; c += 2) v128.store(row + (c << 3), v128.load(slot + (c << 3)));
    if (c < n) store<f64>(row + (c << 3), load<f64>(slot + (c << 3)));
    Row.clear(row, n, Row.padded(n));
  }
}

/** `single`: the scale is a float32. */
class SignMessages {
  @inline static decode(
    single: bool,
    first: usize,
    count: usize,
    slots: usize,
    slotStride: usize,
    out: usize,
    outStride: usize,
    n: usize,
  ): void {
    for (let r: usize = 0; r < count; r++) {
      const slot = slots + (first + r) * slotStride;
      const row = out + r * outStride;
      const scale = Signs.scale(slot, single);
      const bytes = slot + Signs.scaleBytes(single);
      for (let c: usize = 0; c < n; c += 8) {
        const bits = Signs.spread(v128.load8_splat(bytes + (c >> 3)));
        const o = row + (c << 3);
        v128.store(o, Signs.apply(bits, 0, scale), 0);
        v128.store(o, Signs.apply(bits, 1, scale), 16);
        v128.store(o, Signs.apply(bits, 2, scale), 32);
        v128.store(o, Signs.apply(bits, 3, scale), 48);
      }
      Row.clear(row, n, Row.padded(n));
    }
  }
}

export function decodeSign(
  first: usize,
  count: usize,
  slots: usize,
  slotStride: usize,
  out: usize,
  outStride: usize,
  n: usize,
): void {
  SignMessages.decode(false, first, count, slots, slotStride, out, outStride, n);
}

export function decodeSignSingle(
  first: usize,
  count: usize,
  slots: usize,
  slotStride: usize,
  out: usize,
  outStride: usize,
  n: usize,
): void {
  SignMessages.decode(true, first, count, slots, slotStride, out, outStride, n);
}

export function decodeSparse(
  first: usize,
  count: usize,
  slots: usize,
  slotStride: usize,
  out: usize,
  outStride: usize,
  n: usize,
  k: usize,
  indexBits: usize,
): void {
  for (let r: usize = 0; r < count; r++) {
    const slot = slots + (first + r) * slotStride;
    const row = out + r * outStride;
    const indices = slot + (k << 3);
    Row.clearAll(row, n);
    for (let t: usize = 0; t < k; t++) {
      store<f64>(row + (Packed.read(indices, t, indexBits) << 3), load<f64>(slot + (t << 3)));
    }
  }
}
