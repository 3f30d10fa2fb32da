"""Nothing that was said to a vault is readable in a dump, on the disk or in the log."""

import sys
import unittest
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent))
from filled import SPOKEN, contents, dump, files_below, fill, sentences  # noqa: E402
from harness import Cluster, Gateway  # noqa: E402


def found_in(content: bytes, pieces: list) -> list:
    return [piece for piece in pieces if piece in content]


class Plaintext(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.cluster = cls.enterClassContext(Cluster())
        cls.token = fill(cls.cluster)
        cls.pieces = sentences()

    def test_the_search_would_find_them(self):
        readable = contents(self.cluster, self.token)
        text = "\n".join(row[3] for row in readable["messages"]).encode()
        self.assertTrue(all(sentence.encode() in text for sentence in SPOKEN))
        files = b"\n".join(content for _, _, content in readable["files"])
        self.assertEqual(found_in(files + text, self.pieces), self.pieces)

    def test_no_dump_holds_a_sentence(self):
        # The custom format compresses; what it holds is what the plain one shows.
        for form in ("plain", "custom", "tar"):
            dumped = dump(self.cluster, form)
            self.assertGreater(len(dumped), 10_000)
            self.assertEqual(found_in(dumped, self.pieces), [], form)

    def test_no_file_on_the_disk_holds_a_sentence(self):
        self.cluster.psql("CHECKPOINT")
        seen = 0
        for path, content in files_below(self.cluster.data):
            seen += 1
            self.assertEqual(found_in(content, self.pieces), [], path)
        self.assertGreater(seen, 500)
        self.assertTrue(any((self.cluster.data / "pg_wal").iterdir()))

    def test_the_root_key_is_not_below_the_data_directory(self):
        key = self.cluster.root_key().split()[1].encode()
        for path, content in files_below(self.cluster.data):
            self.assertNotIn(key, content, path)
            self.assertNotIn(bytes.fromhex(key.decode()), content, path)

    def test_no_log_holds_a_sentence_or_a_token(self):
        with Gateway(self.cluster) as gateway:
            ada = gateway.client(self.token)
            for body in ({"role": "user", "content": SPOKEN[0]},
                         {"role": "no such role", "content": SPOKEN[0]},
                         {"role": "user", "content": SPOKEN[1], "client_id": "x" * 5000},
                         {"role": "user", "content": SPOKEN[1] + "\0"}):
                ada.post("/conversations/zen-001_chat_with_zen-001/messages", body)
            ada.put("/files/../" + SPOKEN[0].replace(" ", "%20"), SPOKEN[1])
            gateway.client(self.token[:-1] + "!").get("/conversations")
            ada.close()
            said = (gateway.log() + self.cluster.log()).encode()
        self.assertEqual(found_in(said, self.pieces), [])
        self.assertNotIn(self.token[8:].encode(), said)
        self.assertNotIn(self.token[8:-1].encode(), said)

    def test_statements_of_the_server_show_no_content(self):
        shown = self.cluster.psql("SELECT string_agg(query, ' ') FROM pg_stat_activity")
        self.assertEqual(found_in(shown.encode(), self.pieces), [])


if __name__ == "__main__":
    unittest.main()
