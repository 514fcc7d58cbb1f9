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

build() # IMAGE DOCKERFILE TARGET CONTEXT
{
    docker build --network host ${3:+--target "$3"} -t "$1" -f "$2" "$4" >>"$log" 2>&1 </dev/null ||
        { tail -n 40 "$log" >&2; exit 1; }
}

# Stages are named, so that the next build finds their layers; what else has no name is of commits
# that are gone.
: >"$log"
while IFS=$'\t' read -r image dockerfile target context; do
    for stage in $(sed -n 's/^FROM .* AS //p' "$dockerfile"); do
        [ "$stage" != "$target" ] || break
        build "leat-stage/$stage" "$dockerfile" "$stage" "$context"
    done
    build "$image" "$dockerfile" "$target" "$context"
done < <("$here/images.py" built <<<"$config")
docker image prune -f >/dev/null
