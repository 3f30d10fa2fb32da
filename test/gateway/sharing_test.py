"""Runtime environments and groups over HTTP: made, filled, listed and ended; and what is refused."""

import unittest

from gateway_case import GatewayCase, fresh

GRACE = "grace@example.com"


class SharingCase(GatewayCase):
    needs_servers = True

    def construct(self) -> str:
        name = fresh("shared").replace("_", "-") + "-001"
        self.assertEqual(self.ada.post("/constructs", {"name": name}).status, 201)
        return name


class RuntimesTest(SharingCase):
    def test_a_runtime_environment_lives(self):
        name, first, second = fresh("runtime"), self.construct(), self.construct()
        made = self.ada.post("/runtimes", {"name": name, "constructs": [first]})
        self.assertEqual((made.status, made.json["name"]), (201, name))
        put = self.ada.put(f"/runtimes/{name}/constructs/{second}", {"role": "reader"})
        self.assertEqual(put.json, {"runtime": name, "construct": second, "role": "reader"})
        token = self.ada.post("/tokens", {"name": "worker", "runtime": name}).json["token"]
        [listed] = [one for one in self.ada.get("/runtimes").json["runtimes"]
                    if one["name"] == name]
        self.assertEqual({one["name"]: one["role"] for one in listed["constructs"]},
                         {first: "writer", second: "reader"})
        self.assertEqual(listed["tokens"], 1)
        self.assertEqual(self.grace.get("/runtimes").json, {"runtimes": []})
        worker = self.client(token)
        self.assertEqual({one["name"]: one["role"]
                          for one in worker.get("/constructs").json["constructs"]},
                         {first: "writer", second: "reader"})
        self.assertEqual(self.ada.delete(f"/runtimes/{name}/constructs/{first}").status, 204)
        self.assertEqual([one["name"] for one in worker.get("/constructs").json["constructs"]],
                         [second])
        self.assertEqual(self.ada.delete(f"/runtimes/{name}").status, 204)
        self.assertProblem(worker.get("/constructs"), 401, "28000")

    def test_what_is_refused(self):
        name = fresh("runtime")
        for body, status in (({}, 422), ({"name": ""}, 422), ({"name": "x" * 201}, 422),
                             ({"name": name, "constructs": "zen-001"}, 422),
                             ({"name": name, "constructs": ["nobody-001"]}, 404),
                             ({"name": name, "constructs": [self.construct()],
                               "role": "manager"}, 422)):
            self.assertProblem(self.ada.post("/runtimes", body), status)
        self.assertNotIn(name, [one["name"] for one in self.ada.get("/runtimes").json["runtimes"]])
        self.assertEqual(self.ada.post("/runtimes", {"name": name}).status, 201)
        self.assertProblem(self.ada.post("/runtimes", {"name": name}), 409, "23505")
        for path in (f"/runtimes/{name}/constructs/nobody-001",
                     f"/runtimes/{fresh('none')}/constructs/{self.construct()}"):
            self.assertProblem(self.ada.put(path), 404, "P0002")
            self.assertProblem(self.ada.delete(path), 404, "P0002")
        self.assertProblem(self.ada.put(f"/runtimes/{name}/constructs/{self.construct()}",
                                        {"role": "king"}), 422, "22023")
        self.assertProblem(self.grace.delete(f"/runtimes/{name}"), 404, "P0002")
        self.assertProblem(self.ada.post("/tokens", {"name": "x", "runtime": fresh("none")}),
                           404, "P0002")


class GroupsTest(SharingCase):
    def test_a_group_lives(self):
        name, construct = fresh("group"), self.construct()
        self.assertEqual(self.ada.post("/groups", {"name": name}).status, 201)
        self.assertEqual(self.ada.put(f"/groups/{name}/members/{GRACE}").json,
                         {"group": name, "email": GRACE, "until": None})
        granted = self.ada.put(f"/groups/{name}/constructs/{construct}",
                               {"role": "writer", "until": "2100-01-01T00:00:00Z"})
        self.assertEqual((granted.status, granted.json["role"]), (200, "writer"))
        [listed] = [one for one in self.ada.get("/groups").json["groups"] if one["name"] == name]
        self.assertEqual(listed["members"], [{"email": GRACE, "until": None}])
        self.assertEqual(listed["constructs"], [{"name": construct, "role": "writer",
                                                 "until": "2100-01-01T00:00:00.000Z"}])
        self.assertEqual(self.grace.get("/groups").json, {"groups": []})
        talk = self.grace.post("/conversations", {"id": fresh("talk"), "construct": construct,
                                                  "create_construct": False})
        self.assertEqual(talk.status, 201, talk)
        self.assertEqual(self.ada.delete(f"/groups/{name}/members/{GRACE}").status, 204)
        self.assertProblem(self.grace.post("/conversations", {
            "id": fresh("talk"), "construct": construct, "create_construct": False}), 404, "P0002")
        self.assertEqual(self.ada.delete(f"/groups/{name}").status, 204)

    def test_what_is_refused(self):
        name, construct = fresh("group"), self.construct()
        for body, status in (({}, 422), ({"name": " "}, 422), ({"name": "x" * 201}, 422)):
            self.assertProblem(self.ada.post("/groups", body), status)
        self.assertEqual(self.ada.post("/groups", {"name": name}).status, 201)
        self.assertProblem(self.ada.post("/groups", {"name": name}), 409, "23505")
        member, use = f"/groups/{name}/members/{GRACE}", f"/groups/{name}/constructs/{construct}"
        for path, body, status in ((member, {"until": "2001-01-01T00:00:00Z"}, 422),
                                   (member, {"until": "soonish"}, 422),
                                   (f"/groups/{name}/members/nobody@example.com", {}, 404),
                                   (f"/groups/{name}/members/ada@example.com", {}, 422),
                                   (f"/groups/{fresh('none')}/members/{GRACE}", {}, 404),
                                   (use, {"role": "king"}, 422),
                                   (use, {"until": "2001-01-01T00:00:00Z"}, 422),
                                   (f"/groups/{name}/constructs/nobody-001", {}, 404),
                                   (f"/groups/{fresh('none')}/constructs/{construct}", {}, 404)):
            with self.subTest(path=path, body=body):
                self.assertProblem(self.ada.put(path, body), status)
        for path in (member, use, f"/groups/{fresh('none')}"):
            self.assertProblem(self.ada.delete(path), 404, "P0002")
        self.assertProblem(self.grace.put(member), 404, "P0002")


if __name__ == "__main__":
    unittest.main()
