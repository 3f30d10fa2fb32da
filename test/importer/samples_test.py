"""The sample vault, in every format seen in the wild, arrives whole: files, turns, roles."""

import sys
import unittest
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent))
from migration import MigrationTest  # noqa: E402

# The table of test/samples/README.md: file → (user turns, assistant turns).
TURNS = {
    "instances/zen-001/chatty/chat_with_zen-001.md": (4, 4),
    "instances/lin-001/chatty/chat_with_lin-001.md": (1, 1),
    "instances/nova-001/chatty/chat_with_nova-001.md": (2, 2),
    "instances/katana-001/chatty/chat_with_katana-001.md": (2, 2),
    "instances/sera-001/chatty/chat_with_sera-001.md": (0, 0),
    "instances/zen-001/logs/chat_with_zen-001_windows.md": (1, 1),
    "instances/zen-001/logs/double_encoded.md": (1, 1),
    "instances/lin-001/chatty/backup_20260212.json": (1, 1),
    "instances/zen-001/chatgpt/2025/2025-09_conversations.json": (1, 1),
    "instances/zen-001/chatgpt/2025/2025-10_conversations.json": (2, 2),
    "instances/zen-001/identity/prompt.txt": (0, 0),
    "instances/nova-001/memories/vvault_continuity_ledger.json": (0, 0),
    "library/documents/empty.md": (0, 0),
    "account/profile.json": (0, 0),
}
# The table's sum, with the two files of format I.
USER = ASSISTANT = 16


def count(messages: list, role: str) -> int:
    return sum(message["role"] == role for message in messages)


class Samples(MigrationTest):
    def test_every_file_is_kept_byte_for_byte(self):
        self.migrate_well()
        wanted = self.files_on_disk()
        self.assertEqual(set(self.stored()), set(wanted))
        for path, content in wanted.items():
            self.assertEqual(self.content(path), content, path)

    def test_every_turn_of_every_format_becomes_a_message(self):
        report = self.migrate_well()
        self.assertEqual((report["turns"]["user"], report["turns"]["assistant"]),
                         (USER, ASSISTANT))
        conversations = self.conversations()
        messages = [message for thread in conversations.values() for message in thread]
        self.assertEqual((count(messages, "user"), count(messages, "assistant")),
                         (USER, ASSISTANT))
        for path, (user, assistant) in TURNS.items():
            found = self.turns(path)
            self.assertEqual((sum(turns[1] for turns in found), sum(turns[2] for turns in found)),
                             (user, assistant), path)

    def test_canonical_conversations_hold_their_turns_in_order(self):
        self.migrate_well()
        zen = self.ada.messages("zen-001_chat_with_zen-001")
        self.assertEqual([message["role"] for message in zen], ["user", "assistant"] * 4)
        self.assertEqual([message["seq"] for message in zen], list(range(1, 9)))
        self.assertEqual(zen[0]["content"], "Zen! Are you there?")
        self.assertEqual(zen[4]["content"], "Good morning. Continue where we stopped.")
        self.assertEqual(zen[4]["timestamp"], "2025-12-13T11:48:09.613Z")
        self.assertIn("You said:", zen[3]["content"], "a code fence stays content")
        self.assertIn("🌊", zen[5]["content"])
        katana = self.ada.messages("katana-001_chat_with_katana-001")
        self.assertEqual(katana[0]["role"], "user")
        self.assertIn("three rules above and below it", katana[1]["content"])
        self.assertEqual(katana[3]["timestamp"], "2026-02-12T09:00:02.500Z")

    def test_a_day_folder_of_single_messages_is_one_conversation(self):
        self.migrate_well()
        thread = self.ada.messages("test_conversation_456")
        self.assertEqual([(message["role"], message["content"]) for message in thread],
                         [("user", "Hello! This is a test message."), ("assistant", "Received.")])

    def test_a_conversation_created_line_is_no_turn(self):
        self.migrate_well()
        lin = self.ada.messages("lin-001_chat_with_lin-001")
        self.assertEqual([message["role"] for message in lin if message["role"] != "system"],
                         ["user", "assistant"])
        self.assertFalse([message for message in lin if message["role"] != "system"
                          and "CONVERSATION_CREATED" in message["content"]])

    def test_sql_sees_what_http_sees(self):
        self.migrate_well()
        with self.cluster.connect(user="person") as connection, connection.cursor() as cursor:
            cursor.execute("SELECT vvault.authenticate(%s)", (self.token,))
            cursor.execute("SELECT role, content FROM vvault.list_messages(%s)",
                           ("zen-001_chat_with_zen-001",))
            seen = cursor.fetchall()
            cursor.execute("SELECT vvault.get_file('library/documents/photo.bin')")
            photo = bytes(cursor.fetchone()[0])
        connection.close()
        self.assertEqual(seen, [(message["role"], message["content"])
                                for message in self.ada.messages("zen-001_chat_with_zen-001")])
        self.assertEqual(photo, self.files_on_disk()["library/documents/photo.bin"])

    def test_another_person_sees_nothing_of_it(self):
        self.migrate_well()
        grace = self.gateway.client(self.cluster.make_user(f"grace{self.people}@example.com"))
        self.addCleanup(grace.close)
        self.assertEqual(grace.get("/files?prefix=").json["files"], [])
        self.assertEqual(grace.get("/conversations").json["conversations"], [])
        self.assertEqual(grace.get("/conversations/zen-001_chat_with_zen-001/messages").status, 404)
        self.assertEqual(grace.get("/files/account/profile.json").status, 404)


if __name__ == "__main__":
    unittest.main()
