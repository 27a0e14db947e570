#!/usr/bin/env bash
# doc_snippets.sh SOURCE_DIR CXX: compiles every complete program in docs/writing-a-connector.md (a cpp block that begins with an #include),
# so that what a reader copies works.
set -euo pipefail
source=$1 cxx=$2
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
awk -v dir="$work" '/^```cpp$/ { n++; file = dir "/" n ".cc"; next } /^```$/ { file = ""; next } file != "" { print > file }' "$source/docs/writing-a-connector.md"
compiled=0
for file in "$work"/*.cc; do
  head -1 "$file" | grep -q '^#include' || continue
  "$cxx" -std=c++20 -fsyntax-only -fPIC -Wall -Wextra -Wshadow -Wconversion -Werror -I"$source/plugins/sdk/include" "$file"
  compiled=$((compiled + 1))
done
echo "$compiled programs compiled"
[ "$compiled" -ge 4 ]
# The page's source is the example's.
diff <(grep -v '^//' "$source/examples/plugins/tick-cpp/tick.cc" | sed 's/"tick-cpp"/"tick"/') "$work/1.cc"
