"""What the tests of this folder share: a folder and a broker for each class, clusters that end with their test."""
import pathlib
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "services"))
from connect import Cluster, our_kind  # noqa: E402
from broker_case import BrokerCase  # noqa: E402

OURS = our_kind()


class ClusterCase(BrokerCase):
    def cluster(self, name, kinds, **properties):
        """A cluster that is not started; properties with '_' for '.'."""
        cluster = Cluster(self.folder / name, self.kafka.bootstrap, kinds, {key.replace("_", "."): value for key, value in properties.items()})
        self.addCleanup(cluster.kill)
        return cluster
