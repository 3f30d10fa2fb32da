"""The Chatty dialect's transcripts: one text for each construct, a view of its messages."""

import hashlib
import unittest

from gateway_case import GatewayCase, fresh

TURNS = "You said:\nHow are you, Vega?\n\nVega said:\nQuite well, thank you for asking.\n"


class TranscriptsTest(GatewayCase):
    def setUp(self):
        super().setUp()
        self.name = fresh("vega").replace("_", "-") + "-001"
        self.path = f"/api/chatty/transcript/{self.name}"

    def test_without_one_there_is_none(self):
        self.assertProblem(self.ada.get(self.path), 404, "P0002")

    def test_an_upload_without_turns_comes_back_as_it_was(self):
        text = "# Chat\n\nnothing was said – yet\n"
        saved = self.ada.post(self.path, {"content": text})
        self.assertEqual(saved.status, 200, saved)
        self.assertIs(saved.json["success"], True)
        self.assertIs(saved.json["ok"], True)
        read = self.ada.get(self.path).json
        self.assertEqual(set(read), {"success", "ok", "construct_id", "filename", "content",
                                     "sha256", "updated_at"})
        self.assertEqual(read["content"], text)
        self.assertEqual(read["sha256"], hashlib.sha256(text.encode()).hexdigest())
        self.assertEqual((read["construct_id"], read["filename"]),
                         (self.name, f"chat_with_{self.name}.md"))

    def test_the_turns_of_an_upload_become_messages_once(self):
        for _ in range(2):
            self.assertEqual(self.ada.post(self.path, {"content": TURNS}).status, 200)
        messages = self.ada.messages(f"{self.name}_chat_with_{self.name}")
        self.assertEqual([(m["role"], m["content"]) for m in messages],
                         [("user", "How are you, Vega?"),
                          ("assistant", "Quite well, thank you for asking.")])
        read = self.ada.get(self.path).json
        self.assertIn("Quite well", read["content"])
        self.assertEqual(read["sha256"], hashlib.sha256(read["content"].encode()).hexdigest())
        kept = self.ada.get(f"/files/instances/{self.name}/chatty/chat_with_{self.name}.md")
        self.assertEqual(kept.body.decode(), TURNS)

    def test_a_text_of_less_than_half_is_refused_unless_forced(self):
        whole = TURNS * 4
        self.ada.post(self.path, {"content": whole})
        self.assertProblem(self.ada.post(self.path, {"content": TURNS}), 409, "TRANSCRIPT_SHRINKS")
        kept = f"/files/instances/{self.name}/chatty/chat_with_{self.name}.md"
        self.assertEqual(self.ada.get(kept).body.decode(), whole)
        half = whole[:len(whole) // 2 + 1]
        self.assertEqual(self.ada.post(self.path, {"content": half}).status, 200)
        forced = self.ada.post(self.path, {"content": "x", "force": True})
        self.assertEqual(forced.status, 200, forced)
        self.assertEqual(self.ada.get(kept).body, b"x")
        self.assertEqual(self.ada.get(kept + "?version=1").body.decode(), whole)

    def test_a_turn_is_appended_once(self):
        body = {"role": "user", "content": "Grüße 🌊", "name": "Ada",
                "timestamp": "2026-02-08T00:34:56.208Z",
                "attachments": [{"filename": "a.png", "mime": "image/png", "sha256": "0" * 64,
                                 "storagePath": "x/a.png"}]}
        first = self.ada.post(self.path + "/message", body)
        again = self.ada.post(self.path + "/message", body)
        self.assertEqual((first.status, again.status), (201, 200))
        made = first.json
        self.assertEqual((made["action"], again.json["action"]), ("appended", "duplicate"))
        self.assertEqual((made["success"], made["ok"], made["construct_id"], made["role"],
                          made["message_length"], made["attachment_count"]),
                         (True, True, self.name, "user", 7, 1))
        read = self.ada.get(self.path).json["content"]
        self.assertEqual(made["total_length"], len(read))
        self.assertIn("Grüße 🌊", read)
        message, = self.ada.messages(f"{self.name}_chat_with_{self.name}")
        self.assertEqual(message["metadata"]["attachments"], body["attachments"])
        self.assertEqual(message["metadata"]["speaker"], "Ada")

    def test_names_are_made_callsigns_as_the_database_makes_them(self):
        for given in (f"Vega_{self.name}".removesuffix("-001"), "  Orion Nebula ", "x-7", "-5"):
            with self.subTest(given=given):
                answer = self.ada.post("/api/chatty/transcript/" + given.replace(" ", "%20"),
                                       {"content": "nothing", "force": True})
                self.assertEqual(answer.status, 200, answer)
                listed = {c["construct_id"]: c
                          for c in self.ada.get("/api/chatty/constructs").json["constructs"]}
                self.assertIn(answer.json["construct_id"], listed)
                self.assertEqual(listed[answer.json["construct_id"]]["filename"],
                                 answer.json["filename"])

    def test_what_is_no_transcript_is_refused(self):
        self.assertProblem(self.ada.post(self.path, {}), 422)
        self.assertProblem(self.ada.post(self.path, {"content": 1}), 422)
        self.assertProblem(self.ada.post(self.path + "/message", {"role": "user"}), 422)
        self.assertProblem(self.nobody.get(self.path), 401, "AUTH_REQUIRED")

    def test_constructs_are_listed(self):
        self.ada.post(self.path, {"content": TURNS})
        answer = self.ada.get("/api/chatty/constructs").json
        self.assertIs(answer["success"], True)
        self.assertIn({"construct_id": self.name, "filename": f"chat_with_{self.name}.md"},
                      [{k: c[k] for k in ("construct_id", "filename")}
                       for c in answer["constructs"]])


if __name__ == "__main__":
    unittest.main()
