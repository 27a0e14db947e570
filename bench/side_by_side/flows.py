"""How a case is run on one side: one function for each kind of work. All return a flat dictionary of figures; times are in seconds.

Records are counted at their destination, by a process that is neither the worker nor the loop; CPU times are read from /proc for the worker
and the broker apart, from the moment that the connector is asked for until its last record has arrived.
"""
import hashlib
import json
import pathlib
import shutil
import struct
import time
import uuid

import java_plugin
import machine
import rows
from sides import SIDES, BenchWorker, RunError, build_dir

LINE_BYTES = 101  # with its end
WARM_PART = 10  # a worker first does this part of the work, whose figures count for the start only
IDLE_SECONDS = 20
SETTLE_SECONDS = 3


class Bench:
    """What all runs share: the broker, the loops program, a work folder, and the inputs that are made once for a case."""

    def __init__(self, kafka, loops, folder, scale):
        self.kafka = kafka
        self.loops = loops
        self.folder = pathlib.Path(folder)
        self.scale = scale
        self.inputs = {}

    def records(self, case):
        return max(int(case.records * self.scale), case.tasks * 1000) // case.tasks * case.tasks

    def broker_cpu(self):
        return machine.cpu_seconds(self.kafka.pid())

    def topic(self, case, suffix=""):
        name = f"bench-{uuid.uuid4().hex[:10]}{suffix}"
        self.loops.run("topic-create", name, partitions=case.tasks)
        return name

    def once(self, key, make):
        if key not in self.inputs:
            self.inputs[key] = make()
        return self.inputs[key]

    def work_folder(self):
        path = self.folder / f"run-{uuid.uuid4().hex[:8]}"
        path.mkdir()
        return path

    def forget(self, case):
        """Deletes a case's inputs."""
        for key in [key for key in self.inputs if key[0] == case.key]:
            value = self.inputs.pop(key)
            if key[1] in ("topic", "warm topic"):
                self.loops.run("topic-delete", value)
            else:
                pathlib.Path(value).unlink(missing_ok=True)


def measure(bench, case, side):
    folder = bench.work_folder()
    try:
        figures = FLOWS[case.flow](bench, case, side, folder)
    except Exception:
        kept = bench.folder / "failed"
        shutil.rmtree(kept, ignore_errors=True)
        shutil.copytree(folder, kept, ignore=shutil.ignore_patterns("*.lines"))
        raise
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    return figures


def worker_properties(case, side):
    return case.worker | (case.tuned if side.tuned else {})


def seconds_max(records):
    return max(120, records / 2000)


def lines_file(bench, records):
    """Lines that do not compress to nothing, 100 bytes each."""
    path = bench.folder / f"{records}.lines"
    state, part = 1, bytearray()
    with path.open("wb") as out:
        for number in range(records):
            state = (state * 6364136223846793005 + 1442695040888963407) & (1 << 64) - 1
            part += b"%012d %087d\n" % (number, state * state)[:LINE_BYTES]
            if len(part) > 1 << 20:
                out.write(part)
                part.clear()
        out.write(part)
    return path


def rates(records, first_records, first_at, last_at):
    """Records a second between the first moment that saw any and the last; work that was over in one moment has no rate."""
    seconds = last_at - first_at
    return {"seconds": seconds} | ({"records_per_s": (records - first_records) / seconds} if records > first_records and seconds > 0 else {})


# ---- Sources -------------------------------------------------------------------------------------------------------------------------


def source(bench, case, side, folder):
    records = bench.records(case)
    topic = bench.topic(case)
    try:
        if side.kind == "bare":
            figures = bare_source(bench, case, topic, records)
        else:
            figures = worker_source(bench, case, side, folder, topic, records)
        counted = bench.loops.run("count", topic, committed=int(exactly_once(case)))
        # What the plain loop sends over and over is a sample of the records, so their digests differ.
        digest = counted["digest"] if side.kind != "bare" or case.file else ""
        return {**figures, "records": counted["records"], "expected": records, "value_bytes": counted["value_bytes"], "digest": digest}
    finally:
        bench.loops.run("topic-delete", topic)


def exactly_once(case):
    return case.worker.get("exactly.once.source.support") == "enabled"


def watcher(bench, case, topic, records):
    """Row j is followed by reading on both of its sides: transaction markers look like records from outside."""
    if case.row == "j":
        return bench.loops.begin("follow", topic, records=records, committed=1, seconds_max=seconds_max(records))
    return bench.loops.begin("watch", topic, records=records, seconds_max=seconds_max(records))


def input_of(bench, case, records):
    """What the plain loop sends: the same lines, or records that Sluice has made of the same work."""
    if case.file:
        return {"file": bench.once((case.key, "lines", records), lambda: lines_file(bench, records))}
    return {"samples": bench.once((case.key, "samples"), lambda: captured(bench, case))}


def captured(bench, case):
    """A file of the first records that Sluice makes of the case's work; whether they were written in transactions does not show in them."""
    topic, folder, path = bench.topic(case), bench.work_folder(), bench.folder / f"{uuid.uuid4().hex[:8]}.samples"
    properties = {key: value for key, value in case.worker.items() if key != "exactly.once.source.support"}
    worker = BenchWorker(folder / "worker", SIDES["sluice"], bench.kafka.bootstrap, properties, case.mode).begin()
    try:
        run_source(bench, case, worker, "sample", topic, 20_000 // case.tasks * case.tasks)
        bench.loops.run("capture", topic, out=path)
    finally:
        worker.kill()
        bench.loops.run("topic-delete", topic)
        shutil.rmtree(folder)
    return path


def bare_source(bench, case, topic, records):
    given = input_of(bench, case, records) | case.bare
    broker, began = bench.broker_cpu(), time.monotonic()
    watching = watcher(bench, case, topic, records)
    loop = bench.loops.begin("bare-produce", topic, records=records, **given)
    own = bench.loops.end(loop)
    seen = bench.loops.end(watching)
    return {**rates(seen["records"], seen["first_records"], seen["first_at"], seen["last_at"]), "worker_cpu_s": own["cpu_seconds"],
            "broker_cpu_s": bench.broker_cpu() - broker, "rss_kb": own["rss_max_kb"], "first_s": seen["first_at"] - began}


def run_source(bench, case, worker, name, topic, records):
    """Creates the connector, waits for its records, deletes it; what the watcher saw."""
    config = {**case.connector, "topic": topic + case.routed, "tasks.max": str(case.tasks)}
    if case.file:
        config["file"] = str(bench.once((case.key, "lines", records), lambda: lines_file(bench, records)))
    else:
        config["generator.count"] = str(records // case.tasks)
    watching = watcher(bench, case, topic, records)
    worker.post(name, config)
    return bench.loops.end(watching, lambda: worker.check_running(name))


def worker_source(bench, case, side, folder, topic, records):
    input_of(bench, case, records)
    worker = BenchWorker(folder / "worker", side, bench.kafka.bootstrap, worker_properties(case, side), case.mode)
    warm = bench.topic(case)
    try:
        worker.begin()
        first = run_source(bench, case, worker, "warm", warm, max(records // WARM_PART // case.tasks, 1) * case.tasks)
        worker.delete("warm")
        worker_cpu, broker_cpu = worker.cpu_seconds(), bench.broker_cpu()
        seen = run_source(bench, case, worker, "bench", topic, records)
        figures = {**rates(seen["records"], seen["first_records"], seen["first_at"], seen["last_at"]),
                   "worker_cpu_s": worker.cpu_seconds() - worker_cpu, "broker_cpu_s": bench.broker_cpu() - broker_cpu,
                   "rss_kb": worker.memory_peak_kb(), "start_s": worker.start_s, "first_s": first["first_at"] - worker.began}
        worker.delete("bench")
        return figures
    finally:
        worker.stop()
        bench.loops.run("topic-delete", warm)


# ---- Sinks ---------------------------------------------------------------------------------------------------------------------------


def filled_topic(bench, case, records):
    topic = bench.topic(case)
    shape, converter, size = case.topic.split()
    bench.loops.run("bare-produce", topic, records=records, shape=shape, converter=converter, size=size, clients=case.tasks)
    return topic


def sink(bench, case, side, folder):
    records = bench.records(case)
    topic = bench.once((case.key, "topic"), lambda: filled_topic(bench, case, records))
    out = folder / ("out.lines" if case.file else "counts")
    figures = bare_sink(bench, case, topic, records, out) if side.kind == "bare" else worker_sink(bench, case, side, folder, topic, records, out)
    if case.file:
        text = out.read_bytes()
        figures |= {"records": text.count(b"\n"), "value_bytes": len(text), "digest": hashlib.blake2b(text, digest_size=8).hexdigest()}
    return {**figures, "expected": records}


def bare_sink(bench, case, topic, records, out):
    given = case.bare | ({"out": out} if case.file else {})
    broker, began = bench.broker_cpu(), time.monotonic()
    own = bench.loops.run("bare-consume", topic, records=records, **given)
    return {**rates(own["records"], 0, own["first_at"], own["last_at"]), "worker_cpu_s": own["cpu_seconds"],
            "broker_cpu_s": bench.broker_cpu() - broker, "rss_kb": own["rss_max_kb"], "first_s": own["first_at"] - began, "records": own["records"],
            "value_bytes": own["value_bytes"]}


def taken(out, case):
    """How many records the sink has taken, by its file."""
    if not out.exists():
        return 0
    if case.file:
        return out.stat().st_size // LINE_BYTES
    data = out.read_bytes()
    return sum(struct.unpack(f"<{len(data) // 8}q", data))


def run_sink(case, worker, name, topic, records, out):
    """Creates the connector and waits until its file says that all records have come: as the watcher of a source."""
    file_key = "file" if case.file else "blackhole.count.file"
    worker.post(name, {**case.connector, "topics": topic, "tasks.max": str(case.tasks), file_key: str(out)})
    deadline = time.monotonic() + seconds_max(records)
    first_at, first_records, checked = 0, 0, time.monotonic()
    while True:
        count, now = taken(out, case), time.monotonic()
        if count and not first_records:
            first_at, first_records = now, count
        if count >= records:
            return {"first_at": first_at, "first_records": first_records, "last_at": now, "records": count}
        if now > checked + 2:
            worker.check_running(name)
            checked = now
        if now > deadline:
            raise RunError(f"{worker.name}: {count} of {records} records after {seconds_max(records):.0f} s")
        time.sleep(0.005)


def worker_sink(bench, case, side, folder, topic, records, out):
    warm_records = max(records // WARM_PART // case.tasks, 1) * case.tasks
    warm = bench.once((case.key, "warm topic"), lambda: filled_topic(bench, case, warm_records))
    worker = BenchWorker(folder / "worker", side, bench.kafka.bootstrap, worker_properties(case, side), case.mode)
    run = uuid.uuid4().hex[:8]  # a group of its own: every run reads the topic from its beginning
    try:
        worker.begin()
        first = run_sink(case, worker, f"warm-{run}", warm, warm_records, folder / "warm.lines")
        worker.delete(f"warm-{run}")
        worker_cpu, broker_cpu = worker.cpu_seconds(), bench.broker_cpu()
        seen = run_sink(case, worker, f"bench-{run}", topic, records, out)
        figures = {**rates(seen["records"], seen["first_records"], seen["first_at"], seen["last_at"]),
                   "worker_cpu_s": worker.cpu_seconds() - worker_cpu, "broker_cpu_s": bench.broker_cpu() - broker_cpu,
                   "rss_kb": worker.memory_peak_kb(), "start_s": worker.start_s, "first_s": first["first_at"] - worker.began}
        worker.delete(f"bench-{run}")
        return {**figures, "records": taken(out, case)}
    finally:
        worker.stop()


# ---- Start-up, idle connectors, latency ------------------------------------------------------------------------------------------------


def sluice_plugin_folder(copies, into):
    """A plugin.path for Sluice with so many plugins: the generator under other names, each a library of its own bytes."""
    library = build_dir() / "plugins" / "generator" / "generator.so"
    code, name = library.read_bytes(), b"GeneratorSource"
    for number in range(copies):
        folder = into / f"plugin-{number:03}"
        folder.mkdir(parents=True)
        (folder / f"plugin{number:03}.so").write_bytes(code if number == 0 else code.replace(name, b"Generator%06d" % number))
    return into


def startup(bench, case, side, folder):
    """From the start of the process to REST, and to the first record of a connector on its command line."""
    path = (sluice_plugin_folder if side.kind == "sluice" else java_plugin.plugin_folder)(case.number, folder / "plugins")
    topic = bench.topic(case)
    connector = folder / "connector.json"
    connector.write_text(json.dumps({"name": "first", "config": {**case.connector, "topic": topic, "generator.count": "1", "tasks.max": "1"}}))
    # Sluice keeps what it has learnt of plugins; the first start of a machine is the cold one.
    properties = case.worker | ({"sluice.state.dir": str(folder / "state")} if side.kind == "sluice" else {})
    try:
        if side.kind == "sluice":
            cold = BenchWorker(folder / "cold", side, bench.kafka.bootstrap, properties, plugin_path=str(path)).begin()
            cold.stop()
        watching = bench.loops.begin("watch", topic, records=1, seconds_max=BenchWorker.start_seconds_max)
        worker = BenchWorker(folder / "worker", side, bench.kafka.bootstrap, properties, plugin_path=str(path), connectors=[connector]).begin()
        try:
            cpu_s = worker.cpu_seconds()
            seen = bench.loops.end(watching, lambda: worker.check_running("first"))
            plugins = [one["class"] for one in worker.get("/connector-plugins")]
            time.sleep(min(SETTLE_SECONDS, SETTLE_SECONDS * bench.scale))
            figures = {"start_s": worker.start_s, "first_s": seen["first_at"] - worker.began, "start_cpu_s": cpu_s, "rss_kb": worker.memory_peak_kb(),
                       "plugins": len(plugins), "records": seen["records"], "expected": 1}
        finally:
            worker.stop()
        return figures | ({"cold_start_s": cold.start_s} if side.kind == "sluice" else {})
    finally:
        bench.loops.run("topic-delete", topic)


def all_running(worker, names):
    states = worker.get("/connectors?expand=status")
    running = 0
    for name in names:
        status = states.get(name, {}).get("status")
        if not status:
            continue
        if any(state["state"] == "FAILED" for state in [status["connector"], *status["tasks"]]):
            raise RunError(f"{worker.name}: {name} has failed: {status}")
        running += status["connector"]["state"] == "RUNNING" and [task["state"] for task in status["tasks"]] == ["RUNNING"]
    return running == len(names)


def idle(bench, case, side, folder):
    """Memory, threads and CPU of a worker with connectors that have nothing to do."""
    topic = bench.topic(case)
    worker = BenchWorker(folder / "worker", side, bench.kafka.bootstrap, worker_properties(case, side))
    seconds = max(IDLE_SECONDS * min(bench.scale, 1), 2)
    names = [f"idle-{number}" for number in range(case.number)]
    try:
        worker.begin()
        time.sleep(min(SETTLE_SECONDS, SETTLE_SECONDS * bench.scale))
        empty = {"empty_rss_kb": machine.status_number(worker.pid(), "VmRSS"), "empty_threads": machine.status_number(worker.pid(), "Threads")}
        began = time.monotonic()
        for name in names:
            worker.post(name, {**case.connector, "topic": topic, "tasks.max": "1"})
        deadline = began + 300
        while not all_running(worker, names):
            if time.monotonic() > deadline:
                raise RunError(f"{worker.name}: not all of {case.number} connectors run after 300 s")
            time.sleep(0.2)
        running_s = time.monotonic() - began
        time.sleep(min(SETTLE_SECONDS, SETTLE_SECONDS * bench.scale))
        worker_cpu, broker_cpu = worker.cpu_seconds(), bench.broker_cpu()
        time.sleep(seconds)
        return {**empty, "idle_cpu_percent": (worker.cpu_seconds() - worker_cpu) / seconds * 100,
                "idle_broker_cpu_percent": (bench.broker_cpu() - broker_cpu) / seconds * 100,
                "idle_rss_kb": machine.status_number(worker.pid(), "VmRSS"), "rss_kb": worker.memory_peak_kb(),
                "threads": machine.status_number(worker.pid(), "Threads"), "running_s": running_s, "start_s": worker.start_s, "records": case.number,
                "expected": case.number}
    finally:
        worker.kill()
        bench.loops.run("topic-delete", topic)


def latency(bench, case, side, folder):
    """From the making of a record, stamped into it by its source, to a consumer that waits for it."""
    records = bench.records(case)
    topic = bench.topic(case)
    worker = None
    try:
        if side.kind == "bare":
            given = {"shape": "bytes", "converter": "bytes"} | case.bare
            following = bench.loops.begin("follow", topic, records=records, stamp=1, skip=records // 5, seconds_max=seconds_max(records))
            broker_cpu = bench.broker_cpu()
            own = bench.loops.end(bench.loops.begin("bare-produce", topic, records=records, **given))
            seen = bench.loops.end(following)
            used = {"worker_cpu_s": own["cpu_seconds"], "rss_kb": own["rss_max_kb"]}
        else:
            worker = BenchWorker(folder / "worker", side, bench.kafka.bootstrap, worker_properties(case, side)).begin()
            following = bench.loops.begin("follow", topic, records=records, stamp=1, skip=records // 5, seconds_max=seconds_max(records))
            worker_cpu, broker_cpu = worker.cpu_seconds(), bench.broker_cpu()
            worker.post("bench", {**case.connector, "topic": topic, "tasks.max": "1", "generator.count": str(records)})
            seen = bench.loops.end(following, lambda: worker.check_running("bench"))
            used = {"worker_cpu_s": worker.cpu_seconds() - worker_cpu, "rss_kb": worker.memory_peak_kb(), "start_s": worker.start_s}
        return {**used, **rates(seen["records"], 1, seen["first_at"], seen["last_at"]), "broker_cpu_s": bench.broker_cpu() - broker_cpu,
                **{key: seen[key] for key in ("p50_ms", "p99_ms", "p999_ms", "longest_ms", "records")}, "expected": records}
    finally:
        if worker is not None:
            worker.stop()
        bench.loops.run("topic-delete", topic)


FLOWS = {"source": source, "sink": sink, "startup": startup, "idle": idle, "latency": latency}
WITHOUT_BARE = ("startup", "idle")


def has_side(case, side):
    return side.kind != "bare" or case.flow not in WITHOUT_BARE


def cases_of(letters):
    return [case for case in rows.CASES if case.row in letters]
