#!/usr/bin/env bash
# npm.sh - prints the folder of the packages that a package-lock.json names, fetched by npm the
# first time.
#
#   tests/npm.sh NAME FOLDER      FOLDER has package.json and package-lock.json
#
# They are kept in ${LEAT_CACHE:-$HOME/.cache/leat}/NAME-<sum of the lock file>. Callers may run at
# once: one fetches, the others wait, and a folder appears only when it is complete.
set -euo pipefail

name=$1 wanted=$2
cache=${LEAT_CACHE:-$HOME/.cache/leat}
sum=$(sha256sum <"$wanted/package-lock.json")
folder=$cache/$name-${sum:0:12}

if [ ! -d "$folder" ]; then
    mkdir -p "$cache"
    exec 9>"$folder.lock"
    flock 9
    if [ ! -d "$folder" ]; then
        fetch=$(mktemp -d "$cache/fetch.XXXXXX")
        trap 'rm -rf "$fetch"' EXIT
        cp "$wanted/package.json" "$wanted/package-lock.json" "$fetch/"
        npm ci --prefix "$fetch" --ignore-scripts --no-audit --no-fund >"$fetch/npm.log" 2>&1 || {
            cat "$fetch/npm.log" >&2
            echo "npm.sh: npm could not fetch what $wanted wants" >&2
            exit 1
        }
        mv "$fetch" "$folder"
        trap - EXIT
    fi
fi
echo "$folder"
