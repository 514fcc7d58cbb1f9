#!/bin/sh
# run.sh - uploads of CSV into real Kafka, with a real registry; see upload.py.
set -eu
cd "$(dirname "$0")"
: "${LEAT_BUILD:=../../build/release}"
LEAT_BUILD=$(cd "$LEAT_BUILD" && pwd)
export LEAT_BUILD
[ "${LEAT_FULL:-0}" = 0 ] || set -- --megabytes 200 "$@"
exec python3 upload.py "$@"
