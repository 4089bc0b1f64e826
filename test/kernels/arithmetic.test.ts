import { expect, it } from 'vitest';
import { arithmetic } from '../../kernels/reference/arithmetic.js';
import { Bench } from './harness.js';

it('does every step, on every number, as the reference implementation does', () => {
  const { kernels } = new Bench(65536);
  // All of them tend to 1, so few steps tell more than many.
  for (const steps of [0, 1, 2, 3, 10, 40, 1000]) expect(kernels.arithmetic(steps)).toBe(arithmetic(steps));
  // 28 and -28 at first; then 3/4 of their sum, and sixteen quarters.
  expect(kernels.arithmetic(0)).toBe(0);
  expect(kernels.arithmetic(1)).toBe(4);
});

it('triad: b - factor c, and nothing behind', () => {
  const bench = new Bench(65536);
  const [a, b, c] = [bench.f64(8), bench.f64(8), bench.f64(8)];
  b.data.set([1, 2, 3, 4, 5, 6, 7, 8]);
  c.data.set([8, 7, 6, 5, 4, 3, 2, 1]);
  a.data.fill(-1);
  bench.kernels.triad(6, a.at, b.at, c.at, 3);
  expect([...a.data]).toEqual([-23, -19, -15, -11, -7, -3, -1, -1]);
});
