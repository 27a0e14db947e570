#!/usr/bin/env python3
"""Proves that tidy.py finds what it says it finds: each case is a tiny tree with one fault, and the same tree without it is clean."""
import codecs
import pathlib
import sys
import tempfile
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))
import rules  # noqa: E402
import tidy  # noqa: E402

README = "A folder.\n"
CLEAN = {
    "runtime/base/README.md": README,
    "runtime/task/README.md": README,
    "plugins/sdk/README.md": README,
    "plugins/tick/README.md": README,
    "rest/README.md": README,
    "tests/README.md": README,
    "runtime/base/status.h": "#pragma once\n#include <fmt/format.h>\n#include <string>\n",
    "runtime/task/loop.h": "#pragma once\n#include <sys/stat.h>\n",
    "runtime/task/loop.cc": '#include "runtime/task/loop.h"\n#include "runtime/base/status.h"\n#include <librdkafka/rdkafka.h>\n'
                            "// new std::cout in a comment is no matter\nconst char* kText = \"throw new volatile\";\nint n = 1'000;\n",
    "rest/routes.cc": '#include "runtime/task/loop.h"\n',
    "plugins/sdk/include/sluice/abi.h": "#ifndef SLUICE_ABI_H\n#define SLUICE_ABI_H\n#endif\n",
    "plugins/tick/tick.cc": "#include <sluice/source.hpp>\n",
    "tests/unit/task/loop_test.cc": '#include "runtime/task/loop.h"\n',
    "tests/go.sh": "#!/bin/bash\n# see http://localhost:8083/ and https://kafka.apache.org/documentation\n",
}
RUNNABLE = ("tests/go.sh",)
UNFINISHED = codecs.decode(rules.WORDS_ROT13[0], "rot13")


def lint(files, runnable=RUNNABLE, checks=("includes", "calls", "words", "files")):
    with tempfile.TemporaryDirectory() as root:
        for name, text in files.items():
            path = pathlib.Path(root, name)
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text, newline="")
            path.chmod(0o755 if name in runnable else 0o644)
        return tidy.run_checks(root, checks)[1]


class Tidy(unittest.TestCase):
    def finds(self, rule, name, text, runnable=RUNNABLE):
        lines = lint({**CLEAN, name: text}, runnable)
        self.assertEqual(len(lines), 1, lines)
        self.assertTrue(lines[0].startswith(name + ":") and f"[{rule}]" in lines[0], lines)

    def clean(self, name, text):
        self.assertEqual(lint({**CLEAN, name: text}), [])

    def test_clean_tree(self):
        self.assertEqual(lint(CLEAN), [])

    def test_arrows(self):
        cases = {
            "runtime/base/up.cc": "runtime/task/loop.h",
            "runtime/task/web.cc": "rest/routes.cc",
            "smt/inside.cc": "runtime/task/loop.h",
            "plugins/tick/inside.cc": "runtime/base/status.h",
            "plugins/tick/other.cc": "plugins/jdbc/jdbc.h",
            "runtime/data/plug.cc": "plugins/tick/tick.h",
            "rest/cmd.cc": "runtime/cmd/options.h",
            "runtime/herder/web.cc": "rest/web.h",
        }
        for name, header in cases.items():
            with self.subTest(name):
                files = {**CLEAN, header: CLEAN.get(header, "#pragma once\n"), name: f'#include "{header}"\n'}
                lines = [line for line in lint(files) if "[arrow]" in line]
                self.assertEqual(len(lines), 1, lint(files))
                self.assertTrue(lines[0].startswith(name), lines)

    def test_every_module_in_the_table_exists_as_a_source_of_arrows(self):
        for module, allowed in rules.MODULES.items():
            for target in allowed:
                self.assertTrue(target == "*" or target in rules.MODULES, f"{module} -> {target}")
        # The table must have no cycle: what I include may not include me.
        for module, allowed in rules.MODULES.items():
            for target in allowed:
                self.assertNotIn(module, rules.MODULES.get(target, ()))

    def test_sdk_headers(self):
        self.finds("arrow", "runtime/task/x.cc", "#include <sluice/source.hpp>\n")
        self.finds("arrow", "rest/x.cc", "#include <sluice/abi.h>\n")
        self.clean("runtime/task/x.cc", "#include <sluice/abi.h>\n")

    def test_third_party(self):
        self.finds("third-party", "runtime/task/x.h", "#pragma once\n#include <nlohmann/json.hpp>\n")
        self.finds("third-party", "rest/x.h", "#pragma once\n#include <httplib.h>\n")

    def test_include_paths(self):
        self.finds("include-path", "runtime/task/x.cc", '#include "loop.h"\n')
        self.finds("include-path", "runtime/task/x.cc", '#include "gone.h"\n')

    def test_pragma_once(self):
        self.finds("pragma-once", "runtime/task/x.h", "#include <string>\n")

    def test_calls(self):
        cases = {
            "iostream": 'void f() { std::cout << "x"; }', "printf": 'void f() { printf("x"); }', "print": 'void f() { fmt::print("x"); }',
            "using-std": "using namespace std;", "volatile": "volatile int x;", "new": "int* x = new int(3);",
            "delete": "void f(int* p) { delete p; }", "rand": "int x = rand();", "c-string": "void f(char* a) { strcpy(a, a); }",
            "ascii-number": 'int x = atoi("3");', "localtime": "void f(time_t t) { std::localtime(&t); }", "shell": 'void f() { system("ls"); }',
            "regex": "#include <regex>", "detach": "void f(std::thread t) { t.detach(); }", "throw": "void f() { throw 1; }",
            "exit": "void f() { std::exit(1); }", "locale": 'void f() { setlocale(LC_ALL, ""); }',
        }
        for rule, text in cases.items():
            with self.subTest(rule):
                self.finds(rule, "runtime/task/x.cc", text + "\n")
        self.assertEqual({rule for rule, *_ in rules.CALLS} - set(cases), {"sleep"})
        self.finds("sleep", "tests/unit/task/x_test.cc", "void f() { std::this_thread::sleep_for(1s); }\n")

    def test_calls_that_only_look_alike(self):
        for text in ("struct A { A(const A&) = delete; };", "void* p = ::new (memory) int;", "void f() { parser.exit(); }",
                     "int new_count = renew(3);", 'auto s = R"(throw 1;)";', "/* volatile */ char c = 'x';",
                     "void* operator new(std::size_t size);", "#include <new>", "std::unique_ptr<A> a(new A(1));", "using namespace std::chrono_literals;", "auto n = 1'000; // throw", "void f() { format.sprintf_like(); }"):
            with self.subTest(text):
                self.clean("runtime/task/x.cc", text + "\n")

    def test_allow(self):
        self.clean("runtime/task/x.cc", "int* x = new int;  // tidy: allow(new): librdkafka owns it\n")
        self.clean("runtime/task/x.cc", "// tidy: allow(new): librdkafka owns it\nint* x = new int;\n")
        self.clean("runtime/task/x.cc", "// tidy: allow(new): librdkafka owns it\n// from then on\nint* x = new int;\n")
        self.finds("new", "runtime/task/x.cc", "// tidy: allow(new): librdkafka owns it\nint y;\nint* x = new int;\n")
        self.finds("allow", "runtime/task/x.cc", "int* x = new int;  // tidy: allow(new)\n")
        self.finds("new", "runtime/task/x.cc", "int* x = new int;  // tidy: allow(throw): no\n")

    def test_words(self):
        for text in (f"// {UNFINISHED} later\n", f"// {UNFINISHED.lower()}: later\n"):
            self.finds("word", "runtime/task/x.cc", text)
        self.finds("path", "tests/notes.md", "see " + "/".join(("", "root", "x")) + "\n")
        self.finds("path", "tests/notes.md", "see " + "/".join(("", "work", "x")) + "\n")
        self.finds("url", "tests/notes.md", "see https://packages." + "somewhere.net/x\n")
        self.clean("tests/notes.md", "mastodon at https://kafka.apache.org/ and http://worker.example.com:8083/, ~/root/x, a/work/b\n")

    def test_run_bits(self):
        self.finds("run-bit", "tests/x.sh", "#!/bin/bash\n")
        self.finds("run-bit", "tests/x.txt", "text\n", RUNNABLE + ("tests/x.txt",))

    def test_line_ends(self):
        self.finds("line-end", "tests/x.txt", "a\r\nb\r\n")

    def test_readme(self):
        self.finds_readme("runtime/store/x.cc", "runtime/store/README.md")
        self.finds_readme("plugins/other/x.cc", "plugins/other/README.md")

    def finds_readme(self, name, readme):
        lines = lint({**CLEAN, name: "int x;\n"})
        self.assertEqual(len(lines), 1, lines)
        self.assertTrue(lines[0].startswith(readme + ":1: [readme]"), lines)

    def test_size(self):
        long = "int x;\n" * (rules.LINES_MAX + 1)
        self.finds("size", "runtime/task/x.cc", long)
        self.clean("runtime/task/x.cc", "// tidy: allow(size): one table\n" + long)

    def test_format(self):
        if not (tidy.shutil.which("clang-format-14") or tidy.shutil.which("clang-format")):
            self.skipTest("no clang-format")
        files = {".clang-format": "BasedOnStyle: Google\n", "runtime/base/x.cc": "int   x ;\n", "runtime/base/README.md": README}
        lines = lint(files, (), ("format",))
        self.assertEqual(len(lines), 1, lines)
        self.assertIn("[format]", lines[0])


if __name__ == "__main__":
    unittest.main()
