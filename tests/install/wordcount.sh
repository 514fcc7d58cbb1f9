#!/usr/bin/env bash
# wordcount.sh PROGRAM - runs the README's first program on a broker: lines go in, counts come out,
# and it stops cleanly when it is told to.
set -u
program=$1
here=$(cd "$(dirname "$0")" && pwd)
work=$(mktemp -d /tmp/leat-wordcount.XXXXXX)
pid=""

finish() {
    [ -z "$pid" ] || kill -9 "$pid" 2>/dev/null
    "$here/../kafka/broker.sh" stop "$work/kafka" >/dev/null 2>&1
    rm -rf "$work"
}
trap finish EXIT
set -e

cc -std=c11 -O2 -o "$work/client" "$here/client.c" $(pkg-config --cflags --libs rdkafka)
"$here/../kafka/broker.sh" start "$work/kafka"
brokers=$(cat "$work/kafka/bootstrap")
"$work/client" feed "$brokers"
"$program" --set application.id=word-count --set bootstrap.servers="$brokers" \
    --set state.dir="$work/state" >"$work/program.log" 2>&1 &
pid=$!
"$work/client" wait "$brokers" || { cat "$work/program.log"; exit 1; }
kill -TERM "$pid"
wait "$pid" || { cat "$work/program.log"; echo "it did not stop cleanly"; exit 1; }
pid=""
