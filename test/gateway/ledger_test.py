"""/ledger: what is handed out can be checked by whoever has it, and nobody gets another's."""

import base64
import hashlib
import json
import unittest
import uuid

from nacl.signing import VerifyKey

from gateway_case import GatewayCase

NEW = "/ledger/checkpoint"


def node(left: bytes, right: bytes) -> bytes:
    return hashlib.sha256(b"\x01" + left + right).digest()


def split_of(size: int) -> int:
    return 1 << (size - 1).bit_length() - 1


def root_by(leaf: bytes, position: int, size: int, proof: list) -> bytes:
    """RFC 6962, 2.1.1, from the top down."""
    if size == 1:
        assert not proof
        return leaf
    split, rest, last = split_of(size), proof[:-1], proof[-1]
    if position < split:
        return node(root_by(leaf, position, split, rest), last)
    return node(last, root_by(leaf, position - split, size - split, rest))


def tree_of(leaves: list) -> bytes:
    if len(leaves) == 1:
        return leaves[0]
    split = split_of(len(leaves))
    return node(tree_of(leaves[:split]), tree_of(leaves[split:]))


class Note:
    def __init__(self, text: str):
        self.signed, _, self.signatures = text.rpartition("\n\n")
        self.signed += "\n"
        self.origin, size, root = self.signed.rstrip("\n").split("\n")
        self.size, self.root = int(size), base64.b64decode(root)

    def check(self, vkey: str) -> None:
        name, _, key = vkey.split("+", 2)
        line = next(line for line in self.signatures.splitlines() if f" {name} " in line)
        signature = base64.b64decode(line.split(" ")[2])
        VerifyKey(base64.b64decode(key)[1:]).verify(self.signed.encode(), signature[4:])


class Ledger(GatewayCase):
    needs_servers = True

    def setUp(self):
        super().setUp()
        self.name = self.conversation()
        for text in ("one", "two", "three"):
            answer = self.ada.post(f"/conversations/{self.name}/messages",
                                   {"role": "user", "content": text})
            self.assertEqual(answer.status, 201, answer)
        self.seal()

    def seal(self) -> int:
        return int(self.cluster.psql("SELECT vvault.ledger_seal()"))

    def entries(self, client=None, **query) -> list:
        asked = "&".join(f"{name}={value}" for name, value in query.items())
        answer = (client or self.ada).get(f"/ledger/entries?{asked}")
        self.assertEqual(answer.status, 200, answer)
        return answer.json["entries"]

    def test_checkpoint(self):
        answer = self.ada.get(NEW)
        self.assertEqual(answer.status, 200, answer)
        self.assertEqual(answer.headers["Content-Type"], "text/plain; charset=utf-8")
        note = Note(answer.body.decode())
        note.check(self.ada.get("/ledger/key").body.decode().splitlines()[0])
        self.assertEqual(answer.headers["ETag"], f'"{note.size}"')
        self.assertEqual(answer.headers["Cache-Control"], "private, no-cache")
        again = self.ada.get(NEW, {"If-None-Match": answer.headers["ETag"]})
        self.assertEqual((again.status, again.body), (304, b""))
        same = self.grace.get(f"{NEW}?size={note.size}")
        self.assertEqual(same.body, answer.body)
        self.assertIn("immutable", same.headers["Cache-Control"])
        self.assertProblem(self.ada.get(f"{NEW}?size=1"), 404, "P0002")
        self.assertProblem(self.ada.get(f"{NEW}?size=x"), 400)
        late = self.ada.get(f"{NEW}?size=99999999")
        self.assertProblem(late, 404, "VV014")
        self.assertEqual(late.headers["Retry-After"], "1")

    def test_entries(self):
        entries = self.entries(session=self.name)
        self.assertEqual([entry["event_type"] for entry in entries],
                         ["session.created"] + ["message.created"] * 3)
        self.assertEqual([entry["stream_seq"] for entry in entries], [1, 2, 3, 4])
        for before, entry in zip([None] + entries, entries):
            self.assertEqual(entry["previous_leaf"], before["leaf_hash"] if before else "00" * 32)
            self.assertIsInstance(entry["position"], int)
            commitment = hashlib.sha256(b"vvault/payload/v1\n" + bytes.fromhex(entry["salt"])
                                        + entry["payload"].encode()).hexdigest()
            self.assertEqual(commitment, entry["payload_commitment"])
        self.assertEqual(self.entries(session=self.name, after=2, limit=1), entries[2:3])
        self.assertEqual(self.entries(session=entries[0]["stream_id"]), entries)
        self.ada.put("/files/library/notes.md", b"text")
        files = self.entries(file="library/notes.md")
        self.assertEqual(files[0]["event_type"], "file.created")
        self.assertIsNone(files[0]["position"])
        self.assertEqual(self.entries(construct="zen")[0]["event_type"], "construct.created")
        for wrong in ("", f"session={self.name}&file=x"):
            self.assertProblem(self.ada.get(f"/ledger/entries?{wrong}"), 422, "22023")
        self.assertProblem(self.ada.get("/ledger/entries?file=library/none.md"), 404, "P0002")

    def test_inclusion(self):
        for entry in self.entries(session=self.name):
            answer = self.ada.get(f"/ledger/proof/inclusion?entry={entry['id']}")
            self.assertEqual(answer.status, 200, answer)
            proof = answer.json
            self.assertEqual({key: proof[key] for key in entry}, entry)
            note = Note(proof["checkpoint"])
            self.assertEqual(note.size, proof["size"])
            root = root_by(bytes.fromhex(proof["leaf_hash"]), proof["position"], proof["size"],
                           [bytes.fromhex(hash) for hash in proof["proof"]])
            self.assertEqual(root, note.root)

    def test_what_was_said_is_what_was_committed_to(self):
        said = {message["seq"]: message for message in self.ada.messages(self.name)}
        entries = [entry for entry in self.entries(session=self.name)
                   if entry["event_type"] == "message.created"]
        for entry in entries:
            answer = self.ada.get(f"/ledger/opening?entry={entry['id']}")
            self.assertEqual(answer.status, 200, answer)
            opening = answer.json
            content = said[json.loads(entry["payload"])["seq"]]["content"].encode()
            self.assertEqual(hashlib.sha256(content).hexdigest(), opening["content_sha256"])
            commitment = hashlib.sha256(
                b"vvault/content/v1\n" + bytes.fromhex(opening["blind"])
                + bytes.fromhex(opening["content_sha256"])
                + hashlib.sha256((opening["metadata"] or "").encode()).digest())
            self.assertEqual(commitment.hexdigest(), entry["content_commitment"])
            self.assertProblem(self.grace.get(f"/ledger/opening?entry={entry['id']}"), 404, "P0002")
        started = self.entries(session=self.name)[0]
        self.assertProblem(self.ada.get(f"/ledger/opening?entry={started['id']}"), 404, "P0002")
        self.assertProblem(self.ada.get("/ledger/opening"), 400)
        self.assertProblem(self.ada.get("/ledger/opening?entry=x"), 422, "22P02")

    def test_inclusion_in_an_older_tree(self):
        entry = self.entries(session=self.name)[0]
        size = Note(self.ada.get(NEW).body.decode()).size
        self.conversation()
        self.seal()
        answer = self.ada.get(f"/ledger/proof/inclusion?entry={entry['id']}&size={size}")
        self.assertEqual(answer.json["size"], size)
        self.assertIn("immutable", answer.headers["Cache-Control"])

    def test_not_sealed_yet(self):
        entry = self.entries(session=self.conversation())[0]
        answer = self.ada.get(f"/ledger/proof/inclusion?entry={entry['id']}")
        self.assertProblem(answer, 404, "VV014")
        self.assertEqual(answer.headers["Retry-After"], "1")
        self.seal()
        self.assertEqual(self.ada.get(f"/ledger/proof/inclusion?entry={entry['id']}").status, 200)

    def test_consistency(self):
        old = Note(self.ada.get(NEW).body.decode())
        self.conversation()
        new_size = self.seal()
        answer = self.ada.get(f"/ledger/proof/consistency?from={old.size}&to={new_size}")
        self.assertEqual(answer.status, 200, answer)
        self.assertTrue(answer.json["proof"])
        self.assertEqual(self.ada.get(f"/ledger/proof/consistency?from={old.size}&to={old.size}")
                         .json["proof"], [])
        for query, status, code in (("from=2", 400, None), ("from=2&to=1", 422, "22023"),
                                    ("from=-1&to=1", 422, "22023"),
                                    ("from=1&to=99999999", 404, "VV014")):
            self.assertProblem(self.ada.get(f"/ledger/proof/consistency?{query}"), status, code)

    def test_tiles(self):
        note = Note(self.ada.get(NEW).body.decode())
        leaves = []
        for tile in range(note.size // 256 + 1):
            width = min(256, note.size - tile * 256)
            if width == 0:
                break
            path = f"/ledger/tile/0/{tile:03}" + ("" if width == 256 else f".p/{width}")
            answer = self.grace.get(path)
            self.assertEqual(answer.status, 200, answer)
            self.assertEqual(answer.headers["Content-Type"], "application/octet-stream")
            self.assertIn("immutable", answer.headers["Cache-Control"])
            self.assertEqual(self.grace.get(path, {"If-None-Match": answer.headers["ETag"]}).status,
                             304)
            leaves += [answer.body[at:at + 32] for at in range(0, len(answer.body), 32)]
        self.assertEqual(len(leaves), note.size)
        self.assertEqual(tree_of(leaves), note.root)
        for path in ("0/0", "x", "64/000", "0/000.p/0", "0/000.p/257", "-1/000", "0/000/../001"):
            self.assertProblem(self.ada.get(f"/ledger/tile/{path}"), 404, None)
        self.assertProblem(self.ada.get("/ledger/tile/0/999"), 404, "VV014")
        self.assertProblem(self.ada.get("/ledger/tile/entries/000.p/1"), 403, "42501")

    def test_another_persons_entry(self):
        entry = self.entries(session=self.name)[1]
        self.assertEqual(
            self.ada.put("/constructs/zen-001/grants/grace%40example.com", {"role": "manager"}).status,
            200)
        self.assertEqual(self.grace.get(f"/conversations/{self.name}/messages").status, 200)

        def told(answer):
            self.assertProblem(answer, 404, "P0002")
            return {key: value for key, value in answer.json.items() if key != "request_id"}
        foreign = told(self.grace.get(f"/ledger/proof/inclusion?entry={entry['id']}"))
        unknown = told(self.grace.get(f"/ledger/proof/inclusion?entry={uuid.uuid4()}"))
        self.assertEqual(foreign, unknown)
        foreign = told(self.grace.get(f"/ledger/entries?session={entry['stream_id']}"))
        unknown = told(self.grace.get(f"/ledger/entries?session={uuid.uuid4()}"))
        self.assertEqual(foreign, unknown)
        self.assertEqual(foreign, told(self.grace.get(f"/ledger/entries?session={self.name}")))

    def test_tokens(self):
        entry = self.entries(session=self.name)[0]["id"]
        paths = (NEW, "/ledger/key", f"/ledger/entries?session={self.name}",
                 f"/ledger/proof/inclusion?entry={entry}",
                 "/ledger/proof/consistency?from=1&to=2", "/ledger/tile/0/000.p/1")
        with self.cluster.connect(user="person") as connection, connection.cursor() as cursor:
            cursor.execute("SELECT vvault.authenticate(%s)", (self.token,))
            made = {}
            for name, scopes, until in (("other", "{files:read}", None), ("one", "{ledger:read}", None),
                                        ("revoked", "{*}", None),
                                        ("expired", "{*}", "1 millisecond")):
                cursor.execute("SELECT vvault.create_token(%s, %s, clock_timestamp() + %s::interval)",
                               (name, scopes, until))
                made[name] = cursor.fetchone()[0]
            cursor.execute("SELECT vvault.revoke_token(id) FROM vvault.list_tokens()"
                           " WHERE name = 'revoked' AND revoked_at IS NULL")
        connection.close()
        for path in paths:
            with self.subTest(path=path):
                self.assertProblem(self.nobody.get(path), 401)
                for refused in (made["revoked"], made["expired"], "vv_" + "x" * 43):
                    self.assertProblem(self.client(refused).get(path), 401, "28000")
                self.assertProblem(self.client(made["other"]).get(path), 403, "42501")
                self.assertEqual(self.client(made["one"]).get(path).status, 200)


if __name__ == "__main__":
    unittest.main()
