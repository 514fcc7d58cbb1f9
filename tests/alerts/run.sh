#!/bin/sh
# run.sh - dashboards, alerts and runbooks against a real job, sink and Prometheus; see alerts.py.
set -eu
cd "$(dirname "$0")"
: "${LEAT_BUILD:=../../build/release}"
LEAT_BUILD=$(cd "$LEAT_BUILD" && pwd)
export LEAT_BUILD
exec python3 alerts.py "$@"
