#!/bin/sh
# server.sh - a private PostgreSQL for tests and the demo, on a free port of 127.0.0.1.
#
#   server.sh start DIR      makes a cluster in DIR (an old one is used again), starts it and
#                            prints the connection string, which stands in DIR/conninfo as well
#   server.sh stop DIR       a clean stop
#   server.sh kill DIR       kill -9 of the server and all its backends, as a power cut would
#   server.sh restart DIR    starts it again on the same port, after stop or kill
#   server.sh remove DIR     stops it and deletes what it kept
#
# The connection string names a passfile, so that no password stands in a command line. Run as
# root it becomes the user `postgres`, or `nobody` where there is none: the server refuses root.
# The machine's own cluster is never touched.
set -eu

die() {
    echo "server.sh: $*" >&2
    exit 1
}

[ $# -eq 2 ] || die "usage: server.sh start|stop|kill|restart|remove DIR"
action=$1
mkdir -p "$2"
dir=$(cd "$2" && pwd)

bin=$(ls -d /usr/lib/postgresql/*/bin 2>/dev/null | sort -t/ -k5 -n | tail -1)
[ -x "${bin:-}/postgres" ] || die "no PostgreSQL server in /usr/lib/postgresql: install postgresql"

user=$(id -un)
if [ "$(id -u)" = 0 ]; then
    user=nobody
    if id postgres >/dev/null 2>&1; then user=postgres; fi
fi

# Runs a command as the server's user, with nothing of the caller's PG* settings.
as_server() {
    if [ "$(id -u)" = 0 ]; then
        setpriv --reuid="$user" --regid="$(id -g "$user")" --clear-groups \
            env -i PATH="$bin:$PATH" LC_ALL=C "$@"
    else
        env -i PATH="$bin:$PATH" LC_ALL=C "$@"
    fi
}

# The data lies in DIR, or in /tmp where the server's user cannot reach DIR.
data_place() {
    if [ -L "$dir/data" ] || [ -d "$dir/data" ]; then
        return
    fi
    if [ "$(id -u)" = 0 ]; then
        chmod go+x "$dir"
        mkdir "$dir/data"
        chown "$user:" "$dir/data"
        if ! as_server test -w "$dir/data" 2>/dev/null; then
            rmdir "$dir/data"
            elsewhere=$(mktemp -d /tmp/leat-postgres.XXXXXX)
            chown "$user:" "$elsewhere"
            ln -s "$elsewhere" "$dir/data"
        fi
    else
        mkdir "$dir/data"
    fi
    chmod 700 "$(readlink -f "$dir/data")"
}

data=
data_path() {
    data=$(readlink -f "$dir/data" 2>/dev/null) || die "there is no cluster in $dir"
}

# Below the ports that the kernel hands out, so that it is still free at a restart. One that is
# taken makes the server's start fail, and another is tried.
free_port() {
    shuf -i 10000-32000 -n 1
}

make_cluster() {
    password=$(od -An -N16 -tx1 /dev/urandom | tr -d ' \n')
    secret="$data.secret"
    (umask 077 && printf '%s\n' "$password" >"$secret")
    [ "$(id -u)" != 0 ] || chown "$user:" "$secret"
    as_server "$bin/initdb" -D "$data" -U leat --pwfile="$secret" -A scram-sha-256 -E UTF8 \
        --no-locale --no-instructions >"$dir/initdb.log" 2>&1 ||
        { cat "$dir/initdb.log" >&2; die "initdb failed in $data"; }
    rm -f "$secret"
    (umask 077 && printf '127.0.0.1:*:*:leat:%s\n' "$password" >"$dir/pgpass")
    cat >>"$data/postgresql.conf" <<CONF
listen_addresses = '127.0.0.1'
unix_socket_directories = ''
max_connections = 50
shared_buffers = 128MB
max_wal_size = 1GB
logging_collector = off
CONF
}

server_pid() {
    head -1 "$data/postmaster.pid" 2>/dev/null || true
}

# A dead server that nobody has waited for yet is not alive, though kill -0 finds it.
alive() {
    grep -q '^State:.[^ZX]' "/proc/$1/status" 2>/dev/null
}

running() {
    pid=$(server_pid)
    [ -n "$pid" ] && alive "$pid" && grep -q postgres "/proc/$pid/comm" 2>/dev/null
}

# After a kill -9 a late backend may hold the shared memory a moment longer: try again.
launch() {
    tries=0
    until as_server "$bin/pg_ctl" -D "$data" -w -t 60 -l "$data/server.log" \
        -o "-p $(cat "$dir/port")" start >"$dir/start.log" 2>&1; do
        tries=$((tries + 1))
        if [ $tries -ge "$1" ]; then
            cat "$dir/start.log" >&2
            tail -5 "$data/server.log" >&2 || true
            return 1
        fi
        sleep 0.3
    done
}

start() {
    fresh=
    data_place
    data_path
    if [ ! -f "$data/PG_VERSION" ]; then
        make_cluster
        fresh=yes
    fi
    if ! running; then
        attempt=0
        until free_port >"$dir/port" && launch 1; do
            attempt=$((attempt + 1))
            [ $attempt -lt 10 ] || die "PostgreSQL does not start, see $data/server.log"
        done
    fi
    printf 'host=127.0.0.1 port=%s dbname=leat user=leat passfile=%s\n' "$(cat "$dir/port")" \
        "$dir/pgpass" >"$dir/conninfo"
    if [ -n "$fresh" ]; then
        PGPASSFILE="$dir/pgpass" "$bin/psql" -X -q -h 127.0.0.1 -p "$(cat "$dir/port")" -U leat \
            -d postgres -c 'CREATE DATABASE leat' >/dev/null
    fi
    cat "$dir/conninfo"
}

stop() {
    if running; then
        as_server "$bin/pg_ctl" -D "$data" -w -t 60 -m fast stop >/dev/null
    fi
}

kill_hard() {
    running || die "no server runs in $dir"
    pid=$(server_pid)
    children=$(cat "/proc/$pid/task/$pid/children" 2>/dev/null || true)
    # shellcheck disable=SC2086
    kill -9 $pid $children 2>/dev/null || true
    for each in $pid $children; do
        while alive "$each"; do sleep 0.02; done
    done
    rm -f "$data/postmaster.pid"
}

case $action in
start) start ;;
stop) data_path && stop ;;
kill) data_path && kill_hard ;;
restart) data_path && { running || launch 50; } ;;
remove)
    data_path && stop
    rm -rf "$data"
    rm -rf "$dir/data" "$dir/pgpass" "$dir/conninfo" "$dir/port" "$dir"/*.log
    ;;
*) die "unknown action '$action'" ;;
esac
