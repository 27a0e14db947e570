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
  g++=g++ make=make xz-utils=xz cmake=cmake ninja-build=ninja pkg-config=pkg-config curl=curl python3=python3 ca-certificates
  librdkafka-dev libspdlog-dev libfmt-dev nlohmann-json3-dev libcpp-httplib-dev libexpected-dev prometheus-cpp-dev
  libboost-dev libboost-program-options-dev libssl-dev libpcre2-dev libseccomp-dev tzdata zlib1g-dev
"
test_packages="
  build-essential git=git ccache=ccache mold=mold libgtest-dev libgmock-dev libbenchmark-dev procps=ps
  clang=clang clang-format=clang-format clang-tidy=clang-tidy libclang-rt-14-dev valgrind=valgrind
  openjdk-17-jre-headless=java maven=mvn
"

# The JavaScript engine of scripted transforms (docs/adr/0014-script-engine.md). Debian 12 has none that can be stopped, so it is
# built from the source package of this Debian release, which APT fetches from the mirror in use and checks.
quickjs_version=2025.04.26
quickjs_release=trixie
quickjs_home=/usr/local/lib/quickjs

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

# Gives quickjs_home/libquickjs.a and /usr/local/include/quickjs/quickjs.h, as its own 'make install' would.
install_quickjs() {
  [ "$(cat "$quickjs_home/version" 2>/dev/null)" = "$quickjs_version" ] && return
  local as_root=() work mirror
  [ "$(id -u)" -eq 0 ] || { command -v sudo >/dev/null || die "QuickJS $quickjs_version is missing in $quickjs_home and neither root nor sudo is at hand"; as_root=(sudo); }
  say "building QuickJS $quickjs_version (half a minute)"
  work=$(mktemp -d)
  mirror=$(apt-get indextargets --format '$(ORIGIN) $(COMPONENT) $(CODENAME) $(REPO_URI)' | awk '$1=="Debian" && $2=="main" && $3 !~ /-/ {print $4; exit}')
  [ -n "$mirror" ] || die "no Debian mirror among APT's sources to fetch QuickJS from"
  mkdir -p "$work/lists/partial" "$work/cache/archives/partial"
  echo "deb-src [signed-by=/usr/share/keyrings/debian-archive-keyring.gpg] $mirror $quickjs_release main" >"$work/sources.list"
  local options=(-o Dir::Etc::sourcelist="$work/sources.list" -o Dir::Etc::sourceparts=- -o Dir::State::lists="$work/lists"
    -o Dir::Cache="$work/cache" -o Acquire::Retries=3 -o APT::Sandbox::User=)
  if ! (
    cd "$work" &&
      apt-get "${options[@]}" update &&
      apt-get "${options[@]}" source --download-only "quickjs/$quickjs_release" &&
      tar -xf "quickjs_$quickjs_version.orig.tar.xz" &&
      make -C "quickjs-$quickjs_version" CONFIG_LTO= libquickjs.a &&
      "${as_root[@]}" install -D -m 644 "quickjs-$quickjs_version/quickjs.h" /usr/local/include/quickjs/quickjs.h &&
      "${as_root[@]}" install -D -m 644 "quickjs-$quickjs_version/libquickjs.a" "$quickjs_home/libquickjs.a" &&
      echo "$quickjs_version" | "${as_root[@]}" tee "$quickjs_home/version"
  ) >"$work/log" 2>&1; then
    tail -n 25 "$work/log" >&2
    die "QuickJS could not be built (full log: $work/log); it comes from Debian's $quickjs_release on $mirror"
  fi
  rm -rf "$work"
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

install_quickjs

have=$(cmake --version | sed -n '1s/[^0-9]*\([0-9]*\.[0-9]*\).*/\1/p')
[ "$(printf '3.25\n%s\n' "$have" | sort -V | head -n 1)" = 3.25 ] ||
  die "cmake $have is too old, 3.25 is needed: remove it from PATH ($(command -v cmake)) or install Debian's cmake package"

if ! $build_only; then
  version=$(java -version 2>&1 | sed -n 's/.*version "\([0-9]*\).*/\1/p' | head -n 1)
  [ "${version:-0}" -ge 17 ] ||
    die "java on PATH is version ${version:-unknown}, Kafka needs 17 or later: install openjdk-17-jre-headless and put it first on PATH"
  # Debian's package, unpacked and not installed: an installed one would start a server.
  python3 "$root/tests/services/prometheus.py" fetch || die "Prometheus could not be fetched"
  for set in "${sets[@]}"; do
    python3 "$root/tests/services/artifacts.py" fetch "$set" >/dev/null || exit 1
  done
fi
say "everything is in place"
