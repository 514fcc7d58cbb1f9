#!/bin/sh
# run.sh - `blackfriday web` on a real broker: its figures, events and rules; see web.py.
set -eu
cd "$(dirname "$0")"
: "${LEAT_BUILD:=../../build/release}"
LEAT_BUILD=$(cd "$LEAT_BUILD" && pwd)
export LEAT_BUILD
exec python3 web.py "$@"
