/**
 * How does the round scale with workers? Strong: the same problem for all. Weak: as many agents for each. For
 * every number of workers: speed-up, efficiency, the share of time that goes to the barrier, how unevenly the
 * work is shared out, and what two laws of scaling make of it. Beside each of them, in turns with it, what
 * the machine gives to arithmetic in registers alone (`ceiling.ts`): no round scales better than that.
 */

import { ownCores } from '../base/cores.js';
import { describeSpec } from '../base/describe.js';
import { formatQuantity } from '../base/format.js';
import { UNCOMPRESSED } from '../compress/registry.js';
import { percent } from '../report/chart.js';
import type { LoadedConfig } from '../run/config.js';
import { Ceiling } from './ceiling.js';
import { countText, figure, ratioFigure, spreadText } from './figures.js';
import { type Amdahl, fitAmdahl, fitUsl, type Usl } from './fits.js';
import { type Contestant, interleave } from './interleave.js';
import {
  FLATTENED_SIGN,
  IN_CACHE_AGENTS,
  OUT_OF_CACHE_AGENTS,
  type Problem,
  problemConfig,
} from './problem.js';
import { Rig, type RoundSample } from './rig.js';
import { type Curve, drawScaling } from './scaling-picture.js';
import { ratios, spreadOf } from './stats.js';
import type { BenchInputs, Benchmark, Figure, Table, Target } from './types.js';

const SAMPLE_SECONDS = 0.25;

const CEILING_NOTE =
  'ceiling: arithmetic in registers only, on as many threads, with the same barrier as often, in turns with the rounds: what the machine gives';

/** One curve: a problem for each number of workers. */
interface Study {
  id: string;
  title: string;
  kind: 'strong' | 'weak';
  config(workers: number): object | LoadedConfig;
  /** Speed-up at two workers. */
  target?: Target;
  /** Per cent of the time at the barrier at two workers. */
  barrierTarget?: Target;
}

export const scaling: Benchmark = {
  name: 'scaling',
  summary: 'strong and weak scaling, time at the barrier, Amdahl and USL fits',
  description: `How does the round scale with workers? Strong scaling keeps the problem, weak scaling the agents per worker; all numbers of workers take turns. Time at
the barrier is the share of all workers' time from the end of a phase until its barrier lets go; imbalance is the slowest worker's work over the mean,
less 1. The ceiling is the same for arithmetic in registers only, with the same barrier as often, in turns with the rounds: what the machine gives, whatever
is computed. With a CONFIG it is that run's strong scaling. --workers 1,2,4,8 chooses the numbers (more than cores is allowed, and said).`,
  takesConfig: true,
  async run(inputs) {
    return runStudies(inputs, inputs.config === null ? builtIn(inputs) : [await fromConfig(inputs.config)]);
  },
};

/** Of the problems above those that hold a target, on one worker and on two. */
export const promised: Pick<Benchmark, 'name' | 'run'> = {
  name: 'scaling',
  run: (inputs) => {
    const workers = inputs.workers.filter((count) => count <= 2);
    const holds = ({ target, barrierTarget }: Study) => target !== undefined || barrierTarget !== undefined;
    return runStudies({ ...inputs, workers }, builtIn(inputs).filter(holds));
  },
};

async function runStudies(inputs: BenchInputs, studies: readonly Study[]) {
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
  return { figures, tables, picture: drawScaling(curves), details: { curves } };
}

function builtIn({ quick, seed }: BenchInputs): Study[] {
  const problem = (given: Omit<Problem, 'seed'>) => problemConfig({ ...given, seed });
  if (quick) {
    return [
      {
        id: 'strong/quick/none',
        title: 'Strong scaling: no compression, 200 agents',
        kind: 'strong',
        config: () => problem({ agents: 200, compressor: UNCOMPRESSED }),
      },
      {
        id: 'weak/quick/none',
        title: 'Weak scaling: no compression, 100 agents a worker',
        kind: 'weak',
        config: (workers) => problem({ agents: 100 * workers, compressor: UNCOMPRESSED }),
      },
    ];
  }
  const methods = [
    { name: 'none', compressor: UNCOMPRESSED, barrierTarget: { atMost: 3 } },
    { name: 'flattened-sign', compressor: FLATTENED_SIGN, barrierTarget: undefined },
  ];
  const places = [
    { place: 'in-cache', agents: IN_CACHE_AGENTS, target: { atLeast: 1.85 } },
    { place: 'out-of-cache', agents: OUT_OF_CACHE_AGENTS, target: undefined },
  ];
  const star = OUT_OF_CACHE_AGENTS + 1;
  return [
    ...places.flatMap(({ place, agents, target }) =>
      methods.map(
        ({ name, compressor, barrierTarget }): Study => ({
          id: `strong/${place}/${name}`,
          title: `Strong scaling: ${describeSpec(compressor)}, ${countText(agents)} agents`,
          kind: 'strong',
          config: () => problem({ agents, compressor }),
          ...(target && { target }),
          ...(barrierTarget && { barrierTarget }),
        }),
      ),
    ),
    {
      id: 'strong/star/none',
      title: `Strong scaling: a star of ${countText(star - 1)} leaves`,
      kind: 'strong',
      config: () => problem({ agents: star, topology: { kind: 'star', nodes: star }, step: STAR_STEP }),
      target: { atLeast: 1.6 },
    },
    ...places.map(
      ({ place, agents }): Study => ({
        id: `weak/${place}/flattened-sign`,
        title: `Weak scaling: flatten(sign), ${countText(agents / 2)} agents a worker`,
        kind: 'weak',
        config: (workers) => problem({ agents: (agents / 2) * workers, compressor: FLATTENED_SIGN }),
      }),
    ),
  ];
}

/** The hub's eigenvalue is the number of nodes. */
export const STAR_STEP = 1e-5;

async function fromConfig(file: string): Promise<Study> {
  const { loadConfig } = await import('../config/load.js');
  const loaded = await loadConfig(file);
  const name = loaded.config.name ?? file;
  return { id: `strong/${name}`, title: `Strong scaling: ${name}`, kind: 'strong', config: () => loaded };
}

/** A problem on a number of workers, pass by pass, and pure arithmetic on as many threads right after it. */
interface Measured {
  workers: number;
  agents: number;
  /** Coordinates, or steps, a second. */
  speeds: number[];
  rounds: RoundSample[];
  ceilingSpeeds: number[];
  ceilings: RoundSample[];
}

async function measureStudy(
  inputs: BenchInputs,
  study: Study,
  figures: Figure[],
): Promise<{ table: Table; curve: Curve }> {
  const { workers, passes, progress, quick } = inputs;
  const sampleSeconds = quick ? 0.01 : SAMPLE_SECONDS;
  const ceiling = await Ceiling.open(Math.max(...workers));
  const rigs: Rig[] = [];
  try {
    const pace = await ceiling.pace();
    const contestants: Contestant<RoundSample>[] = [];
    const steps: number[] = [];
    let roundSeconds = 0;
    for (const [index, count] of workers.entries()) {
      const rig = await Rig.open(study.config(count), count);
      rigs.push(rig);
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

export function summarizeStudy(
  study: Pick<Study, 'id' | 'title' | 'kind' | 'target' | 'barrierTarget'>,
  measured: readonly Measured[],
  figures: Figure[],
): { table: Table; curve: Curve } {
  const { id, title, kind } = study;
  const [single] = measured;
  const curve: Curve = { id, title, kind, points: [], amdahl: null, usl: null };
  const rows = measured.map(({ workers: count, agents, speeds, rounds, ceilingSpeeds, ceilings }) => {
    const speed = figure(
      `scaling/${id}/${count}`,
      `${title}, ${count} workers`,
      'Mcoordinates/s',
      'higher',
      speeds.map((each) => each / 1e6),
    );
    const holds = count === 2 && ownCores().count >= 2;
    const ceilingSpeedups = ratios(ceilingSpeeds, single.ceilingSpeeds);
    const speedups = ratios(speeds, single.speeds);
    const speedup = figure(
      `scaling/${id}/${count}/speed-up`,
      `${title}: 1 -> ${count} workers`,
      'x',
      'higher',
      speedups,
      holds ? study.target : undefined,
    );
    speedup.ceiling = spreadOf(ceilingSpeedups);
    const ofCeiling = ratioFigure(
      `scaling/${id}/${count}/of-ceiling`,
      `${title}: speed-up over that of pure arithmetic, ${count} workers`,
      speedups,
      ceilingSpeedups,
    );
    const share = figure(
      `scaling/${id}/${count}/barrier`,
      `${title}, ${count} workers: time at the barrier`,
      '%',
      'lower',
      rounds.map((sample) => 100 * sample.barrier),
      holds ? study.barrierTarget : undefined,
    );
    share.ceiling = spreadOf(ceilings.map((sample) => 100 * sample.barrier));
    figures.push(speed);
    if (count > 1) figures.push(speedup, ofCeiling, share);
    const imbalance = spreadOf(rounds.map((sample) => sample.imbalance)).median;
    curve.points.push({
      workers: count,
      speedup: speedup.median,
      barrier: share.median / 100,
      imbalance,
      ceiling: { speedup: speedup.ceiling.median, barrier: share.ceiling.median / 100 },
    });
    return [
      `${count}${count > ownCores().count ? ' (more than cores)' : ''}`,
      countText(agents),
      spreadText(speed),
      // One worker over itself is 1 by definition, and no measurement.
      ...(count === 1
        ? ['1', '1', '']
        : [speedup, speedup.ceiling, ofCeiling].map((each) => spreadText(each))),
      percent(speedup.median / count),
      percent(share.median / 100),
      percent(share.ceiling.median / 100),
      percent(imbalance),
    ];
  });
  // More workers than cores take turns: no law of scaling speaks of them.
  const real = curve.points.filter((point) => point.workers <= ownCores().count);
  curve.amdahl = fitAmdahl(real);
  curve.usl = fitUsl(real);
  return {
    curve,
    table: {
      title,
      columns: [
        'workers',
        'agents',
        'Mcoordinates/s (quartiles)',
        'speed-up',
        'ceiling',
        'speed-up / ceiling',
        'efficiency',
        'at the barrier',
        'ceiling’s',
        'imbalance',
      ],
      rows,
      notes: [amdahlNote(curve.amdahl), uslNote(curve.usl)],
    },
  };
}

function amdahlNote(fit: Amdahl | null): string {
  if (fit === null) return "Amdahl's law: needs at least two numbers of workers up to the number of cores";
  if (fit.sigma >= 1) return "Amdahl's law: says nothing here, more workers were no faster";
  const limit = Number.isFinite(fit.limit)
    ? `never more than ${formatQuantity(fit.limit, 3)} times`
    : 'no limit seen';
  return `Amdahl's law: serial share ${percent(fit.sigma)}, ${limit}`;
}

function uslNote(fit: Usl | null): string {
  if (fit === null)
    return 'Universal Scalability Law: needs at least three numbers of workers up to the number of cores';
  const best = Number.isFinite(fit.bestWorkers)
    ? `best with ${countText(fit.bestWorkers)} workers (${formatQuantity(fit.bestSpeedup, 3)} times)`
    : 'no best number: it never gets slower';
  return `Universal Scalability Law: contention ${percent(fit.sigma)}, coherency ${percent(fit.kappa)}, ${best}`;
}
