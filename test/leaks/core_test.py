"""A backend in mid-use is dumped: no root key, no key derived from it, no data key and no
signing key may be in what a core dump holds."""

import hashlib
import secrets
import struct
import subprocess
import sys
import unittest
import uuid
from pathlib import Path

import nacl.bindings

sys.path.insert(0, str(Path(__file__).resolve().parent))
from spoken import FILE, SESSION, Words, calls, key_needles  # noqa: E402
from bound import Refused, Session  # noqa: E402
from harness import Cluster  # noqa: E402
from harness.paths import fresh_directory  # noqa: E402
from harness.processes import as_server, clean_environment, give_to_server  # noqa: E402


def derived(root: bytes, number: int) -> bytes:
    return hashlib.blake2b(b"", key=root, digest_size=32, salt=struct.pack("<QQ", number, 0),
                           person=b"vvaultdk".ljust(16, b"\0")).digest()


def unwrapped(root: bytes, root_number: int, key_id: int, owner: str, wrapped: bytes) -> bytes:
    context = (b"vvault/dek/v1" + struct.pack(">Q", key_id) + uuid.UUID(owner).bytes
               + struct.pack(">I", root_number))
    return nacl.bindings.crypto_aead_xchacha20poly1305_ietf_decrypt(
        wrapped[24:], context, wrapped[:24], derived(root, 1))


def data_keys(cluster: Cluster, root: bytes) -> dict:
    rows = cluster.psql("SELECT purpose, id, root_key_id, user_id, encode(wrapped, 'hex')"
                        "  FROM vvault.data_keys WHERE state = 'active'").splitlines()
    found = {}
    for purpose, key_id, number, owner, wrapped in (row.split("|") for row in rows):
        found[f"{purpose} key {key_id}"] = unwrapped(root, int(number), int(key_id), owner,
                                                     bytes.fromhex(wrapped))
    return found


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


class Core(unittest.TestCase):
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
        cls.session.run("SELECT vvault.append_message($1, 'user', $2)", SESSION, cls.words.one())
        cls.session.run("SELECT vvault.put_file($1, $2)", FILE, cls.words.one().encode() * 9000)
        cls.session.run("SELECT octet_length(vvault.get_file($1))", FILE)
        cls.core = core_of(cls.session.process_id)
        cls.root = bytes.fromhex(cls.cluster.root_key().split()[1])

    def assertAbsent(self, name: str, key: bytes):
        for needle in key_needles(key):
            self.assertEqual(self.core.find(needle), -1, f"{name}, as {needle[:4]!r}…")
        # Half a key is a leak too.
        self.assertEqual(self.core.find(key[:16]), -1, f"the first half of {name}")
        self.assertEqual(self.core.find(key[16:]), -1, f"the second half of {name}")

    def test_the_dump_is_one(self):
        self.assertGreater(len(self.core), 10_000_000)
        with self.assertRaises(AssertionError):
            self.assertAbsent("the control", self.control)
        self.assertIn(b"vvault.append_message", self.core)
        # Sealed, and wrapped, it may be there: what opens it may not.
        wrapped = self.cluster.psql("SELECT encode(wrapped, 'hex') FROM vvault.data_keys LIMIT 1")
        self.assertIn(bytes.fromhex(wrapped)[24:], self.core)

    def test_no_root_key_is_in_it(self):
        self.assertAbsent("the root key", self.root)

    def test_no_key_derived_from_the_root_key_is_in_it(self):
        for number in range(1, 6):
            self.assertAbsent(f"subkey {number}", derived(self.root, number))

    def test_no_data_key_is_in_it(self):
        keys = data_keys(self.cluster, self.root)
        self.assertGreater(len(keys), 1)
        for name, key in keys.items():
            self.assertAbsent(name, key)

    def test_the_key_that_signs_identities_is_not_in_it(self):
        paths = list((self.cluster.data / "pg_dynshmem").glob("vvault.ticket.*"))
        self.assertEqual(len(paths), 1)
        self.assertAbsent("the ticket key", paths[0].read_bytes())


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
