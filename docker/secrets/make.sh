#!/bin/sh
# make.sh - the passwords of the stack, made at its first start and kept, and each readable by the
# one service that needs it. Also says where the page is: its address carries its token.
#
# `complete` is made last, so a start that was cut off is made good by the next one.
set -eu
cd /secrets
leat=10001 grafana=472

password() {
    od -An -v -tx1 -N 20 /dev/urandom | tr -d ' \n'
}

# A line of libpq's password file.
login() { # ROLE PASSWORD
    echo "postgres:5432:blackfriday:$1:$2"
}

make() {
    writer=$(password) reader=$(password)
    password >postgres/superuser
    echo "$writer" >postgres/writer
    echo "$reader" >postgres/reader
    login reader "$reader" >postgres/pgpass
    login leat "$writer" >leat/pgpass
    password >leat/web-token
    password >grafana/admin
    printf %s "$reader" >grafana/reader
}

keep_apart() {
    chmod 0400 ./*/*
    chmod 0500 postgres leat grafana
    chown -R postgres:postgres postgres
    chown -R "$leat:$leat" leat
    chown -R "$grafana:0" grafana
}

if [ ! -e complete ]; then
    umask 077
    rm -rf postgres leat grafana
    mkdir postgres leat grafana
    make
    keep_apart
    chmod 0711 .
    touch complete
fi

echo "the page:   http://127.0.0.1:${WEB_PORT:-8080}/?token=$(cat leat/web-token)"
echo "Grafana:    http://127.0.0.1:${GRAFANA_PORT:-3000}  (to change things: admin, $(cat grafana/admin))"
