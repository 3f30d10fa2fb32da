"""Bringing back, comparing, removing and destroying over HTTP; and searching what is left."""

import unittest
from datetime import datetime, timezone

from gateway_case import GatewayCase, escaped, fresh


def now() -> str:
    return datetime.now(timezone.utc).isoformat()


class RemovalCase(GatewayCase):
    def file(self, *contents, folder="library") -> str:
        path = f"{folder}/{fresh('file')}.md"
        for content in contents or ("one",):
            self.assertLess(self.ada.put("/files/" + path, content).status, 300)
        return path


class FilesTest(RemovalCase):
    def test_a_deleted_file_comes_back(self):
        path = self.file("one\n", "two\n")
        self.assertEqual(self.ada.delete("/files/" + path).status, 200)
        self.assertProblem(self.ada.get("/files/" + path), 404, "P0002")
        back = self.ada.post(f"/files/{path}?undelete")
        self.assertEqual((back.status, back.json), (200, {"path": path, "version": 4}))
        self.assertEqual(back.headers["ETag"], '"4"')
        self.assertEqual(self.ada.get("/files/" + path).body, b"two\n")
        self.assertEqual(self.ada.post(f"/files/{path}?undelete").json["version"], 4)

    def test_two_versions_are_compared(self):
        path = self.file("same\none\n", "same\ntwo\n", "same\nthree\n")
        answer = self.ada.get(f"/diffs/{path}?from=1&to=2")
        self.assertEqual((answer.status, answer.headers["Content-Type"]),
                         (200, "text/x-diff; charset=utf-8"))
        self.assertIn(b"-one\n+two\n", answer.body)
        self.assertIn(b"+three\n", self.ada.get(f"/diffs/{path}?from=1").body)
        self.assertEqual(self.ada.get(f"/diffs/{path}?from=3").body, b"")
        self.assertProblem(self.ada.get(f"/diffs/{path}"), 400)
        self.assertProblem(self.ada.get(f"/diffs/{path}?from=x"), 400)
        self.assertProblem(self.ada.get(f"/diffs/{path}?from=9"), 404, "P0002")
        self.assertProblem(self.grace.get(f"/diffs/{path}?from=1"), 404, "P0002")

    def test_a_folder_goes_back_to_how_it_was(self):
        folder = fresh("folder")
        kept = self.file("kept", folder=folder)
        changed = self.file("before", folder=folder)
        then = now()
        added = self.file("added", folder=folder)
        self.ada.put("/files/" + changed, "after")
        answer = self.ada.post("/files", {"prefix": folder + "/", "as_of": then})
        self.assertEqual(answer.status, 200, answer)
        self.assertEqual({one["path"]: one["action"] for one in answer.json["files"]},
                         {changed: "restored", added: "deleted"})
        self.assertEqual(self.ada.get("/files/" + changed).body, b"before")
        self.assertEqual(self.ada.get(f"/files/{kept}?history").json["versions"][-1]["version"], 1)
        for body in ({}, {"prefix": ""}, {"as_of": then}, {"prefix": "", "as_of": "yesterdayish"}):
            self.assertProblem(self.ada.post("/files", body), 422)

    def test_old_versions_and_deleted_files_are_removed_for_good(self):
        path = self.file("one", "two", "three")
        self.assertProblem(self.ada.post(f"/files/{path}?purge"), 422, "22023")
        self.assertProblem(self.ada.post(f"/files/{path}?purge=9"), 422, "22023")
        self.assertProblem(self.ada.post(f"/files/{path}?purge=x"), 400)
        self.assertEqual(self.ada.post(f"/files/{path}?purge=3").json, {"path": path, "purged": 2})
        self.assertProblem(self.ada.get(f"/files/{path}?version=1"), 410, "VV011")
        self.ada.delete("/files/" + path)
        self.assertEqual(self.ada.post(f"/files/{path}?purge").json["purged"], 1)
        self.assertProblem(self.ada.post(f"/files/{path}?undelete"), 410, "VV011")

    def test_a_file_is_destroyed_only_by_its_name(self):
        path = self.file("secret")
        for body in ({}, {"confirm": "library"}, {"confirm": None}):
            self.assertProblem(self.ada.post(f"/files/{path}?shred", body), 422)
        self.assertProblem(self.ada.post(f"/files/{path}?shred"), 400)
        self.assertEqual(self.ada.get("/files/" + path).body, b"secret")
        done = self.ada.post(f"/files/{path}?shred", {"confirm": path})
        self.assertEqual((done.status, done.json), (200, {"path": path, "keys_destroyed": 1}))
        self.assertProblem(self.ada.get("/files/" + path), 410, "VV012")

    def test_one_change_at_a_time(self):
        path = self.file()
        self.assertProblem(self.ada.post(f"/files/{path}"), 400)
        self.assertProblem(self.ada.post(f"/files/{path}?restore=1&purge"), 400)
        self.assertProblem(self.ada.post(f"/files/{fresh('none')}?undelete"), 404, "P0002")


class HoldsTest(RemovalCase):
    needs_servers = True

    def test_what_is_held_stays_and_its_owner_sees_why(self):
        path = self.file("one", "two")
        hold = self.cluster.psql(
            f"SELECT vvault.place_hold('ada@example.com', '{path}', 'a lawsuit')")
        self.assertProblem(self.ada.post(f"/files/{path}?purge=2"), 423, "VV010")
        self.assertProblem(self.ada.post(f"/files/{path}?shred", {"confirm": path}), 423, "VV010")
        held = [one for one in self.ada.get("/holds").json["holds"] if one["id"] == hold]
        self.assertEqual([(one["prefix"], one["reason"], one["lifted_at"]) for one in held],
                         [(path, "a lawsuit", None)])
        self.assertEqual(self.grace.get("/holds").json, {"holds": []})
        self.cluster.psql(f"SELECT vvault.lift_hold('{hold}', 'over')")
        self.assertEqual(self.ada.post(f"/files/{path}?purge=2").json["purged"], 1)
        self.assertEqual([one["lift_reason"] for one in self.ada.get("/holds").json["holds"]
                          if one["id"] == hold], ["over"])


class DestructionTest(RemovalCase):
    needs_servers = True

    def test_a_construct_is_destroyed_only_by_its_name(self):
        name = fresh("gone").replace("_", "-") + "-001"
        talk = self.conversation(construct=name)
        self.ada.post(f"/conversations/{talk}/messages", {"role": "user", "content": "secret"})
        path = self.file("secret", folder="instances/" + name)
        for body in ({}, {"confirm": "zen-001"}):
            self.assertProblem(self.ada.post(f"/constructs/{name}/shred", body), 422)
        self.assertProblem(self.grace.post(f"/constructs/{name}/shred", {"confirm": name}), 404)
        done = self.ada.post(f"/constructs/{name}/shred", {"confirm": name})
        self.assertEqual(done.status, 200, done)
        self.assertGreaterEqual(done.json["keys_destroyed"], 2)
        self.assertProblem(self.ada.get("/files/" + path), 410, "VV012")
        self.assertProblem(self.ada.get(f"/conversations/{talk}/messages"), 410, "VV012")
        self.assertEqual(self.ada.get(f"/messages/search?q=secret&construct={name}").json["messages"], [])

    def test_a_person_is_destroyed_only_by_that_persons_own_name(self):
        client = self.client(self.cluster.make_user("leaving@example.com"))
        talk = self.conversation(client)
        client.post(f"/conversations/{talk}/messages", {"role": "user", "content": "secret"})
        self.assertProblem(client.post("/auth/shred", {}), 422)
        for other in ("ada@example.com", "nobody@example.com", ""):
            self.assertProblem(client.post("/auth/shred", {"confirm": other}), 403, "42501")
        self.assertEqual(client.get("/whoami").status, 200)
        done = client.post("/auth/shred", {"confirm": "leaving@example.com"})
        self.assertEqual(done.status, 200, done)
        self.assertGreater(done.json["keys_destroyed"], 0)
        self.assertProblem(client.get("/whoami"), 401, "28000")
        self.assertEqual(self.ada.get("/whoami").status, 200)
        self.assertEqual(self.cluster.psql(
            "SELECT count(*) FROM vvault.ledger_verify() WHERE NOT ok"), "0")


class SearchTest(RemovalCase):
    def test_words_are_found_page_by_page(self):
        talk, word = self.conversation(), fresh("word")
        for number in range(5):
            self.ada.post(f"/conversations/{talk}/messages",
                          {"role": "user", "content": f"The {word.upper()} of {number}"})
        found, cursor = [], None
        while True:
            page = self.ada.get(f"/messages/search?q={escaped('the ' + word)}&limit=2"
                                + (f"&cursor={escaped(cursor)}" if cursor else "")).json
            found += [one["seq"] for one in page["messages"]]
            cursor = page["next"]
            if cursor is None:
                break
        self.assertEqual(found, [5, 4, 3, 2, 1])
        self.assertEqual(self.grace.get(f"/messages/search?q={word}").json["messages"], [])

    def test_what_cannot_be_searched_for(self):
        for query, status in (("", 400), ("?q=", 400), ("?q=%20", 422), ("?q=x&limit=0", 422),
                              ("?q=x&limit=1001", 422), ("?q=x&limit=many", 400),
                              ("?q=x&cursor=nonsense", 422), ("?q=x&construct=nobody", 404),
                              ("?q=" + "x" * 1001, 422)):
            self.assertProblem(self.ada.get("/messages/search" + query), status)


if __name__ == "__main__":
    unittest.main()
