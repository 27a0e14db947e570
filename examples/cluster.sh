#!/bin/bash
# A cluster on one machine: a real Kafka broker and three workers that share connectors and tasks. Data moves, one worker is killed, its
# tasks move to the others, nothing is lost. Installs what is missing (Java, for the broker), builds Sluice, cleans up after itself.
#
#   examples/cluster.sh             shows it and stops everything
#   examples/cluster.sh --keep      leaves broker and workers running, and says how to talk to them and how to stop them
#   examples/cluster.sh --dir DIR   keeps files and logs in DIR (default: a new folder in /tmp)
set -euo pipefail
root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
cd "$root"

keep=false dir=
while [ $# -gt 0 ]; do
  case $1 in
    --keep) keep=true ;;
    --dir) [ $# -ge 2 ] || { echo "cluster: --dir needs a folder" >&2; exit 2; }; dir=$2; shift ;;
    -h|--help) sed -n '2,7s/^# \{0,1\}//p' "${BASH_SOURCE[0]}"; exit 0 ;;
    *) echo "cluster: unknown option '$1'; see examples/cluster.sh --help" >&2; exit 2 ;;
  esac
  shift
done

step() { printf '\n==> [%dm%02ds] %s\n' $((SECONDS / 60)) $((SECONDS % 60)) "$*"; }
die() { printf '\ncluster: %s\n' "$*" >&2; exit 1; }

pids=() urls=() broker=false
clean_up() {
  trap - EXIT
  local pid
  for pid in "${pids[@]}"; do kill -TERM "$pid" 2>/dev/null || true; done
  for pid in "${pids[@]}"; do
    for _ in $(seq 200); do
      kill -0 "$pid" 2>/dev/null || break
      sleep 0.1
    done
    kill -KILL "$pid" 2>/dev/null || true
    wait "$pid" 2>/dev/null || true
  done
  ! $broker || python3 tests/services/kafka.py stop "$dir/kafka" || true
}
trap clean_up EXIT
trap 'exit 130' INT
trap 'exit 143' TERM

# Shows a command as one would type it, then runs it.
try() {
  printf '\n$ %s\n' "$1"
  eval "$1" || die "this command failed: see the answer above, and the logs in $dir"
}

# Waits for a condition: wait_for SECONDS WHAT COMMAND...
wait_for() {
  local end=$((SECONDS + $1)) what=$2
  shift 2
  until "$@"; do
    [ $SECONDS -lt "$end" ] || { tail -n 15 "$dir"/worker-*.log >&2; die "waited in vain for $what; the workers' last lines are above, all of them in $dir"; }
    sleep 0.2
  done
}

step "1/6 What this machine lacks"
tests/setup.sh

step "2/6 Building Sluice (a few minutes the first time)"
memory_gb=$(($(sed -n 's/^MemAvailable: *\([0-9]*\) kB/\1/p' /proc/meminfo) / 1500000))
jobs=$(nproc)
[ "$memory_gb" -ge "$jobs" ] || jobs=$((memory_gb > 1 ? memory_gb : 1))
if ! log=$(cmake --preset release -DSLUICE_TESTS=OFF 2>&1); then
  echo "$log" >&2
  die "CMake could not configure the build (its words are above). If build/release comes from another machine or compiler, delete it; then
run this again."
fi
cmake --build --preset release -j "$jobs" ||
  die "the build failed (see above). With less than 2 GB of free memory, close other programs and run this again: it resumes."

[ -n "$dir" ] || dir=$(mktemp -d "${TMPDIR:-/tmp}/sluice-cluster-XXXXXX")
mkdir -p "$dir" || die "cannot create $dir: choose another folder with --dir"
dir=$(cd "$dir" && pwd)
[[ $dir =~ ^[A-Za-z0-9/._-]+$ ]] || die "please choose a folder without spaces and special characters: --dir DIR (this one is '$dir')"
[ ! -e "$dir/output.txt" ] || die "$dir holds an earlier run: choose another folder with --dir, or delete it"

step "3/6 Starting a real Kafka broker"
printf '\n$ tests/services/kafka.sh start %s/kafka\n' "$dir"
broker=true
bootstrap=$(tests/services/kafka.sh start "$dir/kafka") || die "the broker did not start: see above"
echo "$bootstrap"

step "4/6 Starting three workers with the same group and the same three topics"
# The last worker leads nothing at first and is the one that will be killed. Short times, so that there is something to see.
write_properties() {
  cat <<PROPERTIES
bootstrap.servers=$bootstrap
group.id=cluster-example
config.storage.topic=cluster-example-config
offset.storage.topic=cluster-example-offset
status.storage.topic=cluster-example-status
config.storage.replication.factor=1
offset.storage.replication.factor=1
status.storage.replication.factor=1
listeners=$1
plugin.path=$root/build/release/plugins
key.converter=org.apache.kafka.connect.storage.StringConverter
value.converter=org.apache.kafka.connect.storage.StringConverter
offset.flush.interval.ms=1000
# How long a worker may be silent before the others take it for dead, and how long they keep its tasks for its return.
# The defaults are 10 s and 5 minutes.
session.timeout.ms=6000
heartbeat.interval.ms=1000
scheduled.rebalance.max.delay.ms=3000
consumer.session.timeout.ms=6000
PROPERTIES
}
start_worker() {
  printf '\n$ build/release/bin/sluice distributed %s/worker-%s.properties\n' "$dir" "$1"
  write_properties "${urls[$1]}" >"$dir/worker-$1.properties"
  if $keep; then
    setsid build/release/bin/sluice distributed "$dir/worker-$1.properties" >>"$dir/worker-$1.log" 2>&1 </dev/null &
  else
    build/release/bin/sluice distributed "$dir/worker-$1.properties" >>"$dir/worker-$1.log" 2>&1 </dev/null &
  fi
  pids[$1]=$!
}
answers() {
  kill -0 "${pids[$1]}" 2>/dev/null || { tail -n 20 "$dir/worker-$1.log" >&2; die "worker $1 ended by itself: its last lines are above, all of them in $dir/worker-$1.log"; }
  [ "$(curl -s -o /dev/null -w '%{http_code}' --max-time 2 "${urls[$1]}/connectors")" = 200 ]
}
read -r -a ports < <(python3 -c '
import socket
sockets = [socket.socket() for _ in range(3)]
for one in sockets: one.bind(("127.0.0.1", 0))
print(*(one.getsockname()[1] for one in sockets))')
for n in 0 1 2; do urls[$n]=http://127.0.0.1:${ports[$n]}; done
for n in 0 1 2; do
  start_worker $n
  wait_for 60 "worker $n at ${urls[$n]}" answers $n
done
try "cat $dir/worker-2.properties"

step "5/6 A file travels through the cluster, beside six tasks that make numbered records"
post() { # WORKER NAME CONFIG
  try "curl -sS --fail-with-body -X PUT ${urls[$1]}/connectors/$2/config -H 'Content-Type: application/json' -d '$3' | python3 -m json.tool"
}
cp LICENSE "$dir/input.txt"
lines=$(wc -l <"$dir/input.txt")
post 0 file-source "{\"connector.class\": \"FileStreamSource\", \"tasks.max\": \"1\", \"file\": \"$dir/input.txt\", \"topic\": \"lines\",
  \"topic.creation.default.partitions\": \"1\", \"topic.creation.default.replication.factor\": \"1\"}"
echo "Any worker takes any command: this one goes to the second, which passes it on to the group's leader if that is another."
post 1 file-sink "{\"connector.class\": \"FileStreamSink\", \"tasks.max\": \"1\", \"file\": \"$dir/output.txt\", \"topics\": \"lines\"}"
post 2 numbers '{"connector.class": "VerifiableSource", "tasks.max": "6", "topic": "numbers", "throughput": "50"}'

# WORKER CONNECTOR TASKS: all of them run, by worker's word, and none is with the worker that has gone (if any).
gone=nobody
all_run() {
  curl -s --max-time 5 "${urls[$1]}/connectors/$2/status" | python3 -c '
import json, sys
try:
    body = json.load(sys.stdin)
    parts = [body["connector"], *body["tasks"]]
except (ValueError, KeyError):
    sys.exit(1)
good = all(part["state"] == "RUNNING" and part["worker_id"] != sys.argv[2] for part in parts)
sys.exit(0 if good and len(body["tasks"]) == int(sys.argv[1]) else 1)' "$3" "$gone"
}
running() { all_run 0 file-source 1 && all_run 0 file-sink 1 && all_run 0 numbers 6; }
arrived() { [ "$(cat "$dir/output.txt" 2>/dev/null | wc -l)" -ge "$lines" ]; }
wait_for 60 "three connectors and eight tasks to run" running
wait_for 60 "the $lines lines of $dir/input.txt to arrive in $dir/output.txt" arrived
where() {
  try "curl -sS '${urls[0]}/connectors?expand=status' | python3 -c '
import json, sys
for name, entry in sorted(json.load(sys.stdin).items()):
    status = entry[\"status\"]
    parts = [(\"connector\", status[\"connector\"])] + [(\"task %d\" % task[\"id\"], task) for task in status[\"tasks\"]]
    for part, state in parts: print(\"%-12s %-10s %-8s on %s\" % (name, part, state[\"state\"], state[\"worker_id\"]))'"
}
where

step "6/6 One worker dies; the others find out after session.timeout.ms and take its tasks over after scheduled.rebalance.max.delay.ms"
try "kill -KILL ${pids[2]}"
wait "${pids[2]}" 2>/dev/null || true
begun=$SECONDS gone=127.0.0.1:${ports[2]}
cat LICENSE >>"$dir/input.txt"
lines=$(wc -l <"$dir/input.txt")
wait_for 60 "the tasks of the dead worker ($gone) to run elsewhere" running
echo "All tasks run again after $((SECONDS - begun)) s:"
where
wait_for 60 "the $lines lines of $dir/input.txt to arrive in $dir/output.txt" arrived

# Each line at least once, the first copies in order: otherwise all of the above was only a show.
python3 - "$dir/input.txt" "$dir/output.txt" <<'PY' || die "the output is not the input: please report this with the folder $dir"
import sys
want = open(sys.argv[1], encoding="utf-8").read().split("\n")[:-1]
got = open(sys.argv[2], encoding="utf-8").read().split("\n")[:-1]
rest = iter(got)
sys.exit(0 if set(got) == set(want) and all(line in rest for line in want) else 1)
PY
sent=$(grep -h '"committed":true' "$dir"/worker-*.log | wc -l)
printf '\nAll %d lines have arrived, and the numbered source has sent %d records, with one of three workers dead.\n' "$lines" "$sent"

if $keep; then
  start_worker 2
  wait_for 60 "worker 2 at ${urls[2]}" answers 2
  cat <<TEXT

The broker ($bootstrap) and the workers go on running, the dead one again among them. Try:
  curl -s '${urls[1]}/connectors?expand=status' | python3 -m json.tool
  echo 'one more line' >> $dir/input.txt; sleep 1; tail -n 1 $dir/output.txt
  curl -s -X PUT ${urls[1]}/connectors/numbers/pause; curl -s ${urls[0]}/connectors/numbers/status
  less $dir/worker-0.log
Stop everything with:
  kill ${pids[*]}; tests/services/kafka.sh stop $dir/kafka
TEXT
  trap - EXIT
else
  clean_up
  printf 'Everything has stopped; the files and logs are in %s. To leave it running: examples/cluster.sh --keep\n' "$dir"
fi
