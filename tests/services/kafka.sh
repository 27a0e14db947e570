#!/bin/bash
# A real Kafka broker for tests: see kafka.py for the verbs (start, stop, kill, pause, resume, restart, remove, bootstrap, pid, tool).
exec python3 "$(dirname "${BASH_SOURCE[0]}")/kafka.py" "$@"
