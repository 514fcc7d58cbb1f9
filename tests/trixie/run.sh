#!/usr/bin/env bash
# run.sh - the build and the unit tests on Debian 13, in a chroot; only with LEAT_FULL=1, as root.
#
# The chroot stands in build/trixie and is used again. Packages come from docker/packages.sh, run
# inside it, so that the list itself is tested on both releases.
set -u
root=${LEAT_ROOT:-$(cd "$(dirname "$0")/../.." && pwd)}
chroot=${LEAT_TRIXIE:-$root/build/trixie}
mirror=${LEAT_MIRROR:-http://deb.debian.org/debian}
passed=0 failed=0

if [ "${LEAT_FULL:-0}" != 1 ]; then
    echo "only with --full"
    echo "0 passed, 0 failed"
    exit 0
fi
if [ "$(id -u)" -ne 0 ]; then
    echo "debootstrap wants root"
    echo "0 passed, 1 failed"
    exit 1
fi

check() { # NAME COMMAND...
    local name=$1 began=$SECONDS
    shift
    if "$@"; then
        passed=$((passed + 1))
        echo "passed: $name ($((SECONDS - began)) s)"
    else
        failed=$((failed + 1))
        echo "FAILED: $name"
    fi
}

inside() { # COMMAND...
    chroot "$chroot" /usr/bin/env -i PATH=/usr/sbin:/usr/bin:/sbin:/bin HOME=/root LC_ALL=C.UTF-8 \
        DEBIAN_FRONTEND=noninteractive "$@"
}

leave() {
    umount -l "$chroot/proc" 2>/dev/null
    umount -l "$chroot/dev/shm" 2>/dev/null
    umount -l "$chroot/dev" 2>/dev/null
}
trap leave EXIT

bootstrap() {
    [ -e "$chroot/leat-ready" ] && return 0
    rm -rf "$chroot"
    mkdir -p "$chroot"
    debootstrap --variant=minbase trixie "$chroot" "$mirror" && touch "$chroot/leat-ready"
}

enter() {
    mount --bind /dev "$chroot/dev" && mkdir -p "$chroot/dev/shm" &&
        mount -t proc proc "$chroot/proc"
    cp /etc/resolv.conf "$chroot/etc/resolv.conf"
    # The machine's own settings of apt: a proxy, a certificate.
    cp /etc/apt/apt.conf.d/*proxy* "$chroot/etc/apt/apt.conf.d/" 2>/dev/null
    return 0
}

copy_source() {
    rm -rf "$chroot/leat"
    mkdir -p "$chroot/leat"
    git -C "$root" ls-files -co --exclude-standard -z |
        (cd "$root" && tar --null -T - --ignore-failed-read -cf -) | tar -C "$chroot/leat" -xf -
}

build() { # PRESET
    inside sh -c "cd /leat && cmake --preset $1 >/tmp/configure.log 2>&1 &&
        cmake --build --preset $1 >/tmp/build.log 2>&1 ||
        { tail -n 40 /tmp/configure.log /tmp/build.log; exit 1; }"
}

unit_tests() {
    local runner status=0 count=0
    for runner in "$chroot"/leat/build/release/tests/unit-*; do
        [ -x "$runner" ] || continue
        count=$((count + 1))
        if ! inside "${runner#"$chroot"}" >"$chroot/tmp/unit.log" 2>&1; then
            tail -n 40 "$chroot/tmp/unit.log"
            status=1
        fi
        grep Synthesis "$chroot/tmp/unit.log"
    done
    [ $count -gt 0 ] && return $status
}

check "a chroot of Debian 13 can be made" bootstrap
enter
check "docker/packages.sh installs there" eval 'copy_source && inside /leat/docker/packages.sh test'
check "it builds with gcc" build release
check "it builds with clang" build clang
check "the unit tests pass" unit_tests
echo "librdkafka $(inside dpkg-query -W -f '${Version}' librdkafka-dev)," \
    "RocksDB $(inside dpkg-query -W -f '${Version}' librocksdb-dev)"
echo "$passed passed, $failed failed"
[ "$failed" -eq 0 ]
