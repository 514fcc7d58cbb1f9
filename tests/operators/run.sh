#!/bin/sh
# run.sh - every stateful operator on a real broker; see operators.py.
set -eu
cd "$(dirname "$0")"
: "${LEAT_BUILD:=../../build/release}"
LEAT_BUILD=$(cd "$LEAT_BUILD" && pwd)
export LEAT_BUILD
exec python3 operators.py "$@"
