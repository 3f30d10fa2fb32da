"""An older copy of the whole cluster, put back: right in itself, and found by whoever kept a
checkpoint."""

import shutil
import subprocess
import unittest

from vault_case import Cluster, fill, fresh_key, say


class Restore(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.cluster = cls.enterClassContext(Cluster(ledger_key=fresh_key()))
        cls.ada = fill(cls.cluster)
        cls.early = cls.note()
        cls.copy = cls.cluster.directory / "copy"
        cls.cluster.stop()
        subprocess.run(["cp", "-a", cls.cluster.data, cls.copy], check=True)
        cls.cluster.start()
        cls.go_on(40)
        cls.late = cls.note()

    @classmethod
    def note(cls) -> str:
        return cls.cluster.psql("SELECT vvault.ledger_checkpoint()") + "\n"

    @classmethod
    def go_on(cls, messages: int) -> None:
        say(cls.cluster, cls.ada, messages)
        cls.cluster.psql("SELECT vvault.ledger_seal()")

    def wrong(self, against: str) -> list:
        with self.cluster.connect() as connection, connection.cursor() as cursor:
            cursor.execute('SELECT "check", detail FROM vvault.ledger_verify(%s) WHERE NOT ok',
                           (against,))
            found = cursor.fetchall()
        connection.close()
        return found

    def test_put_back(self):
        self.assertEqual(self.wrong(self.early) + self.wrong(self.late), [])
        self.cluster.stop()
        shutil.rmtree(self.cluster.data)
        subprocess.run(["cp", "-a", self.copy, self.cluster.data], check=True)
        self.cluster.start()
        self.assertEqual(self.wrong(self.early), [], "up to there it is the same ledger")
        found = self.wrong(self.late)
        self.assertEqual([check for check, _ in found], ["against"])
        self.assertRegex(found[0][1], "had \\d+: it was restored to before")
        # And gone on with, until it is longer than it was.
        self.go_on(60)
        found = self.wrong(self.late)
        self.assertEqual([check for check, _ in found], ["against"])
        self.assertRegex(found[0][1], "an older ledger went on")


if __name__ == "__main__":
    unittest.main()
