/**
 * Everything that the project promised about speed, in one table: each benchmark that holds a target, run in
 * turn.
 */

import { formatValue, InputError } from '../base/errors.js';
import { didYouMean } from '../base/suggest.js';
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
compiler, no Python) is said and left out. --only memory,workers measures some of the parts: ${PARTS.map(({ name }) => name).join(', ')}.`,
  options: [
    { flags: '--only <parts>', name: 'only', description: 'some of its parts, a comma between them' },
  ],
  async run(inputs) {
    const parts = chosenParts(inputs.given?.['only']);
    const whole: Required<Omit<BenchResult, 'picture'>> = { figures: [], tables: [], details: {} };
    const missing = new Set<string>();
    for (const [index, part] of parts.entries()) {
      // Steps are known a part at a time, so their time left is the part's.
      const progress: Progress = {
        expect: (steps) => inputs.progress.expect(steps),
        say: (sentence) => inputs.progress.say?.(sentence),
        step: (what) => inputs.progress.step(`part ${index + 1} of ${parts.length}: ${what}`),
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

function chosenParts(only: string | true | undefined): typeof PARTS {
  if (typeof only !== 'string') return PARTS;
  const names = only.split(',').map((name) => name.trim());
  const known = PARTS.map(({ name }) => name);
  for (const name of names) {
    if (known.includes(name)) continue;
    throw new InputError(
      `--only is ${formatValue(name)}, expected some of ${known.join(', ')}${didYouMean(name, known)}`,
    );
  }
  return PARTS.filter(({ name }) => names.includes(name));
}

/** Stands right before the table of targets, in which their lines are not. */
function notMeasured(notes: readonly string[]) {
  return {
    title: 'Not measured here, so their promises are not in the table below',
    columns: [],
    rows: [],
    notes,
  };
}
