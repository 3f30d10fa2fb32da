"""A month that goes into a file: only when all of it is sealed and the file has it, and what is in
the file is proven by the tree as ever. Streams go on from where they were."""

import hashlib
import json
import struct
import sys
import unittest
import uuid
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent))
from ledger import SEALED, Cluster, rows  # noqa: E402

MONTH, STREAM = 202501, "01942000-0000-7000-8000-000000000001"
# Entries of a month that is over, as the trigger would have written them then.
OLD_ENTRIES = f"""
    CREATE TABLE vvault.ledger_entries_2025_01 PARTITION OF vvault.ledger_entries FOR VALUES IN ({MONTH});
    ALTER TABLE vvault.ledger_entries_2025_01 OWNER TO vvault_owner;
    SELECT vvault._guard_ledger_partition('vvault.ledger_entries_2025_01');
    DO $$
    DECLARE
        owner uuid := (SELECT user_id FROM vvault.user_emails);
        before bytea := decode(repeat('00', 32), 'hex');
        entry uuid;
        at timestamptz := '2025-01-10 12:00:00Z';
        salt bytea;
    BEGIN
        FOR i IN 1..700 LOOP
            at := at + interval '1 second';
            entry := (lpad(to_hex((extract(epoch FROM at) * 1000)::bigint), 12, '0')
                      || '7' || lpad(to_hex(i), 3, '0') || '8000' || lpad(to_hex(i), 12, '0'))::uuid;
            salt := substr(sha256(i::text::bytea), 1, 16);
            before := vvault._leaf_hash(owner, entry, 'construct.updated', at, 'role:vvault', '{STREAM}',
                                        i, before, pg_current_xact_id()::text::bigint,
                                        vvault._payload_commitment(salt, '{{"n":1}}'),
                                        decode(repeat('00', 32), 'hex'));
            INSERT INTO vvault.ledger_entries (user_id, id, stream_id, stream_seq, "timestamp", xid, month,
                                               event_type, payload, actor, salt, leaf_hash)
            VALUES (owner, entry, '{STREAM}', i, at, pg_current_xact_id()::text::bigint, {MONTH},
                    'construct.updated', '{{"n":1}}', 'role:vvault', salt, before);
        END LOOP;
    END $$"""


def leaf_of(line: dict) -> bytes:
    """doc/ledger-leaf.md, with nothing of the extension's."""
    def text(value):
        return struct.pack(">H", len(value.encode())) + value.encode()
    payload = hashlib.sha256(b"vvault/payload/v1\n" + bytes.fromhex(line["salt"])
                             + line["payload"].encode()).digest()
    assert payload.hex() == line["payload_commitment"]
    return hashlib.sha256(
        b"\0" + b"vvault/entry/v1\n" + uuid.UUID(line["id"]).bytes + uuid.UUID(line["user_id"]).bytes
        + uuid.UUID(line["stream_id"]).bytes + struct.pack(">Q", line["stream_seq"])
        + bytes.fromhex(line["previous_leaf"]) + text(line["event_type"])
        + struct.pack(">q", line["timestamp_us"]) + text(line["actor"])
        + struct.pack(">Q", int(line["xid"])) + payload
        + bytes.fromhex(line["content_commitment"])).digest()


class Archive(unittest.TestCase):
    def setUp(self):
        self.cluster = self.enterContext(Cluster())
        self.cluster.make_user("ada@example.com")
        self.cluster.psql("SELECT vvault.ledger_seal()")
        self.cluster.psql(OLD_ENTRIES)
        self.cluster.stop()
        self.cluster.set("shared_preload_libraries", "vvault")
        self.cluster.set("vvault.ledger_databases", "")
        self.cluster.start()

    def archive(self) -> bytes:
        text = self.cluster.psql(f"SELECT * FROM vvault.ledger_archive({MONTH})")
        return (text + "\n").encode() if text else b""

    def drop(self, content: bytes) -> str:
        digest = hashlib.sha256(content).hexdigest()
        return self.cluster.psql(f"SELECT vvault.ledger_drop_archived({MONTH}, '\\x{digest}')")

    def test_a_month_goes_when_its_file_has_it_and_is_proven_as_ever(self):
        # Not before it is sealed, and not without the right file.
        self.assertEqual(self.archive(), b"")
        with self.assertRaisesRegex(RuntimeError, "VV014"):
            self.drop(b"")
        self.cluster.psql("SELECT vvault.ledger_seal()")
        content = self.archive()
        lines = [json.loads(line) for line in content.splitlines()]
        self.assertEqual([line["stream_seq"] for line in lines], list(range(1, 701)))
        with self.assertRaisesRegex(RuntimeError, "22023"):
            self.drop(content[:-2])
        with self.assertRaisesRegex(RuntimeError, "VV017"):
            self.cluster.psql("DROP TABLE vvault.ledger_entries_2025_01")
        this_month = self.cluster.psql("SELECT to_char(now() AT TIME ZONE 'UTC', 'YYYYMM')")
        with self.assertRaisesRegex(RuntimeError, "22023"):
            self.cluster.psql(f"SELECT vvault.ledger_drop_archived({this_month}, '')")
        self.assertEqual(self.drop(content), "700")
        self.assertEqual(self.cluster.psql("SELECT count(*) FROM vvault.ledger_entries"
                                           f" WHERE month = {MONTH}"), "0")
        # Each line is the leaf at its position.
        leaves = dict(rows(self.cluster, f"SELECT position, leaf FROM ({SEALED}) AS s"))
        for line in lines:
            self.assertEqual(leaf_of(line), leaves[line["position"]])
        self.assertEqual(self.cluster.psql("SELECT month, entries FROM vvault.ledger_archives"),
                         f"{MONTH}|700")
        self.assertEqual(self.cluster.psql("SELECT count(*) FROM vvault.ledger_entries"
                                           " WHERE event_type = 'ledger.archived'"), "1")
        # The stream goes on behind what is in the file.
        self.cluster.psql(f"INSERT INTO vvault.constructs (id, owner_id, name)"
                          f" SELECT '{STREAM}', user_id, 'old-001' FROM vvault.user_emails")
        self.assertEqual(self.cluster.psql(
            "SELECT stream_seq, encode(previous_leaf, 'hex') FROM vvault.ledger_leaves"
            f" WHERE stream_id = '{STREAM}'"), f"701|{lines[-1]['leaf_hash']}")
        self.cluster.psql("SELECT vvault.ledger_seal()")
        # Comparing everything anew, as after a restore, misses nothing.
        self.cluster.psql("SET ROLE vvault_sealer; UPDATE vvault.ledger_state"
                          " SET system_identifier = system_identifier + 1")
        self.cluster.psql("SELECT vvault.ledger_seal()")

    def test_an_altered_month_stays(self):
        self.cluster.psql("SELECT vvault.ledger_seal()")
        content = self.archive()
        self.cluster.stop()
        self.cluster.set("shared_preload_libraries", "")
        self.cluster.start()
        self.cluster.psql(f"""
            ALTER TABLE vvault.ledger_entries_2025_01 DISABLE TRIGGER ALL;
            UPDATE vvault.ledger_entries SET leaf_hash = sha256('') WHERE month = {MONTH} AND stream_seq = 7""")
        with self.assertRaisesRegex(RuntimeError, "VV016"):
            self.drop(content)
        self.assertEqual(self.cluster.psql("SELECT count(*) FROM vvault.ledger_archives"), "0")


if __name__ == "__main__":
    unittest.main()
