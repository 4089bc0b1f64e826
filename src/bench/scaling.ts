/**
 * How does the round scale with workers? Strong: the same problem for all. Weak: as many agents for each. For every number of workers: speed-up,
 * efficiency, the share of time that goes to the barrier, how unevenly the work is shared out, and what two laws of scaling make of it.
 */

import os from 'node:os';
import type { LoadedConfig } from '../config/types.js';
import { describeSpec } from '../describe.js';
import { percent } from '../report/chart.js';
import { formatQuantity } from '../report/format.js';
import { countText, figure, ratioFigure, spreadText } from './figures.js';
import { type Amdahl, fitAmdahl, fitUsl, type Point, type Usl } from './fits.js';
import { interleave } from './interleave.js';
import {
  FLATTENED_SIGN,
  IN_CACHE_AGENTS,
  OUT_OF_CACHE_AGENTS,
  type Problem,
  problemConfig,
} from './problem.js';
import { Rig, type RoundSample } from './rig.js';
import { drawScaling } from './scaling-picture.js';
import { spreadOf } from './stats.js';
import type { BenchInputs, Benchmark, Figure, Table, Target } from './types.js';

const SAMPLE_SECONDS = 0.25;
const NO_COMPRESSION = { kind: 'identity' };

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

/** What became of a curve; plain data for the picture and for JSON. */
export interface Curve {
  id: string;
  title: string;
  kind: 'strong' | 'weak';
  points: (Point & { barrier: number; imbalance: number })[];
  amdahl: Amdahl | null;
  usl: Usl | null;
}

export const scaling: Benchmark = {
  name: 'scaling',
  summary: 'strong and weak scaling, time at the barrier, Amdahl and USL fits',
  description: `How does the round scale with workers? Strong scaling keeps the problem, weak scaling the agents per worker; all numbers of workers take turns. Time at
the barrier is the share of all workers' time from the end of a phase until its barrier lets go; imbalance is the slowest worker's work over the mean,
less 1. With a CONFIG it is that run's strong scaling. --workers 1,2,4,8 chooses the numbers (more than cores is allowed, and said).`,
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
  inputs.progress.expect(studies.length * inputs.workers.length * inputs.passes);
  const figures: Figure[] = [];
  const tables: Table[] = [];
  const curves: Curve[] = [];
  for (const study of studies) {
    const measured = await measureStudy(inputs, study, figures);
    tables.push(measured.table);
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
        config: () => problem({ agents: 200, compressor: NO_COMPRESSION }),
      },
      {
        id: 'weak/quick/none',
        title: 'Weak scaling: no compression, 100 agents a worker',
        kind: 'weak',
        config: (workers) => problem({ agents: 100 * workers, compressor: NO_COMPRESSION }),
      },
    ];
  }
  const methods = [
    { name: 'none', compressor: NO_COMPRESSION, barrierTarget: { atMost: 3 } },
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

async function measureStudy(
  inputs: BenchInputs,
  study: Study,
  figures: Figure[],
): Promise<{ table: Table; curve: Curve }> {
  const { workers, passes, progress, quick } = inputs;
  const rigs: Rig[] = [];
  try {
    for (const count of workers) {
      const rig = await Rig.open(study.config(count), count);
      rigs.push(rig);
      await rig.calibrate(quick ? 0.01 : SAMPLE_SECONDS);
    }
    const samples = await interleave(
      rigs.map((rig, index) => ({
        name: `${study.title}, ${workers[index]} workers`,
        sample: () => rig.sample(),
      })),
      passes,
      progress,
    );
    return summarizeStudy(study, workers, rigs, samples, figures);
  } finally {
    for (const rig of rigs) await rig.close();
  }
}

function summarizeStudy(
  study: Study,
  workers: readonly number[],
  rigs: readonly Rig[],
  samples: readonly (readonly RoundSample[])[],
  figures: Figure[],
): { table: Table; curve: Curve } {
  const { id, title, kind } = study;
  const coordinates = (index: number) => rigs[index].report.agents * rigs[index].report.dim;
  const speeds = samples.map((each, index) => each.map(({ seconds }) => coordinates(index) / seconds / 1e6));
  const curve: Curve = { id, title, kind, points: [], amdahl: null, usl: null };
  const rows = workers.map((count, index) => {
    const speed = figure(
      `scaling/${id}/${count}`,
      `${title}, ${count} workers`,
      'Mcoordinates/s',
      'higher',
      speeds[index],
    );
    const holds = count === 2 && os.availableParallelism() >= 2;
    const target = holds ? study.target : undefined;
    const speedup = ratioFigure(
      `scaling/${id}/${count}/speed-up`,
      `${title}: 1 -> ${count} workers`,
      speeds[index],
      speeds[0],
      'higher',
      target,
    );
    const barrier = spreadOf(samples[index].map((sample) => sample.barrier)).median;
    const imbalance = spreadOf(samples[index].map((sample) => sample.imbalance)).median;
    figures.push(speed);
    if (count > 1) {
      const share = figure(
        `scaling/${id}/${count}/barrier`,
        `${title}, ${count} workers: time at the barrier`,
        '%',
        'lower',
        samples[index].map((sample) => 100 * sample.barrier),
        holds ? study.barrierTarget : undefined,
      );
      figures.push(speedup, share);
    }
    curve.points.push({ workers: count, speedup: speedup.median, barrier, imbalance });
    return [
      `${count}${count > os.availableParallelism() ? ' (more than cores)' : ''}`,
      countText(rigs[index].report.agents),
      spreadText(speed),
      spreadText(speedup),
      percent(speedup.median / count),
      percent(barrier),
      percent(imbalance),
    ];
  });
  // More workers than cores take turns: no law of scaling speaks of them.
  const real = curve.points.filter((point) => point.workers <= os.availableParallelism());
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
        'efficiency',
        'at the barrier',
        'imbalance',
      ],
      rows,
      notes: [amdahlNote(curve.amdahl), uslNote(curve.usl)],
    },
  };
}

function amdahlNote(fit: Amdahl | null): string {
  if (fit === null) return "Amdahl's law: needs at least two numbers of workers up to the number of cores";
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
