"""A test case with a broker, and a folder for what its tests leave; both end with the class."""
import pathlib
import tempfile
import unittest

from kafka import shared_or_own


class BrokerCase(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        folder = tempfile.TemporaryDirectory(prefix=f"{cls.__name__.lower()}-")
        cls.addClassCleanup(folder.cleanup)
        cls.folder = pathlib.Path(folder.name)
        cls.kafka = shared_or_own(cls, cls.folder / "kafka")
