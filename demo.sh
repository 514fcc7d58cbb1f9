#!/usr/bin/env bash
# demo.sh - Black Friday on this machine: installs what is missing, builds, sells, and compares.
#
#   ./demo.sh [--seconds N] [--kafka HOST:PORT]
#
#   --seconds N          for which sales are sent (60)
#   --kafka HOST:PORT    on this broker, under names of its own, instead of the log in memory
#   --no-install         never calls apt
#   any other option     goes to `blackfriday demo`, whose --help lists them
#
# A private PostgreSQL is started for it on a free port of 127.0.0.1, filled by the sink, and taken
# away again. Exit status 0: every topic and every table equals what the inputs say it must be.
set -u
cd "$(dirname "$0")" || exit 2
root=$PWD
program=build/release/blackfriday
server=tests/postgres/server.sh
install=1 child='' work='' stopped=0
arguments=()

usage() {
    sed -n '2,/^set -u/s/^# \{0,1\}//p' "$0"
    exit "$1"
}

while [ $# -gt 0 ]; do
    case "$1" in
    --no-install) install=0 ;;
    -h | --help) usage 0 ;;
    *) arguments+=("$1") ;;
    esac
    shift
done

# ---- ending: whatever was started is stopped, whatever was made is removed ------------------------

on_signal() {
    stopped=1
    [ -z "$child" ] || kill -TERM "$child" 2>/dev/null
}

clean_up() {
    trap '' INT TERM
    [ -n "$work" ] || return 0
    "$server" remove "$work/postgres" >/dev/null 2>&1
    rm -rf "$work"
}

trap on_signal INT TERM
trap clean_up EXIT

# Ends the script where a signal came between two steps.
go_on() {
    [ $stopped -eq 0 ] || exit 130
}

fail() {
    go_on
    echo "demo.sh: $1" >&2
    exit 1
}

# ---- what it takes --------------------------------------------------------------------------------

# Shows how long a quiet step takes, in place where that is a terminal.
quietly() { # WORDS LOG COMMAND...
    local words=$1 log=$2 began=$SECONDS status=0
    shift 2
    "$@" >"$log" 2>&1 </dev/null &
    child=$!
    [ -t 1 ] || printf '%s\n' "$words"
    while kill -0 "$child" 2>/dev/null; do
        [ ! -t 1 ] || printf '\r%s, %d s\033[K' "$words" $((SECONDS - began))
        sleep 0.2
    done
    wait "$child" || status=$?
    child=''
    [ ! -t 1 ] || printf '\r\033[K'
    [ $status -eq 0 ] || [ $stopped -eq 1 ] || tail -n 30 "$log" >&2
    return $status
}

# Without the tests, which need packages that the demo does not; ./test.sh turns them on again.
configure() {
    local launcher=()
    command -v ccache >/dev/null && launcher=(-DCMAKE_C_COMPILER_LAUNCHER=ccache)
    cmake --preset release -DLEAT_TESTS=OFF "${launcher[@]}"
}

build() {
    [ -f build/release/build.ninja ] || configure || return
    cmake --build build/release --target blackfriday
}

work=$(mktemp -d "${TMPDIR:-/tmp}/leat-demo.XXXXXX") || exit 1
chmod 711 "$work"
if [ $install -eq 1 ]; then
    docker/packages.sh demo || fail "cannot install what is missing"
fi
go_on
quietly "building" "$work/build.log" build || fail "the build fails"
go_on
mkdir "$work/postgres"
quietly "starting a private PostgreSQL" "$work/postgres.log" "$server" start "$work/postgres" ||
    fail "PostgreSQL does not start"
go_on
database=$(tail -n 1 "$work/postgres.log")

# ---- the demo -------------------------------------------------------------------------------------

"$program" demo --set "blackfriday.database=$database" --set "state.dir=$work/state" \
    "${arguments[@]+"${arguments[@]}"}" \
    2>"$work/demo.log" &
child=$!
wait "$child"
status=$?
while [ $status -gt 128 ] && kill -0 "$child" 2>/dev/null; do # wait was cut short by a signal
    wait "$child"
    status=$?
done
child=''
if [ $status -ne 0 ] && [ $stopped -eq 0 ]; then
    tail -n 20 "$work/demo.log" >&2
fi
go_on

# ---- three answers --------------------------------------------------------------------------------

ask() { # WORDS SQL
    printf '\n%s\n' "$1"
    psql "$database" -X -q -P footer=off -P pager=off -c "$2" | sed '$d'
}

export PGOPTIONS='-c search_path=black_friday_sales'
views=$(psql "$database" -X -A -t -c "SELECT to_regclass('revenue_total') IS NOT NULL")
if [ $status -le 1 ] && [ "$views" = t ]; then
    ask "What sells best (top_selling_products):" \
        "SELECT rank, product_id, name, category, orders, units, revenue
         FROM top_selling_products ORDER BY rank LIMIT 10"
    ask "Where it sells (regional_sales):" \
        "SELECT region, orders, units, revenue, share_percent FROM regional_sales"
    ask "All of it (revenue_total):" \
        "SELECT orders, units, revenue, average_order_value FROM revenue_total"
fi
[ $status -eq 0 ] && printf '\nEvery topic and every table equals the truth of the inputs.\n'
exit $status
