import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { createArena } from '../../src/arena/arena.js';
import { layoutArena } from '../../src/arena/layout.js';
import { quadratic } from '../../src/cost/quadratic.js';
import { writeNpy } from '../../src/data/npy.js';
import { runs } from '../support/properties.js';
import { contextOf, differences, largest, loadSpec, scratchFolder } from './support.js';

async function fromRows(a: number[][], b: number[][]) {
  const folder = scratchFolder();
  const write = async (name: string, rows: number[][]) => {
    const file = `${folder}/${name}.npy`;
    await writeNpy(file, { shape: [rows.length, rows[0]!.length], data: Float64Array.from(rows.flat()) });
    return file;
  };
  const spec = { kind: 'quadratic', a: await write('a', a), b: await write('b', b) };
  return loadSpec(spec, contextOf(a.length));
}

describe('quadratic from files', () => {
  it('has the minimiser that one can work out by hand', async () => {
    // Coordinate 0: (1*0 + 3*4) / 4 = 3. Coordinate 1: (2*1 + 2*2) / 4 = 1.5.
    const model = await fromRows(
      [
        [1, 2],
        [3, 2],
      ],
      [
        [0, 1],
        [4, 2],
      ],
    );
    const { x, value, gradientNorm } = model.optimum()!;
    expect([...x]).toEqual([3, 1.5]);
    // 1/2 * [ (1*9 + 2*0.25)/2 + (3*1 + 2*0.25)/2 ] = (9.5 + 3.5) / 4
    expect(value).toBe(3.25);
    expect(gradientNorm).toBe(0);
    expect(model.curvature).toEqual({ m: 1, l: 3, meanM: 2, meanL: 2 });
  });

  it('keeps no opinion where an agent does not care, but asks that somebody does', async () => {
    const model = await fromRows([[0], [2]], [[100], [1]]);
    expect([...model.optimum()!.x]).toEqual([1]);
    await expect(
      fromRows(
        [
          [0, 1],
          [0, 1],
        ],
        [
          [1, 1],
          [1, 1],
        ],
      ),
    ).rejects.toThrow(/column 0 .* is zero for every agent/);
  });

  it('is stationary at its minimiser, and nowhere lower', async () => {
    const entry = fc.tuple(
      fc.double({ min: 0.01, max: 100, noNaN: true }),
      fc.double({ min: -1e3, max: 1e3, noNaN: true }),
    );
    const problem = fc
      .tuple(fc.integer({ min: 1, max: 6 }), fc.integer({ min: 1, max: 5 }))
      .chain(([n, d]) =>
        fc.array(fc.array(entry, { minLength: d, maxLength: d }), { minLength: n, maxLength: n }),
      );
    await fc.assert(
      fc.asyncProperty(problem, async (rows) => {
        const a = rows.map((row) => row.map(([curvature]) => curvature));
        const model = await fromRows(
          a,
          rows.map((row) => row.map(([, centre]) => centre)),
        );
        const { x, value, gradientNorm } = model.optimum()!;
        expect(gradientNorm).toBeLessThan(1e-10);
        const elsewhere = x.map((v, c) => v + Math.sin(1 + c));
        expect(model.value(elsewhere)).toBeGreaterThan(value);
      }),
      { numRuns: runs(25) },
    );
  });

  it.each([
    [
      'a negative curvature',
      [[1, -2]],
      [[0, 0]],
      /a\.npy: entry \[0, 1\].* is -2, expected a finite number >= 0/,
    ],
    [
      'a centre that is no number',
      [[1, 2]],
      [[NaN, 0]],
      /b\.npy: entry \[0, 0\].* is NaN, expected a finite number/,
    ],
    [
      'rows of different lengths',
      [[1, 2]],
      [[0]],
      /b\.npy has shape \(1, 1\), expected that of .*a\.npy: \(1, 2\)/,
    ],
  ])('refuses %s, with its place', async (_, a, b, message) => {
    await expect(fromRows(a, b)).rejects.toThrow(message);
  });

  it('refuses a file with other than one row for each agent', async () => {
    const folder = scratchFolder();
    await writeNpy(`${folder}/a.npy`, { shape: [3, 2], data: new Float64Array(6).fill(1) });
    const spec = { kind: 'quadratic', a: `${folder}/a.npy`, b: `${folder}/a.npy` };
    await expect(loadSpec(spec, contextOf(4))).rejects.toMatchObject({
      code: 'BAD_INPUT',
      message: `${folder}/a.npy has shape (3, 2), expected (4, dim): one row for each agent`,
      path: ['cost', 'a'],
    });
  });
});

describe('quadratic, drawn', () => {
  it('draws a in (1, condition), b in (-1, 1), and the same numbers whoever asks', async () => {
    const load = () => loadSpec({ kind: 'quadratic', dim: 5, condition: 20 }, contextOf(200));
    const model = await load();
    const arena = createArena(layoutArena(model.fields, 1));
    const before = { value: model.value(new Float64Array(5)), optimum: model.optimum()! };
    model.fill(arena);
    expect(model.value(new Float64Array(5))).toBe(before.value);
    expect(model.optimum()).toEqual(before.optimum);
    expect((await load()).optimum()).toEqual(before.optimum);

    const a = arena.view('cost.a', 'f64');
    const b = arena.view('cost.b', 'f64');
    const real = (values: Float64Array) => values.filter((_, i) => i % 8 < 5);
    const padding = (values: Float64Array) => values.filter((_, i) => i % 8 >= 5);
    expect(Math.min(...real(a))).toBe(model.curvature.m);
    expect(Math.max(...real(a))).toBe(model.curvature.l);
    expect(model.curvature.m).toBeGreaterThan(1);
    expect(model.curvature.m).toBeLessThan(1.1);
    expect(model.curvature.l).toBeGreaterThan(19.8);
    expect(model.curvature.l).toBeLessThan(20);
    expect(Math.max(...real(b).map(Math.abs))).toBeLessThan(1);
    expect(Math.abs(real(b).reduce((x, y) => x + y) / 1000)).toBeLessThan(0.05);
    expect(largest(padding(a)) + largest(padding(b))).toBe(0);
  });

  it('depends on the seed of the run, or on its own', async () => {
    const minimiser = async (spec: object, seed: number) => {
      const model = await loadSpec(
        { kind: 'quadratic', dim: 3, ...spec },
        contextOf(4, { seed: { low: seed, high: 0 } }),
      );
      return [...model.optimum()!.x];
    };
    expect(await minimiser({}, 1)).not.toEqual(await minimiser({}, 2));
    expect(await minimiser({ seed: 7 }, 1)).toEqual(await minimiser({ seed: 7 }, 2));
  });

  it('has the gradient that differences of its value say', async () => {
    const model = await loadSpec({ kind: 'quadratic', dim: 4 }, contextOf(7));
    const { x } = model.optimum()!;
    expect(largest(differences((point) => model.value(point), x))).toBeLessThan(1e-9);
  });
});

describe('parameters', () => {
  const schema = quadratic.parameters(z);
  it.each([
    [{ kind: 'quadratic', a: 'a.npy', b: 'b.npy' }, true],
    [{ kind: 'quadratic', dim: 16 }, true],
    [{ kind: 'quadratic', dim: 16, condition: 100, seed: 3 }, true],
    [{ kind: 'quadratic' }, false],
    [{ kind: 'quadratic', a: 'a.npy' }, false],
    [{ kind: 'quadratic', a: 'a.npy', b: 'b.npy', dim: 16 }, false],
    [{ kind: 'quadratic', dim: 0 }, false],
    [{ kind: 'quadratic', dim: 16, conditions: 100 }, false],
  ])('%j: %s', (spec, good) => {
    expect(schema.safeParse(spec).success).toBe(good);
  });
});
