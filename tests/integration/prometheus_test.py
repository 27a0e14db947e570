#!/usr/bin/env python3
"""What examples/monitoring promises, against a real Prometheus that scrapes a real worker: every panel of the dashboard has data, the alerts fire
for what is wrong and for nothing else, and the names of existing JMX-exporter dashboards are there when they are asked for."""
import json
import pathlib
import re
import sys
import tempfile
import unittest

ROOT = pathlib.Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "tests" / "services"))
from prometheus import Prometheus, promtool  # noqa: E402
from worker import Worker, build_dir, wait_until  # noqa: E402

MONITORING = ROOT / "examples" / "monitoring"

# Expressions of the usual dashboards and alert rules (Strimzi's, Confluent's, guides).
JMX_EXPRESSIONS = """
sum(kafka_connect_worker_connector_count)
sum(kafka_connect_worker_task_count)
kafka_connect_worker_connector_startup_failure_total
kafka_connect_worker_connector_running_task_count{connector="lines"}
kafka_connect_connector_status{connector="lines",status="running"} == 1
kafka_connect_connector_connector_type{connector="lines",connector_type="source"}
kafka_connect_connector_metrics{connector="lines",status="running"}
kafka_connect_connector_task_status{connector="lines",task="0",status="running"}
kafka_connect_task_status{status="failed"} == 1
kafka_connect_source_task_source_record_poll_rate{connector="lines"}
kafka_connect_source_record_poll_rate{connector="lines",task="0"}
kafka_connect_source_record_write_total
kafka_connect_sink_task_sink_record_send_total
kafka_connect_sink_record_read_rate
kafka_connect_poll_batch_avg_time_ms
kafka_connect_put_batch_avg_time_ms
kafka_connect_connector_task_offset_commit_avg_time_ms
kafka_connect_task_error_total_record_failures
kafka_connect_total_records_skipped
kafka_connect_connect_worker_metrics_connector_count
kafka_connect_source_task_metrics_source_record_poll_total
"""


def expressions(dashboard):
    for panel in json.loads(dashboard.read_text())["panels"]:
        for target in panel.get("targets", []):
            yield panel["title"], target["expr"].replace("$connector", ".*")


class Monitoring(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory(prefix="prometheus-")
        self.addCleanup(folder.cleanup)
        self.folder = pathlib.Path(folder.name)

    def worker(self, **more):
        """One source and one sink that run, and one source whose task has failed."""
        (self.folder / "lines.txt").write_text("".join(f"line {number}\n" for number in range(1000)))
        worker = Worker(self.folder / "worker", {"bootstrap.servers": "embedded", "offset.flush.interval.ms": "500", **more,
                                                 "plugin.path": f"{build_dir() / 'plugins'},{build_dir() / 'test-plugins' / 'scripted'}"})
        self.addCleanup(worker.kill)
        worker.start(tied=True)
        worker.create("lines", {"connector.class": "FileStreamSource", "file": str(self.folder / "lines.txt"), "topic": "lines"})
        worker.create("out", {"connector.class": "FileStreamSink", "file": str(self.folder / "out.txt"), "topics": "lines"})
        worker.create("broken", {"connector.class": "ScriptedSource", "topic": "broken", "fail.at": "0"})
        wait_until(lambda: (self.folder / "out.txt").exists() and len((self.folder / "out.txt").read_text().splitlines()) == 1000, 60, worker.log_tail)
        return worker

    def prometheus(self, worker, rules=None):
        prometheus = Prometheus(self.folder / "prometheus", [worker.url], rules)
        self.addCleanup(prometheus.kill)
        return prometheus.start(tied=True)

    def test_rules_and_their_tests_are_valid(self):
        promtool("check", "rules", "alerts.yml", cwd=MONITORING)
        promtool("test", "rules", "alerts_test.yml", cwd=MONITORING)
        promtool("check", "config", "prometheus.yml", cwd=MONITORING)
        tested = set(re.findall(r"alertname: (\w+)", (MONITORING / "alerts_test.yml").read_text()))
        self.assertEqual(set(re.findall(r"alert: (\w+)", (MONITORING / "alerts.yml").read_text())), tested)

    def test_alerts_fire_for_what_is_wrong(self):
        worker = self.worker()
        # Nobody waits a minute here: what `for` does is promtool's test.
        rules = re.sub(r"for: \d+m", "for: 1s", (MONITORING / "alerts.yml").read_text())
        prometheus = self.prometheus(worker, rules)

        def fired():
            return {(labels["alertname"], labels.get("connector")) for labels in prometheus.firing()}
        wait_until(lambda: fired() == {("SluiceTaskFailed", "broken")}, 30, lambda: f"firing: {fired()}\n{prometheus.log_tail()}")
        worker.kill()
        wait_until(lambda: ("SluiceWorkerDown", None) in fired(), 30, lambda: f"firing: {fired()}")

    def test_every_panel_has_data(self):
        worker = self.worker()
        prometheus = self.prometheus(worker)
        empty = {}

        def all_there():
            empty.clear()
            empty.update({title: expression for title, expression in expressions(MONITORING / "grafana-dashboard.json") if not prometheus.query(expression)})
            return not empty
        wait_until(all_there, 30, lambda: f"panels without data: {empty}")
        self.assertEqual(prometheus.query('sum(kafka_connect_source_task_metrics_source_record_write_total{connector="lines"})'), [({}, 1000.0)])
        self.assertEqual(prometheus.query('kafka_connect_connect_worker_metrics_connector_count')[0][1], 3)
        self.assertEqual(prometheus.query('kafka_connect_connect_worker_metrics_connector_failed_task_count{connector="broken"}')[0][1], 1)
        worker.request("POST", "/connectors/lines/tasks/0/restart")
        restarts = 'kafka_connect_connector_restart_metrics_task_restart_total{connector="lines"}'
        wait_until(lambda: prometheus.query(restarts)[0][1] == 1, 30, lambda: f"{prometheus.query(restarts)}")

    def test_jmx_names_are_there_when_asked_for(self):
        worker = self.worker(**{"sluice.metrics.jmx.names": "true"})
        prometheus = self.prometheus(worker)
        wanted = JMX_EXPRESSIONS.split("\n")[1:-1]
        wait_until(lambda: all(prometheus.query(expression) for expression in wanted), 30,
                   lambda: f"without data: {[expression for expression in wanted if not prometheus.query(expression)]}")
        series = [line.rsplit(" ", 1)[0] for line in worker.get("/metrics").splitlines() if not line.startswith("#")]
        self.assertEqual(len(set(series)), len(series), "no series twice")


if __name__ == "__main__":
    unittest.main()
