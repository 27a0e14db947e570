#!/bin/bash
# `cmake --install` gives a prefix that works by itself: the binary finds its plugins, and a plugin builds out of tree against the SDK.
set -euo pipefail
build=${SLUICE_BUILD:?set it to the build folder}
root=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
fail() { echo "install: $*" >&2; exit 1; }

cmake --install "$build" --prefix "$work/prefix" >"$work/install.log" || { cat "$work/install.log"; fail "cmake --install failed"; }
prefix=$work/moved  # whatever still points at the first place breaks now
mv "$work/prefix" "$prefix"

[ -x "$prefix/bin/sluice" ] || fail "no bin/sluice"
[ -f "$prefix/include/sluice/abi.h" ] || fail "no include/sluice/abi.h"
[ -f "$prefix/share/doc/sluice/LICENSE" ] || fail "no licence"
for plugin in file generator; do
  for file in "$plugin.so" "$plugin.sluice.json"; do
    [ -f "$prefix/lib/sluice/plugins/$plugin/$file" ] || fail "no lib/sluice/plugins/$plugin/$file"
  done
done
grep -rIl "$root" "$prefix/lib" "$prefix/include" && fail "the files above name the folder that they were built in"

"$prefix/bin/sluice" plugins list "$prefix/lib/sluice/plugins" >"$work/list" 2>&1 || { cat "$work/list"; fail "plugins list failed"; }
grep -q FileStreamSource "$work/list" || { cat "$work/list"; fail "the installed worker does not list FileStreamSource"; }
! grep -qi quarantin "$work/list" || { cat "$work/list"; fail "an installed plugin is quarantined"; }

for example in "$root"/examples/plugins/*/CMakeLists.txt; do
  name=$(basename "$(dirname "$example")")
  echo "building examples/plugins/$name against the installed SDK"
  { cmake -S "$(dirname "$example")" -B "$work/$name" -G Ninja -DCMAKE_BUILD_TYPE=Release -DCMAKE_PREFIX_PATH="$prefix" &&
    cmake --build "$work/$name"; } >"$work/$name.log" 2>&1 || { tail -n 40 "$work/$name.log"; fail "examples/plugins/$name does not build out of tree"; }
done
echo "install: the prefix works"
