#!/bin/bash
# The first command of the README: from a clone to records moving, on a Debian 12 machine. Installs what is missing, builds Sluice,
# starts one worker with its embedded broker, creates a file source and a file sink through the REST API, and shows what came out.
#
#   examples/quickstart.sh             shows it and stops the worker
#   examples/quickstart.sh --keep      leaves the worker running, and says how to talk to it and how to stop it
#   examples/quickstart.sh --dir DIR   keeps files and logs in DIR (default: a new folder in /tmp)
set -euo pipefail
root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
cd "$root"

keep=false dir=
while [ $# -gt 0 ]; do
  case $1 in
    --keep) keep=true ;;
    --dir) [ $# -ge 2 ] || { echo "quickstart: --dir needs a folder" >&2; exit 2; }; dir=$2; shift ;;
    -h|--help) sed -n '2,7s/^# \{0,1\}//p' "${BASH_SOURCE[0]}"; exit 0 ;;
    *) echo "quickstart: unknown option '$1'; see examples/quickstart.sh --help" >&2; exit 2 ;;
  esac
  shift
done

step() { printf '\n==> [%dm%02ds] %s\n' $((SECONDS / 60)) $((SECONDS % 60)) "$*"; }
die() { printf '\nquickstart: %s\n' "$*" >&2; exit 1; }

worker=
stop_worker() {
  [ -n "$worker" ] || return 0
  kill -TERM "$worker" 2>/dev/null || true
  for _ in $(seq 150); do
    kill -0 "$worker" 2>/dev/null || break
    sleep 0.1
  done
  kill -KILL "$worker" 2>/dev/null || true
  wait "$worker" 2>/dev/null || true
  worker=
}
trap stop_worker EXIT
trap 'exit 130' INT
trap 'exit 143' TERM

# Shows a command as one would type it, then runs it.
try() {
  printf '\n$ %s\n' "$1"
  eval "$1" || die "this command failed: see the answer above, and the worker's log in $dir/worker.log"
}

# Waits for a condition: wait_for SECONDS WHAT COMMAND...
wait_for() {
  local end=$((SECONDS + $1)) what=$2
  shift 2
  until "$@"; do
    kill -0 "$worker" 2>/dev/null || { tail -n 20 "$dir/worker.log" >&2; die "the worker ended by itself; its last lines are above, all of them in $dir/worker.log"; }
    [ $SECONDS -lt "$end" ] || { tail -n 20 "$dir/worker.log" >&2; die "waited in vain for $what; the worker's last lines are above, all of them in $dir/worker.log"; }
    sleep 0.1
  done
}

step "1/5 What this machine lacks"
tests/setup.sh --build-only

step "2/5 Building Sluice (a few minutes the first time)"
memory_gb=$(($(sed -n 's/^MemAvailable: *\([0-9]*\) kB/\1/p' /proc/meminfo) / 1500000))
jobs=$(nproc)
[ "$memory_gb" -ge "$jobs" ] || jobs=$((memory_gb > 1 ? memory_gb : 1))
if ! log=$(cmake --preset release -DSLUICE_TESTS=OFF 2>&1); then
  echo "$log" >&2
  die "CMake could not configure the build (its words are above). If a library is missing, run tests/setup.sh; if build/release comes
from another machine or compiler, delete it; then run this again."
fi
cmake --build --preset release -j "$jobs" ||
  die "the build failed (see above). With less than 2 GB of free memory, close other programs and run this again: it resumes."

[ -n "$dir" ] || dir=$(mktemp -d "${TMPDIR:-/tmp}/sluice-quickstart-XXXXXX")
mkdir -p "$dir" || die "cannot create $dir: choose another folder with --dir"
dir=$(cd "$dir" && pwd)
[[ $dir =~ ^[A-Za-z0-9/._-]+$ ]] || die "please choose a folder without spaces and special characters: --dir DIR (this one is '$dir')"
[ ! -e "$dir/output.txt" ] || die "$dir holds an earlier run: choose another folder with --dir, or delete it"

step "3/5 Starting a worker with its embedded broker"
port=$(python3 -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])')
url=http://127.0.0.1:$port
cp LICENSE "$dir/input.txt"
cat >"$dir/worker.properties" <<PROPERTIES
# "embedded" is a broker inside the worker, in memory. For a real one write its address: bootstrap.servers=host:9092
bootstrap.servers=embedded
listeners=$url
plugin.path=$root/build/release/plugins
offset.storage.file.filename=$dir/offsets
offset.flush.interval.ms=1000
key.converter=org.apache.kafka.connect.storage.StringConverter
value.converter=org.apache.kafka.connect.json.JsonConverter
value.converter.schemas.enable=false
PROPERTIES
printf '\n$ build/release/bin/sluice standalone %s/worker.properties\n' "$dir"
if $keep; then
  setsid build/release/bin/sluice standalone "$dir/worker.properties" >"$dir/worker.log" 2>&1 </dev/null &
else
  build/release/bin/sluice standalone "$dir/worker.properties" >"$dir/worker.log" 2>&1 </dev/null &
fi
worker=$!
answers() { curl -sf -o /dev/null --max-time 2 "$url/"; }
wait_for 30 "the worker's REST API at $url" answers
try "curl -sS --fail-with-body $url/"
echo

step "4/5 A source, a topic, a sink: a text file travels through the broker, one record a line"
echo "One partition, so that the lines keep their order. The source wraps each line into a field (HoistField) and adds a second one (InsertField); the converter makes JSON of it."
try "curl -sS --fail-with-body -X POST $url/connectors -H 'Content-Type: application/json' -d '{
  \"name\": \"quickstart-source\",
  \"config\": {
    \"connector.class\": \"FileStreamSource\",
    \"tasks.max\": \"1\",
    \"file\": \"$dir/input.txt\",
    \"topic\": \"quickstart\",
    \"topic.creation.default.partitions\": \"1\",
    \"topic.creation.default.replication.factor\": \"1\",
    \"transforms\": \"wrap,stamp\",
    \"transforms.wrap.type\": \"org.apache.kafka.connect.transforms.HoistField\$Value\",
    \"transforms.wrap.field\": \"line\",
    \"transforms.stamp.type\": \"org.apache.kafka.connect.transforms.InsertField\$Value\",
    \"transforms.stamp.static.field\": \"carried_by\",
    \"transforms.stamp.static.value\": \"sluice\"
  }
}' | python3 -m json.tool"
try "curl -sS --fail-with-body -X POST $url/connectors -H 'Content-Type: application/json' -d '{
  \"name\": \"quickstart-sink\",
  \"config\": {
    \"connector.class\": \"FileStreamSink\",
    \"tasks.max\": \"1\",
    \"topics\": \"quickstart\",
    \"file\": \"$dir/output.txt\",
    \"value.converter\": \"org.apache.kafka.connect.storage.StringConverter\"
  }
}' | python3 -m json.tool"

lines=$(wc -l <"$dir/input.txt")
arrived() { [ "$(cat "$dir/output.txt" 2>/dev/null | wc -l)" -ge "$lines" ]; }
running() { [ "$(curl -s --max-time 5 "$url/connectors/$1/status" | grep -o '"state":"RUNNING"' | wc -l)" -ge 2 ]; }
wait_for 60 "the $lines lines of $dir/input.txt to arrive in $dir/output.txt (see $url/connectors?expand=status)" arrived
wait_for 30 "the source to report RUNNING" running quickstart-source
wait_for 30 "the sink to report RUNNING" running quickstart-sink

step "5/5 The outcome"
try "head -n 4 $dir/input.txt"
try "head -n 4 $dir/output.txt"
try "wc -l $dir/input.txt $dir/output.txt"
try "curl -sS --fail-with-body $url/connectors/quickstart-source/status | python3 -m json.tool"
try "curl -sS --fail-with-body $url/connectors/quickstart-sink/status | python3 -m json.tool"

# The same lines, in order, each in its wrapping: otherwise all of the above was only a show.
python3 - "$dir/input.txt" "$dir/output.txt" <<'PY' || die "the output is not the input: please report this with the folder $dir"
import json, sys
want = open(sys.argv[1], encoding="utf-8").read().split("\n")[:-1]
got = [json.loads(line) for line in open(sys.argv[2], encoding="utf-8").read().split("\n")[:-1]]
sys.exit(0 if got == [{"line": line, "carried_by": "sluice"} for line in want] else 1)
PY
memory=$(sed -n 's/^VmRSS:[[:space:]]*\([0-9]*\) kB/\1/p' "/proc/$worker/status")
printf '\nAll %d lines went through %s and are equal. The worker, its broker included, holds %d MB of memory.\n' "$lines" "the broker" $((memory / 1024))

if $keep; then
  cat <<TEXT

The worker goes on running (process $worker). Try:
  echo 'one more line' >> $dir/input.txt; sleep 1; tail -n 1 $dir/output.txt
  curl -s $url/connectors?expand=status | python3 -m json.tool
  curl -s $url/connector-plugins | python3 -m json.tool
  less $dir/worker.log
Stop it with:
  kill $worker
TEXT
  worker=
else
  stop_worker
  printf 'The worker has stopped; its files and its log are in %s. To leave it running: examples/quickstart.sh --keep\n' "$dir"
fi
