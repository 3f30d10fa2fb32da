"""Server-Sent Events: what is told, to whom, and when a stream ends."""

import statistics
import time
import unittest
from datetime import datetime, timedelta, timezone

from events_case import EventsCase
from gateway_case import fresh
from harness.listener import Listener
from prometheus import parse, value


class EventsTest(EventsCase):
    def test_a_message_comes_as_the_route_of_messages_shows_it(self):
        name = self.conversation()
        one, all_ = self.listen_to(name), self.listen("/events")
        self.say(name, "Grüße\nan \"alle\"", metadata={"a": [1, None]}, client_id="k1",
                 timestamp="2026-02-08T00:34:56.208Z")
        shown = self.ada.messages(name)
        for listener in (one, all_):
            event = listener.wait_for(1, "message")[0]
            self.assertEqual([event.data], shown)
            self.assertTrue(event.id)
        self.assertEqual(one.response.headers["Content-Type"], "text/event-stream; charset=utf-8")
        self.assertEqual(one.response.headers["Cache-Control"], "no-store")
        self.assertIsNone(one.response.headers["Content-Length"])
        self.assertEqual(one.retry, 2000)

    def test_it_comes_at_once(self):
        name = self.conversation()
        listener = self.listen_to(name)
        waits = []
        for number in range(40):
            self.say(name, str(number))
            answered = time.monotonic()
            event = listener.wait_for(number + 1, "message")[-1]
            waits.append(max(0, event.at - answered) * 1000)
            time.sleep(0.01)
        print(f"\nfrom the answer of a POST to its event: median {statistics.median(waits):.0f} ms,"
              f" slowest {max(waits):.0f} ms")
        self.assertLess(statistics.median(waits), 1000)

    def test_a_conversation_tells_its_beginning_change_and_end(self):
        all_ = self.listen("/events")
        name = self.conversation(construct="nova-001")
        one = self.listen_to(name)
        self.assertEqual(self.ada.request("PATCH", f"/conversations/{name}",
                                          {"title": "Two"}).status, 200)
        self.assertEqual(self.ada.request("PATCH", f"/conversations/{name}",
                                          {"ended": True}).status, 200)
        shown = self.ada.get(f"/conversations/{name}").json
        ended = one.wait_for(1, "conversation.ended")[0]
        self.assertEqual(ended.data, shown)
        self.assertEqual([event.name for event in one.events],
                         ["ready", "conversation.changed", "conversation.ended"])
        all_.wait_for(1, "conversation.ended")
        self.assertEqual([event.name for event in all_.events if event.name != "ready"],
                         ["construct", "conversation.started", "conversation.changed",
                          "conversation.ended"])

    def test_a_file_tells_its_path_and_version_without_content(self):
        listener = self.listen("/events")
        path = fresh("notes") + ".md"
        self.ada.put(f"/files/{path}", "one secret word")
        self.ada.put(f"/files/{path}", "two")
        self.ada.delete(f"/files/{path}")
        files = [event.data for event in listener.wait_for(3, "file")]
        self.assertEqual([(f["path"], f["version"], f["kind"]) for f in files],
                         [(path, 1, "put"), (path, 2, "put"), (path, 3, "delete")])
        self.assertNotIn("secret", "".join(event.text for event in listener.events))

    def test_strangers_are_told_nothing(self):
        name = self.conversation()
        listener = self.listen("/events", token=self.token2)
        self.assertEqual(self.listen_to(name, token=self.token2).status, 404)
        self.say(name, "for ada alone")
        self.ada.put(f"/files/{fresh('f')}.md", "x")
        mine = self.conversation(self.grace)
        self.say(mine, "for grace", self.grace)
        listener.wait_for(1, "message")
        self.assertEqual(self.contents(listener), ["for grace"])
        self.assertEqual(listener.named("file"), [])

    def test_a_grant_opens_a_stream_and_its_end_closes_it(self):
        construct = fresh("seer").replace("_", "-") + "-001"
        name = self.conversation(construct=construct)
        self.say(name, "before the grant")
        all_ = self.listen("/events", token=self.token2)
        grants = f"/constructs/{construct}/grants/grace@example.com"
        self.assertIn(self.ada.put(grants, {"role": "reader"}).status, (200, 201, 204))
        given = all_.wait_for(1, "grant.given")[0].data
        self.assertEqual((given["construct"], given["role"]), (construct, "reader"))
        one = self.listen_to(name, token=self.token2)
        for number in range(3):
            self.say(name, f"granted {number}")
        for listener in (one, all_):
            listener.wait_for(3, "message")
            self.assertEqual(self.contents(listener), [f"granted {n}" for n in range(3)])
        self.assertIn(self.ada.delete(grants).status, (200, 204))
        self.assertEqual(one.wait_for_end(), "not-found")
        all_.wait_for(1, "grant.ended")
        self.say(name, "after the grant")
        mine = self.conversation(self.grace)
        self.say(mine, "marker", self.grace)
        all_.wait_for(4, "message")
        self.assertEqual(self.contents(all_)[-1], "marker")
        self.assertEqual(self.listen_to(name, token=self.token2).status, 404)

    def test_a_grant_that_ends_by_itself_ends_the_stream(self):
        construct = fresh("brief").replace("_", "-") + "-001"
        name = self.conversation(construct=construct)
        until = (datetime.now(timezone.utc) + timedelta(seconds=3)).isoformat()
        answer = self.ada.put(f"/constructs/{construct}/grants/grace@example.com",
                              {"role": "reader", "until": until})
        self.assertIn(answer.status, (200, 201, 204), answer)
        one = self.listen_to(name, token=self.token2)
        self.assertEqual(one.wait_for_end(10), "not-found")

    def token_of(self, sql: str) -> str:
        return self.cluster.psql(f"""BEGIN; SET LOCAL client_min_messages = error;
            SELECT FROM vvault.authenticate('{self.token}'); {sql}; COMMIT""").splitlines()[-1]

    def test_a_token_that_is_revoked_ends_its_streams_at_once(self):
        name = self.conversation()
        token = self.token_of("SELECT vvault.create_token('short')")
        streams = [self.listen("/events", token=token), self.listen_to(name, token=token)]
        other = self.listen("/events")
        began = time.monotonic()
        self.token_of("SELECT vvault.revoke_token(id) FROM vvault.list_tokens()"
                      " WHERE name = 'short' AND revoked_at IS NULL")
        for stream in streams:
            self.assertEqual(stream.wait_for_end(5), "auth-required")
        self.assertLess(time.monotonic() - began, 5)
        self.assertEqual(self.listen("/events", token=token).status, 401)
        self.say(name, "for who is left")
        other.wait_for(1, "message")

    def test_a_token_that_expires_ends_its_streams(self):
        token = self.token_of("SELECT vvault.create_token('expires', '{*}',"
                              " now() + interval '3 seconds')")
        stream = self.listen("/events", token=token)
        self.assertEqual(stream.wait_for_end(10), "auth-required")

    def test_a_person_who_is_disabled_hears_no_more(self):
        token = self.cluster.make_user(fresh("eve") + "@example.com")
        stream = self.listen("/events", token=token)
        self.cluster.psql("UPDATE vvault.users SET status = 'disabled' WHERE email LIKE 'eve%'")
        self.assertEqual(stream.wait_for_end(5), "auth-required")

    def test_a_scope_is_needed_for_each_kind(self):
        token = self.token_of("SELECT vvault.create_token('reads', '{messages:read}')")
        listener = self.listen("/events", token=token)
        self.ada.put(f"/files/{fresh('f')}.md", "x")
        name = self.conversation()
        self.say(name, "marker")
        listener.wait_for(1, "message")
        self.assertEqual(listener.named("file", "construct"), [])
        token = self.token_of("SELECT vvault.create_token('files', '{files:read}')")
        self.assertEqual(self.listen("/events", token=token).status, 403)

    def test_what_is_asked_for_has_to_be_events(self):
        self.assertProblem(self.nobody.get("/events"), 401)
        self.assertProblem(self.nobody.get(f"/events?token={self.token}"), 401)
        self.assertProblem(self.ada.get("/events", {"Accept": "application/json"}), 406)
        self.assertProblem(self.ada.get("/conversations/none/events"), 404)
        self.assertProblem(self.ada.post("/events"), 405)
        head = self.ada.request("HEAD", "/events")
        self.assertEqual((head.status, head.body), (200, b""))
        for accept in ("*/*", "text/*, application/json", "Text/Event-Stream"):
            self.assertEqual(self.listen("/events", headers={"Accept": accept}).status, 200)
        cookie = Listener(self.port, None, "/events",
                          headers={"Cookie": f"vvault_session={self.token}"})
        self.addCleanup(cookie.close)
        self.assertEqual(cookie.status, 200)

    def test_an_unknown_place_is_answered_with_reset_and_goes_on(self):
        name = self.conversation()
        self.say(name, "before")
        wrong = ("nonsense", "e1.000000000000.5:5:", "c1.2.000000000000", "c1.999.", "e1..::..")
        for path in ("/events", f"/conversations/{name}/events"):
            for place in wrong:
                listener = self.listen(path, place=place)
                reset = listener.wait_for(1, "reset")[0]
                self.assertTrue(reset.id)
                self.say(name, f"after {place}")
                self.assertEqual(listener.wait_for(1, "message")[0].data["content"],
                                 f"after {place}")
                listener.close()


class LimitsTest(EventsCase):
    environment = {"VVAULT_MAX_STREAMS_PER_TOKEN": "3", "VVAULT_STREAM_MAX_AGE": "4"}

    def test_a_token_has_so_many_streams(self):
        listeners = [self.listen("/events") for _ in range(3)]
        self.assertEqual([one.status for one in listeners], [200] * 3)
        refused = self.listen("/events")
        self.assertEqual(refused.status, 429)
        self.assertEqual(refused.response.headers["Retry-After"], "1")
        _, samples = parse(self.nobody.get("/metrics").body.decode())
        self.assertEqual(value(samples, "vvault_http_refused_total", bound="streams"), 1)
        self.assertGreaterEqual(value(samples, "vvault_streams_open"), 3)
        self.assertEqual(self.listen("/events", token=self.token2).status, 200)
        listeners[0].close()
        time.sleep(0.5)
        self.assertEqual(self.listen("/events").status, 200)

    def test_a_stream_has_an_age_and_is_resumed(self):
        name = self.conversation(self.grace)
        listener = self.listen_to(name, token=self.token2)
        self.assertEqual(listener.wait_for_end(10), "age")
        self.say(name, "in between", self.grace)
        again = self.listen_to(name, token=self.token2, place=listener.place)
        again.wait_for(1, "message")
        self.assertEqual(self.contents(again), ["in between"])


if __name__ == "__main__":
    unittest.main()
