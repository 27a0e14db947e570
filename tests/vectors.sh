#!/bin/bash
# Runs every vector file under the paths given against the built product, and ends with 'N passed, N failed'.
#
#   tests/vectors.sh PATH...             files or folders; default: tests/golden/vectors
#   tests/vectors.sh --known PATH...     leaves out cases of components that are not built yet
#   tests/vectors.sh --summary PATH...   counts per file instead of each failure
#   tests/vectors.sh --id PREFIX PATH... only cases whose id begins so
#
# The form of the files: tests/vectors/README.md. Environment: SLUICE_BUILD, the build folder (default build/release), made if missing.
set -euo pipefail
root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
build=${SLUICE_BUILD:-$root/build/release}
runner=$build/bin/sluice-vectors

case ${1:-} in
  -h|--help) sed -n '2,9s/^# \{0,1\}//p' "${BASH_SOURCE[0]}"; exit 0 ;;
esac

if [ ! -x "$runner" ]; then
  echo "vectors: building $runner" >&2
  export CCACHE_BASEDIR=$root CCACHE_NOHASHDIR=1
  if [ ! -f "$build/build.ninja" ]; then (cd "$root" && cmake --preset release -B "$build") >&2; fi
  cmake --build "$build" --target sluice-vectors >&2
fi

paths=0
for ((i = 1; i <= $#; i++)); do
  case ${!i} in
    --id) i=$((i + 1)) ;;
    -*) ;;
    *) paths=$((paths + 1)) ;;
  esac
done
[ "$paths" -gt 0 ] || set -- "$@" "$root/tests/golden/vectors"
exec "$runner" "$@"
