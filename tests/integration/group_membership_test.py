#!/usr/bin/env python3
"""Members of a group against real brokers: TLS and SASL in all their kinds, and a broker that restarts, freezes or is killed. The cases themselves are
C++ (tests/unit/group/real_broker_test.cc), which are skipped where this test has not prepared a broker."""
import os
import pathlib
import subprocess
import sys
import tempfile
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "services"))
from secured_kafka import PASSWORD, USER, SecuredKafka  # noqa: E402
from worker import build_dir  # noqa: E402


class GroupMembership(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        folder = tempfile.TemporaryDirectory()
        cls.addClassCleanup(folder.cleanup)
        cls.kafka = SecuredKafka(pathlib.Path(folder.name) / "kafka", heap="384m")
        cls.addClassCleanup(cls.kafka.kill)
        cls.kafka.start(tied=True)

    def run_cases(self, pattern, **environment):
        done = subprocess.run([build_dir() / "bin" / "unit_group", f"--gtest_filter={pattern}"], env={**os.environ, **environment}, text=True,
                              stdout=subprocess.PIPE, stderr=subprocess.STDOUT, timeout=240)
        self.assertEqual(done.returncode, 0, done.stdout)
        self.assertNotIn("SKIPPED", done.stdout)
        self.assertIn("[  PASSED  ]", done.stdout)

    def test_plain_listener(self):
        self.run_cases("*BrokerMembershipTest*/real-*CutOff*", SLUICE_TEST_BOOTSTRAP=self.kafka.bootstrap)

    def test_security(self):
        self.run_cases("SecuredBroker*", SLUICE_TEST_SECURED=str(self.kafka.folder), SLUICE_TEST_USER=USER, SLUICE_TEST_PASSWORD=PASSWORD)

    def test_faults(self):
        self.run_cases("FaultyBroker*", SLUICE_TEST_FAULTY=str(self.kafka.folder))


if __name__ == "__main__":
    unittest.main()
