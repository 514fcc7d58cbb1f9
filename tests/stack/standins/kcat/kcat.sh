#!/bin/sh
# kcat.sh - Debian's kcat is built without Avro and refuses the registry's address, which the image
# takes; so that address is left away, and values come as they are.
count=$#
while [ "$count" -gt 0 ]; do
    case $1 in
    -r) shift; count=$((count - 1)) ;;
    *) set -- "$@" "$1" ;;
    esac
    shift
    count=$((count - 1))
done
exec /usr/bin/kcat "$@"
