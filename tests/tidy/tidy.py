#!/usr/bin/env python3
"""Checks the tree against tests/tidy/rules.py: `tidy.py [--root DIR] [CHECK...]`. Prints file:line: [rule] text and ends with status 1
if anything is wrong. Checks: includes calls words files format (all by default).
"""
import argparse
import codecs
import concurrent.futures
import fnmatch
import os
import pathlib
import re
import shutil
import subprocess
import sys

import rules

CPP = (".h", ".hpp", ".cc", ".c", ".hh")
HEADERS = (".h", ".hpp", ".hh")
STANDARD = set("""algorithm any array atomic barrier bit bitset cassert cctype cerrno cfenv cfloat charconv chrono cinttypes climits clocale cmath
compare complex concepts condition_variable coroutine csetjmp csignal cstdarg cstddef cstdint cstdio cstdlib cstring ctime cuchar cwchar cwctype
deque exception execution filesystem forward_list fstream functional future initializer_list iomanip ios iosfwd iostream istream iterator latch
limits list locale map memory memory_resource mutex new numbers numeric optional ostream queue random ranges ratio regex scoped_allocator
semaphore set shared_mutex source_location span sstream stack stdexcept stop_token streambuf string string_view strstream syncstream
system_error thread tuple type_traits typeindex typeinfo unordered_map unordered_set utility valarray variant vector version cxxabi.h
assert.h complex.h ctype.h errno.h fenv.h float.h inttypes.h limits.h locale.h math.h setjmp.h signal.h stdalign.h stdarg.h stdatomic.h
stdbool.h stddef.h stdint.h stdio.h stdlib.h string.h threads.h time.h uchar.h wchar.h
dirent.h dlfcn.h elf.h endian.h err.h execinfo.h fcntl.h fnmatch.h getopt.h grp.h glob.h ifaddrs.h langinfo.h libgen.h link.h malloc.h netdb.h poll.h
pthread.h pwd.h sched.h semaphore.h spawn.h syslog.h termios.h ucontext.h unistd.h features.h byteswap.h immintrin.h emmintrin.h nmmintrin.h""".split())
SYSTEM_PREFIXES = ("sys/", "linux/", "netinet/", "arpa/", "net/", "asm/", "bits/")
INCLUDE = re.compile(r'^[ \t]*#[ \t]*include[ \t]*([<"])([^>"]+)[>"]', re.M)
ALLOW = re.compile(r"tidy: allow\(([a-z-]+)\)(:?)\s*(\S?)")
TOKEN = re.compile(r'''//[^\n]*|/\*.*?\*/|\bu?8?R"(?P<d>[^()\\\s]{0,16})\(.*?\)(?P=d)"|"(?:\\.|[^"\\\n])*"|(?<![0-9a-fA-F])'(?:\\.|[^'\\\n])+\'''', re.S)


def code_only(text):
    """The text with comments and the insides of strings blanked out; line numbers stay."""
    def blank(match):
        piece = match.group(0)
        filler = "\n" * piece.count("\n")
        return filler if piece.startswith(("//", "/*")) else '""' + filler
    # Include lines keep their "path", which the rules look at separately.
    return TOKEN.sub(blank, text)


def line_of(text, position):
    return text.count("\n", 0, position) + 1


class Tree:
    """The files under a root, as git sees them (tracked, or new and not ignored); without git, everything but build folders."""

    def __init__(self, root):
        self.root = pathlib.Path(root)
        self.texts = {}
        try:
            listed = subprocess.run(["git", "-C", str(root), "ls-files", "-co", "--exclude-standard", "-z"], capture_output=True, check=True)
            names = [name.decode() for name in listed.stdout.split(b"\0") if name]
        except (OSError, subprocess.CalledProcessError):
            names = []
            for folder, folders, files in os.walk(root):
                folders[:] = [name for name in folders if name not in ("build", ".git", "__pycache__", ".cache")]
                names += [os.path.relpath(os.path.join(folder, name), root) for name in files]
        self.files = sorted(name for name in set(names) if (self.root / name).is_file())

    def text(self, name):
        """The file's text; None if it is not UTF-8 text."""
        if name not in self.texts:
            data = (self.root / name).read_bytes()
            try:
                self.texts[name] = None if b"\0" in data else data.decode()
            except UnicodeDecodeError:
                self.texts[name] = None
        return self.texts[name]

    def cpp(self):
        return [name for name in self.files if name.endswith(CPP) and self.text(name) is not None]


class Findings:
    def __init__(self, tree):
        self.tree = tree
        self.lines = []

    def add(self, name, line, rule, text):
        if not self._allowed(name, line, rule):
            self.lines.append(f"{name}:{line}: [{rule}] {text}")

    def _allowed(self, name, line, rule):
        text = self.tree.text(name) if name in self.tree.files else None
        if text is None:
            return False
        lines = text.splitlines()
        first = line - 1
        while first > 0 and lines[first - 1].lstrip().startswith("//"):
            first -= 1
        near = lines if rule == "size" else lines[first:line]
        for candidate in near:
            found = ALLOW.search(candidate)
            if found and found.group(1) == rule:
                if found.group(2) and found.group(3):
                    return True
                self.lines.append(f"{name}:{line}: [allow] allow({rule}) needs a reason: 'tidy: allow({rule}): why'")
                return True
        return False


def module_of(path):
    """The module that a file belongs to: the longest entry of MODULES that holds it, and None for files outside all of them."""
    parts = path.split("/")[:-1]
    for length in range(len(parts), 0, -1):
        folder = "/".join(parts[:length])
        if folder in rules.MODULES:
            return folder
        if length == 2 and parts[0] == "plugins":
            return folder
    return None


def may_include(source, target):
    if source == target:
        return True
    if target in rules.NOBODY_INCLUDES:
        return source in rules.BUT_FOR
    allowed = rules.MODULES.get(source, rules.MODULES["plugins/*"])
    if target == "plugins/cdc" and source in rules.CDC_USERS:
        return True
    if target in allowed:
        return True
    return "*" in allowed and target not in ("rest", "smt", "tests", "bench", "examples")


def check_sdk_include(findings, name, line, module, header):
    user = module + "/"
    is_cpp = header.endswith(".hpp") and header not in rules.SDK_SHARED_CPP_HEADERS
    if user.startswith("plugins/sdk/") or any(user.startswith(prefix) for prefix in rules.SDK_CPP_HEADERS_FOR):
        return
    if is_cpp:
        findings.add(name, line, "arrow", f"{module} may not include <{header}>: the C++ SDK is for plugins; the worker uses <sluice/abi.h> and runtime/data")
    elif module not in rules.SDK_C_HEADERS_FOR:
        findings.add(name, line, "arrow", f"{module} may not include <{header}>")


def check_third_party(findings, name, line, header):
    if not name.endswith(HEADERS) or name.startswith(rules.HEADERS_OUTSIDE):
        return
    if header in STANDARD or header.startswith(SYSTEM_PREFIXES) or header.startswith(rules.IN_ANY_HEADER):
        return
    if any(header.startswith(prefix) for prefix in rules.ADAPTER_HEADERS.get(name, ())):
        return
    findings.add(name, line, "third-party", f"<{header}> belongs in a .cc file, or in its module's adapter header (ADAPTER_HEADERS in rules.py)")


def check_includes(tree, findings):
    """Include arrows, third-party headers, includes that lead nowhere, #pragma once."""
    for name in tree.cpp():
        text = tree.text(name)
        module = module_of(name)
        if name.endswith(HEADERS) and not re.search(r"^#pragma once$", text, re.M) and "#ifndef SLUICE_" not in text:
            findings.add(name, 1, "pragma-once", "a header begins with #pragma once (a C header may have an #ifndef SLUICE_..._H guard)")
        if module is None:
            continue
        for match in INCLUDE.finditer(text):
            line = line_of(text, match.start())
            kind, header = match.groups()
            if header.startswith("sluice/"):
                check_sdk_include(findings, name, line, module, header)
            elif kind == "<":
                check_third_party(findings, name, line, header)
            elif header in tree.files:
                target = module_of(header)
                if target is not None and not may_include(module, target):
                    findings.add(name, line, "arrow", f"{module} may not include {target} (\"{header}\"): see MODULES in tests/tidy/rules.py")
            elif os.path.normpath(os.path.join(os.path.dirname(name), header)) in tree.files:
                if module.startswith("runtime") or module in ("rest", "smt"):
                    findings.add(name, line, "include-path", f"write the path from the top: \"{os.path.dirname(name)}/{header}\"")
            elif not header.endswith((".inc", ".pb.h")):
                findings.add(name, line, "include-path", f"\"{header}\" is not in the tree; third-party headers go in <>")


def check_calls(tree, findings):
    compiled = [(rule, re.compile(pattern), folders, exempt, advice) for rule, pattern, folders, exempt, advice in rules.CALLS]
    for name in tree.cpp():
        active = [entry for entry in compiled if name.startswith(entry[2]) and not (entry[3] and name.startswith(entry[3]))]
        if not active:
            continue
        code = code_only(tree.text(name))
        code_lines = code.split("\n")
        for rule, pattern, _, _, advice in active:
            for match in pattern.finditer(code):
                line = line_of(code, match.start())
                if rule in rules.CALLS_FINE and re.search(rules.CALLS_FINE[rule], " ".join(code_lines[max(0, line - 2):line])):
                    continue
                findings.add(name, line, rule, f"'{match.group(0).strip()}': {advice}")


def check_words(tree, findings):
    words = re.compile(r"(?<![A-Za-z_])(" + "|".join(codecs.decode(word, "rot13") for word in rules.WORDS_ROT13) + r")(?![A-Za-z_])", re.I)
    home = re.compile(rules.HOME_PATHS)
    url = re.compile(rules.URL)
    for name in tree.files:
        text = tree.text(name)
        if text is None or name.startswith(rules.WORDS_EXEMPT):
            continue
        for match in words.finditer(text):
            findings.add(name, line_of(text, match.start()), "word", f"'{match.group(0)}': finish it, or say what it is in other words")
        for match in home.finditer(text):
            findings.add(name, line_of(text, match.start()), "path", f"'{match.group(0)}': a path of one machine")
        for match in url.finditer(text):
            host = match.group(1).rstrip(".")
            if "." in host and not host.endswith((".example", ".test", ".invalid", ".localhost")) and host not in rules.URL_HOSTS \
                    and not re.fullmatch(r"(\d+\.){3}\d+", host) and not host.endswith((".example.com", ".example.org", ".example.net")):
                findings.add(name, line_of(text, match.start()), "url", f"'{host}' is not a host that this tree may name (URL_HOSTS in rules.py)")


def check_files(tree, findings):
    """Run bits, READMEs, sizes, line ends."""
    for name in tree.files:
        text = tree.text(name)
        if text is None:
            continue
        runnable = os.access(tree.root / name, os.X_OK)
        if text.startswith("#!") and not runnable:
            findings.add(name, 1, "run-bit", "it begins with #! but cannot be run: chmod +x")
        if runnable and not text.startswith("#!"):
            findings.add(name, 1, "run-bit", "it can be run but does not begin with #!: chmod -x, or name its interpreter")
        if "\r\n" in text and not name.startswith(("tests/golden/", "tests/fuzz/corpus/")):
            findings.add(name, line_of(text, text.index("\r\n")), "line-end", "lines end with LF")
    check_readmes(tree, findings)
    check_sizes(tree, findings)


def check_readmes(tree, findings):
    folders = {os.path.dirname(name) for name in tree.cpp()}
    for pattern in rules.README_FOLDERS:
        depth = pattern.count("/") + 1
        tops = {"/".join(folder.split("/")[:depth]) for folder in folders if folder.count("/") + 1 >= depth}
        for top in sorted(tops):
            if fnmatch.fnmatchcase(top, pattern) and f"{top}/README.md" not in tree.files:
                findings.add(f"{top}/README.md", 1, "readme", "missing: say what the folder is for, which thread owns it and where to start reading")


def check_sizes(tree, findings):
    counts = {}
    for name in tree.cpp():
        if name.startswith(("tests/", "bench/")):
            continue
        stem, _ = os.path.splitext(name)
        counts.setdefault(stem, []).append(name)
    for stem, names in counts.items():
        total = sum(tree.text(name).count("\n") for name in names)
        if total > rules.LINES_MAX and not any("tidy: allow(size): " in tree.text(name) for name in names):
            findings.add(names[0], 1, "size", f"{' and '.join(names)} have {total} lines, more than {rules.LINES_MAX}: split it, or give the reason")


def check_format(tree, findings):
    """clang-format of Debian 12 (14); other versions lay out differently, so they are not asked."""
    program = shutil.which("clang-format-14") or shutil.which("clang-format")
    version = subprocess.run([program, "--version"], capture_output=True, text=True).stdout if program else ""
    if "version 14." not in version:
        print("tidy: no clang-format 14 here (tests/setup.sh installs it): the layout is not checked")
        return
    names = [name for name in tree.cpp()]
    size = max(1, len(names) // (4 * (os.cpu_count() or 1)) + 1)
    groups = [names[start:start + size] for start in range(0, len(names), size)]

    def run(group):
        return subprocess.run([program, "--dry-run", "--ferror-limit=1", *group], cwd=tree.root, capture_output=True, text=True).stderr

    bad = {}
    with concurrent.futures.ThreadPoolExecutor(os.cpu_count() or 1) as pool:
        for output in pool.map(run, groups):
            for match in re.finditer(r"^([^\s:]+):(\d+):\d+: (?:warning|error): code should be clang-formatted", output, re.M):
                bad.setdefault(match.group(1), int(match.group(2)))
    for name, line in sorted(bad.items()):
        findings.add(name, line, "format", f"run: clang-format -i {name}")


CHECKS = {"includes": check_includes, "calls": check_calls, "words": check_words, "files": check_files, "format": check_format}


def run_checks(root, names):
    tree = Tree(root)
    findings = Findings(tree)
    for name in names:
        CHECKS[name](tree, findings)
    return tree, findings.lines


def main(arguments):
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--root", default=pathlib.Path(__file__).resolve().parents[2])
    parser.add_argument("checks", nargs="*", metavar="CHECK", help=" ".join(CHECKS))
    given = parser.parse_args(arguments)
    unknown = [name for name in given.checks if name not in CHECKS]
    if unknown:
        parser.error(f"no check '{unknown[0]}'; there are: {' '.join(CHECKS)}")
    tree, lines = run_checks(given.root, given.checks or list(CHECKS))
    for line in lines:
        print(line)
    print(f"tidy: {len(tree.files)} files, {len(lines)} finding{'' if len(lines) == 1 else 's'}")
    return 1 if lines else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
