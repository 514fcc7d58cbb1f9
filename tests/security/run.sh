#!/bin/sh
# run.sh - the programs under TLS, passwords and the exact rights of docs/security.md; see
# security.py.
set -eu
cd "$(dirname "$0")"
: "${LEAT_BUILD:=../../build/release}"
LEAT_BUILD=$(cd "$LEAT_BUILD" && pwd)
export LEAT_BUILD
[ "${LEAT_FULL:-0}" = 0 ] || set -- --full "$@"
exec python3 security.py "$@"
