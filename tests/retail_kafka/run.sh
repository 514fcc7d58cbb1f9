#!/bin/sh
# run.sh - the whole job on a real broker, exactly once, compared with the truth; see matrix.py.
set -eu
cd "$(dirname "$0")"
: "${LEAT_BUILD:=../../build/release}"
LEAT_BUILD=$(cd "$LEAT_BUILD" && pwd)
export LEAT_BUILD
[ "${LEAT_FULL:-0}" = 0 ] || set -- --full "$@"
exec python3 matrix.py "$@"
