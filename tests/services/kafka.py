#!/usr/bin/env python3
"""A real Apache Kafka broker (KRaft, one node that is broker and controller) on free loopback ports.

    kafka.sh start DIR [--set KEY=VALUE]... [--no-auto-create] [--heap SIZE]   prints host:port; DIR is its state folder
    kafka.sh stop|kill|pause|resume|restart|remove DIR                         restart keeps port and data; remove stops it and deletes DIR
    kafka.sh bootstrap|pid DIR                                                 prints it; fails if the broker is not running
    kafka.sh tool NAME [ARGUMENT]...     runs a tool of Kafka's: ConsoleConsumer, ConsoleProducer, TopicCommand, GetOffsetShell, or any class name

From Python: `with Kafka(folder, {"num.partitions": "3"}) as kafka: kafka.bootstrap`.
DIR afterwards holds `bootstrap` (host:port), `pid`, `server.properties`, `server.log` and `data/`.
"""
import argparse
import base64
import os
import pathlib
import shutil
import socket
import struct
import subprocess
import sys
import uuid

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))
import artifacts  # noqa: E402
from service import Service, ServiceError, free_ports  # noqa: E402

TOOLS = {
    "ConsoleConsumer": "org.apache.kafka.tools.consumer.ConsoleConsumer",
    "ConsoleProducer": "org.apache.kafka.tools.ConsoleProducer",
    "TopicCommand": "org.apache.kafka.tools.TopicCommand",
    "GetOffsetShell": "org.apache.kafka.tools.GetOffsetShell",
    "ConfigCommand": "kafka.admin.ConfigCommand",
    "ConsumerGroupCommand": "org.apache.kafka.tools.consumer.group.ConsumerGroupCommand",
    "StorageTool": "kafka.tools.StorageTool",
}

# Short-lived and small: no second compiler tier, one collector thread, memory given back late is no matter.
JVM_FLAGS = ["-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1", "-XX:-UsePerfData", "-Xshare:auto", "-Djava.awt.headless=true"]

LOG4J = """<Configuration status="WARN"><Appenders><Console name="out" target="{target}">
<PatternLayout pattern="[%d] %p %m (%c)%n"/></Console></Appenders>
<Loggers><Root level="{level}"><AppenderRef ref="out"/></Root></Loggers></Configuration>
"""


def java():
    program = os.path.join(os.environ["JAVA_HOME"], "bin", "java") if os.environ.get("JAVA_HOME") else shutil.which("java")
    if not program or not os.path.exists(program):
        raise ServiceError("no Java 17 found: run tests/setup.sh, or set JAVA_HOME")
    return program


def class_path():
    return f"{artifacts.fetch('kafka')}/*"


def log4j_config(folder, level, target):
    path = pathlib.Path(folder) / f"log4j-{level.lower()}.xml"
    if not path.exists():
        part = path.with_suffix(f".{os.getpid()}.part")
        part.write_text(LOG4J.format(level=level, target=target))
        part.rename(path)
    return path


def tool_command(name, arguments):
    """The argument list that runs one of Kafka's own tools; its log goes to stderr, warnings and worse."""
    config = log4j_config(artifacts.fetch("kafka").parent, "WARN", "SYSTEM_ERR")
    return [java(), "-Xmx256m", *JVM_FLAGS, f"-Dlog4j2.configurationFile={config}", "-cp", class_path(), TOOLS.get(name, name),
            *arguments]


def run_tool(name, *arguments, stdin=None, timeout=60):
    """Runs a tool to its end and returns what it printed; raises ServiceError with its stderr if it failed."""
    done = subprocess.run(tool_command(name, arguments), input=stdin, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
                          timeout=timeout)
    if done.returncode != 0:
        raise ServiceError(f"{name} {' '.join(arguments)} ended with status {done.returncode}:\n{done.stdout}{done.stderr}")
    return done.stdout


def metadata_brokers(host, port, timeout=1.0):
    """How many brokers a Kafka endpoint knows of (Metadata request, version 1, no topics); None if it does not answer."""
    request = struct.pack(">hhihi", 3, 1, 1, -1, 0)
    try:
        with socket.create_connection((host, port), timeout=timeout) as sock:
            sock.sendall(struct.pack(">i", len(request)) + request)
            head = b""
            while len(head) < 12:  # size, correlation id, number of brokers
                piece = sock.recv(12 - len(head))
                if not piece:
                    return None
                head += piece
            return struct.unpack(">iii", head)[2]
    except OSError:
        return None


class Broker:
    """What tests do with a broker, their own or the shared one, through Java's own tools: `Broker("127.0.0.1:9092")`."""

    def __init__(self, bootstrap):
        self.bootstrap = bootstrap

    def run(self, name, *arguments, stdin=None, timeout=60):
        return run_tool(name, "--bootstrap-server", self.bootstrap, *arguments, stdin=stdin, timeout=timeout)

    def create_topic(self, topic, partitions=1, **configs):
        """Configs with '_' for '.', for instance cleanup_policy="compact"."""
        options = [item for key, value in configs.items() for item in ("--config", f"{key.replace('_', '.')}={value}")]
        self.run("TopicCommand", "--create", "--topic", topic, "--partitions", str(partitions), *options)

    def consume(self, topic, count, *options, timeout_ms=20000):
        """The values of the first `count` records as Java's console consumer prints them, one line each (fewer if no more come)."""
        return self.run("ConsoleConsumer", "--topic", topic, "--from-beginning", "--max-messages", str(count), "--timeout-ms",
                        str(timeout_ms), *options).splitlines()

    def consume_all(self, topic):
        """Every record that is in the topic now."""
        count = self.count(topic)
        return self.consume(topic, count) if count else []

    def count(self, topic):
        """How many records the topic holds: end offsets of all partitions, for topics that lose none."""
        return sum(int(line.rsplit(":", 1)[1]) for line in self.run("GetOffsetShell", "--topic", topic).splitlines() if line.startswith(topic + ":"))

    def last(self, topic):
        """The value of the last record of a topic with one partition, None if there is none."""
        count = self.count(topic)
        if not count:
            return None
        lines = self.run("ConsoleConsumer", "--topic", topic, "--partition", "0", "--offset", str(count - 1), "--max-messages", "1", "--timeout-ms",
                         "20000").splitlines()
        return lines[0] if lines else None

    def produce(self, topic, lines, *options):
        self.run("ConsoleProducer", "--topic", topic, *options, stdin="".join(f"{line}\n" for line in lines))


class Kafka(Broker, Service):
    """A broker of one's own. `settings` are broker properties on top of (or instead of) the ones below. `doors` are further listeners,
    name -> the port at which clients are told to find it: a proxy's, which leads to `door_ports[name]`."""

    name = "Kafka"
    jvm_flags = JVM_FLAGS

    def __init__(self, folder, settings=None, auto_create=True, heap="512m", doors=None):
        Service.__init__(self, folder)
        self.doors = dict(doors or {})
        self.door_ports = {}
        self.settings = dict(settings or {})
        self.auto_create = auto_create
        self.heap = heap

    @property
    def bootstrap(self):
        """host:port for clients."""
        return (self.folder / "bootstrap").read_text().strip()

    def prepare(self):
        config = self.folder / "server.properties"
        if config.exists():
            return  # a restart: same ports, same data
        broker, controller, *others = free_ports(2 + len(self.doors))
        self.door_ports = dict(zip(self.doors, others))
        listen = "".join(f",{name}://127.0.0.1:{port}" for name, port in self.door_ports.items())
        advertise = "".join(f",{name}://127.0.0.1:{port}" for name, port in self.doors.items())
        protocols = "".join(f",{name}:PLAINTEXT" for name in self.doors)
        properties = {
            "process.roles": "broker,controller",
            "node.id": "1",
            "listeners": f"PLAINTEXT://127.0.0.1:{broker},CONTROLLER://127.0.0.1:{controller}{listen}",
            "advertised.listeners": f"PLAINTEXT://127.0.0.1:{broker}{advertise}",
            "listener.security.protocol.map":
                f"PLAINTEXT:PLAINTEXT,CONTROLLER:PLAINTEXT,SSL:SSL,SASL_PLAINTEXT:SASL_PLAINTEXT,SASL_SSL:SASL_SSL{protocols}",
            "controller.listener.names": "CONTROLLER",
            "inter.broker.listener.name": "PLAINTEXT",
            "controller.quorum.voters": f"1@127.0.0.1:{controller}",
            "log.dirs": str(self.folder / "data"),
            "auto.create.topics.enable": "true" if self.auto_create else "false",
            "offsets.topic.num.partitions": "5",
            "offsets.topic.replication.factor": "1",
            "transaction.state.log.num.partitions": "5",
            "transaction.state.log.replication.factor": "1",
            "transaction.state.log.min.isr": "1",
            "share.coordinator.state.topic.num.partitions": "1",
            "share.coordinator.state.topic.replication.factor": "1",
            "share.coordinator.state.topic.min.isr": "1",
            "group.initial.rebalance.delay.ms": "0",
            "log.cleaner.dedupe.buffer.size": "16777216",
            # After a kill -9 the controller refuses the broker's return until its old session has timed out (by default 9 s).
            "broker.session.timeout.ms": "3000",
            "broker.heartbeat.interval.ms": "500",
            "num.network.threads": "2",
            "num.io.threads": "4",
            **self.settings,
        }
        self.extend(properties)
        self._format(properties)
        part = self.folder / "server.properties.part"
        part.write_text("".join(f"{key}={value}\n" for key, value in properties.items()))
        (self.folder / "bootstrap").write_text(f"127.0.0.1:{broker}\n")
        part.rename(config)

    def extend(self, properties):
        """For subclasses: adds to the properties of a new broker."""

    def _format(self, properties):
        """What `kafka-storage format` does, run in the log folder of a fresh broker."""
        shutil.rmtree(self.folder / "data", ignore_errors=True)
        cluster = base64.urlsafe_b64encode(uuid.uuid4().bytes).decode().rstrip("=")
        if cluster.startswith("-"):
            cluster = "A" + cluster[1:]  # the tool would take it for an option
        draft = self.folder / "format.properties"
        draft.write_text("".join(f"{key}={value}\n" for key, value in properties.items()))
        run_tool("StorageTool", "format", "-t", cluster, "-c", str(draft))
        draft.unlink()

    def command(self):
        config = log4j_config(self.folder, "INFO", "SYSTEM_OUT")
        return [java(), f"-Xmx{self.heap}", f"-Xms{self.heap}", *self.jvm_flags, f"-Dlog4j2.configurationFile={config}", "-cp",
                class_path(), "kafka.Kafka", "server.properties"]

    def ready(self):
        host, port = self.bootstrap.rsplit(":", 1)
        return (metadata_brokers(host, int(port)) or 0) >= 1



def shared_or_own(test_case, folder):
    """For setUpClass: the broker of SLUICE_TEST_BOOTSTRAP, or one started for this class and ended with it."""
    shared = os.environ.get("SLUICE_TEST_BOOTSTRAP")
    if shared:
        return Broker(shared)
    kafka = Kafka(folder)
    test_case.addClassCleanup(kafka.kill)
    return kafka.start(tied=True)


def main(arguments):
    parser = argparse.ArgumentParser(prog="kafka.sh", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("verb", choices=["start", "stop", "kill", "pause", "resume", "restart", "remove", "bootstrap", "pid", "tool"])
    parser.add_argument("dir", metavar="DIR")
    if arguments[:1] == ["tool"] and len(arguments) > 1:
        command = tool_command(arguments[1], arguments[2:])
        os.execv(command[0], command)
    parser.add_argument("--set", action="append", default=[], metavar="KEY=VALUE", help="a broker property")
    parser.add_argument("--no-auto-create", action="store_true", help="clients must create topics themselves")
    parser.add_argument("--heap", default="512m")
    given = parser.parse_args(arguments)
    for item in given.set:
        if "=" not in item:
            parser.error(f"--set {item}: write KEY=VALUE")
    kafka = Kafka(given.dir, dict(item.split("=", 1) for item in given.set), not given.no_auto_create, given.heap)
    if given.verb in ("bootstrap", "pid"):
        if kafka.pid() is None:
            raise ServiceError(f"no Kafka is running in {kafka.folder}")
        print(kafka.bootstrap if given.verb == "bootstrap" else kafka.pid())
        return 0
    getattr(kafka, given.verb)()
    if given.verb in ("start", "restart"):
        print(kafka.bootstrap)
    return 0


if __name__ == "__main__":
    try:
        sys.exit(main(sys.argv[1:]))
    except (ServiceError, artifacts.ArtifactError, subprocess.TimeoutExpired) as error:
        print(f"kafka: {error}", file=sys.stderr)
        sys.exit(1)
