"""The vault moves: to a standby, by a failover, by a dump and restore. Clients notice what they must."""

import sys
import unittest
from pathlib import Path

from events_case import EventsCase
from harness import Cluster
from harness.gateway import Gateway
from harness.listener import Listener
from harness.meddler import Meddler
from harness.processes import wait_until
from harness.replica import Replica
from signing_in_case import SigningInCase

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "dump"))
from filled import dump, dump_roles, restore  # noqa: E402


class StandbyTest(EventsCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.standby = cls.enterClassContext(Replica(cls.cluster))
        cls.reader = cls.enterClassContext(Gateway(cls.standby))

    def setUp(self):
        super().setUp()
        self.reading = self.reader.client(self.token)
        self.addCleanup(self.reading.close)

    def filled(self) -> str:
        name = self.conversation()
        for number in range(3):
            self.say(name, str(number))
        self.ada.put("/files/library/notes.md", b"text")
        self.cluster.psql("SELECT vvault.ledger_seal()")
        self.standby.wait_until_there()
        return name

    def test_it_reads(self):
        name = self.filled()
        self.assertEqual(self.reader.client().get("/readyz").status, 200)
        for path in (f"/conversations/{name}/messages", "/conversations", "/files",
                     "/files/library/notes.md", "/whoami", f"/conversations/{name}/transcript.md",
                     f"/api/vvault/chat/{name}", "/api/vvault/conversations", "/tokens"):
            with self.subTest(path=path):
                here, there = self.reading.get(path), self.ada.get(path)
                self.assertEqual((here.status, there.status), (200, 200))
                self.assertEqual(here.body, there.body)

    def test_it_proves(self):
        name = self.filled()
        entry = self.ada.get(f"/ledger/entries?session={name}").json["entries"][0]
        for path in ("/ledger/checkpoint", "/ledger/key", f"/ledger/entries?session={name}",
                     f"/ledger/proof/inclusion?entry={entry['id']}"):
            with self.subTest(path=path):
                here, there = self.reading.get(path), self.ada.get(path)
                self.assertEqual((here.status, there.status), (200, 200))
                self.assertEqual(here.body, there.body)

    def test_what_writes_is_sent_elsewhere(self):
        name = self.filled()
        for method, path, body in (
                ("POST", f"/conversations/{name}/messages", {"role": "user", "content": "x"}),
                ("POST", "/conversations", {"id": "new", "construct": "zen-001"}),
                ("POST", "/constructs", {"name": "new"}),
                ("PATCH", f"/conversations/{name}", {"title": "x"}),
                ("PUT", "/files/library/new.md", b"x"), ("DELETE", "/files/library/notes.md", None),
                ("POST", "/tokens", {"name": "x", "scopes": ["messages:read"]}),
                ("POST", f"/api/vvault/conversations/{name}/messages",
                 {"role": "user", "content": "x"})):
            with self.subTest(method=method, path=path):
                answer = self.reading.request(method, path, body)
                self.assertEqual(answer.status, 503, answer)
                self.assertEqual(answer.headers["Retry-After"], "1")
                self.assertIn(answer.json["code"], ("25006", "VVAULT_UNREACHABLE"))
        self.assertEqual(len(self.ada.messages(name)), 3)

    def test_it_tells_what_happens(self):
        name = self.filled()
        listener = Listener(self.reader.port, self.token, f"/conversations/{name}/events")
        self.addCleanup(listener.close)
        listener.wait_for(1, "ready")
        self.say(name, "said to the primary")
        self.assertEqual(listener.wait_for(1, "message")[0].data["content"], "said to the primary")


class FailoverTest(EventsCase):
    @classmethod
    def reach(cls) -> dict:
        cls.meddler = cls.enterClassContext(Meddler(cls.cluster))
        return cls.meddler.environment()

    def test_streams_are_told_and_go_on(self):
        name = self.conversation()
        replica = self.enterContext(Replica(self.cluster))
        everything, one = self.listen("/events"), self.listen_to(name)
        self.say(name, "before")
        for listener in (everything, one):
            listener.wait_for(1, "message")
        places = everything.place, one.place
        replica.wait_until_there()
        self.cluster.stop()
        answer = self.ada.post(f"/conversations/{name}/messages", {"role": "user", "content": "x"})
        self.assertProblem(answer, 503)
        replica.promote()
        self.meddler.lead_to(replica)
        wait_until(lambda: self.nobody.get("/readyz").status == 200, 20, "the promoted server")

        self.say(name, "after")
        # Who was connected all the time, and who comes back with the last id.
        again = self.listen("/events", place=places[0])
        for listener in (everything, again):
            reset = listener.wait_for(1, "reset", seconds=60)[0]
            self.assertTrue(reset.id)
        self.assertEqual(one.wait_for(2, "message")[1].data["content"], "after")
        back = self.listen_to(name, place=places[1])
        self.assertEqual([e.data["content"] for e in back.wait_for(1, "message")], ["after"])
        for listener in (one, back):
            self.assertEqual(listener.named("reset", "end"), [])
        self.say(name, "onwards")
        for listener in (everything, again, one, back):
            wait_until(lambda who=listener: self.contents(who)[-1:] == ["onwards"], 20,
                       "what was said behind it")
        # The new place is one of the new life.
        last = again.place
        self.say(name, "missed")
        wait_until(lambda: again.place != last, 20, "one more")
        later = self.listen("/events", place=last)
        self.assertEqual(later.wait_for(1, "message")[0].data["content"], "missed")
        self.assertEqual(later.named("reset"), [])


class RestoreTest(SigningInCase, EventsCase):
    def test_all_goes_on_in_another_cluster(self):
        email = self.address()
        session = self.session(email, name="Ada Lovelace")
        person = self.client(session)
        ended = self.session(email)
        self.assertEqual(self.client(ended).post("/auth/logout").status, 204)
        key = person.post("/tokens", {"name": "script", "scopes": ["messages:*"]}).json
        identities = person.get("/auth/identities").body
        name = self.conversation(person)
        everything, one = self.listen("/events", session), self.listen_to(name, token=session)
        self.say(name, "before", person)
        for listener in (everything, one):
            listener.wait_for(1, "message")
        me = person.get("/whoami").json

        copy = self.enterContext(Cluster(install=False, root_key=self.cluster.root_key()))
        copy.psql(dump_roles(self.cluster), database="postgres")
        restore(copy, dump(self.cluster, "custom"), "custom")
        gateway = self.enterContext(Gateway(copy, self.environment))

        there = gateway.client(session)
        self.assertEqual(there.get("/whoami").json, me)
        self.assertEqual(there.get("/auth/identities").body, identities)
        self.assertEqual(gateway.client(self.token).get("/whoami").status, 200)
        self.assertEqual(gateway.client(ended).get("/whoami").status, 401)
        script = gateway.client(key["token"])
        self.assertEqual([m["content"] for m in script.messages(name)], ["before"])
        self.assertEqual(script.get("/files").status, 403)
        again = gateway.client().post("/auth/oidc", {"id_token": self.issuer.token(email),
                                                     "bearer": True})
        self.assertEqual((again.status, again.json["created"]), (200, False), again)
        self.assertEqual(again.json["user"]["id"], me["user_id"])
        stranger = self.issuer.token("somebody@elsewhere.example")
        self.assertEqual(gateway.client().post("/auth/oidc", {"id_token": stranger}).status, 403)

        self.say(name, "after", there)
        back = self.listen(f"/conversations/{name}/events", session, one.place, gateway.port)
        self.assertEqual([e.data["content"] for e in back.wait_for(1, "message")], ["after"])
        self.assertEqual(back.named("reset"), [])
        reset = self.listen("/events", session, everything.place, gateway.port)
        self.assertTrue(reset.wait_for(1, "reset")[0].id)
        self.say(name, "onwards", there)
        for listener in (back, reset):
            wait_until(lambda who=listener: self.contents(who)[-1:] == ["onwards"], 20,
                       "what was said behind it")


if __name__ == "__main__":
    unittest.main()
