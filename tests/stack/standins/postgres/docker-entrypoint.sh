#!/bin/bash
# docker-entrypoint.sh - what the official image does before PostgreSQL starts: reads POSTGRES_USER,
# POSTGRES_PASSWORD, POSTGRES_DB and POSTGRES_INITDB_ARGS, each also as a file named by *_FILE;
# makes the cluster in an empty PGDATA, runs /docker-entrypoint-initdb.d, and drops root.
set -euo pipefail

setting() # NAME DEFAULT
{
    local file=${1}_FILE
    if [ -n "${!1:-}" ] && [ -n "${!file:-}" ]; then
        echo "error: both $1 and $file are set" >&2
        exit 1
    fi
    if [ -n "${!file:-}" ]; then
        cat "${!file}"
    else
        echo "${!1:-$2}"
    fi
}

sql() # DATABASE ARGUMENTS...
{
    PGHOST='' psql -X -q -w -v ON_ERROR_STOP=1 -U "$user" -d "$@"
}

run_scripts()
{
    local script
    for script in /docker-entrypoint-initdb.d/*; do
        case $script in
        *.sh) if [ -x "$script" ]; then "$script"; else . "$script"; fi ;;
        *.sql) sql "$database" -f "$script" ;;
        *.sql.gz) gunzip -c "$script" | sql "$database" ;;
        esac
    done
}

make_cluster()
{
    local user password database
    user=$(setting POSTGRES_USER postgres)
    password=$(setting POSTGRES_PASSWORD '')
    database=$(setting POSTGRES_DB "$user")
    [ -n "$password" ] || {
        echo "Error: Database is uninitialized and superuser password is not specified." >&2
        exit 1
    }
    # shellcheck disable=SC2046
    initdb -D "$PGDATA" -U "$user" --pwfile=<(echo "$password") \
        $(setting POSTGRES_INITDB_ARGS '')
    printf '\nhost all all all scram-sha-256\n' >>"$PGDATA/pg_hba.conf"
    export POSTGRES_USER=$user POSTGRES_PASSWORD=$password POSTGRES_DB=$database
    export PGPASSWORD=$password
    pg_ctl -D "$PGDATA" -w -o "-c listen_addresses=''" start
    [ "$database" = postgres ] || sql postgres -v name="$database" <<<'CREATE DATABASE :"name"'
    run_scripts
    pg_ctl -D "$PGDATA" -m fast -w stop
    unset PGPASSWORD
    echo "PostgreSQL init process complete; ready for start up."
}

[ "${1:0:1}" != - ] || set -- postgres "$@"
if [ "$1" = postgres ]; then
    mkdir -p "$PGDATA"
    if [ "$(id -u)" = 0 ]; then
        chmod 700 "$PGDATA"
        chown -R postgres "$PGDATA" /var/run/postgresql
        exec gosu postgres "$BASH_SOURCE" "$@"
    fi
    chmod 700 "$PGDATA" 2>/dev/null || true
    [ -s "$PGDATA/PG_VERSION" ] || make_cluster
fi
exec "$@"
