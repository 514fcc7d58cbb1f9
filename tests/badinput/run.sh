#!/bin/sh
# run.sh - what is wrong is named, with its mend, and nothing else is lost; see badinput.py.
set -eu
cd "$(dirname "$0")"
: "${LEAT_BUILD:=../../build/release}"
LEAT_BUILD=$(cd "$LEAT_BUILD" && pwd)
export LEAT_BUILD
exec python3 badinput.py "$@"
