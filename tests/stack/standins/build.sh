#!/usr/bin/env bash
# build.sh - stand-ins of the images that a compose file names, on a debootstrapped Debian 13.
#
#   build.sh IMAGE...     e.g. apache/kafka:4.1.0 postgres:17 debian:trixie-slim
#
# Wants DOCKER_HOST and an engine whose builds may use the machine's network (engine.sh online).
# Each stand-in has the official image's name, and of its documented variables, paths, users and
# tools those that our compose file uses. An image whose label says that it was made from the same
# inputs is left as it is.
set -euo pipefail

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
cache=${LEAT_CACHE:-$HOME/.cache/leat}
base=leat-standin/base
servers=leat-standin/servers
apicurio_artifact=io.apicurio:apicurio-registry-app
export DOCKER_BUILDKIT=0

work=$(mktemp -d)
trap 'rm -rf --one-file-system "$work"' EXIT

die()
{
    echo "build.sh: $*" >&2
    exit 1
}

hash_of() # TEXT PATH...
{
    local text=$1
    shift
    { echo "$text"; [ $# -eq 0 ] || find "$@" -type f -print0 | sort -z | xargs -0 cat; } |
        sha256sum | cut -c1-32
}

label_of() # IMAGE LABEL
{
    docker image inspect -f "{{index .Config.Labels \"$2\"}}" "$1" 2>/dev/null || true
}

# The way in which this machine's apt reaches Debian, whatever it is, holds inside builds too.
apt_settings()
{
    grep -lE '^[[:space:]]*(Acquire|APT::Get::AllowUnauth)' /etc/apt/apt.conf.d/* 2>/dev/null |
        grep -v '/docker-' || true
}

# As debian:trixie-slim is made: the smallest variant, without manuals and translations.
make_base()
{
    local root=$work/base file
    local setting
    debootstrap --variant=minbase trixie "$root" ${LEAT_MIRROR:+"$LEAT_MIRROR"} >"$work/log" 2>&1 ||
        { tail -n 20 "$work/log" >&2; die "debootstrap could not make a Debian 13"; }
    cat >"$root/etc/dpkg/dpkg.cfg.d/docker" <<'SETTINGS'
force-unsafe-io
path-exclude /usr/share/doc/*
path-include /usr/share/doc/*/copyright
path-exclude /usr/share/man/*
path-exclude /usr/share/info/*
path-exclude /usr/share/locale/*
path-include /usr/share/locale/locale.alias
SETTINGS
    cat >"$root/etc/apt/apt.conf.d/docker-clean" <<'SETTINGS'
APT::Update::Post-Invoke { "rm -f /var/cache/apt/archives/*.deb /var/cache/apt/*.bin || true"; };
DPkg::Post-Invoke { "rm -f /var/cache/apt/archives/*.deb /var/cache/apt/*.bin || true"; };
SETTINGS
    for setting in $(apt_settings); do cp "$setting" "$root/etc/apt/apt.conf.d/"; done
    printf '#!/bin/sh\nexit 101\n' >"$root/usr/sbin/policy-rc.d"
    chmod 755 "$root/usr/sbin/policy-rc.d"
    rm -rf "$root"/var/lib/apt/lists/* "$root"/var/cache/apt/* "$root"/usr/share/man/* \
        "$root"/usr/share/info/* "$root"/usr/share/locale/*/ "$root"/var/log/*.log
    find "$root/usr/share/doc" -type f ! -name copyright -delete
    tar -C "$root" --one-file-system -cf - . | docker import \
        -c "LABEL leat.inputs=$1" -c 'CMD ["bash"]' - $base >/dev/null
    rm -rf --one-file-system "$root"
}

base_image()
{
    local inputs
    # shellcheck disable=SC2046
    inputs=$(hash_of "$(declare -f make_base) $(uname -m)" $(apt_settings))
    [ "$(label_of $base leat.inputs)" = "$inputs" ] || make_base "$inputs"
}

# Builds FOLDER's Dockerfile, with what `context` puts beside it, unless IMAGE is that already.
build_image() # IMAGE FOLDER TEXT [FUNCTION that fills the context]
{
    local image=$1 folder=$here/$2 inputs context=$work/$2
    inputs=$(hash_of "$3 $(docker image inspect -f '{{.Id}}' "$from")" "$folder")
    [ "$(label_of "$image" leat.inputs)" != "$inputs" ] || return 0
    cp -r "$folder" "$context"
    [ $# -lt 4 ] || "$4" "$context"
    docker build -q --network host --label "leat.inputs=$inputs" -t "$image" "$context" \
        >"$work/log" 2>&1 || { tail -n 30 "$work/log" >&2; die "$image does not build"; }
    rm -rf "$context"
}

kafka_jars() # CONTEXT
{
    cp -rl "$("$here/../../kafka/jars.sh" "$version")" "$1/libs" 2>/dev/null ||
        cp -r "$("$here/../../kafka/jars.sh" "$version")" "$1/libs"
}

apicurio_home() # CONTEXT
{
    local home=$cache/apicurio-$version
    (
        flock 8
        [ -d "$home" ] && exit 0
        rm -rf "$home.part"
        mkdir -p "$home.part"
        cd "$home.part"
        mvn -B -q org.apache.maven.plugins:maven-dependency-plugin:3.6.1:copy \
            -Dartifact="$apicurio_artifact:$version:tar.gz:all" -DoutputDirectory=. >mvn.log 2>&1 ||
            { cat mvn.log >&2; exit 1; }
        tar -xzf ./*.tar.gz
        rm -f ./*.tar.gz mvn.log
        mv "$home.part" "$home"
    ) 8>"$home.lock" || die "Maven could not fetch $apicurio_artifact:$version"
    cp -rl "$home" "$1/deployments" 2>/dev/null || cp -r "$home" "$1/deployments"
}

# The program in the stand-in is Debian's: it must be of the series that the compose file asks for.
same_series() # IMAGE PACKAGE
{
    local have
    have=$(docker run --rm --network none --entrypoint dpkg-query $servers \
        -W -f '${Version}' "$2")
    [ "${have%%.*}" = "${version%%.*}" ] ||
        die "$1 is not what Debian 13 has: its package $2 is $have"
}

stand_in() # IMAGE
{
    local image=$1 repository=${1%:*} version=${1##*:}
    version=${version#v}
    case "$repository" in
    debian) docker tag $base "$image" ;;
    apache/kafka) build_image "$image" kafka "$version" kafka_jars ;;
    apicurio/apicurio-registry) build_image "$image" registry "$version" apicurio_home ;;
    postgres) same_series "$image" postgresql-17; build_image "$image" postgres "$version" ;;
    prom/prometheus) same_series "$image" prometheus; build_image "$image" prometheus "" ;;
    prom/alertmanager)
        same_series "$image" prometheus-alertmanager; build_image "$image" alertmanager "" ;;
    grafana/grafana) build_image "$image" grafana "$version" ;;
    edenhill/kcat) same_series "$image" kcat; build_image "$image" kcat "" ;;
    *) die "no stand-in for the image $image" ;;
    esac
}

[ $# -gt 0 ] || die "which images?"
mkdir -p "$cache"
base_image
from=$base
build_image $servers servers ""
from=$servers
for image in "$@"; do stand_in "$image"; done
