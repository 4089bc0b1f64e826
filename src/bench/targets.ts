/**
 * Everything that the project promised about speed, in one table: each benchmark that holds a target, run in
 * turn.
 */

import { promisedGains } from './growth-set-up.js';
import { kernels } from './kernels.js';
import { memory } from './memory.js';
import { peers } from './peers.js';
import { precision } from './precision.js';
import { promised } from './scaling.js';
import { startup } from './startup.js';
import type { Benchmark, BenchResult, Progress } from './types.js';
import { workers } from './workers.js';

const PARTS: readonly Pick<Benchmark, 'name' | 'run'>[] = [
  peers,
  promised,
  memory,
  precision,
  workers,
  kernels,
  promisedGains,
  startup,
];

export const targets: Benchmark = {
  name: 'targets',
  summary: 'every promised figure, measured and held against its target (a few minutes)',
  description: `Runs what holds a target: peers, the scaling of the promised problems, memory, float32, workers: auto, kernels, gains of a million agents and
start-up; and ends with one table of measured, promised, met or not. docs/performance.md has it as recorded. A part that cannot run here (no
compiler, no Python) is said and left out.`,
  async run(inputs) {
    const whole: Required<Omit<BenchResult, 'picture'>> = { figures: [], tables: [], details: {} };
    const missing = new Set<string>();
    for (const [index, part] of PARTS.entries()) {
      // Steps are known a part at a time, so their time left is the part's.
      const progress: Progress = {
        expect: (steps) => inputs.progress.expect(steps),
        say: (sentence) => inputs.progress.say?.(sentence),
        step: (what) => inputs.progress.step(`part ${index + 1} of ${PARTS.length}: ${what}`),
      };
      const { figures, tables, details } = await part.run({ ...inputs, config: null, given: {}, progress });
      whole.figures.push(...figures);
      whole.tables.push(...tables);
      if (details) whole.details[part.name] = details;
      for (const each of (details?.['missing'] as string[] | undefined) ?? []) missing.add(each);
    }
    whole.details['missing'] = [...missing];
    if (missing.size > 0) whole.tables.push(notMeasured([...missing]));
    return whole;
  },
};

/** Stands right before the table of targets, in which their lines are not. */
function notMeasured(notes: readonly string[]) {
  return {
    title: 'Not measured here, so their promises are not in the table below',
    columns: [],
    rows: [],
    notes,
  };
}
