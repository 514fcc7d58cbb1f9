#!/bin/sh
# What leat-avrogen refuses, and the sentence that it says.
#   refusals.sh AVROGEN FOLDER
set -u
avrogen=$1
work=$2/refusals
failed=0
mkdir -p "$work"

refuses() { # SENTENCE SCHEMA
    printf '%s' "$2" >"$work/bad.avsc"
    rm -f "$work/out/bad.c" "$work/out/bad.h"
    if said=$("$avrogen" --out "$work/out" "$work/bad.avsc" 2>&1); then
        echo "taken: $2"
        failed=1
    elif [ "${said#*"$1"}" = "$said" ]; then
        echo "said '$said', not '$1'"
        failed=1
    elif [ -e "$work/out/bad.c" ]; then
        echo "left a file behind: $2"
        failed=1
    fi
}

field() { # TYPE
    printf '{"type":"record","name":"r","fields":[{"name":"f","type":%s}]}' "$1"
}

refuses "field 'f' of 'r': a decimal of 19 digits does not fit in 64 bits" \
    "$(field '{"type":"bytes","logicalType":"decimal","precision":19}')"
refuses "a union of 3 types has no place in a C struct" "$(field '["null","int","string"]')"
refuses "a union of 2 types has no place in a C struct" "$(field '["int","string"]')"
refuses "always null" "$(field '"null"')"
refuses "a fixed of no bytes" "$(field '{"type":"fixed","name":"e","size":0}')"
refuses "record 'e' has no fields" "$(field '{"type":"record","name":"e","fields":[]}')"
refuses "record 'r' holds itself" "$(field '["null","r"]')"
refuses "is of type enum: only a record" '{"type":"enum","name":"e","symbols":["A"]}'
refuses "'b.r' and 'a.r' would both be 'r' in C" \
    '{"type":"record","name":"b.r","fields":[{"name":"f","type":{"type":"record","name":"a.r","fields":[{"name":"x","type":"int"}]}}]}'
refuses "fields 'int' and 'int_' of 'r' would both be 'int_' in C" \
    '{"type":"record","name":"r","fields":[{"name":"int","type":"int"},{"name":"int_","type":"int"}]}'
refuses "the default is not of type int" \
    '{"type":"record","name":"r","fields":[{"name":"f","type":"int","default":"x"}]}'
refuses "type 'nothing' is not defined" "$(field '"nothing"')"
refuses "line 1, column" '{"type":'
if "$avrogen" --out "$work/out" "$work/absent.avsc" 2>&1 | grep -q "absent.avsc: cannot read it"; then :; else
    echo "an absent file is not named"
    failed=1
fi
exit $failed
