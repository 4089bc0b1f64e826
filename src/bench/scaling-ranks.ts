/**
 * How does a run scale over ranks? Whole runs through mpirun on this machine, ranks times threads, all of them in
 * turns: strong (the same graph for all) and weak (as many agents for each rank); and beside each what
 * `sottovoce plan` predicts of it.
 */

import { execFile } from 'node:child_process';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { InputError } from '../base/errors.js';
import { formatSeconds } from '../base/format.js';
import { loadConfig, parseOverride } from '../config/load.js';
import { MEMORY_LINK } from '../machines/model.js';
import { planMachines } from '../machines/plan.js';
import { commandUrl } from '../run/locations.js';
import { countText, figure, spreadText } from './figures.js';
import { interleave } from './interleave.js';
import { whyNoMpirun } from './mpi.js';
import { FLATTENED_SIGN, problemConfig } from './problem.js';
import { medianOf } from './stats.js';
import type { BenchInputs, BenchResult, Figure, Table } from './types.js';

const execute = promisify(execFile);

/** Ranks and threads of each. */
const SHAPES: readonly (readonly [number, number])[] = [
  [1, 1],
  [1, 2],
  [2, 1],
  [2, 2],
  [4, 1],
];
const SIDE = 160;
const QUICK_SIDE = 12;
const SAMPLE_SECONDS = 0.5;
const MOST_ROUNDS = 5000;
const QUICK_ROUNDS = 5;

interface RanksStudy {
  id: string;
  title: string;
  /** The file of a config for so many ranks. */
  file(ranks: number): Promise<string>;
}

/** Throws InputError where there is no Open MPI, or a run fails. */
export async function scalingOverRanks(inputs: BenchInputs): Promise<BenchResult> {
  const missing = await whyNoMpirun();
  if (missing !== null) throw missing;
  const folder = await mkdtemp(path.join(os.tmpdir(), 'sottovoce-ranks-'));
  try {
    const studies = inputs.config === null ? builtIn(inputs, folder) : [ofConfig(inputs.config)];
    inputs.progress.expect(studies.length * SHAPES.length * inputs.passes);
    const figures: Figure[] = [];
    const tables: Table[] = [];
    const details: Record<string, unknown>[] = [];
    for (const study of studies) {
      const { table, points } = await measureStudy(inputs, study, folder, figures);
      tables.push(table);
      details.push({ id: study.id, title: study.title, points });
    }
    return { figures, tables, details: { ranks: details } };
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

function ofConfig(config: string): RanksStudy {
  return { id: 'ranks/config', title: `Ranks: ${config}`, file: async () => config };
}

function builtIn({ quick, seed }: BenchInputs, folder: string): RanksStudy[] {
  const side = quick ? QUICK_SIDE : SIDE;
  const methods = [
    { name: 'none', compressor: undefined },
    { name: 'flattened-sign', compressor: FLATTENED_SIGN },
  ];
  return methods.flatMap(({ name, compressor }) =>
    (['strong', 'weak'] as const).map((kind): RanksStudy => {
      const write = async (ranks: number) => {
        const rows = kind === 'strong' ? side : side * ranks;
        const topology = { kind: 'torus', rows, columns: side };
        const problem = problemConfig({
          agents: rows * side,
          seed,
          topology,
          ...(compressor && { compressor }),
        });
        const file = path.join(folder, `${kind}-${name}-${ranks}.yaml`);
        // JSON is YAML.
        await writeFile(file, JSON.stringify(problem));
        return file;
      };
      const agents = kind === 'strong' ? 'agents' : 'agents a rank';
      return {
        id: `ranks/${kind}/${name}`,
        title: `Ranks, ${kind} scaling: ${name}, a torus of ${countText(side * side)} ${agents}`,
        file: write,
      };
    }),
  );
}

async function measureStudy(
  { passes, progress, quick }: BenchInputs,
  study: RanksStudy,
  folder: string,
  figures: Figure[],
) {
  const runs = [];
  for (const [ranks, threads] of SHAPES) {
    const file = await study.file(ranks);
    const predicted = await predictedSeconds(file, ranks, threads);
    const rounds = quick
      ? QUICK_ROUNDS
      : Math.max(QUICK_ROUNDS, Math.min(MOST_ROUNDS, Math.ceil(SAMPLE_SECONDS / predicted)));
    runs.push({ ranks, threads, file, predicted, rounds, name: `${ranks} x ${threads}` });
  }
  const samples = await interleave(
    runs.map((run) => ({ name: `${study.title}, ${run.name}`, sample: () => roundOf(run, folder) })),
    passes,
    progress,
  );
  const points = runs.map(({ ranks, threads, predicted, name }, at) => {
    const measured = figure(
      `scaling/${study.id}/${ranks}x${threads}`,
      `${study.title}, ${name}`,
      'ms',
      'lower',
      samples[at]!.map((seconds) => seconds * 1000),
    );
    figures.push(measured);
    return { ranks, threads, predictedSeconds: predicted, measured };
  });
  const one = points[0]!.measured.median;
  return {
    points: points.map(({ measured, ...point }) => ({ ...point, measuredSeconds: measured.median / 1000 })),
    table: {
      title: study.title,
      columns: [
        'ranks x threads',
        'ms a round (quartiles)',
        'over 1 x 1',
        'predicted',
        'measured over predicted',
      ],
      rows: points.map(({ ranks, threads, predictedSeconds, measured }) => [
        `${ranks} x ${threads}`,
        spreadText(measured),
        String(Number((measured.median / one).toPrecision(3))),
        formatSeconds(predictedSeconds),
        String(Number((measured.median / 1000 / predictedSeconds).toPrecision(3))),
      ]),
      notes: [
        'each rank has a thread that speaks with the others, beside those that work: on a machine with fewer cores than threads all of them wait for a core',
      ],
    } satisfies Table,
  };
}

async function predictedSeconds(file: string, ranks: number, threads: number): Promise<number> {
  const loaded = await loadConfig(file, [parseOverride('trace.every=1000000')]);
  const asked = { machines: ranks, cores: threads, memoryBytes: null, more: 1, links: [MEMORY_LINK] };
  const { variants } = await planMachines(loaded, asked);
  // The config's own compressor comes first.
  return medianOf([variants[0]!.scaling[0]!.rounds.at(-1)!.total]);
}

interface RanksRun {
  ranks: number;
  threads: number;
  file: string;
  rounds: number;
  name: string;
}

let runsMade = 0;

/** Seconds of a round: of the loop alone, as the run itself says. */
async function roundOf({ ranks, threads, file, rounds, name }: RanksRun, folder: string): Promise<number> {
  const out = path.join(folder, `run-${runsMade++}`);
  const run = [
    ...[process.execPath, fileURLToPath(commandUrl), 'run', file, '--mpi', '--out', out],
    ...['--workers', String(threads), '--rounds', String(rounds), '--set', `trace.every=${rounds}`],
    ...['--no-report', '--quiet'],
  ];
  const mpirun = ['--oversubscribe', '--bind-to', 'none', '-n', String(ranks), ...run];
  // In a container everybody is root, and Open MPI wants to hear twice that this is meant.
  const env = { ...process.env, OMPI_ALLOW_RUN_AS_ROOT: '1', OMPI_ALLOW_RUN_AS_ROOT_CONFIRM: '1' };
  try {
    await execute('mpirun', mpirun, { env, timeout: 300_000 });
    const summary = JSON.parse(await readFile(path.join(out, 'summary.json'), 'utf8')) as {
      seconds: number;
      rounds: number;
    };
    return summary.seconds / summary.rounds;
  } catch (cause) {
    const { stderr = '', message } = cause as Error & { stderr?: string };
    const words = stderr.split('\n').find((line) => /error/i.test(line)) ?? message.split('\n')[0];
    throw new InputError(`${name} of ${file} cannot be measured: ${words?.trim()}`, {}, { cause });
  }
}
