/**
 * Problems at the edge of what gains can be reckoned from, written as small files: curvature that is 0 in
 * some directions, or at all agents but one, or a million times larger in one coordinate than in another;
 * classes that no regularization keeps from infinity. For bench/auto-grid.mjs and the tests.
 */

import { writeFileSync } from 'node:fs';
import path from 'node:path';
import { writeNpy } from '../dist/src/data/npy.js';
import { Random } from '../dist/topology/index.js';

/** Numbers in (-1, 1). */
function source(seed) {
  const random = new Random(seed);
  return () => 2 * random.uniform() - 1;
}

const vector = (draw, length, size = 1) => Array.from({ length }, () => size * draw());

function libsvm(folder, name, rows) {
  const file = path.join(folder, `${name}.svm`);
  const text = rows.map(({ y, a }) =>
    [y, ...a.map((entry, c) => `${c + 1}:${entry.toPrecision(12)}`)].join(' '),
  );
  writeFileSync(file, `${text.join('\n')}\n`);
  return file;
}

/** Two classes that overlap, so that the loss has a minimiser without regularization too. */
export function overlapping(folder, { samples = 160, features = 6, seed = 1 } = {}) {
  const draw = source(seed);
  const plane = vector(draw, features);
  const rows = Array.from({ length: samples }, () => {
    const a = vector(draw, features, 2);
    const side = a.reduce((sum, entry, c) => sum + entry * plane[c], 0);
    return { a, y: side + 2 * draw() > 0 ? 1 : -1 };
  });
  return libsvm(folder, `overlapping-${seed}`, rows);
}

/** The same classes told apart by a plane. */
export function separable(folder, { samples = 60, features = 4, seed = 2 } = {}) {
  const draw = source(seed);
  const plane = vector(draw, features);
  const rows = Array.from({ length: samples }, () => {
    const a = vector(draw, features);
    return { a, y: a.reduce((sum, entry, c) => sum + entry * plane[c], 0) > 0 ? 1 : -1 };
  });
  return libsvm(folder, `separable-${seed}`, rows);
}

/** Three classes that overlap. Softmax leaves a direction a feature open by itself. */
export function threeClasses(folder, { samples = 180, features = 5, seed = 3 } = {}) {
  const draw = source(seed);
  const rows = Array.from({ length: samples }, () => {
    const a = vector(draw, features, 2);
    const z = [a[0], a[1], a[2]].map((entry) => entry + 2 * draw());
    return { a, y: z.indexOf(Math.max(...z)) };
  });
  return libsvm(folder, `three-classes-${seed}`, rows);
}

/** Samples that all lie on one line (`rank` 1), or in a few dimensions. */
export function lowRank(folder, { samples = 60, features = 8, rank = 1, seed = 4 } = {}) {
  const draw = source(seed);
  const basis = Array.from({ length: rank }, () => vector(draw, features));
  const rows = Array.from({ length: samples }, () => {
    const weights = vector(draw, rank);
    const a = basis[0].map((_, c) => weights.reduce((sum, w, r) => sum + w * basis[r][c], 0));
    return { a, y: weights.reduce((sum, w) => sum + 2 * w, 0) + 0.3 * draw() };
  });
  return libsvm(folder, `rank-${rank}-${seed}`, rows);
}

/** 1/2 sum_c a_ic (x_c - b_ic)^2, of curvatures that `curvature(agent, c, draw)` gives. */
async function quadratic(folder, name, agents, dim, seed, curvature) {
  const draw = source(seed);
  const a = new Float64Array(agents * dim).map((_, at) => curvature(Math.floor(at / dim), at % dim, draw));
  const b = new Float64Array(agents * dim).map(() => draw());
  const [fileA, fileB] = ['a', 'b'].map((which) => path.join(folder, `${name}-${which}.npy`));
  await writeNpy(fileA, { shape: [agents, dim], data: a });
  await writeNpy(fileB, { shape: [agents, dim], data: b });
  return { kind: 'quadratic', a: fileA, b: fileB };
}

/** Only one agent has a cost. */
export function oneCurved(folder, { agents = 12, dim = 8, at = Math.floor(agents / 2), seed = 5 } = {}) {
  return quadratic(folder, `one-of-${agents}-at-${at}`, agents, dim, seed, (agent, _, draw) =>
    agent === at ? 2.5 + 1.5 * draw() : 0,
  );
}

/**
 * The same curvatures for all agents, from 1 to `condition`, a step of the same factor from coordinate to
 * coordinate.
 */
export function illConditioned(folder, { agents = 6, dim = 4, condition = 1e6, seed = 6 } = {}) {
  return quadratic(
    folder,
    `condition-${condition}-${agents}`,
    agents,
    dim,
    seed,
    (_, c) => condition ** (c / (dim - 1)),
  );
}
