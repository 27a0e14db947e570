#!/usr/bin/env python3
"""Replay recorded REST transcripts against a Connect-compatible worker and compare the answers.

usage: rest_replay.py BASE_URL FILE... [--var NAME=VALUE] [-v]

Prints one line per step, a unified diff per mismatch, and ends with 'N passed, N failed'.
Exit status: 0 all passed, 1 at least one step failed, 2 usage error.
The transcript format is described in README.md beside this file. Standard library only.
"""
import difflib
import http.client
import json
import os
import random
import re
import shutil
import string
import sys
import tempfile
import time
import urllib.parse

# Response headers that are part of the contract. A header that is absent from "expect.headers"
# must be absent from the answer. Date, Server, Content-Length and Transfer-Encoding are never compared.
HEADERS = ["Content-Type", "Location", "Allow", "Vary",
           "Access-Control-Allow-Origin", "Access-Control-Allow-Credentials",
           "Access-Control-Allow-Methods", "Access-Control-Allow-Headers",
           "Access-Control-Max-Age", "Access-Control-Expose-Headers",
           "X-Frame-Options", "X-XSS-Protection", "X-Content-Type-Options", "Cache-Control", "Pragma", "Expires",
           "WWW-Authenticate"]

# Lists whose order means nothing; compared as sets.
LIST_HEADERS = ["Allow", "Access-Control-Allow-Methods"]

# Answers that any worker may give for a moment while the group rebalances. A step that does not itself
# expect one of these is repeated until it gets another answer (at most TRANSIENT_SECONDS).
TRANSIENT = [
    (409, "Cannot complete request momentarily due to"),
    (409, "Cannot complete request because of a conflicting operation"),
    (500, "Request cannot be completed because a rebalance is expected"),
    (503, "This worker is still starting up and has not been able to read a session key"),
]
TRANSIENT_SECONDS = 60
POLL_LIMIT = float(os.environ.get("POLL_LIMIT", "60"))   # upper bound for every poll_until, in seconds


# ---------------------------------------------------------------- raw-preserving JSON
class Scalar:
    """A JSON scalar kept as its exact source text."""

    def __init__(self, raw):
        self.raw = raw

    def value(self):
        return json.loads(self.raw)


class JsonObject:
    def __init__(self, pairs):
        self.pairs = pairs          # list of [raw key text, node]


class JsonArray:
    def __init__(self, items):
        self.items = items


_TOKEN = re.compile(r'[ \t\r\n]*(?:([{}\[\]:,])|("(?:[^"\\]|\\.)*")|([-+0-9.eE]+|true|false|null))')


def parse_raw(text):
    """Parse JSON into a tree that keeps member order and the exact text of every scalar."""
    pos = 0

    def token():
        nonlocal pos
        m = _TOKEN.match(text, pos)
        if not m:
            raise ValueError("not JSON at %d" % pos)
        pos = m.end()
        return m.group(1), m.group(2) or m.group(3)

    def node(tok):
        punct, scalar = tok
        if scalar is not None:
            json.loads(scalar)
            return Scalar(scalar)
        if punct == "{":
            pairs, tok = [], token()
            while tok[0] != "}":
                key = tok[1]
                if key is None or token()[0] != ":":
                    raise ValueError("bad object")
                pairs.append([key, node(token())])
                tok = token()
                if tok[0] == ",":
                    tok = token()
            return JsonObject(pairs)
        if punct == "[":
            items, tok = [], token()
            while tok[0] != "]":
                items.append(node(tok))
                tok = token()
                if tok[0] == ",":
                    tok = token()
            return JsonArray(items)
        raise ValueError("unexpected %r" % (punct,))

    root = node(token())
    if text[pos:].strip():
        raise ValueError("trailing text")
    return root


def dump(node):
    if isinstance(node, Scalar):
        return node.raw
    if isinstance(node, JsonObject):
        return "{" + ",".join(k + ":" + dump(v) for k, v in node.pairs) + "}"
    return "[" + ",".join(dump(i) for i in node.items) + "]"


def pretty(node, indent=""):
    inner = indent + " "
    if isinstance(node, Scalar):
        return node.raw
    if isinstance(node, JsonObject):
        if not node.pairs:
            return "{}"
        return "{\n" + ",\n".join(inner + k + ": " + pretty(v, inner) for k, v in node.pairs) + "\n" + indent + "}"
    if not node.items:
        return "[]"
    return "[\n" + ",\n".join(inner + pretty(i, inner) for i in node.items) + "\n" + indent + "]"


def select(node, pointer):
    """All (container, index) slots addressed by a JSON pointer; the segment '*' matches every child."""
    holder = JsonArray([node])
    slots = [(holder, 0)]
    for seg in [s.replace("~1", "/").replace("~0", "~") for s in pointer.split("/")[1:]]:
        found = []
        for cont, i in slots:
            child = get_slot(cont, i)
            if isinstance(child, JsonObject):
                for j, (k, _) in enumerate(child.pairs):
                    if seg == "*" or json.loads(k) == seg:
                        found.append((child, j))
            elif isinstance(child, JsonArray):
                if seg == "*":
                    found.extend((child, j) for j in range(len(child.items)))
                elif seg.isdigit() and int(seg) < len(child.items):
                    found.append((child, int(seg)))
        slots = found
    return holder, slots


def get_slot(cont, i):
    return cont.pairs[i][1] if isinstance(cont, JsonObject) else cont.items[i]


def set_slot(cont, i, value):
    if isinstance(cont, JsonObject):
        cont.pairs[i][1] = value
    else:
        cont.items[i] = value


def sort_children(node):
    if isinstance(node, JsonObject):
        node.pairs.sort(key=lambda p: p[0])
    elif isinstance(node, JsonArray):
        node.items.sort(key=dump)


# ---------------------------------------------------------------- loose rules
def loosen(value, rule):
    """Reduce one JSON scalar (as Python value) under a rule; both sides are reduced and then compared."""
    kind = rule["rule"]
    if kind == "any":
        return "<any>"
    if kind == "null-or":
        return "<null or %s>" % rule["value"] if value in (None, rule["value"]) else value
    if kind == "any-string":
        return "<any string>" if isinstance(value, str) else value
    if kind == "any-int":
        return "<any int>" if isinstance(value, int) and not isinstance(value, bool) else value
    if kind == "first-line":
        return value.split("\n", 1)[0] + "<cut>" if isinstance(value, str) else value
    if kind == "until":
        if not isinstance(value, str):
            return value
        at = value.find(rule["marker"])
        return value if at < 0 else value[:at + len(rule["marker"])] + "<cut>"
    if kind == "length":
        return value[:rule["chars"]] + "<cut>" if isinstance(value, str) else value
    raise ValueError("unknown rule " + kind)


def keep_config(node, names):
    """True for an entry of a validation result that has errors or one of the names."""
    _, errors = select(node, "/value/errors")
    _, name = select(node, "/value/name")
    return (any(get_slot(c, i).items for c, i in errors)
            or any(get_slot(c, i).value() in names for c, i in name))


def reduce_body(text, step):
    """Apply the step's loose and unordered lists; returns (comparable text, readable text)."""
    loose, unordered = step.get("loose", []), step.get("unordered", [])
    body_rules = [r for r in loose if r.get("at") is None]
    for r in body_rules:
        text = loosen(text, r)
    loose = [r for r in loose if r.get("at") is not None]
    try:
        tree = parse_raw(text)
    except ValueError:
        return text, text
    if not loose and not unordered:
        return text, pretty(tree)
    compact = dump(tree) == text
    for rule in loose:
        if rule["rule"] == "contains":
            _, slots = select(tree, rule["at"])
            for cont, i in slots:
                arr = get_slot(cont, i)
                if isinstance(arr, JsonArray):
                    arr.items = [n for n in arr.items if isinstance(n, Scalar) and n.value() in rule["items"]]
            continue
        if rule["rule"] == "with-errors":
            _, slots = select(tree, rule["at"])
            for cont, i in slots:
                arr = get_slot(cont, i)
                if isinstance(arr, JsonArray):
                    arr.items = [n for n in arr.items if keep_config(n, rule.get("names", []))]
            continue
        if rule["rule"] == "only-members":
            _, slots = select(tree, rule["at"])
            for cont, i in slots:
                obj = get_slot(cont, i)
                if isinstance(obj, JsonObject):
                    obj.pairs = [p for p in obj.pairs if json.loads(p[0]) in rule["items"]]
            continue
        holder, slots = select(tree, rule["at"])
        for cont, i in slots:
            node = get_slot(cont, i)
            value = node.value() if isinstance(node, Scalar) else ("<array>" if isinstance(node, JsonArray) else "<object>")
            set_slot(cont, i, Scalar(json.dumps(loosen(value, rule), ensure_ascii=False)))
        tree = holder.items[0]
    # deepest pointers first, so that parents are sorted by already canonical children
    for pointer in sorted(unordered, key=lambda p: -p.count("/")):
        _, slots = select(tree, pointer)
        for cont, i in slots:
            sort_children(get_slot(cont, i))
    return dump(tree) + ("" if compact else "\n<insignificant white space in the body>"), pretty(tree)


# ---------------------------------------------------------------- variables
def subst(text, variables):
    def one(m):
        if m.group(1) not in variables:
            raise KeyError("undefined variable {{%s}}" % m.group(1))
        return variables[m.group(1)]
    return re.sub(r"\{\{([A-Z0-9_]+)\}\}", one, text)


def subst_deep(value, variables):
    if isinstance(value, str):
        return subst(value, variables)
    if isinstance(value, list):
        return [subst_deep(v, variables) for v in value]
    if isinstance(value, dict):
        return {subst_deep(k, variables): subst_deep(v, variables) for k, v in value.items()}
    return value


def default_variables(base_url, given):
    """The variables of a run; anything given with --var wins."""
    variables = {}
    base = base_url.rstrip("/")
    variables["BASE"] = base
    variables["WORKER_ID"] = urllib.parse.urlsplit(base).netloc
    variables["PREFIX"] = "zq" + "".join(random.choice(string.ascii_lowercase) for _ in range(6)) + "-"
    variables.update(given)
    if "BASE_2" in variables:
        variables["BASE_2"] = variables["BASE_2"].rstrip("/")
        variables.setdefault("WORKER_ID_2", urllib.parse.urlsplit(variables["BASE_2"]).netloc)
    if "VERSION" not in variables:
        try:
            answer = request(base, {"method": "GET", "path": "/", "headers": {}})
            info = json.loads(answer["body"])
            variables.setdefault("VERSION", info["version"])
            variables.setdefault("COMMIT", info["commit"])
            variables.setdefault("CLUSTER_ID", str(info["kafka_cluster_id"]))
        except (OSError, ValueError, KeyError, TypeError):
            pass
    return variables


# ---------------------------------------------------------------- steps
def request(base, step):
    """One HTTP exchange on a new connection; sends exactly the given headers plus Host and Content-Length."""
    url = urllib.parse.urlsplit(base)
    conn = http.client.HTTPConnection(url.hostname, url.port or 80, timeout=100)
    body = step.get("body")
    if "body_repeat" in step:
        rep = step["body_repeat"]
        body = rep["head"] + rep["unit"] * rep["count"] + rep["tail"]
    data = body.encode("utf-8") if body is not None else None
    try:
        conn.putrequest(step["method"], url.path + step["path"], skip_accept_encoding=True)
        for k, v in step.get("headers", {}).items():
            conn.putheader(k, v)
        if data is not None or step["method"] in ("POST", "PUT", "PATCH"):
            conn.putheader("Content-Length", str(len(data or b"")))
        conn.endheaders(data)
        resp = conn.getresponse()
        raw = resp.read()
        headers = {}
        for name in HEADERS:
            values = resp.headers.get_all(name)
            if values:
                headers[name] = ", ".join(values)
        return {"status": resp.status, "headers": headers, "body": raw.decode("utf-8", "replace")}
    finally:
        conn.close()


def holds(answer, poll):
    if "status" in poll and answer["status"] != poll["status"]:
        return False
    for cond in poll.get("conditions", []):
        try:
            tree = parse_raw(answer["body"])
        except ValueError:
            return False
        _, slots = select(tree, cond["at"])
        if not slots:
            return False
        for cont, i in slots:
            node = get_slot(cont, i)
            if "length" in cond:
                n = len(node.items) if isinstance(node, JsonArray) else len(node.pairs) if isinstance(node, JsonObject) else -1
                if n != cond["length"]:
                    return False
            elif not isinstance(node, Scalar) or node.value() != cond["equals"]:
                return False
    return True


def exchange(step, variables):
    """Run a request step, with its polling and the built-in handling of transient answers."""
    step = subst_deep({k: v for k, v in step.items() if k in ("method", "path", "headers", "body", "base", "poll_until", "body_repeat", "transient")}, variables)
    base = step.get("base", variables["BASE"])
    poll = step.get("poll_until")
    wait_out_transients = step.get("transient", True)
    deadline = time.time() + (min(poll.get("timeout_s", 30), POLL_LIMIT) if poll else TRANSIENT_SECONDS)
    while True:
        answer = request(base, step)
        if time.time() >= deadline:
            return answer
        if poll and holds(answer, poll):
            return answer
        if not poll and not (wait_out_transients and any(answer["status"] == s and text in answer["body"] for s, text in TRANSIENT)):
            return answer
        time.sleep(0.1)


def run_action(step, variables):
    """A step that is not a request. Returns None or an error text."""
    step = subst_deep(step, variables)
    kind = step["do"]
    if kind == "write_file":
        os.makedirs(os.path.dirname(step["file"]), exist_ok=True)
        with open(step["file"], "w", encoding="utf-8", newline="") as f:
            f.write(step["text"])
    elif kind == "append_file":
        with open(step["file"], "a", encoding="utf-8", newline="") as f:
            f.write(step["text"])
    elif kind == "make_dir":
        os.makedirs(step["dir"], exist_ok=True)
    elif kind == "remove":
        if os.path.isdir(step["file"]):
            shutil.rmtree(step["file"])
        elif os.path.exists(step["file"]):
            os.remove(step["file"])
    elif kind == "sleep":
        time.sleep(step["seconds"])
    elif kind == "await_file":
        deadline = time.time() + step.get("timeout_s", 60)
        text = None
        while time.time() < deadline:
            if os.path.exists(step["file"]):
                with open(step["file"], encoding="utf-8", newline="") as f:
                    text = f.read()
                if text == step["text"]:
                    return None
            time.sleep(0.1)
        return "file %s: expected %r, found %r" % (step["file"], step["text"], text)
    else:
        return "unknown action " + kind
    return None


def header_lines(headers):
    lines = []
    for name in HEADERS:
        if name in headers:
            value = headers[name]
            if name in LIST_HEADERS:
                value = ",".join(sorted(v.strip() for v in value.split(",")))
            lines.append("%s: %s" % (name, value))
    return lines


def compare(step, answer, variables):
    """Differences between the recorded and the actual answer, as a list of diff lines."""
    expect = subst_deep(step["expect"], variables)
    step = dict(step, loose=subst_deep(step.get("loose", []), variables),
                unordered=subst_deep(step.get("unordered", []), variables))
    want = ["status: %d" % expect["status"]] + header_lines(expect["headers"])
    got = ["status: %d" % answer["status"]] + header_lines(answer["headers"])
    for name in step.get("ignore_headers", []):
        want = [x for x in want if not x.startswith(name + ": ")]
        got = [x for x in got if not x.startswith(name + ": ")]
    a, a_pretty = reduce_body(expect["body"], step)
    b, b_pretty = reduce_body(answer["body"], step)
    if want == got and a == b:
        return []
    if a != b and a_pretty == b_pretty:
        a_pretty, b_pretty = a, b
    return list(difflib.unified_diff(want + [""] + a_pretty.split("\n"), got + [""] + b_pretty.split("\n"),
                                     "expected", "actual", lineterm=""))


def label(step):
    if "do" in step:
        return step["do"] + " " + (step.get("file") or step.get("dir") or str(step.get("seconds", "")))
    path = step["path"]
    return step["method"] + " " + (path if len(path) <= 120 else path[:117] + "...")


def replay(path, variables, out=sys.stdout, verbose=False):
    """Replay one transcript; returns (passed, failed)."""
    with open(path, encoding="utf-8") as f:
        transcript = json.load(f)
    passed = failed = 0
    name = os.path.splitext(os.path.basename(path))[0]
    for index, step in enumerate(transcript["steps"], 1):
        title = "%s #%d %s" % (name, index, step.get("note") or label(step))
        try:
            if "do" in step:
                problem = run_action(step, variables)
                diff = [problem] if problem else []
                shown = ""
            else:
                answer = exchange(step, variables)
                diff = compare(step, answer, variables)
                shown = " -> %d" % answer["status"]
        except (OSError, http.client.HTTPException, KeyError) as e:
            diff, shown = ["%s: %s" % (type(e).__name__, e)], ""
        if diff:
            failed += 1
            print("FAIL %s%s" % (title, shown), file=out)
            if "do" not in step:
                print("    request: " + label(step), file=out)
            for line in diff:
                print("    " + line, file=out)
        else:
            passed += 1
            print("ok   %s%s" % (title, shown), file=out)
        out.flush()
    return passed, failed


def main(argv):
    files, given, verbose, base, i = [], {}, False, None, 0
    while i < len(argv):
        if argv[i] == "--var":
            i += 1
            if i >= len(argv) or "=" not in argv[i]:
                return usage()
            k, v = argv[i].split("=", 1)
            given[k] = v
        elif argv[i] == "-v":
            verbose = True
        elif base is None:
            base = argv[i]
        else:
            files.append(argv[i])
        i += 1
    if base is None or not files:
        return usage()
    variables = default_variables(base, given)
    temp = None
    if "TMP" not in variables:
        temp = variables["TMP"] = tempfile.mkdtemp(prefix="rest-replay-")
    passed = failed = 0
    try:
        for path in files:
            p, f = replay(path, variables, verbose=verbose)
            passed, failed = passed + p, failed + f
    finally:
        if temp:
            shutil.rmtree(temp, ignore_errors=True)
    print("%d passed, %d failed" % (passed, failed))
    return 1 if failed else 0


def usage():
    print(__doc__.strip(), file=sys.stderr)
    return 2


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
