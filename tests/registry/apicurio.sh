#!/usr/bin/env bash
# apicurio.sh - a real schema registry on loopback, for the tests.
#
#   apicurio.sh start DIR    DIR/url holds its address, DIR/pid its process, DIR/log its output
#   apicurio.sh stop DIR
#
# `start` returns when it answers, or fails within LEAT_REGISTRY_WAIT seconds (120). It keeps its
# schemas in memory. The program comes from Maven Central once and stays under
# ${LEAT_CACHE:-$HOME/.cache/leat}.
set -euo pipefail

version=2.6.13.Final # the last that runs on the Java 17 of Debian 12
cache=${LEAT_CACHE:-$HOME/.cache/leat}
home=$cache/apicurio-$version

die()
{
    echo "apicurio.sh: $*" >&2
    exit 1
}

# Downloads beside its place and moves it there whole, so that an interruption leaves nothing half.
fetch()
{
    local part=$home.part
    [ -d "$home" ] && return 0
    command -v mvn >/dev/null || die "mvn is missing: apt-get install maven"
    rm -rf "$part"
    mkdir -p "$part"
    (cd "$part" && mvn -B -q org.apache.maven.plugins:maven-dependency-plugin:3.6.1:copy \
        -Dartifact=io.apicurio:apicurio-registry-app:$version:tar.gz:all -DoutputDirectory=.) ||
        die "Maven could not fetch apicurio-registry-app $version"
    tar -xzf "$part"/*.tar.gz -C "$part"
    rm -f "$part"/*.tar.gz
    mv "$part" "$home"
}

free_port()
{
    for _ in $(seq 200); do
        port=$((15000 + (RANDOM * 32768 + RANDOM) % 17000))
        (: </dev/tcp/127.0.0.1/$port) 2>/dev/null || return 0
    done
    die "no free port"
}

answers()
{
    curl -fsS -o "$dir/answer" --max-time 5 "$(cat "$dir/url")/subjects" 2>"$dir/curl.err"
}

wait_for()
{
    local deadline=$((SECONDS + ${LEAT_REGISTRY_WAIT:-120}))
    until answers; do
        kill -0 "$(cat "$dir/pid")" 2>/dev/null || { tail -n 20 "$dir/log" >&2; die "it ended"; }
        [ $SECONDS -lt $deadline ] || { tail -n 20 "$dir/log" >&2; die "it does not answer"; }
        sleep 0.2
    done
}

start()
{
    local jar port
    mkdir -p "$cache" "$dir"
    (flock 9 && fetch) 9>"$home.lock"
    command -v java >/dev/null || die "java is missing: apt-get install openjdk-17-jre-headless"
    jar=$(find "$home" -maxdepth 2 -name '*-runner.jar' | head -n 1)
    [ -n "$jar" ] || die "no runner in $home: remove the folder and try again"
    free_port
    echo "http://127.0.0.1:$port/apis/ccompat/v7" >"$dir/url"
    java -Xmx384m -Dquarkus.http.host=127.0.0.1 -Dquarkus.http.port=$port \
        -jar "$jar" >"$dir/log" 2>&1 </dev/null &
    echo $! >"$dir/pid"
    wait_for
}

stop()
{
    local pid
    [ -f "$dir/pid" ] || return 0
    pid=$(cat "$dir/pid")
    kill "$pid" 2>/dev/null || true
    for _ in $(seq 100); do
        kill -0 "$pid" 2>/dev/null || break
        sleep 0.1
    done
    kill -9 "$pid" 2>/dev/null || true
    rm -f "$dir/pid"
}

[ $# -eq 2 ] || die "usage: apicurio.sh start|stop DIR"
dir=$2
case $1 in
start) start ;;
stop) stop ;;
*) die "no command '$1'" ;;
esac
