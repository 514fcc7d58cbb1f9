#!/usr/bin/env bash
# npm.sh - prints the folder of Grafana's types and of the TypeScript compiler, fetched by npm the
# first time.
#
# They are kept in ${LEAT_CACHE:-$HOME/.cache/leat}/grafana-<sum of the lock file>. Callers may run
# at once: one fetches, the others wait, and a folder appears only when it is complete.
set -euo pipefail

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
cache=${LEAT_CACHE:-$HOME/.cache/leat}
sum=$(sha256sum <"$here/package-lock.json")
folder=$cache/grafana-${sum:0:12}

if [ ! -d "$folder" ]; then
    mkdir -p "$cache"
    exec 9>"$folder.lock"
    flock 9
    if [ ! -d "$folder" ]; then
        fetch=$(mktemp -d "$cache/fetch.XXXXXX")
        trap 'rm -rf "$fetch"' EXIT
        cp "$here/package.json" "$here/package-lock.json" "$fetch/"
        npm ci --prefix "$fetch" --ignore-scripts --no-audit --no-fund >"$fetch/npm.log" 2>&1 || {
            cat "$fetch/npm.log" >&2
            echo "npm.sh: npm could not fetch Grafana's types" >&2
            exit 1
        }
        mv "$fetch" "$folder"
        trap - EXIT
    fi
fi
echo "$folder"
