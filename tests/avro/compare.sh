#!/bin/sh
# Compares resolution and generated codecs with fastavro's.
#   compare.sh PEER FOLDER [--seed N] [--pairs N]     FOLDER keeps the virtual environment
set -eu
here=$(dirname "$(readlink -f "$0")")
peer=$1
folder=$2
shift 2
if [ ! -x "$folder/venv/bin/python" ] || ! "$folder/venv/bin/python" -c 'import fastavro' 2>&-; then
    python3 -m venv "$folder/venv"
    "$folder/venv/bin/pip" install --quiet --disable-pip-version-check 'fastavro>=1.9,<2'
fi
exec "$folder/venv/bin/python" "$here/compare.py" "$peer" "$@"
