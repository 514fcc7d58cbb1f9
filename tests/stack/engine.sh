#!/usr/bin/env bash
# engine.sh - runs a command beside a Docker engine of its own, of which nothing is left.
#
#   engine.sh online COMMAND...    with the machine's network, for builds: `docker build --network
#                                  host`; it makes no bridge and no rule of iptables
#   engine.sh isolated COMMAND...  in a network of its own: every port on loopback is free there,
#                                  and bridges, rules and addresses vanish with it
#
# The command finds DOCKER_HOST in its environment. It lives in namespaces of its own, so that
# however it ends the kernel ends the engine and all containers with it. Images and build layers
# stay in ${LEAT_STACK:-~/.cache/leat/stack}; one engine at a time may use them, others wait.
set -euo pipefail

store=${LEAT_STACK:-${LEAT_CACHE:-$HOME/.cache/leat}/stack}
cgroup=leat-stack
log=${LEAT_LOGS:-/tmp}/stack-engine.log

die()
{
    echo "engine.sh: $*" >&2
    exit 1
}

# The engine makes folders here that do not end with the processes in them.
remove_cgroups()
{
    find /sys/fs/cgroup -depth -type d -path "*/$cgroup*" -exec rmdir {} + 2>/dev/null || true
}

outside() # online|isolated COMMAND...
{
    local mode=$1 status=0 own=()
    shift
    [ "$(id -u)" -eq 0 ] || die "a Docker engine of one's own wants root"
    command -v dockerd >/dev/null || die "dockerd is missing: docker/packages.sh test"
    mkdir -p "$store"
    if [ -z "${LEAT_STACK_LOCKED:-}" ]; then
        exec 9>"$store/lock"
        flock 9
        export LEAT_STACK_LOCKED=1
    fi
    trap remove_cgroups EXIT
    trap "exit 143" TERM INT HUP
    [ "$mode" = online ] || own=(--net)
    unshare --mount --pid --fork --kill-child --mount-proc "${own[@]}" \
        "$0" --inside "$mode" "$@" || status=$?
    exit $status
}

# A containerd of the machine would be taken for ours. This also hides our own sockets.
private_folders()
{
    run=/run/containerd/leat
    mkdir -p /run/containerd
    mount -t tmpfs tmpfs /run/containerd
    mkdir $run
}

start_engine() # online|isolated
{
    local network=(--iptables=false --ip6tables=false --bridge=none)
    if [ "$1" = isolated ]; then
        ip link set lo up
        network=(--iptables=true)
    fi
    dockerd --data-root "$store/data" --exec-root "$run" -H "unix://$run/docker.sock" \
        --pidfile "$run/docker.pid" --cgroup-parent "/$cgroup" \
        --exec-opt native.cgroupdriver=cgroupfs "${network[@]}" >>"$log" 2>&1 9>&- </dev/null &
    engine=$!
    export DOCKER_HOST=unix://$run/docker.sock
    local deadline=$((SECONDS + 120))
    until docker version >/dev/null 2>&1; do
        kill -0 $engine 2>/dev/null || { tail -n 20 "$log" >&2; die "dockerd does not start"; }
        [ $SECONDS -lt $deadline ] || { tail -n 20 "$log" >&2; die "dockerd does not answer"; }
        sleep 0.2
    done
}

# What a run that was cut off has left in the engine's books: its processes are gone already.
remove_leftovers()
{
    docker ps -aq | xargs -r docker rm -f -v >/dev/null
    docker network prune -f >/dev/null
    docker volume ls -q | xargs -r docker volume rm -f >/dev/null
}

stop_engine()
{
    remove_leftovers || true
    kill $engine
    wait $engine || true
}

inside() # online|isolated COMMAND...
{
    local mode=$1 status=0
    shift
    private_folders
    start_engine "$mode"
    remove_leftovers
    "$@" 9>&- || status=$?
    stop_engine
    exit $status
}

case "${1:-}" in
online | isolated) [ $# -gt 1 ] || die "which command?"; outside "$@" ;;
--inside) shift; inside "$@" ;;
*) sed -n '2,12s/^# \{0,1\}//p' "$0" >&2; exit 2 ;;
esac
