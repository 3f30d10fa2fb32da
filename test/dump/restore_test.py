"""A dump restored into a new cluster is the whole vault again, with the root key and only with it."""

import sys
import unittest
from pathlib import Path

import psycopg2

sys.path.insert(0, str(Path(__file__).resolve().parent))
from filled import ZEN, contents, dump, dump_roles, fill, restore, row_counts  # noqa: E402
from harness import Cluster  # noqa: E402


def error_of(cluster: Cluster, token: str, sql: str) -> str:
    """The SQLSTATE that a call ends in, "" if in none."""
    connection = cluster.connect(user="person")
    try:
        with connection.cursor() as cursor:
            cursor.execute("SELECT vvault.authenticate(%s)", (token,))
            cursor.execute(sql)
        return ""
    except psycopg2.Error as error:
        return error.pgcode
    finally:
        connection.close()


class Restore(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.cluster = cls.enterClassContext(Cluster())
        cls.token = fill(cls.cluster)
        cls.readable = contents(cls.cluster, cls.token)
        cls.counts = row_counts(cls.cluster)
        cls.roles = dump_roles(cls.cluster)

    def restored(self, form: str, root_key: str) -> Cluster:
        cluster = self.enterContext(Cluster(install=False, root_key=root_key))
        cluster.psql(self.roles, database="postgres")
        restore(cluster, dump(self.cluster, form), form)
        return cluster

    def assert_whole(self, cluster: Cluster) -> None:
        self.assertEqual(contents(cluster, self.token), self.readable)
        self.assertEqual(row_counts(cluster), self.counts)

    def test_a_plain_dump_restores_everything_once(self):
        self.assert_whole(self.restored("plain", self.cluster.root_key()))

    def test_a_custom_dump_restores_everything_once(self):
        self.assert_whole(self.restored("custom", self.cluster.root_key()))

    def test_row_security_and_guards_are_restored(self):
        copy = self.restored("custom", self.cluster.root_key())
        catalog = """
            SELECT 'table ' || relname || ' ' || relrowsecurity || ' ' || pg_get_userbyid(relowner)
              FROM pg_class WHERE relnamespace = 'vvault'::regnamespace AND relkind IN ('r', 'p')
            UNION ALL SELECT 'policy ' || polrelid::regclass || ' ' || polname || ' '
                   || coalesce(pg_get_expr(polqual, polrelid), '') FROM pg_policy
            UNION ALL SELECT 'trigger ' || tgrelid::regclass || ' ' || tgname || ' ' || tgenabled::text
              FROM pg_trigger WHERE NOT tgisinternal
            UNION ALL SELECT 'function ' || oid::regprocedure || ' ' || pg_get_userbyid(proowner)
                   || ' ' || coalesce(proacl::text, '') FROM pg_proc
             WHERE pronamespace = 'vvault'::regnamespace
            ORDER BY 1"""
        self.assertEqual(copy.psql(catalog), self.cluster.psql(catalog))
        stranger = copy.make_user("grace@example.com")
        nothing = contents(copy, stranger)
        self.assertEqual((nothing["messages"], nothing["files"]), ([], []))
        with self.assertRaisesRegex(RuntimeError, "VV002"):
            copy.psql("DELETE FROM vvault.ledger_entries")

    def test_the_restored_vault_goes_on(self):
        copy = self.restored("plain", self.cluster.root_key())
        self.assertEqual(error_of(copy, self.token, f"""
            SELECT vvault.append_message('{ZEN}', 'user', 'after the restore')"""), "")
        self.assertEqual(error_of(copy, self.token,
                                  "SELECT vvault.put_file('new.txt', 'after it')"), "")
        # Holds came along: nothing below library/ may be removed here either.
        self.assertEqual(error_of(copy, self.token, """
            SELECT vvault.purge_file('library/documents/photo.bin', 1)"""), "VV010")

    def test_installing_again_changes_nothing(self):
        copy = self.restored("custom", self.cluster.root_key())
        copy.psql("SELECT vvault.install()")
        self.assert_whole(copy)

    def test_without_the_root_key_there_is_metadata_and_no_content(self):
        copy = self.restored("custom", "")
        self.assertEqual(error_of(copy, self.token, "SELECT * FROM vvault.list_files()"), "")
        self.assertEqual(error_of(copy, self.token, "SELECT * FROM vvault.list_sessions()"), "")
        self.assertEqual(error_of(copy, self.token, f"SELECT * FROM vvault.list_messages('{ZEN}')"),
                         "VV003")
        self.assertEqual(error_of(copy, self.token,
                                  "SELECT vvault.get_file('library/documents/photo.bin')"), "VV003")
        self.assertEqual(error_of(copy, self.token,
                                  f"SELECT vvault.append_message('{ZEN}', 'user', 'x')"), "VV003")

    def test_with_another_root_key_nothing_opens(self):
        copy = self.restored("custom", "1 " + "5a" * 32 + "\n")
        self.assertEqual(error_of(copy, self.token, f"SELECT * FROM vvault.list_messages('{ZEN}')"),
                         "VV004")


if __name__ == "__main__":
    unittest.main()
