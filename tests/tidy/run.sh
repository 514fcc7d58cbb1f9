#!/bin/sh
# run.sh - the house style as a test; see tidy.py.
exec python3 "$(dirname "$0")/tidy.py" "${LEAT_ROOT:-$(dirname "$0")/../..}" \
    "${LEAT_BUILD:-$(dirname "$0")/../../build/release}"
