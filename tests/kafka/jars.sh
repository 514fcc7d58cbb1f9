#!/usr/bin/env bash
# jars.sh - prints the folder of Apache Kafka's jars, fetched by Maven the first time.
#
#   tests/kafka/jars.sh [version]      4.1.0 unless told otherwise
#
# They are kept in ${LEAT_CACHE:-$HOME/.cache/leat}/kafka-<version>-streams. Callers may run at once: one
# fetches, the others wait, and a folder appears only when it is complete.
set -euo pipefail

version=${1:-4.1.0}
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
cache=${LEAT_CACHE:-$HOME/.cache/leat}
jars=$cache/kafka-$version-streams

if [ ! -d "$jars" ]; then
    mkdir -p "$cache"
    exec 9>"$jars.lock"
    flock 9
    if [ ! -d "$jars" ]; then
        fetch=$(mktemp -d "$cache/fetch.XXXXXX")
        trap 'rm -rf "$fetch"' EXIT
        cp "$here/pom.xml" "$fetch/pom.xml"
        mvn -B -q -f "$fetch/pom.xml" -Dkafka.version="$version" \
            dependency:copy-dependencies -DincludeScope=runtime \
            -DoutputDirectory="$fetch/jars" >"$fetch/maven.log" 2>&1 || {
            cat "$fetch/maven.log" >&2
            echo "jars.sh: Maven could not fetch Kafka $version" >&2
            exit 1
        }
        mv "$fetch/jars" "$jars"
    fi
fi
echo "$jars"
