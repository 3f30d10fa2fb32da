"""A backend in mid-use is dumped: no root key, no key derived from it, no data key and no
signing key may be in what a core dump holds."""

import secrets
import subprocess
import sys
import unittest
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent))
from spoken import FILE, SESSION, Words, calls  # noqa: E402
from unwrapped import (WRAPPED_KEYS, chunk_id_and_key, data_keys, derived,  # noqa: E402
                       key_needles, root_keys)
from bound import Refused, Session  # noqa: E402
from harness import Cluster  # noqa: E402
from harness.paths import fresh_directory  # noqa: E402
from harness.processes import as_server, clean_environment, give_to_server  # noqa: E402


def core_of(process_id: int) -> bytes:
    """What a core dump of the process holds, as gcore writes it: the kernel's rules."""
    directory = fresh_directory("core")
    give_to_server(directory, 0o700)
    done = subprocess.run(as_server(["gcore", "-o", directory / "core", process_id]),
                          stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False,
                          cwd="/", env=clean_environment())
    path = directory / f"core.{process_id}"
    if not path.exists():
        raise AssertionError(f"gcore left nothing: {done.stdout}")
    content = path.read_bytes()
    path.unlink()
    return content


class CoreCase(unittest.TestCase):
    def assertAbsent(self, name: str, key: bytes):
        for needle in key_needles(key):
            self.assertEqual(self.core.find(needle), -1, f"{name}, as {needle[:4]!r}…")
        # Half a key is a leak too.
        self.assertEqual(self.core.find(key[:16]), -1, f"the first half of {name}")
        self.assertEqual(self.core.find(key[16:]), -1, f"the second half of {name}")

    def assertNoKeyOf(self, rows: list):
        roots = root_keys(self.cluster)
        for number, root in roots.items():
            self.assertAbsent(f"root key {number}", root)
            for purpose in range(1, 6):
                self.assertAbsent(f"subkey {purpose} of {number}", derived(root, purpose))
        keys = data_keys(rows, roots)
        self.assertGreater(len(keys), 1)
        for name, key in keys.items():
            self.assertAbsent(name, key)


class Core(CoreCase):
    @classmethod
    def make_cluster(cls) -> Cluster:
        return Cluster()

    @classmethod
    def setUpClass(cls):
        cls.cluster = cls.enterClassContext(cls.make_cluster())
        cls.token = cls.cluster.make_user("ada@example.com", "Ada")
        cls.words = Words()
        cls.session = Session(cls.cluster.dsn("person"))
        cls.addClassCleanup(cls.session.close)
        # What stands in ordinary memory: the search must find it.
        cls.control = secrets.token_bytes(32)
        cls.session.run(f"SET vvault_test.control = '{cls.control.hex()}'")
        for statement, values in calls(cls.words):
            cls.session.run("BEGIN")
            cls.session.run("SELECT vvault.authenticate($1)", cls.token)
            cls.session.run(statement, *values)
            cls.session.run("COMMIT")
        # A refusal, and then in mid-use: written, and not yet committed.
        cls.session.run("BEGIN")
        try:
            cls.session.run("SELECT vvault.authenticate($1)", cls.token[:-1] + "!")
        except Refused as refused:
            assert refused.sqlstate == "28000", refused
        cls.session.run("ROLLBACK")
        cls.session.run("BEGIN")
        cls.session.run("SELECT vvault.authenticate($1)", cls.token)
        # Cut only where chunks are as large as they get, and at its end.
        for letter in (b"~", b"#", b"="):
            cls.session.run("SELECT vvault.put_file($1, $2)", f"chunks-{letter[0]}",
                            letter * (2 * 65536) + b"!" * 3000)
        cls.session.run("COMMIT")
        cls.session.run("BEGIN")
        cls.session.run("SELECT vvault.authenticate($1)", cls.token)
        for letter in (b"~", b"#", b"="):
            cls.session.run("SELECT octet_length(vvault.get_file($1))", f"chunks-{letter[0]}")
        cls.session.run("SELECT vvault.append_message($1, 'user', $2)", SESSION, cls.words.one())
        cls.session.run("SELECT vvault.put_file($1, $2)", FILE, cls.words.one().encode() * 9000)
        cls.session.run("SELECT octet_length(vvault.get_file($1))", FILE)
        cls.core = core_of(cls.session.process_id)

    def test_the_dump_is_one(self):
        self.assertGreater(len(self.core), 10_000_000)
        with self.assertRaises(AssertionError):
            self.assertAbsent("the control", self.control)
        self.assertIn(b"vvault.append_message", self.core)
        # Sealed, and wrapped, it may be there: what opens it may not.
        wrapped = self.cluster.psql("SELECT encode(wrapped, 'hex') FROM vvault.data_keys LIMIT 1")
        self.assertIn(bytes.fromhex(wrapped)[24:], self.core)

    def test_no_root_key_nothing_derived_from_it_and_no_data_key_is_in_it(self):
        self.assertNoKeyOf([row.split("|") for row in self.cluster.psql(WRAPPED_KEYS).splitlines()])

    def test_no_key_of_a_chunk_is_in_it(self):
        rows = [row.split("|") for row in self.cluster.psql(WRAPPED_KEYS).splitlines()]
        lookup, = [key for row in rows if (row[0], row[4]) == ("lookup", "")
                   for key in data_keys([row], root_keys(self.cluster)).values()]
        stored = self.cluster.psql("SELECT id FROM vvault.vault_chunks").split()
        found = 0
        for content in (b"!" * 3000, *(letter * 65536 for letter in (b"~", b"#", b"="))):
            chunk, key = chunk_id_and_key(lookup, content)
            if str(chunk) in stored:
                found += 1
                self.assertAbsent("the key of a chunk", key)
        # A person's own cuts might fall elsewhere once in a thousand times.
        self.assertGreaterEqual(found, 3)

    def test_the_key_that_signs_identities_is_not_in_it(self):
        paths = list((self.cluster.data / "pg_dynshmem").glob("vvault.ticket.*"))
        self.assertEqual(len(paths), 1)
        self.assertAbsent("the ticket key", paths[0].read_bytes())


class CoreInRotation(CoreCase):
    def test_no_key_old_or_new_is_in_a_backend_that_rotates(self):
        self.cluster = self.enterContext(Cluster())
        token = self.cluster.make_user("ada@example.com", "Ada")
        with Session(self.cluster.dsn("person")) as session:
            session.run("BEGIN")
            session.run("SELECT vvault.authenticate($1)", token)
            for statement, values in calls(Words()):
                session.run(statement, *values)
            session.run("COMMIT")
        self.cluster.write_root_key(self.cluster.root_key() + f"2 {secrets.token_hex(32)}\n")
        with Session(self.cluster.dsn()) as session:
            before = session.run(WRAPPED_KEYS)
            self.assertGreater(int(session.value("SELECT vvault.rotate_root_key()")), 0)
            session.run("BEGIN")
            session.run("SELECT vvault.rotate_data_key($1::text)", "ada@example.com")
            session.run("SELECT vvault.reencrypt(5)")
            after = session.run(WRAPPED_KEYS)
            self.core = core_of(session.process_id)
        self.assertGreater(len(after), len(before))
        self.assertNoKeyOf(before)
        self.assertNoKeyOf(after)


class CoreWithKeyCommand(Core):
    """The same where the root key is a program's output."""

    @classmethod
    def make_cluster(cls) -> Cluster:
        cluster = Cluster(settings={"vvault.root_key_file": ""})
        with open(cluster.data / "test.conf", "a", encoding="utf-8") as settings:
            settings.write(f"vvault.root_key_command = '/bin/cat {cluster.root_key_file}'\n")
        return cluster


if __name__ == "__main__":
    unittest.main()
