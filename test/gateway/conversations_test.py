"""Conversations and constructs of the standard dialect."""

import unittest

from gateway_case import GatewayCase, fresh

FIELDS = {"id", "session_id", "external_id", "construct", "construct_title", "title",
          "started_at", "ended_at", "last_seq", "updated_at", "last_message_at", "flags"}


class ConversationsTest(GatewayCase):
    def test_beginning_one_twice_gives_the_same_one(self):
        name = fresh("session")
        body = {"id": name, "construct": "Nova", "title": "Über alles 🌊"}
        first = self.ada.post("/conversations", body)
        again = self.ada.post("/conversations", {**body, "title": "another"})
        self.assertEqual((first.status, again.status), (201, 200))
        self.assertEqual(set(first.json), FIELDS)
        self.assertEqual(first.json, again.json)
        self.assertEqual(first.json["construct"], "nova-001")
        self.assertEqual(first.json["title"], "Über alles 🌊")
        self.assertEqual(first.headers["Location"], f"/conversations/{name}")

    def test_the_construct_may_be_clear_from_the_id(self):
        answer = self.ada.post("/conversations", {"id": "sol-003_chat_with_sol-003"})
        self.assertEqual(answer.status, 201, answer)
        self.assertEqual(answer.json["construct"], "sol-003")

    def test_without_an_id_the_uuid_names_it(self):
        made = self.ada.post("/conversations", {"construct": "zen"}).json
        self.assertEqual(self.ada.get(f"/conversations/{made['id']}").json, made)
        self.assertEqual(self.ada.get(f"/conversations/{made['session_id']}").json, made)

    def test_what_is_missing_or_wrong_is_refused(self):
        self.assertProblem(self.ada.post("/conversations", {}), 422)
        self.assertProblem(self.ada.post("/conversations", {"id": "x"}), 422)
        self.assertProblem(self.ada.post("/conversations", {"construct": 7}), 422)
        self.assertProblem(self.ada.post("/conversations", {"construct": "a/b"}), 422, "22023")
        self.assertProblem(self.ada.post("/conversations", {"construct": fresh("none"),
                                                            "create_construct": False}), 404)
        self.assertProblem(self.ada.get("/conversations/nowhere"), 404, "P0002")

    def test_they_are_listed_and_by_construct(self):
        name = self.conversation(construct="lista-001")
        listed = self.ada.get("/conversations").json["conversations"]
        self.assertIn(name, [c["id"] for c in listed])
        one = self.ada.get("/conversations?construct=lista-001").json["conversations"]
        self.assertEqual([c["id"] for c in one], [name])
        self.assertEqual(set(one[0]), FIELDS)

    def test_one_can_be_renamed_and_ended(self):
        name = self.conversation()
        renamed = self.ada.request("PATCH", f"/conversations/{name}", {"title": "new"})
        self.assertEqual((renamed.status, renamed.json["title"]), (200, "new"))
        self.assertIsNone(renamed.json["ended_at"])
        ended = self.ada.request("PATCH", f"/conversations/{name}",
                                 {"title": "last", "ended": True}).json
        self.assertEqual(ended["title"], "last")
        self.assertIsNotNone(ended["ended_at"])
        for body in ({}, {"ended": False}, {"title": 1}, {"ended": None}):
            self.assertProblem(self.ada.request("PATCH", f"/conversations/{name}", body), 422)
        self.assertProblem(self.ada.request("PATCH", "/conversations/nowhere", {"title": "x"}), 404)

    def test_the_transcript_has_an_etag(self):
        name = self.conversation()
        path = f"/conversations/{name}/transcript.md"
        self.ada.post(f"/conversations/{name}/messages", {"role": "user", "content": "Grüße <b>"})
        first = self.ada.get(path)
        self.assertEqual(first.status, 200)
        self.assertEqual(first.headers["Content-Type"], "text/markdown; charset=utf-8")
        self.assertEqual(first.headers["X-Content-Type-Options"], "nosniff")
        self.assertIn("Grüße <b>", first.body.decode())
        etag = first.headers["ETag"]
        for match in (etag, f'"x", {etag}', f"W/{etag}", "*"):
            same = self.ada.get(path, {"If-None-Match": match})
            self.assertEqual((same.status, same.body), (304, b""), match)
            self.assertEqual(same.headers["ETag"], etag)
        self.assertEqual(self.ada.get(path, {"If-None-Match": '"other"'}).status, 200)
        self.ada.post(f"/conversations/{name}/messages", {"role": "user", "content": "more"})
        changed = self.ada.get(path, {"If-None-Match": etag})
        self.assertEqual(changed.status, 200)
        self.assertNotEqual(changed.headers["ETag"], etag)
        self.assertProblem(self.ada.get("/conversations/nowhere/transcript.md"), 404)


class ConstructsTest(GatewayCase):
    def test_one_is_made_once_and_listed(self):
        made = self.ada.post("/constructs", {"name": "Orion", "title": "Orion the Hunter"})
        self.assertEqual(made.status, 201, made)
        self.assertEqual((made.json["name"], made.json["title"], made.json["role"]),
                         ("orion-001", "Orion the Hunter", "owner"))
        self.assertProblem(self.ada.post("/constructs", {"name": "orion-001"}), 409, "23505")
        self.assertProblem(self.ada.post("/constructs", {}), 422)
        listed = self.ada.get("/constructs").json["constructs"]
        self.assertIn(made.json, listed)

    def test_a_grant_lets_another_person_in_and_out_again(self):
        name = self.conversation(construct="duo-001")
        self.ada.post(f"/conversations/{name}/messages", {"role": "user", "content": "x"})
        self.assertProblem(self.grace.get(f"/conversations/{name}/messages"), 404)
        email = self.grace.get("/whoami").json["email"]

        path = f"/constructs/duo-001/grants/{email}"
        granted = self.ada.put(path, {"role": "reader"})
        self.assertEqual(granted.status, 200, granted)
        self.assertEqual(self.grace.get(f"/conversations/{name}/messages").status, 200)
        self.assertProblem(self.grace.post(f"/conversations/{name}/messages",
                                           {"role": "user", "content": "y"}), 403, "42501")
        self.assertIn(name, [c["id"] for c in self.grace.get("/conversations").json["conversations"]])
        own = self.grace.get("/conversations?shared=false").json["conversations"]
        self.assertNotIn(name, [c["id"] for c in own])
        grants = self.ada.get("/constructs/duo-001/grants").json["grants"]
        self.assertEqual([(g["email"], g["role"], g["until"]) for g in grants],
                         [(email, "reader", None)])
        self.assertProblem(self.grace.get("/constructs/duo-001/grants"), 403)

        revoked = self.ada.delete(path)
        self.assertEqual((revoked.status, revoked.body), (204, b""))
        self.assertNotIn("Content-Length", revoked.headers)
        self.assertProblem(self.grace.get(f"/conversations/{name}/messages"), 404)
        self.assertProblem(self.ada.delete(path), 404)

    def test_a_grant_that_cannot_be_is_refused(self):
        self.conversation(construct="duo-002")
        email = self.grace.get("/whoami").json["email"]
        path = f"/constructs/duo-002/grants/{email}"
        self.assertProblem(self.ada.put(path, {"role": "god"}), 422, "22023")
        self.assertProblem(self.ada.put(path, {"role": "reader", "until": "2001-01-01"}), 422)
        self.assertProblem(self.ada.put(path, {"role": "reader", "until": "soon"}), 422)
        self.assertProblem(self.ada.put("/constructs/duo-002/grants/no@example.org",
                                        {"role": "reader"}), 404)
        self.assertProblem(self.ada.put(f"/constructs/nobody-009/grants/{email}",
                                        {"role": "reader"}), 404)


if __name__ == "__main__":
    unittest.main()
