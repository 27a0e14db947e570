#!/usr/bin/env python3
"""Start-up time and memory of a standalone worker: idle, per idle connector, and under full load of one task. Standard library only."""
import argparse
import json
import os
import signal
import socket
import statistics
import subprocess
import sys
import tempfile
import time
import urllib.request


def free_port():
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        return s.getsockname()[1]


def rss_kb(pid):
    with open("/proc/%d/smaps_rollup" % pid) as f:
        fields = dict(line.split(":", 1) for line in f.read().splitlines()[1:] if ":" in line)
    return int(fields["Rss"].split()[0])


class Worker:
    def __init__(self, sluice, plugins, directory):
        self.port = free_port()
        properties = os.path.join(directory, "worker-%d.properties" % self.port)
        with open(properties, "w") as f:
            f.write("bootstrap.servers=embedded\nlisteners=http://127.0.0.1:%d\nplugin.path=%s\n"
                    "key.converter=org.apache.kafka.connect.converters.ByteArrayConverter\n"
                    "value.converter=org.apache.kafka.connect.converters.ByteArrayConverter\n"
                    "offset.storage.file.filename=%s/offsets-%d\nsluice.state.dir=%s/state\n" % (self.port, plugins, directory, self.port, directory))
        self.log = open(os.path.join(directory, "worker-%d.log" % self.port), "w")
        began = time.monotonic()
        self.process = subprocess.Popen([sluice, "standalone", properties], stdout=self.log, stderr=self.log)
        while True:
            try:
                urllib.request.urlopen("http://127.0.0.1:%d/" % self.port, timeout=5).read()
                break
            except OSError:
                if self.process.poll() is not None:
                    raise SystemExit("the worker ended: see %s" % self.log.name)
                time.sleep(0.002)
        self.start_s = time.monotonic() - began

    def post(self, name, config):
        body = json.dumps({"name": name, "config": config}).encode()
        request = urllib.request.Request("http://127.0.0.1:%d/connectors" % self.port, body, {"Content-Type": "application/json"})
        urllib.request.urlopen(request, timeout=60).read()

    def stop(self):
        self.process.send_signal(signal.SIGTERM)
        self.process.wait(30)


def budget(name, value, unit, limit):
    print("  %-44s %8.3f %-3s (budget %g: %s)" % (name, value, unit, limit, "met" if value <= limit else "MISSED"))


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--sluice", required=True)
    parser.add_argument("--plugins", required=True)
    parser.add_argument("--rounds", type=int, default=11)
    args = parser.parse_args()
    with tempfile.TemporaryDirectory() as directory:
        starts, idle = [], []
        for _ in range(args.rounds):
            worker = Worker(os.path.abspath(args.sluice), os.path.abspath(args.plugins), directory)
            starts.append(worker.start_s)
            time.sleep(0.5)
            idle.append(rss_kb(worker.process.pid) / 1024)
            worker.stop()
        budget("start to REST answering, median", statistics.median(starts), "s", 0.1)
        budget("resident, idle, no connector, median", statistics.median(idle), "MB", 25)

        worker = Worker(os.path.abspath(args.sluice), os.path.abspath(args.plugins), directory)
        worker.post("idle-0", {"connector.class": "GeneratorSource", "topic": "t", "generator.count": "0"})
        time.sleep(2)
        before = rss_kb(worker.process.pid)
        count = 50
        for i in range(1, count + 1):
            worker.post("idle-%d" % i, {"connector.class": "GeneratorSource", "topic": "t", "generator.count": "0"})
        time.sleep(3)
        budget("each idle source connector more", (rss_kb(worker.process.pid) - before) / 1024 / count, "MB", 0.5)
        worker.stop()

        worker = Worker(os.path.abspath(args.sluice), os.path.abspath(args.plugins), directory)
        worker.post("load", {"connector.class": "GeneratorSource", "topic": "load"})
        peak = 0
        for _ in range(50):
            time.sleep(0.1)
            peak = max(peak, rss_kb(worker.process.pid))
        budget("resident under load of one task (with the embedded broker)", peak / 1024, "MB", 120)
        worker.stop()
    return 0


if __name__ == "__main__":
    sys.exit(main())
