/** Samples with sparse features, and the same samples in rotated coordinates. Seeded, and the same everywhere. */

/** mulberry32, and normal numbers by Box and Muller. */
export function draws(seed) {
  let state = seed >>> 0;
  const uniform = () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let t = Math.imul(state ^ (state >>> 15), state | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
  };
  const normal = () => Math.sqrt(-2 * Math.log(1 - uniform())) * Math.cos(2 * Math.PI * uniform());
  return { uniform, normal };
}

/** Feature j = 1, 2, ... is present with probability j^-0.8; present features, and the model, are normal. */
export function makeData(seed, dim, samples) {
  const { uniform, normal } = draws(1000 + seed);
  const model = Float64Array.from({ length: dim }, normal);
  const x = new Float64Array(samples * dim);
  const y = new Float64Array(samples);
  for (let r = 0; r < samples; r++) {
    let margin = 0;
    for (let c = 0; c < dim; c++) {
      if (uniform() >= (c + 1) ** -0.8) continue;
      const value = normal();
      x[r * dim + c] = value;
      margin += value * model[c];
    }
    y[r] = uniform() < 1 / (1 + Math.exp(-margin)) ? 1 : -1;
  }
  return { x, y };
}

/** The same samples with their features rotated: an orthogonal matrix of normal columns, by Gram and Schmidt. */
export function rotated({ x, y }, dim, seed) {
  const { normal } = draws(2000 + seed);
  const basis = [];
  while (basis.length < dim) {
    const column = Array.from({ length: dim }, normal);
    // Twice, against rounding.
    for (const each of [...basis, ...basis]) {
      const along = each.reduce((sum, value, i) => sum + value * column[i], 0);
      for (let i = 0; i < dim; i++) column[i] -= along * each[i];
    }
    const size = Math.hypot(...column);
    basis.push(column.map((value) => value / size));
  }
  const turned = new Float64Array(x.length);
  for (let r = 0; r < y.length; r++)
    for (let c = 0; c < dim; c++) {
      let sum = 0;
      for (let i = 0; i < dim; i++) sum += basis[c][i] * x[r * dim + i];
      turned[r * dim + c] = sum;
    }
  return { x: turned, y };
}
