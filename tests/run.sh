#!/bin/bash
# The second command of the README: sets up, builds and runs all tests, against a real Kafka. The last line is 'N passed, N failed'.
#
#   tests/run.sh                    everything: Release with a real Kafka, then the unit tests with AddressSanitizer and UBSan
#   tests/run.sh --quick            unit tests and tidy on the Release build; no Kafka
#   tests/run.sh --sanitize         only the sanitizer part
#   tests/run.sh --filter REGEX     only tests whose names match (see `ctest -N`)
#   tests/run.sh --no-setup         does not look for missing packages first
#
# Environment: SLUICE_TEST_BOOTSTRAP=host:port uses that broker instead of starting one; SLUICE_JOBS bounds the parallel jobs.
set -euo pipefail
root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
cd "$root"

setup=true release=true sanitize=true kafka=true labels=() filter=()
while [ $# -gt 0 ]; do
  case $1 in
    --quick) sanitize=false kafka=false labels=(-L 'unit|tidy|fuzz') ;;
    --sanitize) release=false ;;
    --filter) [ $# -ge 2 ] || { echo "run: --filter needs a regular expression" >&2; exit 2; }; filter=(-R "$2"); shift ;;
    --no-setup) setup=false ;;
    -h|--help) sed -n '2,10s/^# \{0,1\}//p' "${BASH_SOURCE[0]}"; exit 0 ;;
    *) echo "run: unknown option '$1'; see tests/run.sh --help" >&2; exit 2 ;;
  esac
  shift
done

# A compiler wants up to 1.5 GB at its worst.
memory_gb=$(($(sed -n 's/^MemAvailable: *\([0-9]*\) kB/\1/p' /proc/meminfo) / 1500000))
jobs=$(nproc)
[ "$memory_gb" -ge "$jobs" ] || jobs=$((memory_gb > 1 ? memory_gb : 1))
jobs=${SLUICE_JOBS:-$jobs}
export CCACHE_BASEDIR=$root CCACHE_NOHASHDIR=1

passed=0 failed=0 skipped=0 state= child=
say() { printf '\n==> [%dm%02ds] %s\n' $((SECONDS / 60)) $((SECONDS % 60)) "$*"; }

finish() {
  local status=$?
  trap - EXIT INT TERM HUP
  trap '' PIPE
  [ -z "$child" ] || kill "$child" 2>/dev/null || true
  if [ -n "$state" ]; then
    python3 tests/services/kafka.py stop "$state/kafka" || true
    if [ "$status" -ne 0 ] && [ -f "$state/kafka/server.log" ]; then cp "$state/kafka/server.log" build/kafka-server.log; fi
    rm -rf "$state"
  fi
  [ "$skipped" -eq 0 ] || echo "$skipped skipped (named above)"
  [ "$status" -eq 0 ] || [ "$failed" -gt 0 ] || { echo "run: stopped before the end with status $status" >&2; failed=1; }
  echo "$passed passed, $failed failed"
  exit "$status"
}
trap finish EXIT
trap 'exit 130' INT
trap 'exit 143' TERM HUP
trap 'exit 141' PIPE  # whoever read the output has gone: stop the servers all the same

# Runs ctest in a preset's build folder and adds its results to the totals. Arguments: preset, ctest options.
run_ctest() {
  local preset=$1 report=$root/build/$1/ctest.xml line
  shift
  rm -f "$report"
  if [ "$(ctest --preset "$preset" -N "$@" | sed -n 's/^Total Tests: //p')" = 0 ]; then
    echo "no test of this part was chosen"
    return
  fi
  ctest --preset "$preset" -j "$jobs" --timeout 300 --output-junit "$report" "$@" &
  child=$!  # waited for in the background, so that a signal to this script is heard at once
  wait "$child" || true
  child=
  [ -f "$report" ] || { echo "run: ctest left no report for $preset" >&2; exit 1; }
  line=$(python3 - "$report" <<'PY'
import sys, xml.etree.ElementTree as tree
cases = tree.parse(sys.argv[1]).getroot().findall("testcase")
state = [case.get("status") for case in cases]
for case in cases:
    if case.get("status") in ("notrun", "disabled"):
        print(f"skipped: {case.get('name')}", file=sys.stderr)
print(state.count("run"), state.count("fail"), state.count("notrun") + state.count("disabled"))
PY
  )
  read -r run fail skip <<<"$line"
  passed=$((passed + run)) failed=$((failed + fail)) skipped=$((skipped + skip))
}

if $setup; then
  say "Set-up"
  tests/setup.sh
fi

if $release; then
  say "Building Release with $jobs jobs"
  cmake --preset release -DSLUICE_TESTS=ON  # the quickstart turns them off
  cmake --build --preset release -j "$jobs" --target all check_headers
  if $kafka && [ -z "${SLUICE_TEST_BOOTSTRAP:-}" ]; then
    say "Starting a real Kafka"
    state=$(mktemp -d "${TMPDIR:-/tmp}/sluice-tests-XXXXXX")
    SLUICE_TEST_BOOTSTRAP=$(python3 tests/services/kafka.py start "$state/kafka")
    export SLUICE_TEST_BOOTSTRAP
    echo "Kafka at $SLUICE_TEST_BOOTSTRAP"
  fi
  say "Running the tests on the Release build"
  run_ctest release "${labels[@]}" "${filter[@]}"
fi

if $sanitize; then
  say "Building with AddressSanitizer and UBSan"
  cmake --preset dev -DSLUICE_TESTS=ON
  cmake --build --preset dev -j "$jobs"
  say "Running the unit tests and the fuzz seeds with sanitizers"
  run_ctest dev -L 'unit|fuzz' "${filter[@]}"
fi

say "Done"
[ $((passed + failed)) -gt 0 ] || { echo "run: no test was chosen" >&2; exit 1; }
[ "$failed" -eq 0 ]
