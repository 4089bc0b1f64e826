/**
 * Which rank this process is: what starts the processes of a job says so in their environment, before MPI is
 * loaded. MPI itself is asked later, by the thread that communicates, and must say the same.
 *
 *     mpirun of Open MPI     OMPI_COMM_WORLD_RANK, OMPI_COMM_WORLD_SIZE
 *     srun --mpi=pmix        PMIX_RANK, and SLURM_STEP_NUM_TASKS
 *     mpiexec of MPICH       PMI_RANK, PMI_SIZE; Intel's as well, and srun --mpi=pmi2
 *
 * Where none of them is there, it is one rank.
 */

import os from 'node:os';
import { formatValue, InputError } from '../base/errors.js';

export type Launcher = 'none' | 'mpirun' | 'srun' | 'pmi';

export interface RankEnvironment {
  rank: number;
  ranks: number;
  /** Of the machine that this rank runs on. */
  host: string;
  launcher: Launcher;
  /** This rank among those of its machine, where that is said. */
  localRank: number | null;
  /** How many ranks its machine has, where that is said. */
  localRanks: number | null;
}

type Environment = Readonly<Record<string, string | undefined>>;

/** Who says rank and size, in the order in which they are believed. */
const SOURCES: readonly { launcher: Launcher; rank: string; ranks: readonly string[] }[] = [
  { launcher: 'mpirun', rank: 'OMPI_COMM_WORLD_RANK', ranks: ['OMPI_COMM_WORLD_SIZE'] },
  { launcher: 'srun', rank: 'PMIX_RANK', ranks: ['PMIX_SIZE', 'SLURM_STEP_NUM_TASKS', 'SLURM_NTASKS'] },
  { launcher: 'pmi', rank: 'PMI_RANK', ranks: ['PMI_SIZE'] },
];

/** @throws InputError where what is said contradicts itself, or lacks half of it */
export function rankEnvironment(env: Environment = process.env, host = os.hostname()): RankEnvironment {
  const said = SOURCES.filter(({ rank, ranks }) => env[rank] !== undefined || isSaid(env, ranks[0]));
  const first = said[0];
  if (first === undefined) {
    refuseSrunWithoutPmix(env);
    return { rank: 0, ranks: 1, host, launcher: 'none', localRank: null, localRanks: null };
  }
  const rank = wholeNumber(env, first.rank);
  const size = first.ranks.find((name) => isSaid(env, name)) ?? (first.ranks[0] as string);
  const ranks = wholeNumber(env, size);
  if (rank === null || ranks === null) {
    const [there, missing] = rank === null ? [size, first.rank] : [first.rank, size];
    throw new InputError(
      `${there} is ${formatValue(env[there])} and ${missing} is not set: what starts ranks sets both`,
      {
        hint: 'start all ranks with one mpirun, or srun --mpi=pmix; unset what an earlier one has left',
      },
    );
  }
  if (ranks < 1) throw contradiction(`${size} is ${ranks}, expected 1 or more`);
  if (rank >= ranks)
    throw contradiction(`${first.rank} is ${rank} and ${size} is ${ranks}: ranks count from 0`);
  for (const other of said.slice(1)) agree(env, other, { name: first.rank, rank }, { name: size, ranks });
  return {
    rank,
    ranks,
    host,
    launcher: first.launcher,
    localRank: wholeNumber(env, 'OMPI_COMM_WORLD_LOCAL_RANK') ?? wholeNumber(env, 'SLURM_LOCALID'),
    localRanks: wholeNumber(env, 'OMPI_COMM_WORLD_LOCAL_SIZE'),
  };
}

/** Two that speak must say the same. */
function agree(
  env: Environment,
  other: (typeof SOURCES)[number],
  first: { name: string; rank: number },
  size: { name: string; ranks: number },
): void {
  const rank = wholeNumber(env, other.rank);
  if (rank !== null && rank !== first.rank) {
    throw contradiction(
      `${first.name} is ${first.rank} and ${other.rank} is ${rank}: one process is one rank`,
    );
  }
  // Of srun's sizes only one that PMI or PMIx set: mpirun under Slurm inherits those of its allocation.
  const name = other.ranks[0] as string;
  const ranks = wholeNumber(env, name);
  if (ranks !== null && ranks !== size.ranks) {
    throw contradiction(
      `${size.name} is ${size.ranks} and ${name} is ${ranks}: a job has one number of ranks`,
    );
  }
}

/** It would start as many runs of one rank, which write over each other. */
function refuseSrunWithoutPmix(env: Environment): void {
  const tasks = wholeNumber(env, 'SLURM_STEP_NUM_TASKS');
  if (tasks === null || tasks < 2) return;
  throw new InputError(
    `srun started ${tasks} tasks here, and told them nothing by which they find each other`,
    {
      hint: 'srun --mpi=pmix; `srun --mpi=list` says what this Slurm has',
    },
  );
}

function contradiction(message: string): InputError {
  return new InputError(message, { hint: 'start all ranks with one mpirun, or srun --mpi=pmix' });
}

const isSaid = (env: Environment, name: string | undefined) => name !== undefined && env[name] !== undefined;

function wholeNumber(env: Environment, name: string): number | null {
  const text = env[name];
  if (text === undefined) return null;
  if (/^\d{1,9}$/.test(text)) return Number(text);
  throw new InputError(`${name} is ${formatValue(text)} in the environment, expected a whole number from 0`);
}
