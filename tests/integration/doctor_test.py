#!/usr/bin/env python3
"""`sluice doctor` against a real broker that has TLS, SASL and rights: what is well is called well, and each fault is told with its cause, under
the name of the check that scripts go by. Nothing is changed by looking."""
import json
import pathlib
import shutil
import socket
import subprocess
import sys
import tempfile
import time
import unittest
import uuid

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "services"))
from kafka import Kafka  # noqa: E402
from service import free_ports  # noqa: E402
from worker import Worker, build_dir, sluice_binary  # noqa: E402

SECRET = "s3cret-of-the-worker"
JAAS = f'org.apache.kafka.common.security.plain.PlainLoginModule required username="worker" password="{SECRET}";'


class GuardedKafka(Kafka):
    """Beside the plain listener, whose users may do anything, one with TLS and one with SASL, whose user `worker` may do what it is allowed."""

    def prepare(self):
        if (self.folder / "server.properties").exists():
            return
        self.folder.mkdir(parents=True, exist_ok=True)
        subprocess.run(["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-keyout", "key.pem", "-out", "cert.pem", "-days", "2", "-subj",
                        "/CN=localhost", "-addext", "subjectAltName=DNS:localhost,IP:127.0.0.1"], cwd=self.folder, check=True, capture_output=True)
        (self.folder / "store.pem").write_text((self.folder / "key.pem").read_text() + (self.folder / "cert.pem").read_text())
        plain, controller, self.tls, self.sasl = free_ports(4)
        listeners = f"PLAINTEXT://127.0.0.1:{plain},SSL://127.0.0.1:{self.tls},SASL_PLAINTEXT://127.0.0.1:{self.sasl}"
        self.settings.update({
            "listeners": f"{listeners},CONTROLLER://127.0.0.1:{controller}",
            "advertised.listeners": listeners,
            "controller.quorum.voters": f"1@127.0.0.1:{controller}",
            "ssl.keystore.type": "PEM",
            "ssl.keystore.location": str(self.folder / "store.pem"),
            "sasl.enabled.mechanisms": "PLAIN",
            "listener.name.sasl_plaintext.plain.sasl.jaas.config":
                f'org.apache.kafka.common.security.plain.PlainLoginModule required user_worker="{SECRET}";',
            "authorizer.class.name": "org.apache.kafka.metadata.authorizer.StandardAuthorizer",
            "super.users": "User:ANONYMOUS",
        })
        super().prepare()
        (self.folder / "bootstrap").write_text(f"127.0.0.1:{plain}\n")


class Doctor(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        folder = tempfile.TemporaryDirectory()
        cls.addClassCleanup(folder.cleanup)
        cls.folder = pathlib.Path(folder.name)
        cls.broker = GuardedKafka(cls.folder / "kafka", auto_create=False)
        cls.addClassCleanup(cls.broker.kill)
        cls.broker.start(tied=True)

    def setUp(self):
        self.mark = uuid.uuid4().hex[:8]

    def properties(self, **changes):
        """Of a worker that may start; `changes` with '_' for '.', None to leave a key out."""
        all_keys = {
            "bootstrap.servers": self.broker.bootstrap,
            "group.id": f"group-{self.mark}",
            "key.converter": "org.apache.kafka.connect.json.JsonConverter",
            "value.converter": "org.apache.kafka.connect.json.JsonConverter",
            "listeners": f"http://127.0.0.1:{free_ports(1)[0]}",
            "plugin.path": str(build_dir() / "plugins"),
        }
        for kind in ("config", "offset", "status"):
            all_keys[f"{kind}.storage.topic"] = f"{kind}-{self.mark}"
            all_keys[f"{kind}.storage.replication.factor"] = "1"
        for key, value in changes.items():
            all_keys[key.replace("_", ".")] = value
        return {key: value for key, value in all_keys.items() if value is not None}

    def run_doctor(self, properties, *options, status):
        """What it prints; `status` None: whatever it finds."""
        file = self.folder / f"{uuid.uuid4().hex[:8]}.properties"
        file.write_text("".join(f"{key}={value}\n" for key, value in properties.items()))
        begun = time.monotonic()
        done = subprocess.run([str(sluice_binary()), "doctor", *options, str(file)], capture_output=True, text=True, timeout=60)
        self.assertLess(time.monotonic() - begun, 40)
        self.assertNotIn(SECRET, done.stdout + done.stderr)
        self.assertIn(done.returncode, [status] if status is not None else [0, 2], done.stdout + done.stderr)
        return done.stdout

    def diagnose(self, status, **changes):
        """Findings by check, the worst of each."""
        report = json.loads(self.run_doctor(self.properties(**changes), "--json", status=status))
        order = ["ok", "warn", "error"]
        worst = {}
        for finding in report["findings"]:
            if finding["level"] != "ok":
                self.assertTrue(finding["cause"] and finding["fix"], finding)
            known = worst.get(finding["check"])
            if known is None or order.index(finding["level"]) > order.index(known["level"]):
                worst[finding["check"]] = finding
        return worst

    def assert_error(self, findings, check, *words):
        self.assertIn(check, findings)
        self.assertEqual(findings[check]["level"], "error", findings[check])
        for word in words:
            self.assertIn(word, json.dumps(findings[check]))

    def create_topics(self, partitions=1, **configs):
        for kind in ("config", "offset", "status"):
            self.broker.create_topic(f"{kind}-{self.mark}", partitions, **{"cleanup_policy": "compact", **configs})

    def test_all_is_well_and_stays_as_it_is(self):
        findings = self.diagnose(0)
        self.assertEqual({check: f for check, f in findings.items() if f["level"] != "ok" and check != "listener.advertised"}, {})
        topics = self.broker.run("TopicCommand", "--list").splitlines()
        self.assertNotIn(f"config-{self.mark}", topics, "looking creates nothing")
        self.assertFalse([topic for topic in topics if topic.startswith("sluice-doctor")])
        self.assertNotIn(f"group-{self.mark}", self.broker.run("ConsumerGroupCommand", "--list"))
        self.create_topics()
        findings = self.diagnose(0)
        for kind in ("config", "offset", "status"):
            self.assertEqual(findings[f"topic.{kind}"]["level"], "ok", findings)
            self.assertIn("may read and write it", findings[f"topic.{kind}"]["found"])
            self.assertEqual(self.broker.count(f"{kind}-{self.mark}"), 0, "looking writes nothing")
        text = self.run_doctor(self.properties(), status=0)
        self.assertIn("0 errors", text)

    def test_bad_keys_are_all_told(self):
        findings = json.loads(self.run_doctor(self.properties(session_timeout_ms="soon", connect_protocol="x", group_id=None, no_such_key="1",
                                                              rest_extension_classes="org.example.Auth"), "--json", status=2))["findings"]
        told = "\n".join(f["found"] for f in findings if f["check"].startswith("config."))
        for key in ("session.timeout.ms", "connect.protocol", "group.id", "no.such.key", "rest.extension.classes"):
            self.assertIn(key, told)
        self.assertTrue(any(f["check"] == "broker.kafka" and f["level"] == "ok" for f in findings), "bad keys do not hide the rest")

    def test_brokers_out_of_reach(self):
        closed = free_ports(1)[0]
        self.assert_error(self.diagnose(2, bootstrap_servers=f"127.0.0.1:{closed}"), "broker.connect", "refused")
        self.assert_error(self.diagnose(2, bootstrap_servers="no-such-host.invalid:9092"), "broker.resolve", "no-such-host.invalid")
        self.assert_error(self.diagnose(2, bootstrap_servers="127.0.0.1"), "broker.address", "host:port")
        findings = self.diagnose(0, bootstrap_servers=f"127.0.0.1:{closed},{self.broker.bootstrap}")
        self.assertEqual(findings["broker.connect"]["level"], "warn", "the other server answers")
        with socket.create_server(("127.0.0.1", 0)) as silent:
            begun = time.monotonic()
            report = self.run_doctor(self.properties(bootstrap_servers=f"127.0.0.1:{silent.getsockname()[1]}"), "--timeout", "3", status=2)
            self.assertLess(time.monotonic() - begun, 8)
            self.assertIn("broker.kafka", report)

    def test_tls_and_sasl_faults_are_told_apart(self):
        trust = {"ssl_truststore_type": "PEM", "ssl_truststore_location": str(self.broker.folder / "cert.pem")}
        tls, sasl = f"127.0.0.1:{self.broker.tls}", f"127.0.0.1:{self.broker.sasl}"
        self.assertEqual(self.diagnose(0, bootstrap_servers=tls, security_protocol="SSL", **trust)["broker.kafka"]["level"], "ok")
        self.assert_error(self.diagnose(2, bootstrap_servers=tls, security_protocol="SSL"), "broker.tls", "not signed by an authority")
        self.assert_error(self.diagnose(2, bootstrap_servers=self.broker.bootstrap, security_protocol="SSL", **trust), "broker.protocol",
                          "does not speak TLS")
        self.assert_error(self.diagnose(2, bootstrap_servers=tls), "broker.protocol", "security.protocol=PLAINTEXT")
        self.assert_error(self.diagnose(2, bootstrap_servers=sasl), "broker.protocol", "security.protocol=PLAINTEXT")
        self.assert_error(self.diagnose(2, bootstrap_servers=sasl, security_protocol="SASL_PLAINTEXT", sasl_mechanism="PLAIN",
                                        sasl_jaas_config=JAAS.replace(SECRET, "wrong-word")), "broker.sasl", "refuses the credentials")
        self.assert_error(self.diagnose(2, bootstrap_servers=sasl, security_protocol="SASL_PLAINTEXT", sasl_mechanism="SCRAM-SHA-256",
                                        sasl_jaas_config=JAAS.replace("plain.Plain", "scram.Scram")), "broker.sasl", "sasl.mechanism")
        self.assert_error(self.diagnose(2, bootstrap_servers=tls, security_protocol="SSL", ssl_truststore_type="PEM",
                                        ssl_truststore_location="/no/such/file"), "tls.truststore")

    def allow(self, *arguments):
        self.broker.run("org.apache.kafka.tools.AclCommand", "--add", "--allow-principal", "User:worker", *arguments)

    def test_rights(self):
        sasl = {"bootstrap_servers": f"127.0.0.1:{self.broker.sasl}", "security_protocol": "SASL_PLAINTEXT", "sasl_mechanism": "PLAIN",
                "sasl_jaas_config": JAAS}
        self.create_topics()
        findings = self.diagnose(2, **sasl)
        self.assertEqual(findings["broker.kafka"]["level"], "ok")
        self.assert_error(findings, "rights.config", "may not")
        self.allow("--operation", "Describe", "--operation", "DescribeConfigs", "--operation", "Read", "--resource-pattern-type", "prefixed", "--topic",
                   "config-")
        self.allow("--operation", "Describe", "--operation", "DescribeConfigs", "--operation", "Write", "--topic", f"offset-{self.mark}")
        self.allow("--operation", "All", "--topic", f"status-{self.mark}")
        findings = self.diagnose(2, **sasl)
        self.assert_error(findings, "rights.group", "may not use group", "Read on the group")
        self.assert_error(findings, "rights.config", "may not write", "Write on the topic")
        self.assert_error(findings, "rights.offset", "may not read", "Read on the topic")
        self.assertEqual(findings["topic.status"]["level"], "ok", findings)
        self.allow("--operation", "Read", "--group", f"group-{self.mark}")
        self.assertNotIn("rights.group", self.diagnose(2, **sasl))
        self.assert_error(self.diagnose(2, config_storage_topic="config-to-be", **sasl), "rights.config", "may not create it")
        for kind in ("config", "offset", "status"):
            self.assertEqual(self.broker.count(f"{kind}-{self.mark}"), 0, "looking writes nothing")

    def test_topics_that_will_not_do(self):
        self.create_topics(partitions=2, cleanup_policy="delete")
        findings = self.diagnose(2)
        self.assert_error(findings, "topic.partitions.config", "is required to have a single partition", "found 2 partitions.")
        self.assert_error(findings, "topic.policy.config", "is required to have 'cleanup.policy=compact'")
        self.assert_error(findings, "topic.policy.offset", "source connector offsets")
        self.assertNotIn("topic.partitions.offset", findings)
        self.assertEqual(self.broker.count(f"offset-{self.mark}"), 0)
        self.broker.create_topic(f"isr-{self.mark}", cleanup_policy="compact", min_insync_replicas="2")
        self.assert_error(self.diagnose(2, status_storage_topic=f"isr-{self.mark}"), "topic.replicas.status", "min.insync.replicas=2")
        self.assert_error(self.diagnose(2, offset_storage_topic="absent", offset_storage_replication_factor="3"), "topic.replicas.offset",
                          "offset.storage.replication.factor=1")
        self.assert_error(self.diagnose(2, offset_storage_topic=f"config-{self.mark}"), "topic.names")

    def test_ports_and_folders(self):
        with socket.create_server(("127.0.0.1", 0)) as taken:
            self.assert_error(self.diagnose(2, listeners=f"http://127.0.0.1:{taken.getsockname()[1]}"), "listener.port", "in use")
        self.assert_error(self.diagnose(2, listeners="http://192.0.2.1:8083"), "listener.port", "not an address of this machine")
        self.assert_error(self.diagnose(2, rest_advertised_host_name="no-such-host.invalid"), "listener.advertised", "no-such-host.invalid")
        self.assert_error(self.diagnose(2, plugin_path="/no/such/folder"), "plugins.path", "does not exist")
        bad = self.folder / "bad-plugins"
        bad.mkdir()
        shutil.copy(build_dir() / "test-plugins" / "bad" / "no_entry.so", bad)
        findings = self.diagnose(0, plugin_path=f"{build_dir() / 'plugins'},{bad}")
        self.assertEqual(findings["plugins.quarantined"]["level"], "warn")
        self.assert_error(self.diagnose(2, value_converter="no.such.Converter"), "plugins.converters", "no.such.Converter")
        self.assert_error(self.diagnose(2, sluice_state_dir=str(bad / "no_entry.so" / "state")), "host.folder")
        store = self.broker.folder / "store.pem"
        https = {"listeners": f"https://127.0.0.1:{free_ports(1)[0]}", "ssl_keystore_type": "PEM", "ssl_keystore_location": str(store)}
        self.assertEqual(self.diagnose(0, **https)["tls.expired"]["level"], "warn", "the certificate lasts two days")
        self.assert_error(self.diagnose(2, **{**https, "ssl_keystore_location": "/no/such/store"}), "tls.keystore", "/no/such/store")

    def test_a_group_of_another_type(self):
        self.broker.create_topic(f"lines-{self.mark}")
        worker = Worker(self.folder / "worker", {"bootstrap.servers": self.broker.bootstrap})
        self.addCleanup(worker.kill)
        worker.start(tied=True)
        name = f"sink-{self.mark}"
        worker.create(name, {"connector.class": "FileStreamSink", "topics": f"lines-{self.mark}", "file": str(self.folder / "out.txt")})
        worker.wait_running(name)
        deadline = time.monotonic() + 30
        while "group.type" not in (findings := self.diagnose(None, group_id=f"connect-{name}")):  # until its task has joined
            self.assertLess(time.monotonic(), deadline, findings)
        self.assert_error(findings, "group.type", "group of type 'consumer'")

    def test_standalone_and_usage(self):
        properties = {"bootstrap.servers": self.broker.bootstrap, "offset.storage.file.filename": str(self.folder / "offsets"),
                      "key.converter": "StringConverter", "value.converter": "StringConverter", "plugin.path": str(build_dir() / "plugins"),
                      "listeners": f"http://127.0.0.1:{free_ports(1)[0]}"}
        self.assertIn("(standalone worker)", self.run_doctor(properties, status=0))
        (self.folder / "offsets").write_bytes(b"no offsets")
        self.assertIn("host.offsets", self.run_doctor(properties, status=2))
        self.assertIn("group.id", self.run_doctor(properties, "--distributed", status=2))
        for arguments in ([], ["--no-such-option", "x"], ["a", "b"], ["--timeout", "0", "x"]):
            done = subprocess.run([str(sluice_binary()), "doctor", *arguments], capture_output=True, text=True, timeout=60)
            self.assertEqual(done.returncode, 1, arguments)
        missing = subprocess.run([str(sluice_binary()), "doctor", "/no/such.properties"], capture_output=True, text=True, timeout=60)
        self.assertEqual(missing.returncode, 2)
        self.assertIn("config.file", missing.stdout)


if __name__ == "__main__":
    unittest.main()
