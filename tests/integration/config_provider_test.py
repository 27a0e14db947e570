#!/usr/bin/env python3
"""Secrets from config providers, those that come with the worker and one that is a plugin: connectors run with what is provided, the REST API
shows the variables only, and a connector whose secrets expire is restarted, unless config.action.reload=none."""
import pathlib
import subprocess
import sys
import tempfile
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "services"))
from worker import Worker, build_dir, sluice_binary, wait_until  # noqa: E402

EXPIRED = "a secret in its configuration has expired"


class ConfigProviders(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = pathlib.Path(folder.name)
        (self.folder / "lines.txt").write_text("line\n")
        (self.folder / "secrets.properties").write_text("topic=from-file\n")

    def worker(self, **changes):
        properties = {
            "bootstrap.servers": "embedded",
            "plugin.path": f"{build_dir() / 'plugins'},{build_dir() / 'test-plugins' / 'vault'}",
            "config.providers": "vault,file",
            "config.providers.vault.class": "org.example.VaultConfigProvider",
            "config.providers.vault.param.prefix": "sealed",
            "config.providers.file.class": "org.apache.kafka.common.config.provider.FileConfigProvider",
            "config.providers.file.param.allowed.paths": str(self.folder),
            **changes,
        }
        return Worker(self.folder / "worker", {key: value for key, value in properties.items() if value is not None})

    def run_connector(self, worker, name, topic, **more):
        worker.create(name, {"connector.class": "FileStreamSource", "file": str(self.folder / "lines.txt"), "topic": topic, **more})
        worker.wait_running(name)
        self.assertEqual(worker.get(f"/connectors/{name}")["config"]["topic"], topic, "the variable is shown, not what it stands for")
        return wait_until(lambda: worker.get(f"/connectors/{name}/topics")[name]["topics"], 30, worker.log_tail)

    def test_what_is_provided_is_used_and_not_shown(self):
        worker = self.worker()
        self.addCleanup(worker.kill)
        worker.start(tied=True)
        self.run_connector(worker, "plugin", "${vault:db:topic}")
        self.assertEqual(worker.get("/connectors/plugin/topics")["plugin"]["topics"], ["sealed-db-topic"])
        self.run_connector(worker, "built-in", f"${{file:{self.folder / 'secrets.properties'}:topic}}")
        self.assertEqual(worker.get("/connectors/built-in/topics")["built-in"]["topics"], ["from-file"])
        config = {"connector.class": "FileStreamSource", "file": "x", "topic": "${vault:db:refused}"}
        status, body = worker.request("POST", "/connectors", {"name": "refused", "config": config})
        self.assertGreaterEqual(status, 400)
        self.assertIn("the vault is shut", body["message"])
        self.assertNotIn(EXPIRED, (self.folder / "worker" / "server.log").read_text(), "no time limit was given")

    def test_a_connector_whose_secrets_expire_is_restarted(self):
        worker = self.worker(**{"config.providers.vault.param.ttl.ms": "700"})
        self.addCleanup(worker.kill)
        worker.start(tied=True)
        self.run_connector(worker, "stays", "${vault:db:topic}", **{"config.action.reload": "none"})
        self.run_connector(worker, "reloads", "${vault:db:topic}")
        log = self.folder / "worker" / "server.log"
        wait_until(lambda: log.read_text().count(f"Restarting connector reloads and its tasks: {EXPIRED}") >= 2, 30, worker.log_tail)
        self.assertNotIn("Restarting connector stays", log.read_text())
        worker.wait_running("reloads")

    def test_faults_are_told_at_the_start(self):
        for key, value, words in [("config.providers.vault.class", "org.example.NoSuchProvider", "Class org.example.NoSuchProvider could not be found"),
                                  ("config.providers.vault.param.prefix", None, "prefix is missing"),
                                  ("config.providers.file.param.allowed.paths", "relative", "Path relative is not absolute")]:
            folder = tempfile.TemporaryDirectory()
            self.addCleanup(folder.cleanup)
            self.folder = pathlib.Path(folder.name)
            worker = self.worker(**{key: value})
            worker.folder.mkdir(parents=True, exist_ok=True)
            worker.prepare()
            done = subprocess.run(worker.command(), cwd=worker.folder, capture_output=True, text=True, timeout=60)
            self.assertEqual(done.returncode, 2, done.stderr)
            self.assertIn(words, done.stderr)
            report = subprocess.run([str(sluice_binary()), "doctor", str(worker.folder / "worker.properties")], capture_output=True, text=True, timeout=60)
            self.assertEqual(report.returncode, 2)
            self.assertIn(words, report.stdout)


if __name__ == "__main__":
    unittest.main()
