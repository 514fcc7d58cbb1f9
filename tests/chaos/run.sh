#!/bin/sh
# run.sh - the whole job under kills, freezes, stops and outages; see chaos.py. The long form has
# four times the faults. A run is repeated by `run.sh --seed N`.
set -eu
cd "$(dirname "$0")"
: "${LEAT_BUILD:=../../build/release}"
LEAT_BUILD=$(cd "$LEAT_BUILD" && pwd)
export LEAT_BUILD
[ "${LEAT_FULL:-0}" = 0 ] ||
    set -- --kills 100 --freezes 40 --stops 20 --broker-kills 12 --database-kills 12 "$@"
exec python3 chaos.py "$@"
