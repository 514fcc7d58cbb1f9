#!/usr/bin/env bash
# cost.sh - what a sale costs: CPU of `blackfriday run` per sale and its peak memory, on a backlog.
#
#   cost.sh [sales [updates]]    500,000 sales and 100,000 updates, 10,000 products, 100 stores,
#                                4 partitions, two workers, exactly once, on a broker of its own
#
# The time is from the start of `run` to the last record processed; its CPU is what the process has
# used by then. BUILD names the build folder (build/release).
set -euo pipefail

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
root=$(cd "$here/../.." && pwd)
bf=${BUILD:-$root/build/release}/blackfriday
sales=${1:-500000} updates=${2:-100000}
dir=$(mktemp -d /tmp/leat-cost-XXXXXX)
pid=

finish()
{
    [ -z "$pid" ] || kill "$pid" 2>/dev/null || true
    "$root/tests/kafka/broker.sh" stop "$dir/kafka" >/dev/null 2>&1 || true
    rm -rf "$dir"
}
trap finish EXIT

"$root/tests/kafka/broker.sh" start "$dir/kafka" 1 >/dev/null
cat >"$dir/conf" <<EOF
bootstrap.servers = $(cat "$dir/kafka/bootstrap")
schema.registry.url = mock://cost
num.stream.threads = 2
state.dir = $dir/state
EOF
"$bf" generate --config "$dir/conf" --count "$sales" --updates "$updates" --span 3h \
    >"$dir/generate.log" 2>&1

figure() # name: the sum of its series
{
    curl -s "http://127.0.0.1:$port/metrics" |
        awk -v name="$1" '{ split($1, of, "{") } of[1] == name { sum += $2 } END { print sum + 0 }'
}

start=$(date +%s%N)
"$bf" run --config "$dir/conf" ${RUN_OPTIONS:-} >"$dir/run.log" 2>&1 &
pid=$!
port= last=-1 still=0 moved=$start
while sleep 0.25; do
    kill -0 "$pid" 2>/dev/null || { tail -5 "$dir/run.log" >&2; exit 1; }
    [ -n "$port" ] || port=$(sed -n 's/.*status_server.*port=\([0-9]*\).*/\1/p' "$dir/run.log")
    [ -n "$port" ] || continue
    records=$(figure leat_records_total)
    if [ "$records" != "$last" ]; then
        last=$records still=0 moved=$(date +%s%N)
        cpu=$(awk '{ print $14 + $15 }' "/proc/$pid/stat")
    else
        still=$((still + 1))
    fi
    [ "$still" -lt 12 ] || [ "$last" = 0 ] || break
done
peak=$(awk '/VmHWM/ { print $2 }' "/proc/$pid/status")
[ -z "${KEEP_LOG:-}" ] || cp "$dir/run.log" "$KEEP_LOG"
kill -TERM "$pid"
wait "$pid"
pid=
hertz=$(getconf CLK_TCK)
awk -v cpu="$cpu" -v hertz="$hertz" -v sales="$sales" -v ns=$((moved - start)) -v kb="$peak" \
    -v records="$last" 'BEGIN {
    printf "%d sales, %d records: %.1f CPU-us a sale, %.1f s CPU, %.1f s, peak %.0f MB\n",
        sales, records, cpu / hertz * 1e6 / sales, cpu / hertz, ns / 1e9, kb / 1024 }'
if [ "${VERIFY:-1}" = 1 ]; then
    "$bf" verify --config "$dir/conf" >"$dir/verify.log" && echo "verify: equal" ||
        { cat "$dir/verify.log"; exit 1; }
fi
