"""What a stream tells follows groups and runtime environments while it is open."""

import unittest

from events_case import EventsCase
from gateway_case import fresh


class AccessEventsTest(EventsCase):
    def callsign(self) -> str:
        return fresh("seer").replace("_", "-") + "-001"

    def test_a_group_opens_streams_and_leaving_it_closes_them(self):
        construct, group = self.callsign(), fresh("team")
        name = self.conversation(construct=construct)
        member = f"/groups/{group}/members/grace@example.com"
        self.assertEqual(self.ada.post("/groups", {"name": group}).status, 201)
        self.assertEqual(self.ada.put(f"/groups/{group}/constructs/{construct}").status, 200)
        all_ = self.listen("/events", token=self.token2)
        self.assertEqual(self.ada.put(member).status, 200)
        one = self.listen_to(name, token=self.token2)
        self.say(name, "for the team")
        for listener in (one, all_):
            listener.wait_for(1, "message")
            self.assertEqual(self.contents(listener), ["for the team"])
        self.assertEqual(self.ada.delete(member).status, 204)
        self.assertEqual(one.wait_for_end(), "not-found")
        self.say(name, "without her")
        self.say(self.conversation(self.grace), "marker", self.grace)
        all_.wait_for(2, "message")
        self.assertEqual(self.contents(all_), ["for the team", "marker"])

    def test_a_grant_to_a_group_that_is_taken_back_closes_its_members_streams(self):
        construct, group = self.callsign(), fresh("team")
        name = self.conversation(construct=construct)
        granted = f"/groups/{group}/constructs/{construct}"
        self.ada.post("/groups", {"name": group})
        self.ada.put(f"/groups/{group}/members/grace@example.com")
        self.ada.put(granted)
        one = self.listen_to(name, token=self.token2)
        self.assertEqual(self.ada.delete(granted).status, 204)
        self.assertEqual(one.wait_for_end(), "not-found")

    def test_a_runtime_environment_decides_what_its_tokens_hear(self):
        inside, outside, runtime = self.callsign(), self.callsign(), fresh("runtime")
        told, untold = self.conversation(construct=inside), self.conversation(construct=outside)
        self.ada.post("/runtimes", {"name": runtime, "constructs": [inside]})
        token = self.ada.post("/tokens", {"name": "worker", "runtime": runtime}).json["token"]
        all_ = self.listen("/events", token=token)
        one = self.listen_to(told, token=token)
        self.assertEqual(self.listen_to(untold, token=token).status, 404)
        self.say(untold, "outside")
        self.ada.put(f"/files/{fresh('own')}.md", "outside")
        self.say(told, "inside")
        for listener in (one, all_):
            listener.wait_for(1, "message")
            self.assertEqual(self.contents(listener), ["inside"])
        self.assertEqual(all_.named("file"), [])
        self.assertEqual(self.ada.put(f"/runtimes/{runtime}/constructs/{outside}").status, 200)
        self.say(untold, "now inside")
        all_.wait_for(2, "message")
        self.assertEqual(self.contents(all_), ["inside", "now inside"])
        self.ada.delete(f"/runtimes/{runtime}/constructs/{inside}")
        self.assertEqual(one.wait_for_end(), "not-found")
        self.assertEqual(self.ada.delete(f"/runtimes/{runtime}").status, 204)
        self.assertEqual(all_.wait_for_end(), "auth-required")


if __name__ == "__main__":
    unittest.main()
