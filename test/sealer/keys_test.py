"""Checkpoints are signed by the newest key; without one they wait; a new key is announced by an
entry, and the first checkpoint after it bears both signatures."""

import base64
import hashlib
import sys
import unittest
from pathlib import Path

from nacl.exceptions import BadSignatureError
from nacl.signing import SigningKey, VerifyKey

sys.path.insert(0, str(Path(__file__).resolve().parent))
from ledger import Cluster, assert_sealed_once, rows  # noqa: E402

FIRST, SECOND = "5e" * 32, "a7" * 32


def signed_by(note: str, seed: str) -> bool:
    """By the rules of C2SP signed notes, with nothing of the extension's."""
    text, _, signatures = note.partition("\n\n")
    name = text.split("\n")[0]
    key = SigningKey(bytes.fromhex(seed)).verify_key
    key_id = hashlib.sha256(name.encode() + b"\n\1" + bytes(key)).digest()[:4]
    for line in signatures.splitlines():
        assert line.startswith("— "), line
        signer, _, encoded = line[2:].partition(" ")
        blob = base64.b64decode(encoded)
        if signer == name and blob[:4] == key_id:
            try:
                VerifyKey(bytes(key)).verify((text + "\n").encode(), blob[4:])
                return True
            except BadSignatureError:
                raise AssertionError("a signature that is none") from None
    return False


class Keys(unittest.TestCase):
    def cluster_with(self, ledger_key) -> Cluster:
        cluster = self.enterContext(Cluster(ledger_key=ledger_key))
        cluster.make_user("ada@example.com")
        return cluster

    def seal(self, cluster: Cluster) -> str:
        """The newest note, or nothing where it is not signed."""
        cluster.psql("SELECT vvault.ledger_seal()")
        return self.note(cluster)

    def note(self, cluster: Cluster) -> str:
        return cluster.psql("SELECT note FROM vvault.ledger_checkpoints ORDER BY size DESC LIMIT 1"
                            ).strip("\n") + "\n"

    def problem(self, cluster: Cluster) -> str:
        return cluster.psql("SELECT signing_problem FROM vvault.ledger_status()")

    def entries(self, cluster: Cluster) -> list:
        return rows(cluster, "SELECT payload->>'key' FROM vvault.ledger_entries"
                             " WHERE event_type = 'ledger.key_announced' ORDER BY stream_seq")

    def test_a_note_says_what_the_tree_is(self):
        cluster = self.cluster_with("1 " + FIRST)
        note = self.seal(cluster)
        size, root = rows(cluster, "SELECT size, root FROM vvault.ledger_checkpoints"
                                   " ORDER BY size DESC LIMIT 1")[0]
        installation = cluster.psql("SELECT id FROM vvault.installation")
        self.assertEqual(note.split("\n")[:4], [f"vvault/{installation}", str(size),
                                                base64.b64encode(root).decode(), ""])
        self.assertTrue(signed_by(note, FIRST))
        self.assertEqual(self.problem(cluster), "")

    def test_rotation(self):
        cluster = self.cluster_with("1 " + FIRST)
        old_note = self.seal(cluster)
        cluster.write_ledger_key(f"1 {FIRST}\n2 {SECOND}\n")
        cluster.make_user("grace@example.com")
        announcing = self.seal(cluster)
        self.assertTrue(signed_by(announcing, FIRST))
        self.assertFalse(signed_by(announcing, SECOND))
        self.assertEqual(len(self.entries(cluster)), 2)
        both = self.seal(cluster)
        self.assertTrue(signed_by(both, FIRST) and signed_by(both, SECOND))
        cluster.make_user("edsger@example.com")
        after = self.seal(cluster)
        self.assertTrue(signed_by(after, SECOND))
        self.assertFalse(signed_by(after, FIRST))
        keys = rows(cluster, "SELECT from_size, public_key FROM vvault.ledger_signing_keys"
                             " ORDER BY from_size")
        self.assertEqual([key for _, key in keys],
                         [bytes(SigningKey(bytes.fromhex(seed)).verify_key)
                          for seed in (FIRST, SECOND)])
        self.assertEqual(str(keys[1][0]), both.split("\n")[1])
        # Old notes and the old key: what was verifiable stays so, also when the seed is gone.
        cluster.write_ledger_key(f"2 {SECOND}\n")
        cluster.make_user("barbara@example.com")
        self.assertTrue(signed_by(self.seal(cluster), SECOND))
        self.assertTrue(signed_by(old_note, FIRST))
        assert_sealed_once(self, cluster)

    def test_the_tree_grows_without_a_key_and_is_signed_when_it_is_back(self):
        cluster = self.cluster_with("1 " + FIRST)
        self.seal(cluster)
        cluster.ledger_key_file.unlink()
        cluster.make_user("grace@example.com")
        self.assertEqual(self.seal(cluster), "\n")
        self.assertIn("There is no file", self.problem(cluster))
        cluster.write_ledger_key("1 " + FIRST)
        self.assertTrue(signed_by(self.seal(cluster), FIRST))
        assert_sealed_once(self, cluster)

    def test_a_key_file_that_others_could_read_is_refused(self):
        cluster = self.cluster_with("1 " + FIRST)
        for text, mode, told in (("1 " + FIRST, 0o644, "mode"), ("1 " + FIRST, 0o440, "mode"),
                                 ("nonsense", 0o400, ""), ("1 " + FIRST[:-2], 0o400, ""),
                                 ("", 0o400, "")):
            with self.subTest(f"{text[:10]} {mode:o}"):
                cluster.write_ledger_key(text, mode)
                cluster.make_user(f"p{mode:o}-{len(text)}@example.com")
                self.assertEqual(self.seal(cluster), "\n")
                problem = self.problem(cluster)
                self.assertIn(told, problem)
                self.assertNotEqual(problem, "")
                self.assertNotIn(FIRST[:8], problem)

    def test_the_seed_is_nowhere_in_the_database(self):
        cluster = self.cluster_with("1 " + FIRST)
        self.seal(cluster)
        cluster.psql("CHECKPOINT")
        cluster.stop()
        seed = bytes.fromhex(FIRST)
        for path in cluster.data.rglob("*"):
            if path.is_file():
                content = path.read_bytes()
                self.assertFalse(seed in content or FIRST.encode() in content, path)


if __name__ == "__main__":
    unittest.main()
