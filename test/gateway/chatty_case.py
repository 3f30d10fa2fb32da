"""Calls and shapes that the tests of the Chatty dialect share."""

from gateway_case import GatewayCase, escaped

MESSAGE = {"id", "role", "content", "timestamp", "metadata", "attachments"}


class ChattyCase(GatewayCase):
    def save(self, session: str, body: dict, headers=None, client=None):
        return (client or self.ada).post(f"/api/vvault/conversations/{escaped(session)}/messages",
                                         body, headers)

    def chat(self, session: str, client=None) -> dict:
        answer = (client or self.ada).get(f"/api/vvault/chat/{escaped(session)}")
        self.assertEqual(answer.status, 200, answer)
        self.assertIs(answer.json["ok"], True)
        return answer.json

    def hydrated(self, client=None) -> dict:
        answer = (client or self.ada).get("/api/vvault/conversations")
        self.assertEqual(answer.status, 200, answer)
        return {c["sessionId"]: c for c in answer.json["conversations"]}
