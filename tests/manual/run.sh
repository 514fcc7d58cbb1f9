#!/bin/sh
# run.sh - installs the library under a temporary prefix and holds the manual against it.
set -eu
here=$(cd "$(dirname "$0")" && pwd)
root=${LEAT_ROOT:-$(cd "$here/../.." && pwd)}
build=${LEAT_BUILD:-$root/build/release}
work=$(mktemp -d /tmp/leat-manual.XXXXXX)
trap 'rm -rf "$work"' EXIT
cmake --install "$build" --prefix "$work/prefix" >"$work/install.log" || {
    cat "$work/install.log"
    exit 1
}
PKG_CONFIG_PATH=$(dirname "$(find "$work/prefix" -name leat.pc)")
export PKG_CONFIG_PATH LD_LIBRARY_PATH="${PKG_CONFIG_PATH%/pkgconfig}"
python3 "$here/manual.py" "$root" "$work"
