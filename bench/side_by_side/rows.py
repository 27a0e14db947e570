"""The rows of work, as tables. A row is a letter with cases; a case is one comparison of all sides."""
import dataclasses

BYTES = {"key.converter": "org.apache.kafka.connect.converters.ByteArrayConverter",
         "value.converter": "org.apache.kafka.connect.converters.ByteArrayConverter"}
STRING = {"key.converter": "org.apache.kafka.connect.storage.StringConverter", "value.converter": "org.apache.kafka.connect.storage.StringConverter"}
JSON_CLASS = "org.apache.kafka.connect.json.JsonConverter"


def json_converters(schemas):
    flag = "true" if schemas else "false"
    return {"key.converter": JSON_CLASS, "value.converter": JSON_CLASS, "key.converter.schemas.enable": flag, "value.converter.schemas.enable": flag}


JSON, JSON_SCHEMAS = json_converters(False), json_converters(True)

KAFKA = "org.apache.kafka.connect.transforms."
# Transforms of Kafka's own, in an order in which each has something to do on the shape `envelope`. The last of each chain routes, so that
# records leave for the topic without the suffix of the topic that the connector names.
ROUTE = ("RegexRouter", {"regex": "(.*)-raw", "replacement": "$1"})
CHAIN_3 = (("InsertField$Value", {"static.field": "site", "static.value": "north"}), ("ReplaceField$Value", {"renames": "op:operation"}), ROUTE)
CHAIN_10 = (
    ("InsertField$Value", {"static.field": "site", "static.value": "north"}),
    ("InsertField$Value", {"topic.field": "topic"}),
    ("ReplaceField$Value", {"renames": "op:operation"}),
    ("Cast$Value", {"spec": "ts_ms:string"}),
    ("ValueToKey", {"fields": "operation,site"}),
    ("MaskField$Value", {"fields": "topic"}),
    ("HeaderFrom$Value", {"fields": "operation", "headers": "operation", "operation": "copy"}),
    ("InsertHeader", {"header": "origin", "value.literal": "bench"}),
    ("SetSchemaMetadata$Value", {"schema.name": "s.public.orders.Changed"}),
    ROUTE)


def chain(transforms):
    config = {"transforms": ",".join(f"t{number}" for number in range(len(transforms)))}
    for number, (name, keys) in enumerate(transforms):
        config[f"transforms.t{number}.type"] = KAFKA + name
        config |= {f"transforms.t{number}.{key}": value for key, value in keys.items()}
    return config


@dataclasses.dataclass(frozen=True)
class Case:
    row: str
    name: str
    flow: str  # source, sink, startup, idle, latency: a function of flows.py
    records: int = 0  # at --scale 1
    connector: dict = dataclasses.field(default_factory=dict)
    worker: dict = dataclasses.field(default_factory=dict)  # worker properties, converters among them
    tuned: dict = dataclasses.field(default_factory=dict)  # what is tuned otherwise for this work
    bare: dict = dataclasses.field(default_factory=dict)  # options of the plain loop
    topic: str = ""  # sink: options of bare-produce that fill the topic, as "shape converter size"
    tasks: int = 1
    file: bool = False  # the source reads, or the sink writes, a file of lines
    mode: str = "standalone"
    number: int = 0  # startup: plugins; idle: connectors; latency: records a second

    @property
    def key(self):
        return f"{self.row}: {self.name}"

    @property
    def routed(self):
        """What the connector's topic has more than the one where its records arrive."""
        return "-raw" if "transforms" in self.connector else ""


def generator(shape, size=100):
    return {"connector.class": "GeneratorSource", "generator.shape": shape, "generator.size": str(size)}


def source(row, name, records, connector, worker, **more):
    return Case(row, name, "source", records, connector, worker, **more)


def sink(row, name, records, topic, worker, **more):
    return Case(row, name, "sink", records, {"connector.class": "BlackholeSink"}, worker, topic=topic, **more)


BLACKHOLE_TOPICS = (("bytes of 100 B", "bytes bytes 100", BYTES), ("envelope as JSON", "envelope json 0", JSON),
                    ("envelope as JSON with schemas", "envelope json-schemas 0", JSON_SCHEMAS))


def compressed(codec):
    return source("h", f"envelope as JSON, {codec}", 500_000, generator("envelope"), JSON | {"producer.compression.type": codec},
                  bare={"set": [f"compression.type={codec}"]})


def exactly_once(on):
    support = "enabled" if on else "disabled"
    return source("j", f"bytes of 100 B, exactly once {'on' if on else 'off'}", 1_000_000, generator("bytes"),
                  BYTES | {"exactly.once.source.support": support}, mode="distributed", bare={"transaction": 2000} if on else {})


def latency(rate):
    return Case("k", f"{rate} records/s", "latency", 30 * rate, generator("bytes") | {"generator.rate": str(rate), "generator.stamp": "true"}, BYTES,
                tuned={"producer.linger.ms": "0", "consumer.fetch.min.bytes": "1"}, bare={"rate": rate, "stamp": 1}, number=rate)


CASES = (
    source("a", "file, lines of 100 B", 2_000_000, {"connector.class": "FileStreamSource"}, STRING, file=True),
    Case("b", "file, lines of 100 B", "sink", 2_000_000, {"connector.class": "FileStreamSink"}, STRING, topic="string string 100", file=True),
    source("c", "bytes of 100 B", 2_000_000, generator("bytes"), BYTES),
    source("c", "bytes of 1 KB", 500_000, generator("bytes", 1024), BYTES),
    source("c", "envelope as JSON", 1_000_000, generator("envelope"), JSON),
    source("c", "envelope as JSON with schemas", 250_000, generator("envelope"), JSON_SCHEMAS),
    source("d", "envelope as JSON, 3 transforms", 1_000_000, generator("envelope") | chain(CHAIN_3), JSON),
    source("d", "envelope as JSON, 10 transforms", 500_000, generator("envelope") | chain(CHAIN_10), JSON),
    source("d", "envelope as JSON with schemas, 3 transforms", 250_000, generator("envelope") | chain(CHAIN_3), JSON_SCHEMAS),
    source("d", "envelope as JSON with schemas, 10 transforms", 250_000, generator("envelope") | chain(CHAIN_10), JSON_SCHEMAS),
    *(sink("e", name, 500_000 if "schemas" in name else 2_000_000, topic, worker) for name, topic, worker in BLACKHOLE_TOPICS),
    *(Case("f", f"{plugins} plugins" if plugins > 1 else "1 plugin", "startup", 1, generator("bytes"), BYTES, number=plugins) for plugins in (1, 10, 50)),
    *(Case("g", f"{connectors} idle connectors" if connectors > 1 else "1 idle connector", "idle", 0, generator("bytes") | {"generator.count": "0"}, BYTES,
           number=connectors) for connectors in (1, 100, 1000)),
    *(compressed(codec) for codec in ("none", "lz4", "zstd")),
    *(source("i", f"source, bytes of 100 B, {tasks} tasks", 2_000_000, generator("bytes"), BYTES, tasks=tasks, bare={"clients": tasks}) for tasks in (1, 2, 4)),
    *(sink("i", f"sink, envelope as JSON, {tasks} tasks", 2_000_000, "envelope json 0", JSON, tasks=tasks, bare={"clients": tasks}) for tasks in (1, 2, 4)),
    exactly_once(False), exactly_once(True), latency(1_000), latency(20_000))

TITLES = {
    "a": "File source to topic", "b": "Topic to file sink", "c": "Generated records to topic", "d": "Generated records through transforms",
    "e": "Topic to a sink that drops", "f": "Start-up", "g": "Idle connectors", "h": "Compression", "i": "Tasks", "j": "Exactly-once source",
    "k": "Latency from poll to consumer"}
