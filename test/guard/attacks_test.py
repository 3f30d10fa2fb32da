"""Every attack on the ledger meets the layer that it should meet, and none changes an entry where
the hooks stand. Without them what gets through no longer matches its leaf."""

import sys
import unittest
from contextlib import closing
from pathlib import Path

import psycopg2

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "lib"))
sys.path.insert(0, str(Path(__file__).resolve().parent))
from attacks import ALL, DONE, FORGE  # noqa: E402
from guarded import GUARDED, LEDGER  # noqa: E402
from harness import Cluster  # noqa: E402

THIS_MONTH = "SELECT 'ledger_entries_' || to_char(now() AT TIME ZONE 'UTC', 'YYYY_MM')"


class Attacks:
    """Of both kinds of server; a subclass says how it is started."""

    settings = {}

    @classmethod
    def setUpClass(cls):
        cls.cluster = cls.enterClassContext(Cluster(settings=cls.settings))
        cls.cluster.make_user("ada@example.com", "Ada")
        cls.cluster.psql("SELECT vvault.ledger_seal()")
        cls.month = cls.cluster.psql(THIS_MONTH)
        cls.ledger = cls.cluster.psql(LEDGER)

    def tearDown(self):
        self.assertEqual(self.cluster.psql(LEDGER), self.ledger)

    def outcome(self, statements, role: str) -> str:
        """The SQLSTATE that the last of the statements ends in; an earlier one's counts too."""
        connection = self.cluster.connect()
        try:
            with connection.cursor() as cursor:
                cursor.execute("SELECT vvault.health()")
                if role == "owner":
                    cursor.execute("SET SESSION AUTHORIZATION vvault_owner")
                for statement in statements:
                    cursor.execute(statement.format(month=self.month))
            return DONE
        except psycopg2.Error as error:
            return error.pgcode
        finally:
            connection.close()

    def expected(self, attack, role: str) -> str:
        raise NotImplementedError

    def test_each_as_a_superuser(self):
        for attack in ALL:
            with self.subTest(attack.name):
                self.assertEqual(self.outcome(attack.statements, "superuser"),
                                 self.expected(attack, "superuser"))

    def test_each_as_the_owner_of_the_tables(self):
        for attack in ALL:
            if attack.owner is not None:
                with self.subTest(attack.name):
                    self.assertEqual(self.outcome(attack.statements, "owner"),
                                     self.expected(attack, "owner"))


class WithTriggersAlone(Attacks, unittest.TestCase):
    def expected(self, attack, role):
        return attack.superuser if role == "superuser" else attack.owner

    def test_it_says_that_there_are_no_hooks(self):
        self.assertEqual(self.cluster.psql("SELECT vvault.ledger_guard_status()"),
                         "not preloaded")

    def found_by(self, *statements) -> list:
        """What verification says of the ledger after these, in the transaction that ran them."""
        with closing(self.cluster.connect()) as connection, connection.cursor() as cursor:
            for statement in statements:
                cursor.execute(statement)
            cursor.execute("SELECT \"check\", detail FROM vvault.ledger_verify() WHERE NOT ok")
            return [f"{check}: {detail}" for check, detail in cursor.fetchall()]

    def test_what_gets_through_is_found(self):
        self.assertEqual(self.found_by(), [])
        disable = "ALTER TABLE vvault.ledger_entries DISABLE TRIGGER ALL"
        self.assertIn("triggers", "".join(self.found_by(disable)))
        self.assertIn("entries:", "".join(self.found_by(disable, FORGE)))
        self.assertIn("sealed and is gone", "".join(self.found_by(
            disable, "DELETE FROM vvault.ledger_entries WHERE event_type ~ '^token'")))
        self.assertIn("leaves:", "".join(self.found_by(
            "UPDATE vvault.ledger_tail SET hash = sha256('') WHERE level = 0 AND index = 0")))
        self.assertIn("entries:", "".join(self.found_by(
            *next(attack for attack in ALL if attack.name == "INSERT").statements)))


class WithTheHooks(Attacks, unittest.TestCase):
    settings = GUARDED

    def expected(self, attack, role):
        if role == "owner" and attack.owner_guarded is not None:
            return attack.owner_guarded
        return attack.guarded

    def test_it_says_that_it_is_guarded(self):
        self.assertEqual(self.cluster.psql("SELECT vvault.ledger_guard_status()"), "on")

    def test_the_switch_is_none_of_alter_system(self):
        connection = self.cluster.connect(autocommit=True)
        self.addCleanup(connection.close)
        with connection.cursor() as cursor, self.assertRaises(psycopg2.Error) as refused:
            cursor.execute("ALTER SYSTEM SET vvault.ledger_guard = off")
        self.assertEqual(refused.exception.pgcode, "55P02")

    def test_a_refusal_says_what_and_is_logged_without_a_word_of_it(self):
        connection = self.cluster.connect()
        self.addCleanup(connection.close)
        with connection.cursor() as cursor, self.assertRaises(psycopg2.Error) as refused:
            cursor.execute("UPDATE vvault.ledger_entries SET actor = 'a word of it'")
        diagnostics = refused.exception.diag
        self.assertEqual(diagnostics.message_primary, '"ledger_entries" is guarded')
        self.assertEqual(diagnostics.message_detail, "Refused: UPDATE.")
        self.assertIn("vvault.ledger_guard", diagnostics.message_hint)
        log = self.cluster.log()
        self.assertIn('ledger guard of vvault refused UPDATE on "ledger_entries"'
                      ' to role "vvault"', log)
        self.assertNotIn("a word of it", log)


if __name__ == "__main__":
    unittest.main()
