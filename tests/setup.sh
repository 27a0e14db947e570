#!/bin/bash
# Installs what a Debian 12 machine lacks to build Sluice and to run its tests. Safe to run again: it looks first and is quick when
# nothing is missing.
#
#   tests/setup.sh                everything: build, tests, lint, fuzzers, and a real Apache Kafka with Kafka Connect in the cache folder
#   tests/setup.sh --build-only   only what a Release build without tests needs
#   tests/setup.sh --with SET     also fetches that set of tests/services/artifacts.txt (repeatable), for instance --with clients
#
# Needs root or sudo only if a package is missing. Java software goes to $SLUICE_CACHE (default ~/.cache/sluice), never into the tree.
set -euo pipefail
root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)

# A line is a Debian package; 'package=command' is also satisfied by that command from elsewhere.
build_packages="
  g++=g++ cmake=cmake ninja-build=ninja pkg-config=pkg-config curl=curl python3=python3 ca-certificates
  librdkafka-dev libspdlog-dev libfmt-dev nlohmann-json3-dev libcpp-httplib-dev libexpected-dev prometheus-cpp-dev
  libboost-dev libboost-program-options-dev libssl-dev libpcre2-dev libseccomp-dev
"
test_packages="
  build-essential git=git ccache=ccache mold=mold libgtest-dev libgmock-dev libbenchmark-dev procps=ps
  clang=clang clang-format=clang-format clang-tidy=clang-tidy libclang-rt-14-dev
  openjdk-17-jre-headless=java maven=mvn
"

say() { printf 'setup: %s\n' "$*"; }
die() { printf 'setup: %s\n' "$*" >&2; exit 1; }

build_only=false
sets=(kafka connect)
while [ $# -gt 0 ]; do
  case $1 in
    --build-only) build_only=true ;;
    --with) [ $# -ge 2 ] || die "--with needs the name of a set of tests/services/artifacts.txt"; sets+=("$2"); shift ;;
    -h|--help) sed -n '2,9s/^# \{0,1\}//p' "${BASH_SOURCE[0]}"; exit 0 ;;
    *) die "unknown option '$1'; see tests/setup.sh --help" ;;
  esac
  shift
done

wanted=$build_packages
$build_only || wanted+=$test_packages

missing_packages() {
  local entry package command installed
  installed=" $(dpkg-query -W -f='${db:Status-Abbrev}${Package}\n' 2>/dev/null | sed -n 's/^ii *//p' | tr '\n' ' ')"
  for entry in $wanted; do
    package=${entry%%=*} command=
    [ "$package" = "$entry" ] || command=${entry#*=}
    [[ $installed == *" $package "* ]] && continue
    [ -n "$command" ] && command -v "$command" >/dev/null && continue
    echo "$package"
  done
}

install_packages() {
  local as_root=() log
  if [ "$(id -u)" -ne 0 ]; then
    command -v sudo >/dev/null || die "these packages are missing and neither root nor sudo is at hand; as root, run
  apt-get update && apt-get install --no-install-recommends $*"
    as_root=(sudo)
  fi
  local apt=("${as_root[@]}" env DEBIAN_FRONTEND=noninteractive apt-get -o DPkg::Lock::Timeout=300 -o Acquire::Retries=3)
  say "installing $# packages: $*"
  log=$(mktemp)
  say "  apt-get update ..."
  if ! "${apt[@]}" update >"$log" 2>&1; then
    tail -n 15 "$log" >&2
    # A broken extra source must not stop what the main archive can give: go on, and let the installation decide.
    say "  apt-get update reported the problems above; trying with the package lists at hand"
  fi
  say "  apt-get install ..."
  if ! "${apt[@]}" install -y --no-install-recommends "$@" >"$log" 2>&1; then
    tail -n 25 "$log" >&2
    die "apt-get could not install the packages (full log: $log). Check the network and /etc/apt/sources.list; after an interrupted
installation run 'dpkg --configure -a'; then run this again."
  fi
  rm -f "$log"
}

command -v apt-get >/dev/null && command -v dpkg-query >/dev/null ||
  die "this script knows Debian 12 only; elsewhere install these by hand: $(echo $wanted | tr ' ' '\n' | cut -d= -f1 | tr '\n' ' ')"
# shellcheck disable=SC1091
release=$(. /etc/os-release && echo "${ID:-}-${VERSION_ID:-}")
[ "$release" = debian-12 ] || say "this is $release; only debian-12 is tested, going on"

missing=$(missing_packages)
if [ -n "$missing" ]; then
  # shellcheck disable=SC2086
  install_packages $missing
  missing=$(missing_packages)
  [ -z "$missing" ] || die "still missing after the installation:" $missing
fi

have=$(cmake --version | sed -n '1s/[^0-9]*\([0-9]*\.[0-9]*\).*/\1/p')
[ "$(printf '3.25\n%s\n' "$have" | sort -V | head -n 1)" = 3.25 ] ||
  die "cmake $have is too old, 3.25 is needed: remove it from PATH ($(command -v cmake)) or install Debian's cmake package"

if ! $build_only; then
  version=$(java -version 2>&1 | sed -n 's/.*version "\([0-9]*\).*/\1/p' | head -n 1)
  [ "${version:-0}" -ge 17 ] ||
    die "java on PATH is version ${version:-unknown}, Kafka needs 17 or later: install openjdk-17-jre-headless and put it first on PATH"
  for set in "${sets[@]}"; do
    python3 "$root/tests/services/artifacts.py" fetch "$set" >/dev/null || exit 1
  done
fi
say "everything is in place"
