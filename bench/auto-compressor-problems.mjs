/**
 * Twenty problems that a compressor is chosen for: graphs of most kinds, two networks that exist, quadratics of
 * conditions 4 to 50, and losses over samples that are drawn here. All small, so that every compressor of the
 * registry can be run on each of them.
 */

import { writeFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { Random } from '../dist/topology/index.js';

const KARATE = fileURLToPath(new URL('../test/fixtures/topology/karate.edges', import.meta.url));
/** Abilene, the backbone of American universities in 2005: Seattle, Sunnyvale, Los Angeles, Denver, Kansas City,
 * Houston, Indianapolis, Atlanta, Chicago, New York, Washington. */
const ABILENE = [
  [0, 1],
  [0, 3],
  [1, 2],
  [1, 3],
  [2, 5],
  [3, 4],
  [4, 5],
  [4, 6],
  [5, 7],
  [6, 7],
  [6, 8],
  [7, 10],
  [8, 9],
  [9, 10],
];

/** The problems by name, as parts of configs; samples are written to `folder`. */
export function problems(folder) {
  const quadratic = (dim, condition) => ({ kind: 'quadratic', dim, condition });
  const random = (nodes, averageDegree) => ({
    kind: 'erdos-renyi',
    nodes,
    averageDegree,
    seed: 1,
    largestComponent: true,
  });
  const binary = (samples, dim, seed) => drawn(folder, { samples, dim, seed, noise: 1, binary: true });
  const line = (samples, dim, seed, noise = 0.3) =>
    drawn(folder, { samples, dim, seed, noise, binary: false });
  return {
    'ring 20, quadratic': [{ kind: 'ring', nodes: 20 }, quadratic(32, 4)],
    'grid 5 x 6, quadratic': [{ kind: 'grid', rows: 5, columns: 6 }, quadratic(64, 10)],
    'torus 5 x 5, quadratic': [{ kind: 'torus', rows: 5, columns: 5 }, quadratic(16, 50)],
    'erdos-renyi 30, quadratic': [random(30, 5), quadratic(64, 20)],
    'barabasi-albert 40, quadratic': [
      { kind: 'barabasi-albert', nodes: 40, attach: 2, seed: 1 },
      quadratic(128, 10),
    ],
    'star 16, quadratic': [{ kind: 'star', nodes: 16 }, quadratic(32, 4)],
    'karate, quadratic': [{ file: KARATE }, quadratic(64, 30)],
    'abilene, quadratic': [{ edges: ABILENE, name: 'abilene' }, quadratic(100, 8)],
    'random-regular 24, quadratic': [
      { kind: 'random-regular', nodes: 24, degree: 4, seed: 1 },
      quadratic(256, 10),
    ],
    'complete 12, quadratic': [{ kind: 'complete', nodes: 12 }, quadratic(64, 50)],
    'watts-strogatz 30, quadratic': [
      { kind: 'watts-strogatz', nodes: 30, degree: 4, rewire: 0.2, seed: 1 },
      quadratic(8, 20),
    ],
    'hypercube 16, quadratic': [{ kind: 'hypercube', dimension: 4 }, quadratic(200, 4)],
    'path 8, quadratic': [{ kind: 'path', nodes: 8 }, quadratic(48, 10)],
    'ring 12, logistic': [
      { kind: 'ring', nodes: 12 },
      { kind: 'logistic', data: binary(240, 20, 1), regularization: 0.01 },
    ],
    'erdos-renyi 20, logistic': [
      random(20, 5),
      { kind: 'logistic', data: binary(400, 50, 2), regularization: 0.05, split: 'by-label' },
    ],
    'karate, ridge': [{ file: KARATE }, { kind: 'ridge', data: line(340, 30, 3), regularization: 0.1 }],
    'grid 4 x 4, huber': [
      { kind: 'grid', rows: 4, columns: 4 },
      { kind: 'huber', data: line(320, 24, 4, 1), regularization: 0.05 },
    ],
    'random-regular 20, least-squares': [
      { kind: 'random-regular', nodes: 20, degree: 3, seed: 2 },
      { kind: 'least-squares', data: line(600, 16, 5), regularization: 0 },
    ],
    'barbell 5 + 2 + 5, quadratic': [{ kind: 'barbell', clique: 5, path: 2 }, quadratic(24, 6)],
    'abilene, logistic': [
      { edges: ABILENE, name: 'abilene' },
      { kind: 'logistic', data: binary(330, 12, 6), regularization: 0.02 },
    ],
  };
}

/** Samples of a linear model with normal features of unlike sizes: y = w a + noise, or its sign. */
function drawn(folder, { samples, dim, seed, noise, binary }) {
  const random = new Random(seed);
  const normal = () =>
    Math.sqrt(-2 * Math.log(1 - random.uniform())) * Math.cos(2 * Math.PI * random.uniform());
  const weights = Array.from({ length: dim }, normal);
  const sizes = Array.from({ length: dim }, (_, c) => 1 / Math.sqrt(1 + (4 * c) / dim));
  const lines = Array.from({ length: samples }, () => {
    const row = sizes.map((size) => size * normal());
    const value = row.reduce((sum, a, c) => sum + a * weights[c], 0) / Math.sqrt(dim) + noise * normal();
    const target = binary ? (value > 0 ? 1 : -1) : value;
    return `${target} ${row.map((a, c) => `${c + 1}:${a}`).join(' ')}`;
  });
  const file = path.join(folder, `samples-${seed}.svm`);
  writeFileSync(file, `${lines.join('\n')}\n`);
  return file;
}
