#!/bin/sh
# What mpirun starts its daemons with, in place of ssh: HOST and a command, in that host's namespace and under
# its name (test/hosts/lab.mjs). As ssh does, it gives the words that are left to a shell.
host=$1
shift
exec ip netns exec "$host" unshare --uts sh -c 'hostname "$0" && exec sh -c "$*"' "$host" "$@"
