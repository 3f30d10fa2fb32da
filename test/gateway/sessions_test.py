"""What becomes of sign-ins and API keys: they are used, renewed, rotated and put away."""

import time
import unittest

from harness.client import Client
from harness.gateway import Gateway
from harness.processes import wait_until
from signing_in_case import SigningInCase

TAKEN_AWAY = "vvault_session=; Path=/; Max-Age=0; HttpOnly; SameSite=Lax"


class SigningOutTest(SigningInCase):
    environment = {**SigningInCase.environment, "VVAULT_COOKIE_SECURE": "0"}

    def test_signing_out_ends_the_session_and_takes_the_cookie(self):
        token = self.session()
        cookie = {"Cookie": f"vvault_session={token}"}
        foreign = self.nobody.post("/auth/logout", None, {**cookie, "Origin": "https://evil.example"})
        self.assertProblem(foreign, 403, "ORIGIN_REFUSED")
        self.assertEqual(self.nobody.get("/whoami", cookie).status, 200)
        answer = self.nobody.post("/auth/logout", None, cookie)
        self.assertEqual((answer.status, answer.headers["Set-Cookie"]), (204, TAKEN_AWAY))
        self.assertProblem(self.nobody.get("/whoami", cookie), 401, "28000")
        # Whoever is out already may go out again.
        for headers in (cookie, {}, {"Cookie": "vvault_session=nonsense"}):
            again = self.nobody.post("/auth/logout", None, headers)
            self.assertEqual((again.status, again.headers["Set-Cookie"]), (204, TAKEN_AWAY))

    def test_an_api_key_is_not_signed_out(self):
        self.assertEqual(self.ada.post("/auth/logout").status, 204)
        self.assertEqual(self.ada.get("/whoami").status, 200)

    def test_signing_out_everywhere_ends_all_sessions_at_once_and_no_key(self):
        email = self.address()
        sessions = [self.session(email) for _ in range(3)]
        key = self.client(sessions[0]).post("/tokens", {"name": "ci"}).json["token"]
        with Gateway(self.cluster) as second:
            def statuses():
                found = set()
                for port in (self.port, second.port):
                    for token in sessions:
                        client = Client(port, token)
                        found |= {client.get("/whoami").status for _ in range(8)}
                        client.close()
                return found
            self.assertEqual(statuses(), {200})
            answer = self.client(sessions[1]).post("/auth/logout?everywhere")
            self.assertEqual(answer.status, 204)
            # Every worker of both gateways knows it from the next request on.
            self.assertEqual(statuses(), {401})
        self.assertEqual(self.client(key).get("/whoami").status, 200)
        self.assertProblem(self.client(sessions[1]).post("/auth/logout?everywhere"), 401, "28000")
        self.assertProblem(self.nobody.post("/auth/logout?everywhere"), 401, "28000")


class LifeTest(SigningInCase):
    def expiry(self, token: str) -> float:
        """Seconds until the token expires, as the database has it."""
        return float(self.cluster.psql(
            "SELECT extract(epoch FROM t.expires_at - now()) FROM vvault.tokens t"
            f" WHERE t.id = '{self.client(token).get('/whoami').json['token_id']}'"))

    def age(self, token_id: str, left: str, end: str) -> None:
        self.cluster.psql(f"UPDATE vvault.tokens SET expires_at = now() + interval '{left}',"
                          f" ends_at = now() + interval '{end}' WHERE id = '{token_id}'")

    def test_a_session_that_is_used_is_renewed_past_half_of_its_life(self):
        made = self.sign_in(self.issuer.token(self.address()), bearer=True).json
        self.age(made["token_id"], "3 days", "80 days")
        self.assertLess(self.expiry(made["token"]), 3 * 86400 + 1)
        wait_until(lambda: self.expiry(made["token"]) > 6.9 * 86400, 10, "the renewal")
        # Young ones are let be, and none lives past its end.
        made = self.sign_in(self.issuer.token(self.address()), bearer=True).json
        self.age(made["token_id"], "4 days", "80 days")
        self.client(made["token"]).get("/whoami")
        last = self.sign_in(self.issuer.token(self.address()), bearer=True).json
        self.age(last["token_id"], "1 hour", "1 day")
        wait_until(lambda: self.expiry(last["token"]) > 7200, 10, "the last renewal")
        self.assertLess(self.expiry(last["token"]), 86401)
        self.assertLess(self.expiry(made["token"]), 4 * 86400 + 1)

    def test_a_session_that_is_not_used_expires(self):
        made = self.sign_in(self.issuer.token(self.address()), bearer=True).json
        self.age(made["token_id"], "0", "80 days")
        self.assertProblem(self.client(made["token"]).get("/whoami"), 401, "28000")

    def test_last_use_is_kept_without_a_write_on_each_request(self):
        token = self.ada.post("/tokens", {"name": "busy", "scopes": ["constructs:read"]}).json
        client = self.client(token["token"])
        def listed():
            return next(one for one in self.ada.get("/tokens").json["tokens"]
                        if one["id"] == token["id"])
        self.assertIsNone(listed()["last_used_at"])
        client.get("/constructs")
        wait_until(lambda: listed()["last_used_at"], 10, "the first use to be kept")
        time.sleep(1)  # what was noted of the requests above is written by now
        before = self.cluster.psql("SELECT pg_current_wal_insert_lsn()")
        for _ in range(200):
            client.get("/constructs")
        after = self.cluster.psql(f"SELECT pg_wal_lsn_diff(pg_current_wal_insert_lsn(), '{before}')")
        self.assertLess(int(after), 20_000)


class RemovalTest(SigningInCase):
    def test_an_issuer_that_is_believed_no_more_takes_its_sessions_along(self):
        token = self.session()
        self.cluster.psql(f"SELECT vvault.remove_issuer('{self.issuer.url}')")
        self.assertProblem(self.client(token).get("/whoami"), 401, "28000")
        self.assertProblem(self.sign_in(self.issuer.token(self.address())), 401, "28P01")


class KeysTest(SigningInCase):
    def test_keys_are_made_listed_rotated_and_revoked(self):
        self.assertEqual(self.ada.post("/runtimes", {"name": "builder"}).status, 201)
        made = self.ada.post("/tokens", {"name": "ci", "scopes": ["messages:read", "files:*"],
                                         "expires_at": "2100-01-01T00:00:00Z", "runtime": "builder"})
        self.assertEqual(made.status, 201, made)
        key = made.json
        self.assertEqual((key["name"], key["scopes"], key["runtime"], key["expires_at"]),
                         ("ci", ["messages:read", "files:*"], "builder", "2100-01-01T00:00:00Z"))
        self.assertEqual(self.client(key["token"]).get("/auth/me").json["runtime"], "builder")
        rotated = self.ada.post(f"/tokens/{key['id']}/rotate", {"overlap_seconds": 2}).json
        self.assertEqual((rotated["name"], rotated["scopes"], rotated["runtime"]),
                         ("ci", ["messages:read", "files:*"], "builder"))
        for token in (key["token"], rotated["token"]):
            self.assertEqual(self.client(token).get("/whoami").status, 200)
        wait_until(lambda: self.client(key["token"]).get("/whoami").status == 401, 10,
                   "the overlap to end")
        self.assertEqual(self.client(rotated["token"]).get("/whoami").status, 200)
        listed = {one["id"]: one for one in self.ada.get("/tokens").json["tokens"]}
        self.assertEqual(listed[rotated["id"]]["replaces"], key["id"])
        self.assertEqual([one["current"] for one in listed.values()].count(True), 1)
        for one in listed.values():
            self.assertNotIn("token", one)
        self.assertProblem(self.grace.delete(f"/tokens/{rotated['id']}"), 404, "P0002")
        self.assertEqual(self.ada.delete(f"/tokens/{rotated['id']}").status, 204)
        self.assertProblem(self.client(rotated["token"]).get("/whoami"), 401, "28000")
        self.assertProblem(self.ada.post(f"/tokens/{rotated['id']}/rotate"), 422, "22023")

    def test_a_key_does_what_its_scopes_say(self):
        self.ada.put("/files/library/a.md", b"a")
        name = self.conversation()
        def status(scopes, method, path, body=None):
            token = self.ada.post("/tokens", {"name": "narrow", "scopes": scopes}).json["token"]
            return self.client(token).request(method, path, body).status
        message = {"role": "user", "content": "hello"}
        for scopes, method, path, body, expected in (
                (["messages:read"], "GET", f"/conversations/{name}/messages", None, 200),
                (["messages:read"], "POST", f"/conversations/{name}/messages", message, 403),
                (["messages:write"], "POST", f"/conversations/{name}/messages", message, 201),
                (["messages:write"], "GET", "/files/library/a.md", None, 403),
                (["files:*"], "GET", "/files/library/a.md", None, 200),
                (["files:*"], "PUT", "/files/library/b.md", b"b", 201),
                (["files:read"], "PUT", "/files/library/c.md", b"c", 403),
                (["files:*"], "GET", "/tokens", None, 403),
                (["files:*"], "POST", "/tokens", {"name": "x"}, 403)):
            with self.subTest(scopes=scopes, method=method, path=path):
                self.assertEqual(status(scopes, method, path, body), expected)

    def test_what_no_key_can_be_made_of(self):
        for body, status in (({}, 422), ({"name": "x", "scopes": []}, 422),
                             ({"name": "x", "scopes": ["nonsense"]}, 422),
                             ({"name": "x", "scopes": "*"}, 422), ({"name": ""}, 422),
                             ({"name": "x", "expires_at": "2001-01-01T00:00:00Z"}, 422),
                             ({"name": "x", "scopes": ["admin"]}, 403)):
            with self.subTest(body=body):
                self.assertProblem(self.ada.post("/tokens", body), status)
        for path in ("/tokens/nonsense", "/tokens/00000000-0000-7000-8000-000000000000"):
            self.assertIn(self.ada.delete(path).status, (404, 422))


if __name__ == "__main__":
    unittest.main()
