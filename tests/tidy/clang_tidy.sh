#!/bin/bash
# Runs clang-tidy with the checks of /.clang-tidy on the sources that differ from a commit (default: origin/main), or on all.
#
#   tests/tidy/clang_tidy.sh [--all | --since COMMIT | FILE...]
#
# Needs a configured build (compile_commands.json): build/release, or the folder in $BUILD.
set -euo pipefail
root=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
cd "$root"
build=${BUILD:-build/release}
program=$(command -v clang-tidy-14 || command -v clang-tidy) || { echo "clang_tidy: not installed; run tests/setup.sh" >&2; exit 1; }
[ -f "$build/compile_commands.json" ] || { echo "clang_tidy: no $build/compile_commands.json; run cmake --preset release first" >&2; exit 1; }

since=origin/main files=()
case ${1:-} in
  --all) mapfile -t files < <(git ls-files 'runtime/*.cc' 'rest/*.cc' 'smt/*.cc' 'plugins/*.cc') ;;
  --since) since=${2:?--since needs a commit} ;;
  -*) sed -n '2,7s/^# \{0,1\}//p' "${BASH_SOURCE[0]}"; exit 2 ;;
  '') ;;
  *) files=("$@") ;;
esac
if [ "${#files[@]}" -eq 0 ]; then
  git rev-parse --verify --quiet "$since" >/dev/null || { echo "clang_tidy: no commit '$since'; use --all or --since COMMIT" >&2; exit 2; }
  mapfile -t files < <({ git diff --name-only --diff-filter=d "$since"; git ls-files -o --exclude-standard; } |
                       grep -E '^(runtime|rest|smt|plugins)/.*\.cc$' | sort -u || true)
fi
[ "${#files[@]}" -gt 0 ] || { echo "clang_tidy: no source differs from $since"; exit 0; }
echo "clang_tidy: ${#files[@]} files"
printf '%s\0' "${files[@]}" | xargs -0 -P "$(nproc)" -n 1 "$program" -p "$build" --quiet --extra-arg=-Wno-unknown-warning-option --warnings-as-errors='*'
