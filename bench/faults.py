#!/usr/bin/env python3
"""Real faults, one after the other, on one worker with a real broker: how long until REST tells the truth, and whether another connector
noticed. Prints a table; nothing else should be at work on the machine.

    bench/faults.py [--build DIR] [--only WORDS]

A source that sends 2000 records/s all the time stands for everybody else: what Kafka acknowledged of it during a fault is set beside
what it should be. The exit status is 1 if a truth took 5 s or more, a GET took over a second, or the other connector lost over 5 %.
"""
import argparse
import os
import pathlib
import re
import sys
import tempfile
import threading
import time

ROOT = pathlib.Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT / "tests" / "services"))
TRUTH_SECONDS_MAX = 5
GET_SECONDS_MAX = 1
RATE = 2000
AUTHORIZER = {"authorizer.class.name": "org.apache.kafka.metadata.authorizer.StandardAuthorizer", "allow.everyone.if.no.acl.found": "true",
              "super.users": "User:admin"}


class Bench:
    def __init__(self, folder, kafka, cluster):
        self.folder, self.kafka, self.cluster, self.worker = folder, kafka, cluster, cluster[0]
        self.rows, self.missed = [], 0

    def create(self, name, config):
        self.cluster.create(name, {"tasks.max": "1", **config})

    def reasons(self, name):
        """What /sluice/v1/connectors/NAME/health has against it."""
        code, body = self.worker.request("GET", f"/sluice/v1/connectors/{name}/health", timeout=5)
        if code != 200:
            return []
        return [(part["state"], reason["code"], reason["text"]) for part in [body["connector"], *body["tasks"]] for reason in part["reasons"]]

    def state(self, name):
        body = self.worker.status(name)
        return body["tasks"][0]["state"] if body and body["tasks"] else None

    def sent(self):
        """Records of the steady source that Kafka has acknowledged; 0 while it does not run."""
        text = self.worker.request("GET", "/metrics")[1]
        found = re.search(r'^kafka_connect_source_task_metrics_source_record_write_total\{[^}]*connector="steady"[^}]*\} (\S+)', text, re.M)
        return float(found.group(1)) if found else 0

    def until(self, seen, seconds=30):
        """Seconds until `seen()` has an answer, and the answer."""
        began = time.monotonic()
        while time.monotonic() - began < seconds:
            found = seen()
            if found:
                return time.monotonic() - began, found
            time.sleep(0.05)
        return float("inf"), "nothing was said"

    def measure(self, fault, strike, seen, others=True):
        sent, began = self.sent(), time.monotonic()
        strike()
        seconds, answer = self.until(seen)
        rest = 6 - (time.monotonic() - began)
        if rest > 0:
            time.sleep(rest)
        share = (self.sent() - sent) / (time.monotonic() - began) / RATE if others else None
        self.row(fault, seconds, answer, share)

    def row(self, fault, seconds, answer, share=None):
        self.missed += seconds >= TRUTH_SECONDS_MAX or (share is not None and share < 0.95)
        print(f"| {fault} | {seconds:.1f} | {answer} | {'' if share is None else f'{share:.1%}'} |", flush=True)

    def failed(self, name):
        return lambda: "the task is FAILED" if self.state(name) == "FAILED" else None

    def reason(self, name, *codes):
        def seen():
            return next((f"{code}: {text}" for _, code, text in self.reasons(name) if code in codes), None)
        return seen


def scripted(how):
    return {"connector.class": "ScriptedSource", "topic": "faults", "count": "10", "fail.at": "4", "fail.how": how}


def plugin_faults(bench):
    for fault, how in (("poll() returns an error", "status"), ("poll() throws", "throw"), ("an allocation fails in poll()", "bad_alloc")):
        bench.measure(fault, lambda: bench.create(how, scripted(how)), bench.failed(how))
    for fault, where in (("start() never returns", "task.start"), ("poll() never returns", "task.poll"), ("put() never returns", "sink.put")):
        name, sink = where.replace(".", "-"), where.startswith("sink")
        config = {"connector.class": "HangSink", "topics": "steady"} if sink else {"connector.class": "HangSource", "topic": "faults"}
        bench.measure(fault, lambda: bench.create(name, {**config, "hang.in": where}), bench.reason(name, "CALLBACK_LONG"))
    if "CrashSource" in {part["class"].rsplit(".", 1)[-1] for part in bench.cluster.call("GET", "/connector-plugins")}:
        config = {"connector.class": "CrashSource", "topic": "faults", "crash.in": "task.poll", "crash.how": "segv", "sluice.isolation": "process"}
        bench.measure("SIGSEGV in poll(), sluice.isolation=process", lambda: bench.create("segv", config), bench.failed("segv"))


def sink_faults(bench):
    config = {"connector.class": "FileStreamSink", "topics": "steady", "file": "/dev/full"}
    bench.measure("no space on the device under a file sink", lambda: bench.create("full", config), bench.failed("full"))
    committed = [part["offset"]["kafka_offset"] for part in bench.cluster.call("GET", "/connectors/full/offsets")["offsets"]]
    print(f"|   offsets that this sink has committed | | {committed or 'none'} | |")
    bench.missed += bool(committed)


def refused_topic(bench):
    from kafka import run_tool
    bench.kafka.create_topic("forbidden")
    run_tool("org.apache.kafka.tools.AclCommand", "--bootstrap-server", bench.kafka.bootstrap, "--add", "--deny-principal", "User:*", "--operation", "Write",
             "--topic", "forbidden")
    config = {"connector.class": "GeneratorSource", "topic": "forbidden", "generator.count": "10"}
    bench.measure("a topic that may not be written", lambda: bench.create("forbidden", config), bench.failed("forbidden"))


def broker_gone(bench):
    """Killed, not stopped: connections end. Then the slowest of the GETs that people and monitors make."""
    slowest, ended = {}, threading.Event()

    def ask():
        while not ended.is_set():
            for path in ("/connectors", "/connectors/steady", "/connectors/steady/status", "/connectors/steady/offsets", "/connectors?expand=status",
                         "/sluice/v1/connectors/steady/health", "/health", "/metrics", "/connector-plugins"):
                began = time.monotonic()
                try:
                    bench.worker.request("GET", path, timeout=30)
                except OSError as error:
                    print(f"|   GET {path} | | {error} | |", flush=True)
                slowest[path] = max(slowest.get(path, 0), time.monotonic() - began)

    bench.kafka.kill()
    asker = threading.Thread(target=ask)
    asker.start()
    bench.row("the broker is killed", *bench.until(bench.reason("steady", "NO_ACKNOWLEDGEMENT", "COMMITS_FAIL")))
    time.sleep(10)
    ended.set()
    asker.join()
    path = max(slowest, key=slowest.get)
    bench.missed += slowest[path] > GET_SECONDS_MAX
    print(f"|   slowest GET meanwhile | {slowest[path]:.2f} | {path} | |")
    sent = bench.sent()
    bench.kafka.start()
    bench.row("the broker is back", *bench.until(lambda: "records flow again" if bench.sent() not in (0, sent) else None))
    bench.row("", *bench.until(lambda: "HEALTHY" if not bench.reasons("steady") else None))


PARTS = {"plugin": plugin_faults, "sink": sink_faults, "topic": refused_topic, "broker": broker_gone}


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--build", help="the build folder (default build/release)")
    parser.add_argument("--only", default=",".join(PARTS), help=f"of {', '.join(PARTS)}")
    given = parser.parse_args()
    if given.build:
        os.environ["SLUICE_BUILD"] = str(pathlib.Path(given.build).resolve())
    from connect import Cluster
    from kafka import Kafka

    with tempfile.TemporaryDirectory(prefix="bench-faults-") as folder:
        folder = pathlib.Path(folder)
        with Kafka(folder / "kafka", AUTHORIZER) as kafka:
            cluster = Cluster(folder / "cluster", kafka.bootstrap, ["sluice"])
            try:
                cluster.start()
                bench = Bench(folder, kafka, cluster)
                bench.create("steady", {"connector.class": "GeneratorSource", "topic": "steady", "generator.rate": str(RATE), "generator.shape": "string"})
                cluster.wait_running("steady")
                time.sleep(3)
                print("| fault | seconds until REST says so | what it says | records/s of another connector meanwhile |\n|---|---:|---|---:|")
                for part in given.only.split(","):
                    PARTS[part](bench)
            finally:
                cluster.kill()
    return 1 if bench.missed else 0


if __name__ == "__main__":
    sys.exit(main())
