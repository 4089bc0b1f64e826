/**
 * Messages of m numbers psi_j . e, with m directions psi_0 .. psi_(m-1) of the round, known to everyone;
 * decoded: sum_j (psi_j . e) psi_j.
 *
 *  - *cyclic*: psi_j is the unit vector of coordinate (index + j) mod n, so nothing is multiplied;
 *  - *projections*: any directions, as m padded rows (`basis`). Neighbours' numbers are summed before they
 *    are unfolded: a gather costs m n multiplications, whatever the degree.
 */
import { Row } from './lanes';
import { Real, SHIFT } from './real';

/** Cyclic: message = entries index, index + 1, ... (mod n), m of them; m <= n. */
export function encodeScalars(
  first: usize,
  count: usize,
  errors: usize,
  errorStride: usize,
  slots: usize,
  slotStride: usize,
  n: usize,
  index: usize,
  m: usize,
): void {
  for (let r: usize = 0; r < count; r++) {
    const row = errors + r * errorStride;
    const slot = slots + (first + r) * slotStride;
    let c = index;
    for (let j: usize = 0; j < m; j++) {
      store<real>(slot + (j << SHIFT), load<real>(row + (c << SHIFT)));
      if (++c === n) c = 0;
    }
  }
}

/** Cyclic: out row = sum_j L_ij m_j, as in gather.ts. */
export function gatherScalars(
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
  index: usize,
  m: usize,
): void {
  for (let r: usize = 0; r < count; r++) {
    const i = first + r;
    const row = out + r * outStride;
    Row.clearAll(row, n);
    const from = <usize>load<u32>(rowStart + (i << 2));
    const to = <usize>load<u32>(rowStart + (i << 2), 4);
    const degree = <real>load<f64>(degrees + (i << 3));
    let c = index;
    for (let j: usize = 0; j < m; j++) {
      const number = slots + (j << SHIFT);
      let a = degree * load<real>(number + i * slotStride);
      for (let e = from; e < to; e++) {
        const p = number + <usize>load<u32>(columns + (e << 2)) * slotStride;
        a -= <real>load<f64>(weights + e * weightStride) * load<real>(p);
      }
      store<real>(row + (c << SHIFT), a);
      if (++c === n) c = 0;
    }
  }
}

/** Cyclic: out row = the agent's own message. */
export function decodeScalars(
  first: usize,
  count: usize,
  slots: usize,
  slotStride: usize,
  out: usize,
  outStride: usize,
  n: usize,
  index: usize,
  m: usize,
): void {
  for (let r: usize = 0; r < count; r++) {
    const row = out + r * outStride;
    const slot = slots + (first + r) * slotStride;
    Row.clearAll(row, n);
    let c = index;
    for (let j: usize = 0; j < m; j++) {
      store<real>(row + (c << SHIFT), load<real>(slot + (j << SHIFT)));
      if (++c === n) c = 0;
    }
  }
}

/** Message = psi_j . e for the m padded rows psi_j at `basis`. */
export function encodeProjections(
  first: usize,
  count: usize,
  errors: usize,
  errorStride: usize,
  slots: usize,
  slotStride: usize,
  n: usize,
  basis: usize,
  m: usize,
): void {
  const basisStride = Row.padded(n) << SHIFT;
  for (let r: usize = 0; r < count; r++) {
    const row = errors + r * errorStride;
    const slot = slots + (first + r) * slotStride;
    for (let j: usize = 0; j < m; j++) {
      store<real>(slot + (j << SHIFT), <real>Row.dot(basis + j * basisStride, row, n));
    }
  }
}

/** row = sum_j numbers_j basis_j, from j = 0 on. */
function unfold(numbers: usize, basis: usize, m: usize, row: usize, n: usize): void {
  const bytes = Row.padded(n) << SHIFT;
  for (let at: usize = 0; at < bytes; at += 32) {
    let a = Real.splat(0);
    let b = Real.splat(0);
    for (let j: usize = 0; j < m; j++) {
      const number = Real.splatAt(numbers + (j << SHIFT));
      const p = basis + j * bytes + at;
      a = v128.add<real>(a, v128.mul<real>(number, v128.load(p, 0)));
      b = v128.add<real>(b, v128.mul<real>(number, v128.load(p, 16)));
    }
    v128.store(row + at, a, 0);
    v128.store(row + at, b, 16);
  }
}

/** out row = sum_j L_ij m_j, as in gather.ts. scratch: m numbers. */
export function gatherProjections(
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
  basis: usize,
  m: usize,
  scratch: usize,
): void {
  for (let r: usize = 0; r < count; r++) {
    const i = first + r;
    const from = <usize>load<u32>(rowStart + (i << 2));
    const to = <usize>load<u32>(rowStart + (i << 2), 4);
    const degree = <real>load<f64>(degrees + (i << 3));
    for (let j: usize = 0; j < m; j++) {
      const number = slots + (j << SHIFT);
      let a = degree * load<real>(number + i * slotStride);
      for (let e = from; e < to; e++) {
        const p = number + <usize>load<u32>(columns + (e << 2)) * slotStride;
        a -= <real>load<f64>(weights + e * weightStride) * load<real>(p);
      }
      store<real>(scratch + (j << SHIFT), a);
    }
    unfold(scratch, basis, m, out + r * outStride, n);
  }
}

/** out row = the agent's own message, unfolded. */
export function decodeProjections(
  first: usize,
  count: usize,
  slots: usize,
  slotStride: usize,
  out: usize,
  outStride: usize,
  n: usize,
  basis: usize,
  m: usize,
): void {
  for (let r: usize = 0; r < count; r++) {
    unfold(slots + (first + r) * slotStride, basis, m, out + r * outStride, n);
  }
}
