"""Nothing happens to an entry, a leaf or a checkpoint without ledger_verify() naming it."""

import unittest

import thief  # noqa: E402
from vault_case import VaultCase


class Entries(VaultCase):
    def test_untouched(self):
        self.connection.rollback()
        self.assertEqual([row for row in self.findings(self.note) if not row[1]], [])
        self.assertGreater(len(self.findings(self.note)), 15)

    def test_switched_off_triggers(self):
        found = [row for row in self.findings() if row[0] == "triggers"]
        self.assertTrue(found and not found[0][1])

    def test_altered_payload(self):
        entry = self.entry()
        self.run_sql("UPDATE vvault.ledger_entries SET payload = '{\"seq\":1}' WHERE id = %s", entry)
        self.assertFound("entries", "does not hash to its leaf", entry)

    def test_every_altered_column(self):
        entry = self.entry("event_type = 'file_version.created'", 1)
        for column, value in {
                "user_id": "gen_random_uuid()", "stream_id": "gen_random_uuid()",
                "stream_seq": "stream_seq + 900", "event_type": "'file_version.updated'",
                "\"timestamp\"": "\"timestamp\" - interval '1 microsecond'", "xid": "xid - 1",
                "actor": "'role:vvault'", "salt": "substr(sha256(salt), 1, 16)",
                "content_commitment": "NULL", "leaf_hash": "sha256(leaf_hash)"}.items():
            with self.subTest(column=column):
                self.cursor.execute("SAVEPOINT before")
                self.run_sql(f"UPDATE vvault.ledger_entries SET {column} = {value} WHERE id = %s",
                             entry)
                self.assertFound("entries", ".", entry)
                self.cursor.execute("ROLLBACK TO before")

    def test_cut_columns(self):
        # Of a wrong length, so that nothing can be computed from them at all.
        entry = self.entry()
        for column in ("salt", "leaf_hash", "content_commitment"):
            with self.subTest(column=column):
                self.cursor.execute("SAVEPOINT before")
                self.run_sql(f"UPDATE vvault.ledger_entries SET {column} = 'x' WHERE id = %s", entry)
                self.assertFound("entries", ".", entry)
                self.cursor.execute("ROLLBACK TO before")

    def test_altered_with_its_leaf(self):
        entry = self.entry()
        self.run_sql("UPDATE vvault.ledger_entries SET payload = '{\"seq\":1}' WHERE id = %s", entry)
        self.run_sql(
            "UPDATE vvault.ledger_entries e SET leaf_hash = vvault._leaf_hash(l.user_id, l.id,"
            " l.event_type, l.timestamp, l.actor, l.stream_id, l.stream_seq, l.previous_leaf, l.xid,"
            " l.payload_commitment, l.content_commitment) FROM vvault.ledger_leaves l"
            " WHERE l.id = e.id AND e.id = %s", entry)
        self.assertFound("leaves", "not the one that was sealed", entry, self.position(entry))

    def test_deleted(self):
        entry = self.entry()
        position = self.position(entry)
        self.run_sql("DELETE FROM vvault.ledger_entries WHERE id = %s", entry)
        self.assertFound("entries", "the stream goes from")
        self.assertFound("leaves", "was sealed and is gone", entry, position)

    def test_newest_deleted(self):
        entry = self.entry(number=295)
        position = self.position(entry)
        self.run_sql("DELETE FROM vvault.ledger_entries WHERE id >= %s", entry)
        self.assertFound("leaves", "was sealed and is gone", entry, position)

    def test_newest_deleted_with_their_leaves(self):
        entry = self.entry(number=295)
        position = self.position(entry)
        self.run_sql("DELETE FROM vvault.ledger_entries WHERE id >= %s", entry)
        self.run_sql("DELETE FROM vvault.ledger_tail WHERE level = 0 AND index >= %s", position)
        self.assertFound("tree", "has more leaves than the tables")
        self.assertFound("rows of messages", "has no entry")

    def test_newest_deleted_with_their_leaves_and_checkpoints(self):
        position = self.position(self.entry(number=200))
        self.run_sql("DELETE FROM vvault.ledger_checkpoints WHERE size > %s", position)
        size = self.run_sql("SELECT max(size) FROM vvault.ledger_checkpoints")[0]
        self.run_sql("UPDATE vvault.ledger_state SET size = %s", size)
        self.assertFound("tree", "leaves behind the newest checkpoint")

    def test_swapped(self):
        one, other = self.entry(number=40), self.entry(number=41)
        for column in ("payload", "salt"):
            self.run_sql(f"UPDATE vvault.ledger_entries e SET {column} = o.{column}"
                         " FROM (SELECT * FROM vvault.ledger_entries WHERE id = ANY (%s::uuid[])) o"
                         " WHERE e.id = ANY (%s::uuid[]) AND o.id <> e.id",
                         [one, other], [one, other])
        self.assertFound("entries", "does not hash", one)
        self.assertFound("entries", "does not hash", other)

    def test_swapped_leaves(self):
        self.run_sql("UPDATE vvault.ledger_tiles SET"
                     " content = substr(content, 33, 32) || substr(content, 1, 32)"
                     " || substr(content, 65, 8192 - 64) || substr(content, 8193 + 16, 16)"
                     " || substr(content, 8193, 16) || substr(content, 8193 + 32)"
                     " WHERE level = 0 AND index = 0")
        first = self.run_sql("SELECT min(size) FROM vvault.ledger_checkpoints")[0]
        self.assertFound("tree", f"the root of checkpoint {first}", position=first)

    def test_altered_leaf_of_the_tree(self):
        self.run_sql("UPDATE vvault.ledger_tiles SET content = set_byte(content, 320,"
                     " get_byte(content, 320) # 1) WHERE level = 0 AND index = 0")
        self.assertFound("leaves", "not the one that was sealed", position=10)
        self.assertFound("tree", "the root of checkpoint")

    def test_altered_edge_of_the_tree(self):
        self.run_sql("UPDATE vvault.ledger_tail SET hash = sha256(hash) WHERE level = 1")
        self.assertFound("tree", "the tail of level 1")

    def test_missing_tile(self):
        self.run_sql("DELETE FROM vvault.ledger_tiles WHERE level = 0 AND index = 0")
        self.assertFound("tree", "tile 0 of the leaves is missing", position=0)

    def test_repeated_leaf(self):
        self.run_sql("UPDATE vvault.ledger_tail t SET hash = o.hash, entry_id = o.entry_id"
                     " FROM vvault.ledger_tail o WHERE t.level = 0 AND o.level = 0"
                     " AND t.index = o.index + 1 AND t.index = (SELECT max(index) FROM vvault.ledger_tail"
                     " WHERE level = 0)")
        self.assertFound("leaves", "more than once")

    def test_repeated_entry(self):
        entry = self.entry()
        self.run_sql("INSERT INTO vvault.ledger_entries (user_id, id, stream_id, month,"
                     " stream_seq, timestamp, xid, event_type, payload, actor, salt, leaf_hash)"
                     " SELECT user_id, id, gen_random_uuid(), month, 1, timestamp, xid,"
                     " event_type, payload, actor, salt, leaf_hash FROM vvault.ledger_entries"
                     " WHERE id = %s", entry)
        self.assertFound("leaves", "more than once", entry)

    def plant(self, xid: str) -> str:
        """An entry that is right in itself, of a stream of its own."""
        return self.run_sql(
            "WITH made AS (SELECT user_id, vvault.uuidv7() AS id, gen_random_uuid() AS stream_id,"
            f" timestamp, {xid} AS xid, substr(sha256(salt), 1, 16) AS salt FROM vvault.ledger_entries LIMIT 1)"
            " INSERT INTO vvault.ledger_entries (user_id, id, stream_id, stream_seq, timestamp, month,"
            " xid, event_type, payload, actor, salt, leaf_hash) SELECT user_id, id, stream_id, 1,"
            " timestamp, vvault._ledger_month(id), xid, 'session.ended', '{}', 'role:x', salt, vvault._leaf_hash(user_id, id,"
            " 'session.ended', timestamp, 'role:x', stream_id, 1, decode(repeat('00', 32), 'hex'), xid,"
            " vvault._payload_commitment(salt, '{}'), decode(repeat('00', 32), 'hex'))"
            " FROM made RETURNING id::text")[0]

    def test_planted_in_the_past(self):
        entry = self.plant("xid")
        self.assertFound("leaves", "it was planted", entry)

    def test_planted_in_the_future(self):
        entry = self.plant("xid + 1000000")
        self.assertFound("leaves", "it was planted", entry)

    def test_rewritten_with_a_stolen_key(self):
        entry = self.entry("event_type = 'session.created'", 0)
        self.cursor.execute("SELECT payload::text FROM vvault.ledger_entries WHERE id = %s", (entry,))
        thief.rewrite_entry(self.cursor, entry,
                            self.cursor.fetchone()[0].replace("talk", "walk"))
        thief.rebuild_tree(self.cursor, thief.stolen(self.cluster))
        self.run_sql("UPDATE vvault.sessions SET external_id = 'walk' WHERE external_id = 'talk'")
        switched_on = [row for row in self.findings() if not row[1] and row[0] != "triggers"]
        self.assertEqual(switched_on, [], "by itself the database cannot know")
        size = int(self.note.split("\n")[1])
        self.assertFound("against", "were rewritten", position=size, against=self.note)

    def test_rewritten_without_the_key(self):
        entry = self.entry()
        thief.rewrite_entry(self.cursor, entry, "{}")
        thief.rebuild_tree(self.cursor, bytes(32))
        self.assertFound("signatures", "checkpoint \\d+: ")

    def test_forged_checkpoint(self):
        self.run_sql("UPDATE vvault.ledger_checkpoints SET root = sha256(root) WHERE size ="
                     " (SELECT max(size) FROM vvault.ledger_checkpoints)")
        self.assertFound("tree", "the root of checkpoint")
        self.assertFound("signatures", "says something else")

    def test_what_is_no_checkpoint(self):
        self.assertFound("against", "this is no checkpoint", against="nothing")
        bent = self.note.replace("vvault/", "wvault/", 1)
        self.assertFound("against", ".", against=bent)


if __name__ == "__main__":
    unittest.main()
