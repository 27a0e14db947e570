"""A text file that travels through Kafka into another one, by the file connectors: what went in must come out, once and in order."""
import pathlib
import uuid

from worker import wait_until


class FilePipe:
    """`source` reads a file into a topic of one partition, `sink` writes the topic to another. Lines end in \\n and in \\r\\n. The names
    are new ones: sinks of one name share a consumer group, also those of different clusters on one broker."""

    def __init__(self, folder, cluster, kafka, name="pipe"):
        self.folder, self.cluster, self.kafka = pathlib.Path(folder), cluster, kafka
        self.topic = f"{name}-{uuid.uuid4().hex[:8]}"
        self.source, self.sink = f"{self.topic}-in", f"{self.topic}-out"
        self.folder.mkdir(parents=True, exist_ok=True)
        self.input, self.output = self.folder / f"{name}-in.txt", self.folder / f"{name}-out.txt"
        self.input.touch()
        self.lines = []

    def create(self, worker=None):
        self.kafka.create_topic(self.topic)
        self.cluster.create(self.source, self.source_config(), worker)
        self.cluster.create(self.sink, self.sink_config(), worker)

    def source_config(self, **more):
        return {"connector.class": "org.apache.kafka.connect.file.FileStreamSourceConnector", "tasks.max": "1", "file": str(self.input),
                "topic": self.topic, **more}

    def sink_config(self, **more):
        return {"connector.class": "org.apache.kafka.connect.file.FileStreamSinkConnector", "tasks.max": "1", "file": str(self.output),
                "topics": self.topic, **more}

    def append(self, count):
        with self.input.open("a", newline="") as file:
            for _ in range(count):
                line = f"line {len(self.lines)} {'x' * (len(self.lines) % 40)}"
                self.lines.append(line)
                file.write(line + ("\r\n" if len(self.lines) % 7 == 0 else "\n"))

    def arrived(self):
        text = self.output.read_bytes().decode() if self.output.exists() else ""
        return text.split("\n")[:-1]

    def wait_arrived(self, seconds=60):
        wait_until(lambda: len(self.arrived()) >= len(self.lines), seconds,
                   lambda: f"{len(self.arrived())} of {len(self.lines)} lines arrived in {self.output}; {self.cluster.alive()[0].status(self.sink)} "
                           f"{self.cluster.alive()[0].status(self.source)}")

    def position(self):
        """Where the source will go on reading, as its stored offset says; None if it has none yet."""
        offsets = self.cluster.call("GET", f"/connectors/{self.source}/offsets")["offsets"]
        if not offsets:
            return None
        (entry,) = offsets
        if entry["partition"] != {"filename": str(self.input)}:
            raise AssertionError(f"a partition that is not the file's: {entry}")
        return entry["offset"]["position"]

    def wait_committed(self, seconds=30):
        """Until the stored offset is the end of the input and the sink's group has read all of the topic."""
        size = self.input.stat().st_size
        wait_until(lambda: self.position() == size, seconds, lambda: f"the stored position is {self.position()}, the file has {size} bytes")
        wait_until(lambda: self.sink_offset() == len(self.lines), seconds,
                   lambda: f"the sink's stored offset is {self.sink_offset()}, the topic has {len(self.lines)} records")

    def sink_offset(self):
        offsets = self.cluster.call("GET", f"/connectors/{self.sink}/offsets")["offsets"]
        return offsets[0]["offset"]["kafka_offset"] if offsets else None

    def check(self, test):
        """Nothing lost, nothing doubled, nothing out of order, in the topic and behind it."""
        test.assertEqual(self.arrived(), self.lines)
        test.assertEqual(self.kafka.consume_all(self.topic), self.lines)
