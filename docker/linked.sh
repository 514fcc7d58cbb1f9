#!/bin/sh
# linked.sh - which Debian packages, in which version, hold the libraries that a program links.
#
#   docker/linked.sh PROGRAM        prints a line `package=version` for each
set -eu

# Packages of libraries that the base holds as symbolic links are recorded under /usr or without it.
owner_of() { # FILE
    dpkg-query -S "$1" 2>/dev/null || dpkg-query -S "${1#/usr}" 2>/dev/null ||
        dpkg-query -S "/usr$1" 2>/dev/null
}

ldd "$1" | sed -n 's/.* => \(\/[^ ]*\) .*/\1/p' | while read -r library; do
    owner=$(owner_of "$(readlink -f "$library")") ||
        { echo "linked.sh: no package holds $library" >&2; exit 1; }
    echo "${owner%%:*}"
done | sort -u | while read -r package; do
    dpkg-query -W -f '${Package}=${Version}\n' "$package"
done
