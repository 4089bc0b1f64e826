/**
 * How does the round scale with workers? Strong: the same problem for all. Weak: as many agents for each. For
 * every number of workers: speed-up, efficiency, the share of time that goes to the barrier, how unevenly the
 * work is shared out, and what two laws of scaling make of it. Beside each of them, in turns with it, what
 * the machine gives to arithmetic in registers alone (`ceiling.ts`): no round scales better than that.
 */

import { InputError } from '../base/errors.js';
import { checkMemory } from '../base/memory.js';
import { PROCESS_BYTES, WORKER_BYTES } from '../run/memory.js';
import { announcement, type Need } from './announce.js';
import { Ceiling } from './ceiling.js';
import { countText } from './figures.js';
import { type Contestant, interleave } from './interleave.js';
import { describeMachine } from './machine.js';
import { Rig, type RoundSample } from './rig.js';
import { type Curve, drawScaling } from './scaling-picture.js';
import { builtInStudies, type Study, studyOfConfig, weakStudyOfConfig } from './scaling-studies.js';
import { type Measured, summarizeStudy } from './scaling-summary.js';
import type { BenchInputs, Benchmark, Figure, Table } from './types.js';

const SAMPLE_SECONDS = 0.25;
const QUICK_SAMPLE_SECONDS = 0.01;
/** Samples' worth of rounds until a batch is found, and what a sample takes beside its rounds. */
const CALIBRATION_SAMPLES = 3;
const OVERHEAD = 1.1;

const CEILING_NOTE =
  'ceiling: arithmetic in registers only, on as many threads, with the same barrier as often, in turns with the rounds: what the machine gives';

export const scaling: Benchmark = {
  name: 'scaling',
  summary: 'strong and weak scaling, time at the barrier, Amdahl and USL fits',
  description: `How does the round scale with workers? Strong scaling keeps the problem, weak scaling the agents per worker; all numbers of workers take turns. Time at
the barrier is the share of all workers' time from the end of a phase until its barrier lets go; imbalance is the slowest worker's work over the mean,
less 1. The ceiling is the same for arithmetic in registers only, with the same barrier as often, in turns with the rounds: what the machine gives, whatever
is computed. With a CONFIG it is that run's strong scaling, and with --weak its weak scaling. With --mpi whole runs go over ranks of this machine through mpirun, strong and weak,
beside what sottovoce plan predicts of them. --workers 1,8,64 chooses the numbers, --workers all takes every one (more than cores is
allowed, and said). What it will take of time and memory is said first. The Universal Scalability Law is fitted from six numbers of workers on; where
arithmetic itself scales badly, both laws are fitted to the speed-up over its ceiling.`,
  takesConfig: true,
  options: [
    {
      flags: '--weak [path]',
      name: 'weak',
      description:
        'weak scaling alone; of a config by the number that grows with workers (default: topology.nodes)',
    },
    {
      flags: '--mpi',
      name: 'mpi',
      description:
        'over ranks on this machine, ranks times threads through mpirun, beside what `plan` predicts',
    },
  ],
  async run(inputs) {
    if (inputs.given?.['mpi'] !== undefined) {
      if (inputs.given['weak'] !== undefined)
        throw new InputError('--mpi and --weak are given, expected one of them: --mpi has weak scaling too');
      return (await import('./scaling-ranks.js')).scalingOverRanks(inputs);
    }
    return runStudies(inputs, await chosenStudies(inputs));
  },
};

async function chosenStudies(inputs: BenchInputs): Promise<Study[]> {
  const { config, given } = inputs;
  const weak = given?.['weak'];
  if (config !== null)
    return [weak === undefined ? await studyOfConfig(config) : await weakStudyOfConfig(config, weak)];
  if (typeof weak === 'string')
    throw new InputError(`--weak is ${weak}, expected a config that has such a number, or --weak alone`);
  const studies = builtInStudies(inputs);
  return weak === undefined ? studies : studies.filter(({ kind }) => kind === 'weak');
}

/** Of the problems above those that hold a target, on one worker and on two. */
export const promised: Pick<Benchmark, 'name' | 'run'> = {
  name: 'scaling',
  run: (inputs) => {
    const workers = inputs.workers.filter((count) => count <= 2);
    const holds = ({ target, barrierTarget }: Study) => target !== undefined || barrierTarget !== undefined;
    return runStudies({ ...inputs, workers }, builtInStudies(inputs).filter(holds));
  },
};

async function runStudies(inputs: BenchInputs, studies: readonly Study[]) {
  const need = needOf(inputs, studies);
  const counts = inputs.workers.map(countText).join(', ');
  const curvesText = studies.length === 1 ? 'one curve' : `${studies.length} curves`;
  inputs.progress.say?.(announcement(`${curvesText} with ${counts} workers, ${inputs.passes} passes`, need));
  checkMemory('bench scaling', need.bytes, { hint: 'fewer numbers of workers at a time: --workers 1,16,64' });
  // Rounds, and their ceiling.
  inputs.progress.expect(2 * studies.length * inputs.workers.length * inputs.passes);
  const figures: Figure[] = [];
  const tables: Table[] = [];
  const curves: Curve[] = [];
  for (const [index, study] of studies.entries()) {
    const measured = await measureStudy(inputs, study, figures);
    const { table } = measured;
    // Said once, where a reader of the whole ends.
    tables.push(index < studies.length - 1 ? table : { ...table, notes: [...table.notes, CEILING_NOTE] });
    curves.push(measured.curve);
  }
  const { cpu, cores } = describeMachine();
  return { figures, tables, picture: drawScaling(curves, `${cpu}, ${cores} cores`), details: { curves } };
}

/** All numbers of workers of a study are there at a time, since they take turns. */
export function needOf({ workers, passes, quick }: BenchInputs, studies: readonly Study[]): Need {
  const sampleSeconds = quick ? QUICK_SAMPLE_SECONDS : SAMPLE_SECONDS;
  const most = workers.at(-1) ?? 1;
  const sum = (of: (count: number) => number) => workers.reduce((total, count) => total + of(count), 0);
  const eachSeconds = sampleSeconds * (CALIBRATION_SAMPLES + 2 * OVERHEAD * passes);
  const seconds = studies.map((study) => sum((count) => study.takes(count).seconds + eachSeconds));
  const bytes = studies.map((study) => sum((count) => study.takes(count).arenaBytes + count * WORKER_BYTES));
  return {
    seconds: seconds.reduce((total, each) => total + each, 0),
    // The ceiling has threads of its own.
    bytes: PROCESS_BYTES + most * WORKER_BYTES + Math.max(...bytes),
  };
}

async function measureStudy(
  inputs: BenchInputs,
  study: Study,
  figures: Figure[],
): Promise<{ table: Table; curve: Curve }> {
  const { workers, passes, progress, quick } = inputs;
  const sampleSeconds = quick ? QUICK_SAMPLE_SECONDS : SAMPLE_SECONDS;
  const ceiling = await Ceiling.open(Math.max(...workers));
  const rigs: Rig[] = [];
  try {
    const pace = await ceiling.pace();
    const contestants: Contestant<RoundSample>[] = [];
    const steps: number[] = [];
    let roundSeconds = 0;
    for (const [index, count] of workers.entries()) {
      const rig = await Rig.open(await study.config(count), count);
      rigs.push(rig);
      study.accept?.(rig.report, count);
      const seconds = await rig.calibrate(sampleSeconds);
      if (index === 0) roundSeconds = seconds;
      // As much arithmetic as takes one thread what the round takes one worker: shared out, or for each of
      // them.
      const share = study.kind === 'strong' ? roundSeconds / count : roundSeconds;
      steps.push(Math.max(1, Math.round(share * pace)));
      const rounds = Math.max(1, Math.round(sampleSeconds / share));
      const name = `${study.title}, ${count} workers`;
      contestants.push(
        { name, sample: () => rig.sample() },
        { name: `${name}: ceiling`, sample: () => ceiling.sample(count, steps[index], rounds) },
      );
    }
    const samples = await interleave(contestants, passes, progress);
    const measured = workers.map((count, index): Measured => {
      const { agents, dim } = rigs[index].report;
      const rounds = samples[2 * index];
      const ceilings = samples[2 * index + 1];
      return {
        workers: count,
        agents,
        speeds: rounds.map(({ seconds }) => (agents * dim) / seconds),
        rounds,
        ceilingSpeeds: ceilings.map(({ seconds }) => (count * steps[index]) / seconds),
        ceilings,
      };
    });
    return summarizeStudy(study, measured, figures);
  } finally {
    for (const rig of rigs) await rig.close();
    await ceiling.close();
  }
}
