"""kafka_connect_api 0.5.10 from PyPI. Arguments: URL, a file to read."""
import sys
import time

from kafka_connect_api.kafka_connect_api import Api, Cluster

url, file = sys.argv[1:]
cluster = Cluster(Api(url=url))


def wait_for(what, condition):
    for attempt in range(100):
        try:
            if condition():
                return
        except Exception:  # no status yet; the library has many kinds of errors for it
            if attempt == 99:
                raise
        time.sleep(0.1)
    raise AssertionError(f"waited in vain for {what}")


assert cluster.version.split(".")[0].isdigit() and cluster.kafka_cluster
config = {"connector.class": "FileStreamSource", "tasks.max": "1", "topic": "api", "file": file}
created = cluster.api.post("/connectors", json={"name": "api", "config": config})
assert created["name"] == "api", created
connector = cluster.connectors["api"]
wait_for("RUNNING", lambda: connector.state == "RUNNING" and len(connector.tasks) == 1)
assert connector.exists()  # asks with a slash at the end
assert connector.connector_class == "FileStreamSource"
(task,) = connector.tasks
wait_for("the task", task.is_running)
assert task.config["task.class"] == "org.apache.kafka.connect.file.FileStreamSourceTask"
connector.pause()
wait_for("PAUSED", lambda: connector.state == "PAUSED")
connector.resume()
wait_for("RUNNING", lambda: connector.state == "RUNNING")
connector.restart()
connector.cycle_connector()
connector.config = {**config, "batch.size": "5"}
wait_for("the new configuration", lambda: connector.config["batch.size"] == "5")
assert cluster.root_logger["level"]
cluster.root_logger = "WARN"
wait_for("the new level", lambda: cluster.root_logger["level"] == "WARN")
cluster.root_logger = "INFO"
connector.delete()
wait_for("its end", lambda: "api" not in cluster.connectors)
print("kafka_connect_api: all answers understood")
