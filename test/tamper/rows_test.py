"""The data itself, changed behind the ledger's back while every entry stays what it is."""

import unittest

from vault_case import SAID, VaultCase

ADA = "(SELECT user_id FROM vvault.user_emails WHERE email = 'ada@example.com')"

# A change of each column of each table that the ledger follows.
CHANGED = {
    "users": ["email = 'eve@example.com'", "display_name = 'Eve'", "status = 'disabled'",
              "created_at = created_at - interval '1 day'"],
    "tokens": ["scopes = '{*,admin}'", "expires_at = now()", "revoked_at = now()", "name = 'x'",
               "runtime = 'x'"],
    "data_keys": ["wrapped = sha256(wrapped)", "state = 'retired'", "purpose = 'lookup'"],
    "constructs": ["title = 'Eve'", "name = 'eve-001'", "retired_at = now()"],
    "construct_grants": ["role = 'manager'", "until = now() + interval '1 year'",
                         "grantee_email = 'eve@example.com'"],
    "sessions": ["title = 'x'", "external_id = 'x'", "ended_at = now()", "flags = '{\"a\": 1}'"],
    "messages": ["content = set_byte(content, 60, get_byte(content, 60) # 1)", "role = 'assistant'",
                 "created_at = created_at - interval '1 second'", "model = 'x'", "client_id = 'y'",
                 "commitment = sha256(commitment)", "timestamp_text = 'x'", "metadata = 'x'"],
    "vault_files": ["path = 'library/x.md'", "deleted_at = now()", "encrypted = 'client'"],
    "vault_file_versions": ["info = sha256(info)", "is_deletion = true, info = NULL, restored_from = NULL", "restored_from = 1",
                            "size = size + 1"],
    "legal_holds": ["prefix = 'x'", "reason = 'x'", "placed_by = 'x'"],
    "groups": ["name = 'x'"],
    "group_members": ["until = now()", "member_email = 'eve@example.com'"],
    "group_grants": ["role = 'manager'", "until = now()"],
    "runtimes": ["name = 'x'"],
    "runtime_constructs": ["role = 'reader'", "construct_id = runtime_id"],
}


class Rows(VaultCase):
    def one(self, table: str) -> tuple:
        """Where a row is, and its id (or the one that the ledger knows it by)."""
        id_column = {"data_keys": "stream_id",
                     "vault_file_versions": "file_id::text || ' ' || version"}.get(table, "id")
        self.cursor.execute(f"SELECT ctid::text, ({id_column})::text FROM vvault.{table}"
                            " ORDER BY ctid LIMIT 1")
        return self.cursor.fetchone()

    def test_changed(self):
        for table, changes in CHANGED.items():
            for change in changes:
                with self.subTest(table=table, change=change):
                    self.cursor.execute("SAVEPOINT before")
                    place, name = self.one(table)
                    self.run_sql(f"UPDATE vvault.{table} SET {change} WHERE ctid = %s", place)
                    self.assertFound(f"rows of {table}", f"row {name} of vvault.{table} ")
                    self.cursor.execute("ROLLBACK TO before")

    def test_deleted(self):
        for table in CHANGED:
            with self.subTest(table=table):
                self.cursor.execute("SAVEPOINT before")
                place, name = self.one(table)
                self.run_sql(f"DELETE FROM vvault.{table} WHERE ctid = %s", place)
                self.assertFound(f"rows of {table}", f"row {name} .* is gone")
                self.cursor.execute("ROLLBACK TO before")

    def test_moved(self):
        _, name = self.one("messages")
        session = self.run_sql("INSERT INTO vvault.sessions (user_id, construct_id, external_id)"
                               " SELECT user_id, construct_id, 'other' FROM vvault.sessions"
                               " RETURNING id")[0]
        self.run_sql("UPDATE vvault.messages SET session_id = %s WHERE id = %s", session, name)
        self.assertFound("rows of messages", f"row {name} .* belongs elsewhere")

    def test_planted(self):
        planted = self.run_sql(
            "INSERT INTO vvault.messages (user_id, session_id, seq, id, construct_id, role, content,"
            " commitment) SELECT user_id, session_id, 900, vvault.uuidv7(), construct_id, role,"
            " content, commitment FROM vvault.messages LIMIT 1 RETURNING id::text")[0]
        self.assertFound("rows of messages", f"row {planted} .* has no entry")
        self.assertFound("counters", "counts to 300, its messages to 900")

    def test_planted_grant(self):
        planted = self.run_sql(
            "INSERT INTO vvault.construct_grants SELECT owner_id, construct_id, gen_random_uuid(),"
            " gen_random_uuid(), 'eve@example.com', 'manager', NULL, owner_id, now()"
            " FROM vvault.construct_grants RETURNING id::text")[0]
        self.assertFound("rows of construct_grants", f"row {planted} .* has no entry")

    def test_unsealed_entry_deleted(self):
        switch = "ALTER TABLE vvault.constructs {} TRIGGER constructs_ledger"
        self.cursor.execute(switch.format("ENABLE"))
        made = self.run_sql(f"INSERT INTO vvault.constructs (owner_id, name) VALUES ({ADA}, 'eve-001')"
                            " RETURNING id::text")[0]
        self.run_sql("DELETE FROM vvault.ledger_entries WHERE stream_id = %s", made)
        self.assertFound("rows of constructs", f"row {made} .* has no entry")

    def test_counters(self):
        self.run_sql("UPDATE vvault.sessions SET last_seq = 5")
        self.assertFound("counters", "counts to 5, its messages to 300")

    def test_counters_of_files(self):
        for change in ("version = 1", "size = 1", "media_type = 'x/y'"):
            with self.subTest(change=change):
                self.cursor.execute("SAVEPOINT before")
                self.run_sql(f"UPDATE vvault.vault_files SET {change}")
                self.assertFound("counters", "row .* of vvault.vault_files")
                self.cursor.execute("ROLLBACK TO before")

    def test_tokens_without_and_hashes_beside(self):
        self.run_sql("INSERT INTO vvault.token_hashes SELECT sha256('mine'), user_id, id"
                     " FROM vvault.tokens LIMIT 1")
        self.assertFound("references", "row .* of vvault.tokens has 2 hashes")

    def test_exchanged_secret(self):
        """Whoever writes a hash of his own in the place of another's would be that person."""
        token = self.run_sql("UPDATE vvault.token_hashes SET hash = sha256('mine') WHERE ctid ="
                             " (SELECT min(ctid) FROM vvault.token_hashes) RETURNING token_id::text")[0]
        self.assertFound("references", f"row {token} of vvault.tokens is opened by another secret")
        self.run_sql("UPDATE vvault.tokens SET hash_digest = sha256(sha256('mine')) WHERE id = %s",
                     token)
        self.assertFound("rows of tokens", "is not what its last entry says")

    def test_redirected_address(self):
        self.run_sql("UPDATE vvault.user_emails SET user_id = gen_random_uuid()"
                     " WHERE email = 'ada@example.com'")
        self.assertFound("references", "vvault.users and vvault.user_emails do not fit")

    def test_missing_chunk(self):
        chunk = self.run_sql("DELETE FROM vvault.vault_chunks WHERE ctid ="
                             " (SELECT min(ctid) FROM vvault.vault_chunks) RETURNING id::text")[0]
        self.assertFound("references", f"chunk {chunk} .* is gone")

    def test_changed_chunk(self):
        # No key, no content: ledger_verify() does not see it, and whoever reads the file does, by name.
        self.run_sql("UPDATE vvault.vault_chunks SET"
                     " content = set_byte(content, 60, get_byte(content, 60) # 1)")
        self.cursor.execute("SELECT vvault.authenticate(%s)", (self.ada,))
        with self.assertRaisesRegex(Exception, "does not open"):
            self.cursor.execute("SELECT vvault.get_file('library/plan.md')")

    def test_says_nothing_of_content(self):
        self.run_sql("UPDATE vvault.messages SET role = 'assistant'")
        self.assertNotIn(SAID, repr(self.findings()))


if __name__ == "__main__":
    unittest.main()
