#!/bin/bash
# Runs the benchmarks and prints the figures beside their budgets; bench/README.md explains each.
#
#   bench/run.sh                 everything (about 15 minutes)
#   bench/run.sh --only PART     micro | transforms | loops | worker | cluster
#   bench/run.sh --records N     records of a loop run (default 2000000)
#   bench/run.sh --rounds N      runs of each side (default 5)
#
# Starts its own Kafka broker on a free port and stops it again. Figures go to build/bench/results.csv as well.
set -euo pipefail
root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
cd "$root"

only='' records=2000000 rounds=5
while [ $# -gt 0 ]; do
  case $1 in
    --only) only=$2; shift ;;
    --records) records=$2; shift ;;
    --rounds) rounds=$2; shift ;;
    -h|--help) sed -n '2,9s/^# \{0,1\}//p' "${BASH_SOURCE[0]}"; exit 0 ;;
    *) echo "bench: unknown option '$1'; see bench/run.sh --help" >&2; exit 2 ;;
  esac
  shift
done

tests/setup.sh
cmake --preset bench >/dev/null
echo "==> Building"
cmake --build --preset bench -- -k 0 >build/bench/build.log 2>&1 || { tail -30 build/bench/build.log >&2; exit 1; }

wanted() { [ -z "$only" ] || [ "$only" = "$1" ]; }

if wanted micro; then
  echo "==> Hot paths (Google Benchmark)"
  build/bench/bin/sluice-bench-micro --benchmark_filter='-^(transform|chain)/' --benchmark_min_time=0.3 \
    --benchmark_format=console
fi

if wanted transforms; then
  echo "==> Transforms beside Java's"
  python3 bench/transforms.py --bench build/bench/bin/sluice-bench-micro
fi

state=$(mktemp -d)
finish() {
  python3 tests/services/kafka.py stop "$state/kafka" >/dev/null 2>&1 || true
  rm -rf "$state"
}
trap finish EXIT

if wanted loops; then
  echo "==> Starting Kafka"
  python3 tests/services/kafka.py start "$state/kafka" >/dev/null
  python3 bench/loops.py --bench build/bench/bin/sluice-bench-loops --kafka "$state/kafka" --records "$records" --rounds "$rounds" \
    --csv build/bench/results.csv
fi

if wanted worker; then
  echo "==> Start-up and memory of a worker"
  python3 bench/worker.py --sluice build/bench/bin/sluice --plugins build/bench/plugins
fi

if wanted cluster; then
  echo "==> What a cluster does to its tasks when it changes"
  python3 bench/cluster.py --build build/bench
fi
