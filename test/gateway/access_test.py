"""The whole matrix: every route as every caller, each with the status that access_matrix.py says.

A route without a line fails, and so does a refused request that left an entry in the ledger.
"""

import re
import subprocess
import unittest

from access_matrix import CALLERS, EVERYDAY, LINES, Caller, Line, table
from gateway_case import GatewayCase, fresh
from harness.client import Client
from harness.gateway import binary
from harness.paths import REPOSITORY

EMAILS = {"owner": "ada", "manager": "max", "writer": "wil", "reader": "rea", "stranger": "sam",
          "member of a group": "mia", "former member": "fay", "expired membership": "eli",
          "expired grant": "eva", "revoked grant": "rob", "disabled person": "dee"}


def email_of(caller: Caller) -> str:
    """The person behind a caller: other tokens are Ada's, or the writer's."""
    name = "writer" if caller.name == "runtime of a writer" else caller.name
    return EMAILS.get(name, "ada") + "@example.com"


class World:
    """The people, what is Ada's, and each caller's token."""

    def __init__(self, cluster, port: int, ada: str):
        self.port = port
        self.connection = cluster.connect(autocommit=True)
        self.people = {name: cluster.make_user(name + "@example.com")
                       for name in (*EMAILS.values(), "pupil", "second") if name != "ada"}
        self.people["ada"] = ada
        self.clients = {}
        self.ada = Client(port, self.people["ada"])
        self.made = {}
        self.fill()
        self.give_grants()
        for caller in CALLERS:
            self.clients[caller.name] = Client(port, self.token_of(caller))

    def sql(self, text: str, *values):
        with self.connection.cursor() as cursor:
            cursor.execute(text, values)
            return cursor.fetchone()[0] if cursor.description else None

    def asked(self, client: Client, method: str, path: str, body=None):
        answer = client.request(method, path, body)
        if answer.status >= 300:
            raise AssertionError(f"{method} {path}: {answer!r}")
        return answer.json if answer.body else None

    def fill(self) -> None:
        for construct in ("zen-001", "chat-001", "lin-001"):
            self.asked(self.ada, "POST", "/constructs", {"name": construct})
        self.asked(self.ada, "POST", "/conversations", {"id": "the-talk", "construct": "zen-001"})
        self.asked(self.ada, "POST", "/conversations/the-talk/messages",
                   {"role": "user", "content": "said first"})
        file = "instances/zen-001/notes.md"
        for content in ("one", "two"):
            self.asked(self.ada, "PUT", "/files/" + file, content)
        self.asked(self.ada, "POST", "/api/chatty/transcript/chat-001/message",
                   {"role": "user", "content": "said"})
        self.sql("SELECT vvault.ledger_seal()")
        talk = self.sql("SELECT id::text FROM vvault.sessions WHERE external_id = 'the-talk'")
        entry = self.sql("SELECT id::text FROM vvault.ledger_entries WHERE stream_id = %s LIMIT 1",
                         talk)
        said = self.sql("SELECT id::text FROM vvault.ledger_entries WHERE stream_id = %s"
                        " AND event_type = 'message.created'", talk)
        self.made = {"talk": "the-talk", "talk_id": talk, "file": file, "entry": entry,
                     "message_entry": said,
                     "nothing": "00000000-0000-7000-8000-000000000000"}

    def give_grants(self) -> None:
        for name, role in {"manager": "manager", "writer": "writer", "reader": "reader",
                           "expired grant": "manager", "revoked grant": "manager",
                           "disabled person": "manager"}.items():
            for construct in ("zen-001", "chat-001"):
                path = f"/constructs/{construct}/grants/{EMAILS[name]}@example.com"
                self.asked(self.ada, "PUT", path, {"role": role})
                if name == "revoked grant":
                    self.asked(self.ada, "DELETE", path)
        self.asked(self.ada, "POST", "/groups", {"name": "team"})
        for construct in ("zen-001", "chat-001"):
            self.asked(self.ada, "PUT", f"/groups/team/constructs/{construct}", {"role": "writer"})
        for name in ("mia", "fay", "eli"):
            self.asked(self.ada, "PUT", f"/groups/team/members/{name}@example.com")
        self.asked(self.ada, "DELETE", "/groups/team/members/fay@example.com")
        self.sql("UPDATE vvault.group_members SET until = now() - interval '1 second'"
                 " WHERE member_email = 'eli@example.com'")
        self.sql("UPDATE vvault.construct_grants SET until = now() - interval '1 second'"
                 " WHERE grantee_email = %s", EMAILS["expired grant"] + "@example.com")
        self.sql("UPDATE vvault.users SET status = 'disabled' WHERE email = %s",
                 EMAILS["disabled person"] + "@example.com")

    def key(self, client: Client, **about) -> dict:
        return self.asked(client, "POST", "/tokens", {"name": fresh("key"), **about})

    def runtime_key(self, client: Client, constructs: list, role: str) -> str:
        name = fresh("runtime")
        self.asked(client, "POST", "/runtimes",
                   {"name": name, "constructs": constructs, "role": role})
        return self.key(client, runtime=name)["token"]

    def token_of(self, caller: Caller) -> str:
        both = ["zen-001", "chat-001"]
        if caller.name == "nobody":
            return None
        if caller.name == "expired token":
            key = self.key(self.ada)
            self.sql("UPDATE vvault.tokens SET expires_at = now() WHERE id = %s", key["id"])
            return key["token"]
        if caller.name == "revoked token":
            key = self.key(self.ada)
            self.asked(self.ada, "DELETE", f"/tokens/{key['id']}")
            return key["token"]
        if caller.name == "runtime, writer":
            return self.runtime_key(self.ada, both, "writer")
        if caller.name == "runtime, reader":
            return self.runtime_key(self.ada, both, "reader")
        if caller.name == "runtime, elsewhere":
            return self.runtime_key(self.ada, ["lin-001"], "writer")
        if caller.name == "runtime of a writer":
            return self.runtime_key(Client(self.port, self.people["wil"]), both, "writer")
        if caller.scopes == {"admin"}:  # nobody gives out what he has not
            key = self.key(self.ada)
            self.sql("UPDATE vvault.tokens SET scopes = '{admin}' WHERE id = %s", key["id"])
            return key["token"]
        if caller.scopes != EVERYDAY:
            return self.key(self.ada, scopes=sorted(caller.scopes))["token"]
        return self.people[EMAILS[caller.name]]

    # What a line needs to be there first, made anew for each request ---------------------------

    def before(self, what: str, caller: Caller) -> dict:
        return getattr(self, "make_" + what)(caller)

    def make_token(self, caller: Caller) -> dict:
        """A key of the caller's own that may do no more than every caller here may give out."""
        name = fresh("token")
        self.sql("SELECT vvault.issue_token(%s, %s)", email_of(caller), name)
        return {"token": self.sql("UPDATE vvault.tokens SET scopes = '{tokens:write}'"
                                  " WHERE name = %s RETURNING id::text", name)}

    def make_runtime(self, caller: Caller) -> dict:
        name = fresh("runtime")
        self.sql("INSERT INTO vvault.runtimes (user_id, name) SELECT user_id, %s"
                 " FROM vvault.user_emails WHERE email = %s", name, email_of(caller))
        return {"runtime": name}

    def make_group(self, caller: Caller) -> dict:
        name = fresh("group")
        self.sql("INSERT INTO vvault.groups (user_id, name) SELECT user_id, %s"
                 " FROM vvault.user_emails WHERE email = %s", name, email_of(caller))
        return {"group": name}

    def make_spare(self, _caller: Caller) -> dict:
        path = f"instances/zen-001/{fresh('spare')}.md"
        for content in ("one", "two"):
            self.asked(self.ada, "PUT", "/files/" + path, content)
        return {"spare": path}

    def make_hold(self, caller: Caller) -> dict:
        """On a path that nothing else here is about; it keeps the person as a whole."""
        self.sql("SELECT vvault.place_hold(%s, 'kept/', 'kept')", email_of(caller))
        return {"email": email_of(caller)}

    def make_gone(self, caller: Caller) -> dict:
        path = self.make_spare(caller)["spare"]
        self.asked(self.ada, "DELETE", "/files/" + path)
        return {"gone": path}

    def make_doomed(self, _caller: Caller) -> dict:
        """A construct of Ada's that nobody was granted."""
        name = fresh("doomed").replace("_", "-")
        return {"doomed": self.asked(self.ada, "POST", "/constructs", {"name": name})["name"]}

    def make_grant(self, _caller: Caller) -> dict:
        self.asked(self.ada, "PUT", "/constructs/zen-001/grants/pupil@example.com")
        return {}

    def close(self) -> None:
        self.connection.close()
        for client in (self.ada, *self.clients.values()):
            client.close()


def filled(template, values: dict):
    """A copy of a target or body with its placeholders filled in."""
    if isinstance(template, str):
        return re.sub(r"{(\w+)}", lambda match: values[match.group(1)], template)
    if isinstance(template, dict):
        return {name: filled(value, values) for name, value in template.items()}
    if isinstance(template, list):
        return [filled(value, values) for value in template]
    return template


class AccessTest(GatewayCase):
    environment = {"VVAULT_FAILURE_RATE": "1000000", "VVAULT_MAX_STREAMS_PER_TOKEN": "100"}

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.world = World(cls.cluster, cls.port, cls.token)
        cls.addClassCleanup(cls.world.close)

    def test_every_route_has_a_line(self):
        listed = subprocess.run([binary(), "--routes"], check=True, text=True,
                                stdout=subprocess.PIPE).stdout
        routes = {tuple(line.split(" ")[:2]): line.split(" ")[2] for line in listed.splitlines()}
        self.assertEqual(sorted(set(routes) - {line.route for line in LINES}), [],
                         "routes that nobody is tried on")
        self.assertEqual(sorted({line.route for line in LINES} - set(routes)), [])
        for line in LINES:
            self.assertEqual(line.open, routes[line.route] == "open", line.route)

    def test_the_documentation_shows_it(self):
        page = (REPOSITORY / "doc" / "access.md").read_text(encoding="utf-8")
        self.assertIn("\n" + table() + "\n", page, "put access_matrix.table() there")

    def test_lists_hold_what_is_in_reach_and_nothing_else(self):
        everything = {"zen-001", "chat-001", "lin-001"}
        both = everything - {"lin-001"}
        owner = self.ada.get("/whoami").json["user_id"]
        for caller, reach in (("owner", everything), ("reader", both), ("runtime, writer", both),
                              ("runtime, reader", both), ("runtime of a writer", both),
                              ("runtime, elsewhere", {"lin-001"}), ("expired grant", set())):
            client = self.world.clients[caller]
            with self.subTest(caller=caller):
                names = {one["name"] for one in client.get("/constructs").json["constructs"]
                         if one["owner_id"] == owner}
                self.assertEqual(names & everything, reach)
                paths = [one["path"] for one in client.get("/files").json["files"]]
                self.assertEqual("instances/zen-001/notes.md" in paths, "zen-001" in reach)
                found = client.get("/messages/search?q=first&limit=1000").json["messages"]
                self.assertEqual("said first" in {one["content"] for one in found},
                                 "zen-001" in reach)

    def status(self, line: Line, caller: Caller, values: dict) -> tuple:
        target = filled(line.target or line.pattern, values)
        client = self.world.clients[caller.name]
        if not line.pattern.endswith("/events"):
            answer = client.request(line.method, target, filled(line.body, values))
            return answer.status, answer.body[:300]
        # A stream goes on: its head is all that is asked for.
        stream = Client(self.port, client.token)
        connection = stream.connect()
        try:
            connection.request(line.method, target, headers=stream.credentials())
            return connection.getresponse().status, b""
        finally:
            stream.close()

    def entries(self) -> int:
        return self.world.sql("SELECT count(*) FROM vvault.ledger_entries")

    def test_every_caller_on_every_route(self):
        tried = 0
        for line in LINES:
            for caller in CALLERS:
                with self.subTest(route=" ".join(line.route), target=line.target,
                                  caller=caller.name):
                    values = {**self.world.made, "fresh": fresh("new").replace("_", "-")}
                    if line.before:
                        values |= self.world.before(line.before, caller)
                    before = self.entries()
                    status, body = self.status(line, caller, values)
                    self.assertEqual(status, line.status(caller), body)
                    if status >= 400:
                        self.assertEqual(self.entries(), before, "a refusal has changed something")
                    tried += 1
        self.assertEqual(tried, len(LINES) * len(CALLERS))


if __name__ == "__main__":
    unittest.main()
