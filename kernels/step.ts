/**
 * Steps of the primal-dual flow, one pass over memory each; all right-hand sides are those of the round's
 * beginning.
 *
 *     x <- x - (h eta g + h alpha Ly + h beta v)      v <- v + h beta Ly
 *
 * Semi-implicit, the step is divided by 1 + hImplicit d_i, d_i the agent's weighted degree
 * (`degrees`: from the block's first agent on). The caller then gives h alpha for hImplicit and h alpha + (h
 * beta)^2 in the place of h alpha, so that x uses the new dual. Forward Euler is hImplicit = 0: a factor of
 * exactly 1.
 *
 * And with y from the network's estimates s (z = L s, u = L q, q = the agent's own decoded message):
 *
 *     Ly = z + current u;  x, v as above;  s <- s + mu q;  z <- z + mu u;  error = x - s (both new).
 *
 * With a memory m of what the messages left out, each agent takes its own state as it is (d its weighted
 * degree in this round, D that of the whole graph, the same where links do not change; m the round's
 * beginning's):
 *
 *     o = x - (s + q);  r = z + u + d o;  x <- x - (h eta g + h alpha r + h beta v);  v <- v + h beta r;
 *     s <- s + mu q;  z <- z + mu u;  m <- m + (d/D) o;  error = x - s + gamma m (all new).
 *
 * Entry by entry, so nothing depends on how rows are cut into blocks.
 */

import { Real, SHIFT } from './real';

/** The primal-dual step with Ly of the messages. xOut may be x. */
export function stepPrimalDual(
  count: usize,
  stride: usize,
  n: usize,
  x: usize,
  xOut: usize,
  v: usize,
  gradient: usize,
  laplacian: usize,
  degrees: usize,
  hEta: f64,
  hAlpha: f64,
  hBeta: f64,
  hImplicit: f64,
): void {
  const eta = Real.splat(hEta);
  const alpha = Real.splat(hAlpha);
  const beta = Real.splat(hBeta);
  for (let r: usize = 0; r < count; r++) {
    const damping = Real.splat(1 / (1 + hImplicit * load<f64>(degrees + (r << 3))));
    const begin = r * stride;
    const end = begin + (n << SHIFT);
    for (let at = begin; at < end; at += 16) {
      const ly = v128.load(laplacian + at);
      const dual = v128.load(v + at);
      const g = v128.mul<real>(eta, v128.load(gradient + at));
      const slope = v128.add<real>(v128.add<real>(g, v128.mul<real>(alpha, ly)), v128.mul<real>(beta, dual));
      v128.store(xOut + at, v128.sub<real>(v128.load(x + at), v128.mul<real>(damping, slope)));
      v128.store(v + at, v128.add<real>(dual, v128.mul<real>(beta, ly)));
    }
  }
}

/** With the network's estimates s. `current`: 1 for error-state, 0 for observer. */
export function stepPrimalDualError(
  count: usize,
  stride: usize,
  n: usize,
  x: usize,
  v: usize,
  s: usize,
  z: usize,
  gradient: usize,
  laplacian: usize,
  message: usize,
  error: usize,
  degrees: usize,
  hEta: f64,
  hAlpha: f64,
  hBeta: f64,
  hImplicit: f64,
  mu: f64,
  current: f64,
): void {
  const eta = Real.splat(hEta);
  const alpha = Real.splat(hAlpha);
  const beta = Real.splat(hBeta);
  const gain = Real.splat(mu);
  const now = Real.splat(current);
  for (let r: usize = 0; r < count; r++) {
    const damping = Real.splat(1 / (1 + hImplicit * load<f64>(degrees + (r << 3))));
    const begin = r * stride;
    const end = begin + (n << SHIFT);
    for (let at = begin; at < end; at += 16) {
      const u = v128.load(laplacian + at);
      const known = v128.load(z + at);
      const ly = v128.add<real>(known, v128.mul<real>(now, u));
      v128.store(z + at, v128.add<real>(known, v128.mul<real>(gain, u)));
      const dual = v128.load(v + at);
      const g = v128.mul<real>(eta, v128.load(gradient + at));
      const slope = v128.add<real>(v128.add<real>(g, v128.mul<real>(alpha, ly)), v128.mul<real>(beta, dual));
      const moved = v128.sub<real>(v128.load(x + at), v128.mul<real>(damping, slope));
      v128.store(x + at, moved);
      v128.store(v + at, v128.add<real>(dual, v128.mul<real>(beta, ly)));
      const estimate = v128.add<real>(v128.load(s + at), v128.mul<real>(gain, v128.load(message + at)));
      v128.store(s + at, estimate);
      v128.store(error + at, v128.sub<real>(moved, estimate));
    }
  }
}

/** With a memory m. degrees: d of this round; fixedDegrees: D of the whole graph. */
export function stepPrimalDualMemory(
  count: usize,
  stride: usize,
  n: usize,
  x: usize,
  v: usize,
  s: usize,
  z: usize,
  memory: usize,
  degrees: usize,
  fixedDegrees: usize,
  gradient: usize,
  laplacian: usize,
  message: usize,
  error: usize,
  hEta: f64,
  hAlpha: f64,
  hBeta: f64,
  hImplicit: f64,
  mu: f64,
  gamma: f64,
): void {
  const eta = Real.splat(hEta);
  const alpha = Real.splat(hAlpha);
  const beta = Real.splat(hBeta);
  const gain = Real.splat(mu);
  const share = Real.splat(gamma);
  for (let r: usize = 0; r < count; r++) {
    const degreeNow = load<f64>(degrees + (r << 3));
    const fixed = load<f64>(fixedDegrees + (r << 3));
    const damping = Real.splat(1 / (1 + hImplicit * degreeNow));
    const degree = Real.splat(degreeNow);
    const weight = Real.splat(degreeNow === fixed ? 1 : degreeNow / fixed);
    const begin = r * stride;
    const end = begin + (n << SHIFT);
    for (let at = begin; at < end; at += 16) {
      const u = v128.load(laplacian + at);
      const known = v128.load(z + at);
      const sent = v128.load(message + at);
      const state = v128.load(x + at);
      const estimate = v128.load(s + at);
      const omitted = v128.sub<real>(state, v128.add<real>(estimate, sent));
      const disagreement = v128.add<real>(v128.add<real>(known, u), v128.mul<real>(degree, omitted));
      v128.store(z + at, v128.add<real>(known, v128.mul<real>(gain, u)));
      const dual = v128.load(v + at);
      const g = v128.mul<real>(eta, v128.load(gradient + at));
      const slope = v128.add<real>(
        v128.add<real>(g, v128.mul<real>(alpha, disagreement)),
        v128.mul<real>(beta, dual),
      );
      const moved = v128.sub<real>(state, v128.mul<real>(damping, slope));
      v128.store(x + at, moved);
      v128.store(v + at, v128.add<real>(dual, v128.mul<real>(beta, disagreement)));
      const filtered = v128.add<real>(estimate, v128.mul<real>(gain, sent));
      v128.store(s + at, filtered);
      const total = v128.add<real>(v128.load(memory + at), v128.mul<real>(weight, omitted));
      v128.store(memory + at, total);
      v128.store(error + at, v128.add<real>(v128.sub<real>(moved, filtered), v128.mul<real>(share, total)));
    }
  }
}

/**
 * Copies n entries from one row to another if all of them are finite, and says whether they are: 1 or 0. The
 * two may be the same. n: whole vectors.
 */
export function copyFinite(n: usize, from: usize, to: usize): i32 {
  const zero = Real.splat(0);
  let sum = Real.splat(0);
  const bytes = n << SHIFT;
  // 0 x is 0 for every finite x, and NaN for the rest.
  for (let at: usize = 0; at < bytes; at += 16) {
    sum = v128.add<real>(sum, v128.mul<real>(zero, v128.load(from + at)));
  }
  if (!Real.equal(sum, sum)) return 0;
  for (let at: usize = 0; at < bytes; at += 16) v128.store(to + at, v128.load(from + at));
  return 1;
}

/** out = a - b, row by row. */
export function subtract(count: usize, stride: usize, n: usize, a: usize, b: usize, out: usize): void {
  for (let r: usize = 0; r < count; r++) {
    const begin = r * stride;
    const end = begin + (n << SHIFT);
    for (let at = begin; at < end; at += 16) {
      v128.store(out + at, v128.sub<real>(v128.load(a + at), v128.load(b + at)));
    }
  }
}

/**
 * out = a x + b y + c z + d u + e w, added from left to right; the first of z, u, w whose address is 0 ends
 * the sum. out may be one of the others (the same address), and may not otherwise overlap them.
 */
export function combine(
  count: usize,
  stride: usize,
  n: usize,
  out: usize,
  a: f64,
  x: usize,
  b: f64,
  y: usize,
  c: f64,
  z: usize,
  d: f64,
  u: usize,
  e: f64,
  w: usize,
): void {
  const byA = Real.splat(a);
  const byB = Real.splat(b);
  const byC = Real.splat(c);
  const byD = Real.splat(d);
  const byE = Real.splat(e);
  for (let r: usize = 0; r < count; r++) {
    const begin = r * stride;
    const end = begin + (n << SHIFT);
    // The number of terms is the same all along a row: the branches are outside the loops over entries.
    if (z === 0) {
      for (let at = begin; at < end; at += 16) {
        v128.store(
          out + at,
          v128.add<real>(v128.mul<real>(byA, v128.load(x + at)), v128.mul<real>(byB, v128.load(y + at))),
        );
      }
    } else if (u === 0) {
      for (let at = begin; at < end; at += 16) {
        const two = v128.add<real>(
          v128.mul<real>(byA, v128.load(x + at)),
          v128.mul<real>(byB, v128.load(y + at)),
        );
        v128.store(out + at, v128.add<real>(two, v128.mul<real>(byC, v128.load(z + at))));
      }
    } else if (w === 0) {
      for (let at = begin; at < end; at += 16) {
        const two = v128.add<real>(
          v128.mul<real>(byA, v128.load(x + at)),
          v128.mul<real>(byB, v128.load(y + at)),
        );
        const three = v128.add<real>(two, v128.mul<real>(byC, v128.load(z + at)));
        v128.store(out + at, v128.add<real>(three, v128.mul<real>(byD, v128.load(u + at))));
      }
    } else {
      for (let at = begin; at < end; at += 16) {
        const two = v128.add<real>(
          v128.mul<real>(byA, v128.load(x + at)),
          v128.mul<real>(byB, v128.load(y + at)),
        );
        const three = v128.add<real>(two, v128.mul<real>(byC, v128.load(z + at)));
        const four = v128.add<real>(three, v128.mul<real>(byD, v128.load(u + at)));
        v128.store(out + at, v128.add<real>(four, v128.mul<real>(byE, v128.load(w + at))));
      }
    }
  }
}
