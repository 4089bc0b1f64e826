/**
 * Dithered signs of a range of coordinates: bit c = sign bit of e_c + lambda tau_c, tau uniform in (-1, 1)
 * from Philox (agent, round, stream).
 *
 * The dither of CHUNK coordinates at a time stands in `scratch`, so that it stays in the first cache, however
 * long the row.
 */
import { Signs } from './lanes';
import { uniformRange } from './philox';
import { LINE, Real, SHIFT } from './real';
import { DITHER_SCRATCH } from './sizes';

/** Coordinates whose dither is drawn together. */
const CHUNK: usize = DITHER_SCRATCH;

/**
 * Bits first .. first + count - 1 of the message at `bytes`, of the row at `row` (both addresses of
 * coordinate 0); first is a multiple of 16. Bits of the last byte beyond the range are zero. Rows are
 * readable up to a whole line. Returns the address behind the last byte.
 */
export function ditherSigns(
  row: usize,
  bytes: usize,
  first: usize,
  count: usize,
  lambda: f64,
  agent: u32,
  round: u32,
  stream: u32,
  keyLow: u32,
  keyHigh: u32,
  scratch: usize,
): usize {
  const l = Real.splat(lambda);
  const end = first + count;
  let at = bytes + (first >> 3);
  for (let begin = first; begin < end; begin += CHUNK) {
    const length = min<usize>(CHUNK, end - begin);
    uniformRange(scratch, <u32>begin, <u32>length, agent, round, stream, keyLow, keyHigh);
    const p = row + (begin << SHIFT);
    for (let c: usize = 0; c < length; c += LINE) {
      const q = p + (c << SHIFT);
      const tau = scratch + (c << SHIFT);
      const bits = Signs.packLine(
        v128.add<real>(v128.load(q, 0), v128.mul<real>(l, v128.load(tau, 0))),
        v128.add<real>(v128.load(q, 16), v128.mul<real>(l, v128.load(tau, 16))),
        v128.add<real>(v128.load(q, 32), v128.mul<real>(l, v128.load(tau, 32))),
        v128.add<real>(v128.load(q, 48), v128.mul<real>(l, v128.load(tau, 48))),
      );
      const left = length - c;
      at += Signs.storeFirst(at, bits, left);
    }
  }
  return at;
}
