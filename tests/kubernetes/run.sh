#!/usr/bin/env bash
# run.sh - the manifests of docker/kubernetes against Kubernetes' own schemas and the program itself;
# see manifests.py.
set -euo pipefail
cd "$(dirname "$0")"
: "${LEAT_BUILD:=../../build/release}"
tools=$(./tools.sh)
exec python3 manifests.py "$tools" "$(cd "$LEAT_BUILD" && pwd)/blackfriday"
