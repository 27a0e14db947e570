"""The rules that tests/tidy enforces, as tables. Change a rule here; tidy.py only applies them.

A line may be excused where it stands, with a reason, on the line itself or in the comment above:
    // tidy: allow(new): librdkafka takes ownership of this object
"""

# ---- Who may include whom (docs/ARCHITECTURE.md, "The house"). A module is a folder; files of its sub-folders belong to it unless they
# are listed themselves. '*' stands for every module except the ones that nobody may include. A module may always include itself.
MODULES = {
    "runtime/base": (),
    "runtime/data": ("runtime/base",),
    "runtime/config": ("runtime/data", "runtime/base"),
    "runtime/metrics": ("runtime/data", "runtime/base"),
    "runtime/group": ("runtime/base",),
    "runtime/kafka": ("runtime/config", "runtime/data", "runtime/base"),
    "runtime/convert": ("runtime/config", "runtime/data", "runtime/base"),
    "runtime/plugin": ("runtime/config", "runtime/data", "runtime/base"),
    "runtime/store": ("runtime/kafka", "runtime/convert", "runtime/config", "runtime/data", "runtime/base"),
    "runtime/task": ("runtime/store", "runtime/kafka", "runtime/plugin", "runtime/convert", "runtime/config", "runtime/metrics",
                     "runtime/data", "runtime/base"),
    "runtime/herder": ("runtime/task", "runtime/group", "runtime/store", "runtime/kafka", "runtime/plugin", "runtime/convert",
                       "runtime/config", "runtime/metrics", "runtime/data", "runtime/base"),
    "smt": ("runtime/convert", "runtime/config", "runtime/data", "runtime/base"),
    "rest": ("runtime/herder", "runtime/task", "runtime/group", "runtime/store", "runtime/kafka", "runtime/plugin", "runtime/convert",
             "runtime/config", "runtime/metrics", "runtime/data", "runtime/base"),
    "runtime/cmd": ("*", "rest", "smt"),
    "plugins/sdk": (),
    "plugins/cdc": ("plugins/sdk",),
    "plugins/*": ("plugins/sdk",),  # each folder below plugins is a module of its own
    "examples": ("plugins/sdk",),
    "bench": ("*", "smt", "rest"),
    "tests": ("*", "smt", "rest", "bench"),
}
# Only these folders of tests may use the product's inside; a test that plays an outsider sees the SDK alone.
CDC_USERS = ("plugins/postgres", "plugins/mysql", "plugins/mongodb")  # the change-data connectors, which may include plugins/cdc
NOBODY_INCLUDES = ("runtime/cmd",)
BUT_FOR = ("bench", "tests")  # bench's loops wire a task as the worker does
# <sluice/...> of the SDK: the C headers are the data model itself, the C++ ones are for plugins.
SDK_C_HEADERS_FOR = ("runtime/data", "runtime/plugin", "runtime/kafka", "runtime/convert", "runtime/store", "runtime/task", "runtime/herder",
                     "runtime/cmd", "smt")
SDK_SHARED_CPP_HEADERS = ("sluice/value.hpp",)  # C++ views of the data model, which the worker uses too: they count as C headers here
SDK_CPP_HEADERS_FOR = ("plugins/", "examples", "tests", "bench")

# ---- Third-party headers: anything in <> that is neither standard C++ nor the system's. In .cc and .c files always allowed.
IN_ANY_HEADER = ("fmt/", "tl/expected.hpp")  # the vocabulary of runtime/base/status.h
ADAPTER_HEADERS = {  # header -> prefixes of the third-party headers that it adapts; one file a module
    "runtime/kafka/client_handle.h": ("librdkafka/",),
    "smt/script_objects.h": ("quickjs/",),
}
HEADERS_OUTSIDE = ("tests/", "bench/")  # their headers are nobody's interface

# ---- Calls and words in code (comments and strings removed). (id, pattern, folders, exempt, what to do instead)
CODE = ("runtime/", "rest/", "smt/", "plugins/", "tests/", "bench/", "examples/")
PRODUCT = ("runtime/", "rest/", "smt/", "plugins/")
SDK_HEADERS = ("plugins/sdk/include/",)  # objects cross the C boundary as opaque pointers there
CALLS = (
    ("iostream", r"\bstd::(cout|cerr|clog|endl)\b|#\s*include\s*<iostream>", CODE, (), "log through runtime/base/log.h, print with fmt in runtime/cmd"),
    ("printf", r"\b(printf|fprintf|vprintf|vfprintf|puts|putchar|perror)\s*\(", PRODUCT, ("runtime/base/status.cc", "plugins/sdk/testkit/"),
     "log through runtime/base/log.h, format with fmt"),
    ("print", r"\bfmt::print\s*\(", PRODUCT, ("runtime/cmd/", "plugins/sdk/testkit/"), "only runtime/cmd prints; log elsewhere"),
    ("using-std", r"\busing\s+namespace\s+std\s*;", CODE, (), "write std::"),
    ("volatile", r"\bvolatile\b", CODE, (), "use std::atomic; volatile says nothing about threads"),
    ("new", r"(?<!operator )(?<!operator)(?<!<)\bnew\b(?!\s*\()", PRODUCT, SDK_HEADERS, "std::make_unique or a container; a foreign owner is a reason for allow(new)"),
    ("delete", r"(?<!= )(?<!=)(?<!operator )\bdelete\b(?!\s*;)", PRODUCT, SDK_HEADERS, "let an owner do it; a foreign owner is a reason for allow(delete)"),
    ("rand", r"\b(s?rand|drand48)\s*\(", CODE, (), "a <random> engine with a seed that the caller can set"),
    ("c-string", r"\b(strcpy|strcat|sprintf|vsprintf|gets|strtok)\s*\(", CODE, (), "std::string and fmt"),
    ("ascii-number", r"\b(atoi|atol|atoll|atof)\s*\(", PRODUCT, (), "std::from_chars, which tells an error from zero"),
    ("localtime", r"(?<!fmt::)\b(localtime|gmtime|ctime|asctime)\s*\(", CODE, (), "the _r forms; these share one buffer between threads"),
    ("shell", r"\b(system|popen|tmpnam|mktemp)\s*\(", PRODUCT, (), "no shell and no guessable file names"),
    ("regex", r"#\s*include\s*<regex>", PRODUCT, (), "PCRE2; std::regex overflows the stack on long input"),
    ("detach", r"\.\s*detach\s*\(\s*\)", PRODUCT, (), "every thread has an owner who joins it"),
    ("throw", r"\bthrow\b", ("runtime/", "rest/", "smt/"), (), "errors are values: fail(...) of runtime/base/status.h"),
    ("sleep", r"\bthis_thread::sleep_(for|until)\s*\(|\b(usleep|nanosleep)\s*\(", ("tests/unit/",), (), "a ManualClock, or wait for the event itself"),
    ("exit", r"(?<![\w.>])(std::)?(exit|_exit|quick_exit)\s*\(", PRODUCT, ("runtime/cmd/", "plugins/sdk/testkit/"), "return an error; only runtime/cmd ends the process"),
    ("locale", r"\b(setlocale|chdir)\s*\(", PRODUCT, (), "these change the whole process under everyone else"),
)
# A line of code that, with the one before it, also matches this is fine for that rule: a private constructor, straight into its owner.
CALLS_FINE = {"new": r"\b(unique|shared)_ptr<.*>\s*\w*\s*[({]\s*new\b"}

# ---- Words that must not be in any text file. Rotated by 13 letters, so that this file is not the place where they stand.
WORDS_ROT13 = ("GBQB", "SVKZR", "fgho", "fghof", "cynprubyqre", "cynprubyqref")
WORDS_EXEMPT = ("tests/golden/", "LICENSE")  # recorded answers of other software, and a fixed text
HOME_PATHS = r"(?<![\w.$}~*-])/(root|work|home/[a-z])(/|\b)"
# A URL may only lead where users are meant to go: this machine, reserved example names, specifications and the projects we name.
URL = r"\b(?:https?|ftp)://([A-Za-z0-9.-]+)"
URL_HOSTS = ("localhost", "127.0.0.1", "0.0.0.0", "host", "example.com", "example.org", "example.net", "example", "www.apache.org",
             "apache.org", "kafka.apache.org", "cwiki.apache.org", "issues.apache.org", "maven.apache.org", "github.com", "www.rfc-editor.org",
             "datatracker.ietf.org", "tools.ietf.org", "json-schema.org", "www.w3.org", "docs.confluent.io", "debezium.io",
             "prometheus.io", "www.iana.org", "en.cppreference.com", "spdx.org", "docs.oracle.com", "www.unicode.org", "semver.org")

# ---- Folders that must explain themselves in a README.md once they hold code.
README_FOLDERS = ("runtime/*", "plugins/*", "smt", "rest", "tests", "bench", "examples")
LINES_MAX = 600  # a header and its .cc together; more needs 'tidy: allow(size): reason' in one of them
