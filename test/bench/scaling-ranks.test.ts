/** `bench scaling --mpi`: whole runs over ranks, where Open MPI is installed. */
import { execFileSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import path from 'node:path';
import { expect, test } from 'vitest';
import { scaling } from '../../src/bench/scaling.js';
import type { BenchInputs } from '../../src/bench/types.js';
import { temporaryFolder } from '../support/run.js';

const hasMpi = (() => {
  try {
    return execFileSync('mpirun', ['--version'], { encoding: 'utf8' }).includes('Open MPI');
  } catch {
    return false;
  }
})();

const file = path.join(temporaryFolder(), 'ring.yaml');
writeFileSync(
  file,
  'topology: { kind: ring, nodes: 24 }\ncost: { kind: quadratic, dim: 4 }\nflow: { kind: primal-dual, step: 0.01, alpha: 1, beta: 1 }\n',
);
const inputs: BenchInputs = {
  quick: true,
  seed: 1,
  workers: [1],
  passes: 1,
  config: file,
  progress: { expect() {}, step() {} },
  given: { mpi: true },
};

test.skipIf(!hasMpi)('ranks times threads, each a figure beside what is predicted', async () => {
  const { figures, tables, details } = await scaling.run(inputs);
  const shapes = ['1x1', '1x2', '2x1', '2x2', '4x1'];
  expect(figures.map(({ id }) => id)).toEqual(shapes.map((shape) => `scaling/ranks/config/${shape}`));
  for (const { median, unit } of figures) {
    expect(unit).toBe('ms');
    expect(median).toBeGreaterThan(0);
  }
  expect(tables[0]?.rows).toHaveLength(shapes.length);
  const [study] = details!['ranks'] as {
    points: { predictedSeconds: number; measuredSeconds: number }[];
  }[];
  for (const { predictedSeconds, measuredSeconds } of study!.points) {
    expect(predictedSeconds).toBeGreaterThan(0);
    expect(measuredSeconds).toBeGreaterThan(0);
  }
});

test('--weak beside it is refused: it has weak scaling too', async () => {
  await expect(scaling.run({ ...inputs, given: { mpi: true, weak: true } })).rejects.toThrow(
    '--mpi and --weak are given, expected one of them',
  );
});
