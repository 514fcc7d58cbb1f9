#!/bin/sh
# run.sh - questions about stores to three instances of the whole job on a real broker; see
# queries.py. Under LEAT_FULL there is ten times the input.
set -eu
cd "$(dirname "$0")"
: "${LEAT_BUILD:=../../build/release}"
LEAT_BUILD=$(cd "$LEAT_BUILD" && pwd)
export LEAT_BUILD
[ "${LEAT_FULL:-0}" = 0 ] || set -- --count 30000 "$@"
exec python3 queries.py "$@"
