/** What the host tells its communication thread where ranks meet over MPI. It loads nothing of MPI itself. */

import { InputError } from '../../base/errors.js';
import type { RankEnvironment } from '../environment.js';
import type { TransportTask } from '../transport.js';
import type { MpiData } from './transport.js';

/** This module runs from dist/src/ranks/mpi, from a folder of dist/bundle, or from source. */
const above = import.meta.url.includes('/ranks/mpi/') ? '../../../' : '../../';
const dist = import.meta.url.endsWith('.ts') ? `${above}dist/` : above;
const transportUrl = new URL(`${dist}src/ranks/mpi/transport.js`, import.meta.url);

/**
 * @throws InputError where the ranks were started by the mpirun of another library
 */
export function mpiTask(
  environment: RankEnvironment,
  options: Omit<MpiData, 'rank' | 'ranks'> = {},
): TransportTask {
  const { rank, ranks, launcher } = environment;
  if (launcher === 'pmi') {
    throw new InputError(
      `rank ${rank} of ${ranks} was started by the mpiexec of MPICH or Intel MPI (PMI_RANK is set), and runs over Open MPI`,
      {
        hint: "start it with Open MPI's mpirun (apt-get install openmpi-bin), or srun --mpi=pmix; where both are installed: mpirun.openmpi",
      },
    );
  }
  const data: MpiData = { rank, ranks, ...options };
  return { module: transportUrl.href, data, rank, ranks };
}
