#!/usr/bin/env bash
# build_images.sh - all images that a checkout's compose file wants: stand-ins, and our own.
#
#   engine.sh online build_images.sh CHECKOUT
set -euo pipefail

here=$(cd "$(dirname "$0")" && pwd)
checkout=${1:?which checkout}
log=${LEAT_LOGS:-/tmp}/stack-build.log
export COMPOSE_PROFILES=tools DOCKER_BUILDKIT=0

config=$(cd "$checkout" && docker-compose config)
mapfile -t named < <("$here/images.py" named <<<"$config")
# What our Dockerfile builds on.
mapfile -t -O ${#named[@]} named < <(sed -n 's/^ARG BASE=//p' "$checkout/docker/Dockerfile")
"$here/standins/build.sh" "${named[@]}"

: >"$log"
while IFS=$'\t' read -r image dockerfile target context; do
    docker build --network host ${target:+--target "$target"} -t "$image" -f "$dockerfile" \
        "$context" >>"$log" 2>&1 </dev/null || { tail -n 40 "$log" >&2; exit 1; }
done < <("$here/images.py" built <<<"$config")

# Layers of commits that are gone; those of today's are what makes the next build short.
docker image prune -f --filter until=48h >/dev/null
