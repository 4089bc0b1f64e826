#!/bin/bash
# A run over machines that are reached by ssh: one rank on each machine of a host file, and threads on its cores.
#
#     deploy/ssh.sh hosts.txt big.yaml --out runs/big
#
# hosts.txt has a name a line, and this machine's own if it is to take part. Each of them is reached by `ssh NAME`
# without a password, and has the same Node, the same Open MPI, and this folder at the same path (shared, or
# copied there with rsync). What stands behind the host file is given to `sottovoce run`, with --mpi.
#
# SOTTOVOCE names the program (dist/src/cli/sottovoce.cjs) where it is in neither node_modules nor the folder
# itself. MPIRUN_OPTIONS has more words for mpirun, say --mca btl_tcp_if_include 10.0.0.0/24 where machines have
# several networks and not all of them lead to all others.

set -euo pipefail

[ $# -ge 2 ] || { echo "usage: deploy/ssh.sh HOSTS CONFIG [OPTIONS of sottovoce run]" >&2; exit 2; }
hosts=$1
shift
[ -f "$hosts" ] || { echo "$hosts: there is no such file of host names" >&2; exit 2; }
count=$(grep -cvE '^[[:space:]]*(#|$)' "$hosts" || true)
[ "$count" -ge 1 ] || { echo "$hosts has no host names" >&2; exit 2; }
for program in "${SOTTOVOCE:-}" node_modules/sottovoce/dist/src/cli/sottovoce.cjs dist/src/cli/sottovoce.cjs; do
  [ -n "$program" ] && [ -f "$program" ] && break
done
[ -f "$program" ] || { echo "no sottovoce in $PWD: npm install it, or set SOTTOVOCE to its sottovoce.cjs" >&2; exit 2; }
case $program in /*) ;; *) program=$PWD/$program ;; esac

# One rank a machine, whatever else the host file says of slots. Without --bind-to none all threads of a rank share
# one core. Shells that ssh starts may not know node by its name, so it goes by its path.
# Told to end, mpirun waits so many seconds, tells the ranks, and kills them after as many more. Its own
# second is too short for results to be written. It ends after twice as many, whoever ended before.
export OMPI_MCA_odls_base_sigkill_timeout=${OMPI_MCA_odls_base_sigkill_timeout:-10}
read -ra more <<< "${MPIRUN_OPTIONS:-}"
exec mpirun --hostfile "$hosts" -n "$count" --map-by ppr:1:node --bind-to none "${more[@]}" \
  "$(command -v node)" "$program" run "$@" --mpi
