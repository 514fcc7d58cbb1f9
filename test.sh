#!/usr/bin/env bash
# test.sh - installs what is missing, builds, runs every test, ends with `N passed, N failed`.
#
#   ./test.sh                 everything, in the short forms
#   ./test.sh --build-only    leaves build/release/blackfriday and the test runners
#   ./test.sh --only NAME     the steps whose name contains NAME (may be given again)
#   ./test.sh --full          the long forms, and what only they hold
#   ./test.sh --list          the names of the steps
#   ./test.sh --no-install    never calls apt
#
# A step is found, never listed here:
#   release/NAME, asan/NAME, tsan/NAME   tests that CMake knows (add_test) in these builds; tsan
#                                        takes those with the label `threads`; the label
#                                        `release-only` keeps a test out of asan
#   fuzz/NAME                            executables fuzz-* of the fuzz build
#   NAME                                 tests/NAME/run.sh, which ends with `N passed, N failed`
# Scripts are given LEAT_ROOT, LEAT_BUILD (the release build), LEAT_FULL (0 or 1) and LEAT_LOGS.
set -u
cd "$(dirname "$0")" || exit 2
root=$PWD
logs=$root/build/logs
full=0 install=1 build_only=0 list=0
only=()
passed=0 failed=0
failures=()
fuzz_seconds=${LEAT_FUZZ_SECONDS:-60}
step_minutes=${LEAT_STEP_MINUTES:-20}

usage() {
    sed -n '2,/^set -u/s/^# \{0,1\}//p' "$0"
    exit "$1"
}

while [ $# -gt 0 ]; do
    case "$1" in
    --build-only) build_only=1 ;;
    --only) [ $# -gt 1 ] || usage 2; only+=("$2"); shift ;;
    --full) full=1; step_minutes=240 ;;
    --list) list=1 ;;
    --no-install) install=0 ;;
    -h | --help) usage 0 ;;
    *) echo "test.sh: no option '$1'" >&2; usage 2 ;;
    esac
    shift
done

wanted() { # NAME
    local word
    [ ${#only[@]} -eq 0 ] && return 0
    for word in "${only[@]}"; do
        case "$1" in *"$word"*) return 0 ;; esac
    done
    return 1
}

wanted_build() { # PREFIX: whether a step of that build can be wanted
    local word
    [ ${#only[@]} -eq 0 ] && return 0
    for word in "${only[@]}"; do
        [ -e "tests/$word/run.sh" ] && continue
        case "$word" in "$1"/*) return 0 ;; asan/* | tsan/* | fuzz/* | release/*) ;; *) return 0 ;; esac
    done
    return 1
}

build() { # PRESET
    local preset=$1 began=$SECONDS launcher=()
    command -v ccache >/dev/null && launcher=(-DCMAKE_C_COMPILER_LAUNCHER=ccache)
    mkdir -p "$logs"
    if { cmake --preset "$preset" "${launcher[@]}" && cmake --build --preset "$preset"; } \
        >"$logs/build-$preset.log" 2>&1; then
        printf '%-44s %6d s  built\n' "build $preset" $((SECONDS - began))
        return 0
    fi
    printf '%-44s %6d s  FAILED, see %s\n' "build $preset" $((SECONDS - began)) \
        "build/logs/build-$preset.log"
    grep -E -A6 'error:|^FAILED|Error:|undefined reference|cannot ' "$logs/build-$preset.log" | head -60
    failed=$((failed + 1))
    failures+=("build $preset")
    return 1
}

# Adds up what a step's log says of itself: Criterion's synthesis or `N passed, N failed`.
# Prints "passed failed"; a log that says nothing is one test.
counts_of() { # LOG STATUS
    awk -v status="$2" '
        /Synthesis: Tested:/ {
            line = $0; gsub(/\033\[[0-9;]*m/, "", line); gsub(/[^0-9 ]/, " ", line)
            n = split(line, f, " "); good += f[n - 2]; bad += f[n - 1] + f[n]; said = 1
        }
        /^([0-9]+: )?[0-9]+ passed, [0-9]+ failed/ {
            line = $0; sub(/^[0-9]+: /, "", line)
            split(line, f, " "); script_good = f[1]; script_bad = f[3]; script = 1
        }
        END {
            if (script) { good += script_good; bad += script_bad; said = 1 }
            if (!said) { good = status == 0; bad = status != 0 }
            if (status != 0 && bad == 0) bad = 1
            printf "%d %d\n", good, bad
        }' "$1"
}

step() { # NAME COMMAND...
    local name=$1 log began=$SECONDS status good bad
    shift
    log=$logs/${name//\//-}.log
    timeout -k 30 $((step_minutes * 60)) "$@" >"$log" 2>&1 </dev/null
    status=$?
    judge "$name" "$log" "$status" $((SECONDS - began))
}

judge() { # NAME LOG STATUS SECONDS
    local name=$1 log=$2 status=$3 good bad report
    # Criterion's tests are children: what a sanitizer finds there does not fail the runner.
    for report in "$logs/reports/${name//\//-}".*; do
        [ -e "$report" ] || continue
        cat "$report" >>"$log"
        [ "$status" -ne 0 ] || status=99
    done
    read -r good bad < <(counts_of "$log" "$status")
    passed=$((passed + good))
    failed=$((failed + bad))
    if [ "$bad" -eq 0 ]; then
        printf '%-44s %6d s  %d passed\n' "$name" "$4" "$good"
        return
    fi
    failures+=("$name (${log#"$root"/})")
    printf '%-44s %6d s  %d passed, %d FAILED, status %d, see %s\n' "$name" "$4" "$good" \
        "$bad" "$status" "${log#"$root"/}"
    # What failed may stand far above the end: a runner goes on after it.
    grep -anE '\[(----|FAIL|CRASH)\]|^FAILED|Assertion|SUMMARY: ' "$log" | head -n 30 | sed 's/^/    ! /'
    tail -n 40 "$log" | sed 's/^/    | /'
}

ctest_names() { # BUILD [CTEST OPTIONS]
    local dir=$1
    shift
    [ -f "build/$dir/CTestTestfile.cmake" ] || return 0
    ctest --test-dir "build/$dir" -N "$@" | sed -n 's/^ *Test *#[0-9]*: //p'
}

sanitizer_options() { # NAME
    local path=$logs/reports/${1//\//-}
    export ASAN_OPTIONS="log_path=$path:detect_leaks=1:detect_stack_use_after_return=1"
    export UBSAN_OPTIONS="log_path=$path:print_stacktrace=1"
    export LSAN_OPTIONS="suppressions=$root/tests/lsan.supp:print_suppressions=0"
    export TSAN_OPTIONS="log_path=$path:suppressions=$root/tests/tsan.supp:second_deadlock_stack=1:die_after_fork=0"
}

run_ctest() { # BUILD NAME
    local name=$1/$2
    [ "$1" = release ] || sanitizer_options "$name"
    step "$name" ctest --test-dir "build/$1" -R "^$2\$" -V --timeout $((step_minutes * 60))
    unset ASAN_OPTIONS UBSAN_OPTIONS LSAN_OPTIONS TSAN_OPTIONS
}

fuzz_one() { # NAME: runs in the background
    local corpus=$root/tests/fuzz/corpus/$1 found=$logs/fuzz-$1-found kept=$root/build/fuzz-corpus/$1
    mkdir -p "$found" "$kept"
    [ -d "$corpus" ] || corpus=""
    "$root/build/fuzz/tests/fuzz/fuzz-$1" -max_total_time="$fuzz_seconds" -rss_limit_mb=1024 \
        -timeout=10 -artifact_prefix="$found/" -print_final_stats=1 "$kept" $corpus \
        >"$logs/fuzz-$1.log" 2>&1 </dev/null
    echo $? >"$logs/fuzz-$1.status"
}

run_fuzzers() { # two at a time, since a fuzzer is one thread
    local name began names=() i
    for name in build/fuzz/tests/fuzz/fuzz-*; do
        [ -x "$name" ] && [ -f "$name" ] || continue
        name=${name##*/fuzz-}
        wanted "fuzz/$name" && names+=("$name")
    done
    for ((i = 0; i < ${#names[@]}; i += 2)); do
        began=$SECONDS
        for name in "${names[@]:i:2}"; do fuzz_one "$name" & done
        wait
        for name in "${names[@]:i:2}"; do
            judge "fuzz/$name" "$logs/fuzz-$name.log" "$(cat "$logs/fuzz-$name.status")" \
                $((SECONDS - began))
        done
    done
}

all_steps() {
    local name
    for name in $(ctest_names release); do echo "release/$name"; done
    for name in $(ctest_names asan -LE release-only); do echo "asan/$name"; done
    for name in $(ctest_names tsan -L threads); do echo "tsan/$name"; done
    for name in build/fuzz/tests/fuzz/fuzz-*; do [ -f "$name" ] && echo "fuzz/${name##*/fuzz-}"; done
    for name in tests/*/run.sh; do name=${name%/run.sh}; echo "${name##*/}"; done
}

finish() {
    local name
    printf '\n%d s in all\n' "$SECONDS"
    for name in "${failures[@]}"; do echo "failed: $name"; done
    echo "$passed passed, $failed failed"
    [ "$failed" -eq 0 ]
    exit
}

[ $list -eq 0 ] || { all_steps; exit 0; }
mkdir -p "$logs"
rm -rf "$logs"/*
mkdir -p "$logs/reports"
if [ $install -eq 1 ]; then
    docker/packages.sh test || { echo "0 passed, 1 failed"; exit 1; }
fi

build release || finish
[ $build_only -eq 0 ] || exit 0

export LEAT_ROOT=$root LEAT_BUILD=$root/build/release LEAT_FULL=$full LEAT_LOGS=$logs
for name in $(ctest_names release); do
    wanted "release/$name" && run_ctest release "$name"
done
if wanted_build asan && build asan; then
    for name in $(ctest_names asan -LE release-only); do
        wanted "asan/$name" && run_ctest asan "$name"
    done
fi
if wanted_build tsan && build tsan; then
    for name in $(ctest_names tsan -L threads); do
        wanted "tsan/$name" && run_ctest tsan "$name"
    done
fi
if wanted_build fuzz && ls tests/fuzz/*.c >/dev/null 2>&1 && build fuzz; then
    run_fuzzers
fi
for script in tests/*/run.sh; do
    [ -e "$script" ] || continue
    name=${script#tests/}
    name=${name%/run.sh}
    wanted "$name" && step "$name" "$script"
done
finish
