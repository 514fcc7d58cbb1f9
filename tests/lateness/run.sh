#!/bin/sh
# run.sh - lateness on a real broker, an owner stopped for a while; see broker.py.
set -eu
cd "$(dirname "$0")"
: "${LEAT_BUILD:=../../build/release}"
LEAT_BUILD=$(cd "$LEAT_BUILD" && pwd)
export LEAT_BUILD
[ "${LEAT_FULL:-0}" = 0 ] || set -- --freezes 3,12,60 "$@"
exec python3 broker.py "$@"
