#!/bin/bash
# A run over the nodes of a Slurm job: one rank on each node, and threads on its cores.
#
#     sbatch --nodes=4 --time=02:00:00 deploy/slurm.sh big.yaml --out runs/big
#
# Submit it where the config lies, in a folder that all nodes see. What stands behind the script's name is given
# to `sottovoce run`, with --mpi. SOTTOVOCE names the program (dist/src/cli/sottovoce.cjs) where it is in neither
# node_modules nor the folder itself.

#SBATCH --job-name=sottovoce
#SBATCH --nodes=2
#SBATCH --ntasks-per-node=1
# Whole nodes: rounds end at a barrier, and whoever shares a core with somebody else holds up all.
#SBATCH --exclusive
#SBATCH --mem=0
#SBATCH --time=01:00:00
# A minute before its time is over a run is told to stop, and leaves a checkpoint.
#SBATCH --signal=TERM@60
#SBATCH --output=%x-%j.log

set -euo pipefail

[ $# -ge 1 ] || { echo "usage: sbatch [OPTIONS] deploy/slurm.sh CONFIG [OPTIONS of sottovoce run]" >&2; exit 2; }
for program in "${SOTTOVOCE:-}" node_modules/sottovoce/dist/src/cli/sottovoce.cjs dist/src/cli/sottovoce.cjs; do
  [ -n "$program" ] && [ -f "$program" ] && break
done
[ -f "$program" ] || { echo "no sottovoce in $PWD: npm install it, or set SOTTOVOCE to its sottovoce.cjs" >&2; exit 2; }
case $program in /*) ;; *) program=$PWD/$program ;; esac
command=("$(command -v node)" "$program" run "$@" --mpi)

if srun --mpi=list 2>&1 | grep -q pmix; then
  # srun gives a step one processor of a task unless it is told how many (since Slurm 22.05), and binds it there.
  exec srun --mpi=pmix --cpus-per-task="$SLURM_CPUS_ON_NODE" --cpu-bind=none --kill-on-bad-exit=1 "${command[@]}"
fi
# Told to end, mpirun waits so many seconds, tells the ranks, and kills them after as many more. Its own
# second is too short for results to be written. It ends after twice as many: less than the 60 of --signal above.
export OMPI_MCA_odls_base_sigkill_timeout=${OMPI_MCA_odls_base_sigkill_timeout:-10}
# Open MPI knows Slurm: it takes the nodes from the job. Without --bind-to none all threads share one core.
exec mpirun --map-by ppr:1:node --bind-to none "${command[@]}"
