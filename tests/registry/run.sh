#!/usr/bin/env bash
# run.sh - the registry client against a real registry; ends with `N passed, N failed`.
set -u
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
suite=${LEAT_BUILD:?}/tests/registry/suite-registry
dir=$(mktemp -d)

finish()
{
    "$here/apicurio.sh" stop "$dir"
    rm -rf "$dir"
}
trap finish EXIT

if ! "$here/apicurio.sh" start "$dir"; then
    echo "0 passed, 1 failed"
    exit 1
fi
LEAT_REGISTRY_URL=$(cat "$dir/url")
export LEAT_REGISTRY_URL
# Confluent's default; Apicurio's is NONE.
curl -fsS -X PUT -H 'Content-Type: application/vnd.schemaregistry.v1+json' \
    -d '{"compatibility":"BACKWARD"}' -o "$dir/answer" "$LEAT_REGISTRY_URL/config"
"$suite" 2>&1 | tee "$dir/suite.log"
status=${PIPESTATUS[0]}
sed 's/\x1b\[[0-9;]*m//g' "$dir/suite.log" | awk '
    /Synthesis: Tested:/ { gsub(/[^0-9 ]/, " "); n = split($0, f, " "); good = f[n - 2]
                           bad = f[n - 1] + f[n]; said = 1 }
    END { if (!said) bad = 1; printf "%d passed, %d failed\n", good, bad }'
exit "$status"
