#!/bin/sh
# packages.sh - the one list of Debian packages, for a person, a script or a Dockerfile.
#
#   docker/packages.sh build|unit|demo|test...  installs what is missing of these sets
#   docker/packages.sh --versions FILE SET...   the same, in the versions that FILE asks for
#   docker/packages.sh --list SET...            prints the names and installs nothing
#
# build: compiler and libraries.  unit: build, and what the unit tests link.  demo: build, and a
# PostgreSQL server.  test: all that the tests start or use. An entry `package=command` counts as
# there when the command is, wherever from. FILE has `package pattern` a line.
set -eu

build="gcc=gcc libc6-dev cmake=cmake ninja-build=ninja pkg-config=pkg-config ccache=ccache
       git=git ca-certificates librdkafka-dev librocksdb-dev libjansson-dev libcurl4-openssl-dev
       libmicrohttpd-dev libpq-dev libssl-dev libjs-chart.js"
unit="libcriterion-dev"
demo="postgresql"
test="postgresql libcriterion-dev clang=clang libclang-rt-dev llvm=llvm-symbolizer binutils=nm
      clang-format=clang-format valgrind=valgrind python3=python3 python3-venv procps=ps curl=curl
      default-jre-headless=java maven=mvn debootstrap=debootstrap
      docker.io=dockerd docker-compose=docker-compose iptables=iptables iproute2=ip
      prometheus=promtool prometheus-alertmanager=amtool
      chromium=chromium nodejs=node npm=npm fonts-inter golang-go=go openssl=openssl"

list_only=no
versions=/dev/null
wanted=""
while [ $# -gt 0 ]; do
    case "$1" in
    --list) list_only=yes ;;
    --versions) versions=$2; shift ;;
    build) wanted="$wanted $build" ;;
    unit) wanted="$wanted $build $unit" ;;
    demo) wanted="$wanted $build $demo" ;;
    test) wanted="$wanted $build $test" ;;
    *) echo "packages.sh: no set '$1': build, unit, demo or test" >&2; exit 2 ;;
    esac
    shift
done
[ -n "$wanted" ] || { echo "usage: packages.sh [--list] build|unit|demo|test..." >&2; exit 2; }

is_there() {
    case "$1" in
    *=*) command -v "${1#*=}" >/dev/null 2>&1 && return 0 ;;
    esac
    [ "$(dpkg-query -W -f '${db:Status-Status}' "${1%%=*}" 2>/dev/null)" = installed ]
}

missing=""
for entry in $wanted; do
    name=${entry%%=*}
    case " $missing " in *" $name "*) continue ;; esac
    if [ $list_only = yes ] || ! is_there "$entry"; then
        missing="$missing $name"
    fi
done

if [ $list_only = yes ]; then
    printf '%s\n' $missing
    exit 0
fi
[ -n "$missing" ] || exit 0

# `package=pattern` where a version is asked for, which apt understands.
version_of() { # PACKAGE
    sed -n "s/^$1  *\([^ ]*\)\$/=\1/p" "$versions"
}

as_root=""
if [ "$(id -u)" -ne 0 ]; then
    command -v sudo >/dev/null 2>&1 || {
        echo "packages.sh: missing:$missing; run this as root once" >&2
        exit 1
    }
    as_root="sudo"
fi

# Debian's server package would make a cluster and start it on port 5432; ours are private ones.
case "$missing" in
*postgresql*)
    $as_root mkdir -p /etc/postgresql-common
    [ -e /etc/postgresql-common/createcluster.conf ] ||
        echo "create_main_cluster = false" |
        $as_root tee /etc/postgresql-common/createcluster.conf >/dev/null ;;
esac

# Nor do we want their servers on ports 9090 and 9093.
case "$missing" in
*prometheus*)
    $as_root mkdir -p /etc/systemd/system
    for unit in prometheus prometheus-alertmanager; do
        [ -e "/etc/systemd/system/$unit.service" ] ||
            $as_root ln -s /dev/null "/etc/systemd/system/$unit.service"
    done ;;
esac

chosen=""
for name in $missing; do
    chosen="$chosen $name$(version_of "$name")"
done

echo "installing:$chosen" >&2
export DEBIAN_FRONTEND=noninteractive
$as_root apt-get update -q >&2
$as_root env DEBIAN_FRONTEND=noninteractive apt-get install -q -y --no-install-recommends \
    -o Dpkg::Options::=--force-confold $chosen >&2
