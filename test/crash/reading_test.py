"""Versions read while others are saved, edited and purged: what one save holds moves from row to
row, and whoever reads finds it whole or hears that it was purged."""

import random
import sys
import threading
import time
import unittest
from pathlib import Path

import psycopg2

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "lib"))

from harness import Cluster  # noqa: E402

SECONDS = 8
KEPT = 12


class Reading(unittest.TestCase):
    def setUp(self):
        self.cluster = self.enterContext(Cluster())
        self.token = self.cluster.make_user("ada@example.com")
        self.saved, self.read, self.wrong = {}, [], []
        self.stop = threading.Event()

    def connection(self):
        connection = self.cluster.connect(user="person")
        self.addCleanup(connection.close)
        return connection

    def ask(self, connection, statement, *values):
        with connection, connection.cursor() as cursor:
            cursor.execute("SELECT vvault.authenticate(%s)", (self.token,))
            cursor.execute(statement, values)
            return cursor.fetchone()[0]

    def write(self):
        connection, content, version = self.connection(), b"", 0
        while not self.stop.is_set():
            content += b"turn %d %s\n" % (version, random.randbytes(60).hex().encode())
            if random.random() < 0.1:
                content = b"edited" + content[6:] if len(content) < 30000 else b"anew"
            version += 1
            self.saved[version] = content
            self.ask(connection, "SELECT vvault.put_file('a.md', %s)", content)
            if random.random() < 0.2 and version > KEPT:
                self.ask(connection, "SELECT vvault.purge_file('a.md', %s)", version - KEPT)

    def read_on(self):
        connection = self.connection()
        while not self.stop.is_set():
            version = max(1, max(self.saved, default=1) - random.randrange(KEPT + 3))
            try:
                content = bytes(self.ask(connection, "SELECT vvault.get_file('a.md', %s)", version))
                (self.read if content == self.saved[version] else self.wrong).append(version)
                self.ask(connection, "SELECT count(sha256) FROM vvault.file_history('a.md')")
            except psycopg2.Error as error:
                # Purged, or not there yet.
                if error.pgcode not in ("VV011", "P0002"):
                    self.wrong.append((version, error.pgcode, error.diag.message_detail))

    def test_readers_find_every_version_that_is_left(self):
        threads = [threading.Thread(target=work, daemon=True)
                   for work in (self.write, self.read_on, self.read_on, self.read_on)]
        for thread in threads:
            thread.start()
        time.sleep(SECONDS)
        self.stop.set()
        for thread in threads:
            thread.join(60)
        self.assertEqual(self.wrong, [])
        self.assertGreater(len(self.saved), 50)
        self.assertGreater(len(self.read), 50)


if __name__ == "__main__":
    unittest.main()
