"""The sides of a comparison, and the processes that they are: Kafka Connect with its defaults and tuned, Sluice, the plain loops."""
import dataclasses
import json
import pathlib
import subprocess
import sys
import time
import uuid

ROOT = pathlib.Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "tests" / "services"))
import connect  # noqa: E402
import java_plugin  # noqa: E402
import kafka  # noqa: E402
import machine  # noqa: E402
from worker import RestError, Worker, build_dir, sluice_binary  # noqa: E402

# What Kafka's own start scripts give a Connect worker, and what is published as the best for throughput.
JVM_DEFAULT = ["-XX:+UseG1GC", "-XX:MaxGCPauseMillis=20", "-XX:InitiatingHeapOccupancyPercent=35", "-XX:+ExplicitGCInvokesConcurrent"]
JVM_TUNED = ["-XX:+UseParallelGC"]
TUNED = {
    "producer.batch.size": "131072",
    "producer.linger.ms": "50",
    "producer.buffer.memory": "67108864",
    "consumer.fetch.min.bytes": "100000",
    "consumer.max.partition.fetch.bytes": "4194304",
    "consumer.max.poll.records": "5000",
}
JAVA_TUNED = {"plugin.discovery": "service_load"}
JAVA_MAIN = {"standalone": "org.apache.kafka.connect.cli.ConnectStandalone", "distributed": "org.apache.kafka.connect.cli.ConnectDistributed"}


@dataclasses.dataclass(frozen=True)
class Side:
    name: str
    kind: str  # bare, sluice, java
    heap: str = ""
    tuned: bool = False


SIDES = {side.name: side for side in (
    Side("bare", "bare"), Side("sluice", "sluice"), Side("sluice-tuned", "sluice", tuned=True), Side("java-1g", "java", "1g"),
    Side("java-2g", "java", "2g"), Side("java-tuned-1g", "java", "1g", True), Side("java-tuned-2g", "java", "2g", True))}
DEFAULT_SIDES = ("bare", "sluice", "java-1g", "java-2g", "java-tuned-1g", "java-tuned-2g")
DEFAULT_AGAIN = ("bare", "sluice", "java-2g")


class RunError(Exception):
    """A run that gives no figure: says what failed."""


class BenchKafka(kafka.Kafka):
    """A broker with the heap and compilers of a real one: it is beside both sides, and must not be what they wait for."""

    jvm_flags = ["-XX:+UseG1GC", "-XX:MaxGCPauseMillis=20", "-Djava.awt.headless=true"]

    def __init__(self, folder):
        super().__init__(folder, {"log.segment.delete.delay.ms": "1000", "file.delete.delay.ms": "1000"}, heap="1g")


class Loops:
    """bench/loops as a program to ask: plain loops, and the destination's state."""

    def __init__(self, bootstrap):
        self.bootstrap = bootstrap
        self.program = str(build_dir() / "bin" / "sluice-bench-loops")

    def command(self, mode, topic, options):
        words = [self.program, mode, "--bootstrap", self.bootstrap, "--topic", topic]
        for key, value in options.items():
            for one in value if isinstance(value, list) else [value]:
                words += ["--" + key.replace("_", "-"), str(one)]
        return words

    def run(self, mode, topic, **options):
        done = subprocess.run(self.command(mode, topic, options), stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, check=False)
        if done.returncode != 0:
            raise RunError(f"{mode}: {done.stderr.strip() or 'status ' + str(done.returncode)}")
        return json.loads(done.stdout.splitlines()[-1])

    def begin(self, mode, topic, **options):
        """Starts a run; for watch and follow it returns once they look."""
        process = subprocess.Popen(self.command(mode, topic, options), stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        if mode in ("watch", "follow") and process.stdout.readline().strip() != "ready":
            raise RunError(f"{mode}: {process.communicate()[1].strip()}")
        return process

    def end(self, process, check=lambda: None):
        """Waits for it, calling `check` now and then, which raises if the wait is in vain. The run's JSON."""
        try:
            while True:
                try:
                    out, err = process.communicate(timeout=2)
                    break
                except subprocess.TimeoutExpired:
                    check()
        finally:
            if process.poll() is None:
                process.kill()
                process.communicate()
        if process.returncode != 0:
            raise RunError(err.strip())
        return json.loads(out.splitlines()[-1])


class BenchWorker(Worker):
    """A worker of either kind. `properties` go on top of what every side gets."""

    stop_seconds_max = 60
    start_seconds_max = 600  # Java's default discovery loads every class of every plugin

    def __init__(self, folder, side, bootstrap, properties, mode="standalone", plugin_path=None, connectors=()):
        self.side = side
        self.mode = mode
        self.java_config = pathlib.Path(folder) / "log4j.xml"
        path = plugin_path or (str(build_dir() / "plugins") if side.kind == "sluice" else f"{java_plugin.jar().parent},{connect.java_plugin_folder()}")
        given = {"bootstrap.servers": bootstrap, "plugin.path": path, "offset.flush.interval.ms": "5000"}
        if side.tuned:
            given |= TUNED | (JAVA_TUNED if side.kind == "java" else {})
        if side.kind == "sluice":
            given["sluice.state.dir"] = str(pathlib.Path(folder).parent / "state")  # shared by all runs, as the default is
        if mode == "distributed":
            group = f"bench-{uuid.uuid4().hex[:8]}"
            given |= {"group.id": group, "offset.storage.partitions": "5", "status.storage.partitions": "5"}
            for store in ("config", "offset", "status"):
                given |= {f"{store}.storage.topic": f"{group}-{store}", f"{store}.storage.replication.factor": "1"}
        super().__init__(folder, {**given, **properties}, connectors)
        if mode == "distributed":
            del self.properties["offset.storage.file.filename"]

    @property
    def name(self):
        return self.side.name

    def command(self):
        if self.side.kind == "sluice":
            return [str(sluice_binary()), self.mode, "worker.properties", *self.connectors]
        self.java_config.write_text(connect.LOG4J)
        return [kafka.java(), "-Xms256m", f"-Xmx{self.side.heap}", *(JVM_TUNED if self.side.tuned else JVM_DEFAULT), "-Djava.awt.headless=true",
                f"-Dlog4j2.configurationFile={self.java_config}", "-cp", connect.java_class_path(), JAVA_MAIN[self.mode], "worker.properties",
                *self.connectors]

    def ready(self):
        try:
            return self.request("GET", "/connectors", timeout=5)[0] == 200
        except OSError:
            return False

    def begin(self):
        """Starts it and waits until REST answers; sets `began` and `start_s`."""
        self.began = time.monotonic()
        self.launch(tied=True)
        while not self.ready():
            if self.pid() is None:
                raise RunError(f"{self.name} ended while starting; {self.log_tail(6)}")
            if time.monotonic() > self.began + self.start_seconds_max:
                raise RunError(f"{self.name} was not ready after {self.start_seconds_max} s; {self.log_tail(6)}")
            time.sleep(0.002)
        self.start_s = time.monotonic() - self.began
        return self

    def post(self, name, config):
        deadline = time.monotonic() + 60
        while True:
            try:
                return self.create(name, config)
            except RestError as error:
                # A cluster of one that is still joining its group says 409.
                if ": 409 " not in str(error) or time.monotonic() > deadline:
                    raise RunError(f"{self.name}: {error}") from error
                time.sleep(0.1)

    def check_running(self, name):
        """Raises if the connector or a task of it has failed."""
        status, body = self.request("GET", f"/connectors/{name}/status")
        states = [body["connector"], *body["tasks"]] if status == 200 else []
        for state in states:
            if state["state"] == "FAILED":
                raise RunError(f"{self.name}: {name} has failed: {state.get('trace', '')[:600]}")

    def cpu_seconds(self):
        return machine.cpu_seconds(self.pid())

    def memory_peak_kb(self):
        return machine.status_number(self.pid(), "VmHWM")
