/** Which rank a process is, by what starts it: environments as they were seen, and those that cannot be. */

import { describe, expect, it } from 'vitest';
import { rankEnvironment } from '../../src/ranks/environment.js';
import { mpiTask } from '../../src/ranks/mpi/task.js';

const none = { host: 'here', localRank: null, localRanks: null };

describe('what starts ranks says who they are', () => {
  it('one rank where nothing does', () => {
    expect(rankEnvironment({}, 'here')).toEqual({ rank: 0, ranks: 1, launcher: 'none', ...none });
  });

  it("Open MPI's mpirun", () => {
    const env = {
      OMPI_COMM_WORLD_RANK: '3',
      OMPI_COMM_WORLD_SIZE: '4',
      OMPI_COMM_WORLD_LOCAL_RANK: '1',
      OMPI_COMM_WORLD_LOCAL_SIZE: '2',
      PMIX_RANK: '3',
      // Of the allocation that mpirun runs in, and not of this job.
      SLURM_NTASKS: '64',
      SLURM_STEP_NUM_TASKS: '2',
    };
    expect(rankEnvironment(env, 'here')).toEqual({
      ...{ rank: 3, ranks: 4, host: 'here', launcher: 'mpirun', localRank: 1, localRanks: 2 },
    });
  });

  it('srun with PMIx', () => {
    const env = { PMIX_RANK: '1', SLURM_STEP_NUM_TASKS: '8', SLURM_NTASKS: '16', SLURM_LOCALID: '0' };
    expect(rankEnvironment(env, 'here')).toEqual({
      ...{ rank: 1, ranks: 8, host: 'here', launcher: 'srun', localRank: 0, localRanks: null },
    });
  });

  it("MPICH's mpiexec, which does not go with Open MPI", () => {
    const environment = rankEnvironment({ PMI_RANK: '0', PMI_SIZE: '2' }, 'here');
    expect(environment).toEqual({ rank: 0, ranks: 2, launcher: 'pmi', ...none });
    expect(() => mpiTask(environment)).toThrow(
      /rank 0 of 2 was started by the mpiexec of MPICH or Intel MPI \(PMI_RANK is set\)/,
    );
  });

  it('as the thread that communicates is told', () => {
    const env = { OMPI_COMM_WORLD_RANK: '1', OMPI_COMM_WORLD_SIZE: '2' };
    const task = mpiTask(rankEnvironment(env), { questions: 10 });
    expect(task).toMatchObject({ rank: 1, ranks: 2, data: { rank: 1, ranks: 2, questions: 10 } });
    expect(task.module).toMatch(/dist\/src\/ranks\/mpi\/transport\.js$/);
  });
});

it.each([
  [{ OMPI_COMM_WORLD_RANK: '1' }, /OMPI_COMM_WORLD_RANK is "1" and OMPI_COMM_WORLD_SIZE is not set/],
  [{ OMPI_COMM_WORLD_SIZE: '2' }, /OMPI_COMM_WORLD_SIZE is "2" and OMPI_COMM_WORLD_RANK is not set/],
  [{ PMI_RANK: '0' }, /PMI_RANK is "0" and PMI_SIZE is not set/],
  [{ PMIX_RANK: '0' }, /PMIX_RANK is "0" and PMIX_SIZE is not set/],
  [
    { OMPI_COMM_WORLD_RANK: '-1', OMPI_COMM_WORLD_SIZE: '2' },
    /OMPI_COMM_WORLD_RANK is "-1" in the environment/,
  ],
  [
    { OMPI_COMM_WORLD_RANK: '1', OMPI_COMM_WORLD_SIZE: 'x' },
    /OMPI_COMM_WORLD_SIZE is "x" in the environment/,
  ],
  [{ OMPI_COMM_WORLD_RANK: '2', OMPI_COMM_WORLD_SIZE: '2' }, /ranks count from 0/],
  [{ OMPI_COMM_WORLD_RANK: '0', OMPI_COMM_WORLD_SIZE: '0' }, /expected 1 or more/],
  [{ OMPI_COMM_WORLD_RANK: '1', OMPI_COMM_WORLD_SIZE: '2', PMIX_RANK: '0' }, /one process is one rank/],
  [
    { OMPI_COMM_WORLD_RANK: '1', OMPI_COMM_WORLD_SIZE: '2', PMI_RANK: '1', PMI_SIZE: '4' },
    /OMPI_COMM_WORLD_SIZE is 2 and PMI_SIZE is 4: a job has one number of ranks/,
  ],
  [{ SLURM_PROCID: '0', SLURM_STEP_NUM_TASKS: '4' }, /srun started 4 tasks here, and told them nothing/],
])('%j is refused', (env, message) => {
  let refused: unknown;
  try {
    rankEnvironment(env);
  } catch (error) {
    refused = error;
  }
  expect(refused).toMatchObject({ code: 'BAD_INPUT', message: expect.stringMatching(message) });
});
