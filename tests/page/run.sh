#!/usr/bin/env bash
# run.sh - the page in a real Chromium: fake.mjs against a made-up server, real.mjs against
# `blackfriday web` on a broker. Pictures of it stay in LEAT_LOGS/page.
#
#   run.sh [fake|real]      one part alone
set -u
root=${LEAT_ROOT:-$(cd "$(dirname "$0")/../.." && pwd)}
export LEAT_ROOT=$root LEAT_BUILD=${LEAT_BUILD:-$root/build/release}
export LEAT_LOGS=${LEAT_LOGS:-$root/build/logs}
here=$root/tests/page
passed=0 failed=0

LEAT_PAGE_NPM=$("$here/../npm.sh" page "$here") || { echo "0 passed, 1 failed"; exit 1; }
export LEAT_PAGE_NPM
said=$(mktemp /tmp/leat-page-said.XXXXXX)
trap 'rm -f "$said"' EXIT

# A part that ends without its own sum has failed, whatever passed before.
for part in ${1:-fake real}; do
    node "$here/$part.mjs" 2>&1 | tee "$said" | sed -u '/^[0-9]* passed, [0-9]* failed$/d'
    if sum=$(grep -E '^[0-9]+ passed, [0-9]+ failed$' "$said"); then
        passed=$((passed + ${sum%% *}))
        sum=${sum#*, }
        failed=$((failed + ${sum%% *}))
    else
        echo "FAILED: $part.mjs ended early"
        failed=$((failed + 1))
    fi
done
echo "$passed passed, $failed failed"
[ "$failed" -eq 0 ]
