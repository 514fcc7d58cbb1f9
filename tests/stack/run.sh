#!/usr/bin/env bash
# run.sh - the compose file, unchanged, from a clean checkout, on a Docker engine of the test's own.
#
# First online: the images, which stay for the next run. Then in a network of its own, where the
# file's ports are free and no registry of images can be reached: check.py. The long form does it
# all with Compose v2 too, which Go's tools build from its module.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
export LEAT_ROOT=${LEAT_ROOT:-$(cd "$here/../.." && pwd)} LEAT_LOGS=${LEAT_LOGS:-/tmp}
export LEAT_STACK=${LEAT_STACK:-${LEAT_CACHE:-$HOME/.cache/leat}/stack}
export COMPOSE_HTTP_TIMEOUT=300 # an engine on a busy machine may think for longer than a minute
compose_version=v2.40.3

give_up()
{
    echo "FAILED: $*"
    echo "0 passed, 1 failed"
    exit 1
}

# The plugin, where docker finds it by DOCKER_CONFIG.
build_compose()
{
    local plugins=$LEAT_STACK/compose-$compose_version/cli-plugins module source
    export DOCKER_CONFIG=$LEAT_STACK/compose-$compose_version
    [ ! -x "$plugins/docker-compose" ] || return 0
    module=github.com/docker/compose/v2
    source=$(go mod download -json $module@$compose_version |
        python3 -c 'import json, sys; print(json.load(sys.stdin)["Dir"])')
    mkdir -p "$plugins"
    go -C "$source" build -trimpath -o "$plugins/part" \
        -ldflags "-s -w -X $module/internal.Version=$compose_version" ./cmd
    mv "$plugins/part" "$plugins/docker-compose"
}

[ "$(id -u)" -eq 0 ] || give_up "a Docker engine of one's own wants root"
mkdir -p "$LEAT_STACK"
exec 9>"$LEAT_STACK/lock"
flock 9
export LEAT_STACK_LOCKED=1

checkout=$(mktemp -d /tmp/leat-stack.XXXXXX)
trap 'rm -rf "$checkout"' EXIT
trap 'exit 143' TERM INT HUP
mkdir "$checkout/leat"
git -C "$LEAT_ROOT" archive HEAD | tar -x -C "$checkout/leat"

LEAT_PAGE_NPM=$("$here/../npm.sh" page "$here/../page") || give_up "the browser's driver"
export LEAT_PAGE_NPM
began=$SECONDS
"$here/engine.sh" online "$here/build_images.sh" "$checkout/leat" || give_up "the images"
echo "the images are there after $((SECONDS - began)) s"
[ "${LEAT_FULL:-0}" != 1 ] || build_compose >"$LEAT_LOGS/stack-compose.log" 2>&1 ||
    give_up "Compose $compose_version does not build"
"$here/engine.sh" isolated python3 "$here/check.py" "$checkout/leat"
