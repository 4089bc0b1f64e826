/**
 * Lines asked for early. Neighbours are scattered over memory, and between loads with arithmetic a processor
 * runs ahead only a little. Here nothing stands between the loads, so that many are under way at once. What
 * they load is thrown away, but for a word that keeps them alive: the caller stores it where something else
 * is written next.
 */

/**
 * Asks for all that the gather of a block is about to read. What is stored at `out` keeps the loads alive;
 * the block overwrites it.
 */
export function touchSlots(
  first: usize,
  count: usize,
  rowStart: usize,
  columns: usize,
  slots: usize,
  slotStride: usize,
  out: usize,
): void {
  let seen: u64 = 0;
  for (let r: usize = 0; r < count; r++) seen ^= Touch.slots(first + r, rowStart, columns, slots, slotStride);
  store<u64>(out, seen);
}

/** An agent with more neighbours is left out: its rows would evict from the caches what was brought in. */
const MOST_EDGES: usize = 64;

export class Touch {
  /** The first word of every slot whose column stands at at .. end. */
  @inline static firstWords(from: usize, end: usize, slots: usize, stride: usize): u64 {
    let at = from;
    let seen: u64 = 0;
    for (; at + 16 <= end; at += 16) {
      const q0 = load<u64>(slots + <usize>load<u32>(at, 0) * stride);
      const q1 = load<u64>(slots + <usize>load<u32>(at, 4) * stride);
      const q2 = load<u64>(slots + <usize>load<u32>(at, 8) * stride);
      const q3 = load<u64>(slots + <usize>load<u32>(at, 12) * stride);
      seen ^= q0 ^ q1 ^ q2 ^ q3;
    }
    for (; at < end; at += 4) seen ^= load<u64>(slots + <usize>load<u32>(at) * stride);
    return seen;
  }

  /** A word of every line of the slots that agent i reads; slots lie `stride` bytes apart. */
  @inline static slots(i: usize, rowStart: usize, columns: usize, slots: usize, stride: usize): u64 {
    let at = columns + ((<usize>load<u32>(rowStart + (i << 2))) << 2);
    const end = columns + ((<usize>load<u32>(rowStart + (i << 2), 4)) << 2);
    let seen: u64 = 0;
    if (end - at > MOST_EDGES << 2) return seen;
    const lines = (stride + 63) >> 6;
    if (lines === 1) {
      seen = Touch.firstWords(at, end, slots, stride);
    } else if (lines === 4) {
      for (; at < end; at += 4) {
        const q = slots + <usize>load<u32>(at) * stride;
        seen ^= load<u64>(q, 0) ^ load<u64>(q, 64) ^ load<u64>(q, 128) ^ load<u64>(q, 192);
      }
    } else {
      const whole = lines & ~(<usize>7);
      for (; at < end; at += 4) {
        let q = slots + <usize>load<u32>(at) * stride;
        const eights = q + (whole << 6);
        const all = q + (lines << 6);
        for (; q < eights; q += 512) {
          seen ^=
            load<u64>(q, 0) ^
            load<u64>(q, 64) ^
            load<u64>(q, 128) ^
            load<u64>(q, 192) ^
            load<u64>(q, 256) ^
            load<u64>(q, 320) ^
            load<u64>(q, 384) ^
            load<u64>(q, 448);
        }
        for (; q < all; q += 64) seen ^= load<u64>(q);
      }
    }
    return seen;
  }
}
