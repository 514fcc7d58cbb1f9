#!/usr/bin/env bash
# broker.sh - real Kafka on loopback for the tests and the demo.
#
#   broker.sh start DIR [n [key=value...]]  n brokers (1), each its own controller too; DIR must be
#                                           new or empty. More settings go to every broker, and
#                                           over ours; %PORT% and %CONTROLLER% are its ports.
#   broker.sh kill DIR i                    SIGKILL to broker i (1..n)
#   broker.sh pause DIR i, resume DIR i     SIGSTOP, SIGCONT
#   broker.sh restart DIR i                 starts it again on its port, after a SIGKILL if it runs
#   broker.sh stop DIR                      ends all of them; DIR stays, for the logs
#
# DIR/bootstrap holds host:port,..., DIR/pids one pid a line in order, DIR/<i>/broker.log the logs.
# `start` and `restart` return when the brokers take requests, or fail within LEAT_BROKER_WAIT
# seconds (120). With LEAT_BROKER_OWNER=<pid> set, the brokers end when that process has ended.
set -euo pipefail

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)

die()
{
    echo "broker.sh: $*" >&2
    exit 1
}

# Below the kernel's ephemeral ports, so that no client takes one while its broker is down.
free_port()
{
    local port
    for _ in $(seq 200); do
        port=$((15000 + (RANDOM * 32768 + RANDOM) % 17000))
        if [[ " $taken " != *" $port "* ]] && ! (: </dev/tcp/127.0.0.1/$port) 2>/dev/null; then
            taken="$taken $port"
            return 0
        fi
    done
    die "no free port"
}

write_settings() # i
{
    local i=$1 copies=$((n < 3 ? n : 3)) in_sync=$((n < 3 ? 1 : 2))
    mkdir -p "$dir/$i/data"
    cat >"$dir/$i/server.properties" <<EOF
process.roles=broker,controller
node.id=$i
controller.quorum.voters=$voters
listeners=PLAINTEXT://127.0.0.1:${ports[i]},CONTROLLER://127.0.0.1:${controllers[i]}
advertised.listeners=PLAINTEXT://127.0.0.1:${ports[i]}
controller.listener.names=CONTROLLER
inter.broker.listener.name=PLAINTEXT
listener.security.protocol.map=PLAINTEXT:PLAINTEXT,CONTROLLER:PLAINTEXT
log.dirs=$dir/$i/data
auto.create.topics.enable=false
num.partitions=1
default.replication.factor=$copies
min.insync.replicas=$in_sync
offsets.topic.num.partitions=4
offsets.topic.replication.factor=$copies
transaction.state.log.num.partitions=4
transaction.state.log.replication.factor=$copies
transaction.state.log.min.isr=$in_sync
transaction.abort.timed.out.transaction.cleanup.interval.ms=1000
share.coordinator.state.topic.replication.factor=$copies
share.coordinator.state.topic.min.isr=$in_sync
group.initial.rebalance.delay.ms=0
group.min.session.timeout.ms=1000
broker.session.timeout.ms=6000
broker.heartbeat.interval.ms=1000
num.network.threads=2
num.io.threads=4
log.cleaner.dedupe.buffer.size=16777216
EOF
    printf '%s\n' "${settings[@]+"${settings[@]}"}" |
        sed "s/%PORT%/${ports[i]}/g; s/%CONTROLLER%/${controllers[i]}/g" \
            >>"$dir/$i/server.properties"
    cat >"$dir/log4j2.properties" <<EOF
status = error
appender.out.type = Console
appender.out.name = out
appender.out.layout.type = PatternLayout
appender.out.layout.pattern = %d %p %m (%c{1})%n
rootLogger.level = info
rootLogger.appenderRef.out.ref = out
EOF
}

java_run() # class arguments...
{
    # shellcheck disable=SC2086
    exec "${JAVA:-java}" -XX:+UseSerialGC -XX:-UsePerfData -Djava.awt.headless=true \
        -Dlog4j2.configurationFile="$dir/log4j2.properties" ${LEAT_BROKER_JAVA:-} \
        "${heap[@]}" -cp "$jars/*" "$@"
}

launch() # i
{
    local i=$1
    heap=(-Xms128m -Xmx512m)
    : >"$dir/$i/broker.log"
    (
        trap '' HUP
        java_run kafka.Kafka "$dir/$i/server.properties" </dev/null >>"$dir/$i/broker.log" 2>&1 9>&-
    ) &
    pids[i]=$!
    printf '%s\n' "${pids[@]}" >"$dir/pids.new"
    mv "$dir/pids.new" "$dir/pids"
}

await() # i
{
    local i=$1 deadline=$((SECONDS + ${LEAT_BROKER_WAIT:-120}))
    until grep -q 'Kafka Server started' "$dir/$i/broker.log"; do
        if ! kill -0 "${pids[i]}" 2>/dev/null || ((SECONDS > deadline)); then
            tail -n 20 "$dir/$i/broker.log" >&2
            return 1
        fi
        sleep 0.1
    done
}

read_pids()
{
    [ -f "$dir/pids" ] || die "no brokers in $dir"
    pids=()
    local i=1 pid
    while read -r pid; do
        pids[i++]=$pid
    done <"$dir/pids"
}

# A pid that is another program's by now is not ours to signal.
is_ours() # i
{
    tr '\0' '\n' 2>/dev/null <"/proc/${pids[$1]}/cmdline" | grep -qxF "$dir/$1/server.properties"
}

gone() # i
{
    while is_ours "$1"; do sleep 0.02; done
}

stop_all()
{
    read_pids
    for i in "${!pids[@]}"; do
        if is_ours "$i"; then kill -KILL "${pids[i]}" 2>/dev/null || true; fi
    done
    for i in "${!pids[@]}"; do gone "$i"; done
}

watch_owner()
{
    [ -n "${LEAT_BROKER_OWNER:-}" ] || return 0
    (
        trap '' HUP INT
        while kill -0 "$LEAT_BROKER_OWNER" 2>/dev/null; do
            read_pids
            for i in "${!pids[@]}"; do if is_ours "$i"; then alive=1; fi; done
            [ -n "${alive:-}" ] || [ ! -f "$dir/stopped" ] || exit 0
            alive=
            sleep 1
        done
        stop_all
    ) </dev/null >/dev/null 2>&1 &
}

start_once()
{
    local taken= voters= i
    local -a ports=() controllers=()
    for i in $(seq "$n"); do
        free_port && ports[i]=${taken##* }
        free_port && controllers[i]=${taken##* }
        voters=$voters${voters:+,}$i@127.0.0.1:${controllers[i]}
    done
    local cluster formatting=()
    cluster=$(head -c 16 /dev/urandom | base64 | tr '+/' 'AB' | tr -d '=')
    for i in $(seq "$n"); do
        rm -rf "${dir:?}/$i"
        write_settings "$i"
        heap=(-Xmx128m -XX:TieredStopAtLevel=1)
        (java_run kafka.tools.StorageTool format -t "$cluster" -c "$dir/$i/server.properties" \
            >"$dir/$i/format.log" 2>&1) &
        formatting+=($!)
    done
    for i in "${formatting[@]}"; do
        wait "$i" || { cat "$dir"/*/format.log >&2; die "cannot format the brokers' folders"; }
    done
    pids=()
    for i in $(seq "$n"); do launch "$i"; done
    for i in $(seq "$n"); do
        await "$i" || { stop_all; return 1; }
    done
    local list
    list=$(printf ',127.0.0.1:%s' "${ports[@]}")
    echo "${list#,}" >"$dir/bootstrap"
}

command=${1:-}
[ $# -ge 2 ] || { sed -n '2,16s/^# \{0,1\}//p' "${BASH_SOURCE[0]}" >&2; exit 2; }
mkdir -p "$2"
dir=$(cd "$2" && pwd)
declare -a pids=() settings=() heap=()

case $command in
start)
    n=${3:-1}
    settings=("${@:4}")
    jars=$("$here/jars.sh")
    rm -f "$dir/stopped"
    # A port may be taken between the look and the start: once more, then, on others.
    start_once || start_once || die "the brokers in $dir do not start"
    watch_owner
    ;;
restart)
    i=${3:?which broker}
    jars=$("$here/jars.sh")
    read_pids
    if is_ours "$i"; then kill -KILL "${pids[i]}"; gone "$i"; fi
    launch "$i"
    await "$i" || die "broker $i in $dir does not start again"
    ;;
kill | pause | resume)
    i=${3:?which broker}
    read_pids
    is_ours "$i" || die "broker $i in $dir does not run"
    case $command in kill) signal=KILL ;; pause) signal=STOP ;; resume) signal=CONT ;; esac
    kill -"$signal" "${pids[i]}"
    if [ "$command" = kill ]; then gone "$i"; fi
    ;;
stop)
    : >"$dir/stopped"
    stop_all
    ;;
*) die "no command '$command'" ;;
esac
