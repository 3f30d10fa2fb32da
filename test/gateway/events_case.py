"""What the tests of event streams share."""

from gateway_case import GatewayCase, escaped
from harness.listener import Listener


class EventsCase(GatewayCase):
    needs_servers = True

    def listen(self, path: str, token: str = None, place: str = None, port: int = None, **options):
        listener = Listener(port or self.port, token or self.token, path, place, **options)
        self.addCleanup(listener.close)
        if listener.status == 200:
            listener.wait_for(1, "ready")
        return listener

    def listen_to(self, name: str, **options):
        return self.listen(f"/conversations/{escaped(name)}/events", **options)

    def say(self, name: str, content: str, client=None, **more):
        answer = (client or self.ada).post(f"/conversations/{escaped(name)}/messages",
                                           {"role": "user", "content": content, **more})
        self.assertIn(answer.status, (200, 201), answer)
        return answer.json

    def contents(self, listener) -> list:
        return [event.data["content"] for event in listener.named("message")]
