"""What the tests of signing in share: an issuer of their own that the vault believes."""

import uuid

from gateway_case import GatewayCase
from harness.processes import wait_until
from issuer import CLIENT, Issuer


class SigningInCase(GatewayCase):
    needs_servers = True
    environment = {"VVAULT_KEYS_USER": "chatty_keys"}
    rules = ("allowed_domains => '{example.com}', allowed_emails => '{guest@other.example}',"
             " linked_domains => '{example.com}'")

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.issuer = cls.enterClassContext(Issuer())
        cls.cluster.psql(f"SELECT vvault.add_issuer('{cls.issuer.url}', '{{{CLIENT}}}', {cls.rules})")
        cls.wait_for_keys()

    @classmethod
    def wait_for_keys(cls):
        """As the first person who signs in finds out: it takes a moment, and a hint to hurry."""
        from harness.client import Client
        client = Client(cls.port)
        wait_until(lambda: client.post("/auth/oidc", {"id_token": cls.issuer.token(
            "first@example.com")}).status == 200, 20, "the issuer's keys")
        client.close()

    def address(self) -> str:
        return f"p{uuid.uuid4().hex[:12]}@example.com"

    def sign_in(self, token: str, client=None, route="/auth/oidc", headers=None, **members):
        return (client or self.nobody).post(route, {"id_token": token, **members}, headers)

    def session(self, email: str = None, **claims) -> str:
        """A session's token, of somebody who may be new."""
        answer = self.sign_in(self.issuer.token(email or self.address(), **claims), bearer=True)
        self.assertEqual(answer.status, 200, answer)
        return answer.json["token"]

    def age_keys(self):
        """As if the keys had been fetched a while ago."""
        self.cluster.psql("UPDATE vvault.issuer_fetches SET fetched_at = now() - interval '5 minutes'")
