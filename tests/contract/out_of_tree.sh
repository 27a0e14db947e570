#!/usr/bin/env bash
# out_of_tree.sh BUILD_DIR SOURCE_DIR PLUGIN_TOOL [CMAKE_ARGUMENT...]: installs the SDK to a fresh prefix, builds every plugin of examples/plugins
# against it with nothing else of this tree in sight, checks each, and looks at the outcome as a worker would.
set -euo pipefail
build=$1 source=$2 tool=$3
shift 3
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
prefix=$work/prefix

cmake --install "$build" --component sdk --prefix "$prefix" > "$work/install.log"
program=$prefix/bin/sluice
if [ ! -x "$program" ]; then
  mkdir -p "$prefix/bin"
  ln -s "$tool" "$program"
fi
cp -r "$source/examples/plugins" "$work/plugins"

for folder in "$work"/plugins/*/; do
  name=$(basename "$folder")
  echo "== $name"
  if ! cmake -S "$folder" -B "$folder/build" -DCMAKE_PREFIX_PATH="$prefix" -DCMAKE_BUILD_TYPE=Release "$@" > "$work/$name.log" 2>&1 ||
     ! cmake --build "$folder/build" >> "$work/$name.log" 2>&1; then
    cat "$work/$name.log"
    exit 1
  fi
  library=$folder/build/plugins/$name/$name.so
  test -s "$library"
  test -s "${library%.so}.sluice.json"
  # The conformance test that sluice_add_plugin() has added.
  ctest --test-dir "$folder/build" --output-on-failure
done

"$program" plugins list "$work"/plugins/*/build/plugins > "$work/list"
cat "$work/list"
for folder in "$work"/plugins/*/; do grep -q "^$(basename "$folder") " "$work/list"; done
