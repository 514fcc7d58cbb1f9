#!/usr/bin/env bash
# run.sh - ./demo.sh as a user runs it, short, on what is built: in memory, on a broker, and cut off.
set -u
root=${LEAT_ROOT:-$(cd "$(dirname "$0")/../.." && pwd)}
work=$(mktemp -d /tmp/leat-demo-test.XXXXXX)
broker=$root/tests/kafka/broker.sh
passed=0 failed=0
trap '[ ! -f "$work/broker/pids" ] || "$broker" stop "$work/broker"; rm -rf "$work"' EXIT
export LEAT_BROKER_OWNER=$$ TMPDIR=$work

check() { # NAME COMMAND...
    local name=$1
    shift
    if "$@" >"$work/out" 2>&1; then
        passed=$((passed + 1))
        echo "passed: $name"
    else
        failed=$((failed + 1))
        echo "FAILED: $name"
        sed 's/^/    /' "$work/out"
    fi
}

demo() { # LOG OPTION...
    local log=$work/$1
    shift
    "$root/demo.sh" --no-install "$@" >"$log" 2>&1 || { cat "$log"; return 1; }
}

outputs="sales-rejected sales-late sales-enriched sales-by-product sales-by-category sales-by-store
         sales-by-region sales-totals top-products stock sell-through low-stock"

# Topics by their names; tables as `table of <topic>`.
compares_all() { # LOG
    local output status=0
    for output in $outputs; do
        grep -Eq "^$output +[1-9].* equal$" "$work/$1" || { echo "no $output"; status=1; }
        case $output in sales-rejected) continue ;; esac
        grep -Eq "^table of $output +[1-9].* equal$" "$work/$1" || { echo "no table $output"; status=1; }
    done
    ! grep DIFFERENT "$work/$1" && return $status
}

answers() { # LOG
    grep -q '^What sells best' "$work/$1" && grep -q '^Where it sells' "$work/$1" &&
        grep -Eq '^ +10 \| P[0-9]{6} ' "$work/$1" &&
        grep -Eq '^ +[0-9]+ \| +[0-9]+ \| +[0-9]+\.[0-9]{2} \| ' "$work/$1"
}

nothing_left() {
    [ -z "$(find "$work" -maxdepth 1 -name 'leat-demo.*')" ] || { ls "$work"; return 1; }
    ! pgrep -f "blackfriday demo .*$work" && ! pgrep -f "postgres .*$work"
}

# A signal while it sells: it ends as one that was interrupted, and takes everything with it.
cut_off() {
    local status=0 pid
    "$root/demo.sh" --no-install --seconds 300 >"$work/cut" 2>&1 &
    pid=$!
    for _ in $(seq 600); do
        grep -q 'selling' "$work/cut" && break
        sleep 0.1
    done
    kill -TERM "$pid"
    wait "$pid" || status=$?
    [ $status -eq 130 ] && grep -q 'stopped before its end' "$work/cut" ||
        { echo "status $status"; cat "$work/cut"; return 1; }
}

on_a_broker() {
    "$broker" start "$work/broker" 1 >"$work/started" 2>&1 || { cat "$work/started"; return 1; }
    demo kafka --seconds 5 --rate 2000 --kafka "$(cat "$work/broker/bootstrap")"
}

leaves_no_topics() {
    local left
    grep -q "^Deleting the topics demo-" "$work/kafka" || return 1
    left=$(find "$work/broker/1/data" -maxdepth 1 -name 'demo-*' ! -name '*-delete')
    [ -z "$left" ] || { echo "$left"; return 1; }
}

check "the demo sells for five seconds and ends with status 0" demo memory --seconds 5
check "every topic and every table is compared, and equal" compares_all memory
check "three of the views answer" answers memory
check "nothing is left running or lying about" nothing_left
check "a signal ends it at once" cut_off
check "nothing is left of that either" nothing_left
check "a wrong option is a sentence and no table" \
    sh -c "! '$root/demo.sh' --no-install --secs 5 >'$work/wrong' 2>&1 && grep -q -- '--secs' '$work/wrong'"
check "with --kafka it does the same on a broker" on_a_broker
check "there, too, all is equal" compares_all kafka
check "the broker is left as it was found" leaves_no_topics
echo "$passed passed, $failed failed"
[ "$failed" -eq 0 ]
