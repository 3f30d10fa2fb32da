"""Who may what: every route, what it takes, and by what rule that becomes a status for each caller.

Knows nothing of servers. access_test.py asks the gateway; doc/access.md holds the table that
table() makes of it.
"""

import re
from dataclasses import dataclass, field

SCOPES = ("messages:read", "messages:write", "files:read", "files:write", "constructs:read",
          "constructs:write", "ledger:read", "tokens:write")
EVERYDAY = frozenset(SCOPES)
# What decides who reaches what: no token of a runtime environment does.
OF_PEOPLE = frozenset({"constructs:write", "tokens:write", "admin"})

READER, WRITER, MANAGER, OWNER = 1, 2, 3, 4
HISTORY = "history"  # the ledger of a construct: its owner's alone, whoever was granted it


@dataclass(frozen=True)
class Caller:
    """Who asks. `level` is what the caller may do with the constructs zen and chat of Ada's."""
    name: str
    level: int = 0
    scopes: frozenset = EVERYDAY
    known: bool = True      # False: 401 wherever a token is needed
    bound: bool = False     # by a token of a runtime environment
    of_owner: bool = False  # acts for Ada


OWNERS = Caller("owner", OWNER, of_owner=True)
CALLERS = (
    Caller("nobody", known=False),
    OWNERS,
    Caller("manager", MANAGER),
    Caller("writer", WRITER),
    Caller("reader", READER),
    Caller("stranger"),
    Caller("member of a group", WRITER),
    Caller("former member"),
    Caller("expired membership"),
    Caller("expired grant"),
    Caller("revoked grant"),
    Caller("expired token", known=False),
    Caller("revoked token", known=False),
    Caller("disabled person", known=False),
    Caller("runtime, writer", WRITER, bound=True, of_owner=True),
    Caller("runtime, reader", READER, bound=True, of_owner=True),
    Caller("runtime, elsewhere", bound=True, of_owner=True),
    Caller("runtime of a writer", WRITER, bound=True),
    Caller("admin scope alone", OWNER, frozenset({"admin"}), of_owner=True),
    *(Caller(f"without {scope}", OWNER, EVERYDAY - {scope}, of_owner=True) for scope in SCOPES),
)


@dataclass(frozen=True)
class Line:
    """One route as one request. `needs` is the level on Ada's construct that it takes, None
    where everybody acts on what is their own; `before` names what has to be made first."""
    method: str
    pattern: str
    ok: int
    scopes: frozenset = frozenset()
    needs: object = None
    target: str = ""
    body: object = None
    before: str = ""
    about: str = ""         # what the documentation says of it besides the route
    open: bool = False
    hidden: int = 404       # for whom it is not there
    creates: bool = False   # a construct of the caller's own: outside of every runtime environment
    answers: dict = field(default_factory=dict)  # where the rule does not hold, and the why

    @property
    def route(self) -> tuple:
        return self.method, self.pattern

    def status(self, caller: Caller) -> int:
        if self.open:
            return self.ok
        if not caller.known:
            return 401
        if self.scopes - caller.scopes or (caller.bound and self.scopes & OF_PEOPLE):
            return 403
        if caller.name in self.answers:
            return self.answers[caller.name]
        if self.creates and caller.bound:
            return 403
        if self.needs is None:
            return self.ok
        if self.needs == HISTORY:
            return self.ok if caller.of_owner and caller.level else self.hidden
        if caller.level >= self.needs:
            return self.ok
        return 403 if caller.level else self.hidden


def line(route: str, ok: int, scopes: str = "", needs=None, **rest) -> Line:
    method, pattern = route.split(" ")
    return Line(method, pattern, ok, frozenset(scopes.split()), needs, **rest)


MESSAGE = {"role": "user", "content": "said", "client_id": "{fresh}"}
TALK = "/conversations/{talk}"
# Everybody who may not write chat-001 of Ada's gets a construct of that name of their own; a
# runtime environment gets none.
OWN_CHAT = {"reader": 403, "runtime, reader": 403, "runtime, elsewhere": 403}
OUTSIDE = {caller.name: 403 for caller in CALLERS if caller.bound}
# The Chatty dialect begins a conversation that is not there, as one of the caller's own.
OWN_TALK = {"runtime, elsewhere": 403,
            **{caller.name: 201 for caller in CALLERS
               if caller.known and not caller.level and not caller.bound}}
LINES = (
    line("GET /healthz", 200, open=True),
    line("GET /readyz", 200, open=True),
    line("GET /metrics", 200, open=True),
    line("GET /openapi.json", 200, open=True),
    line("GET /whoami", 200),
    line("POST /auth/google", 401, open=True, body={"id_token": "nonsense"}),
    line("POST /auth/oidc", 401, open=True, body={"id_token": "nonsense"}),
    line("POST /auth/logout", 204, open=True),
    line("GET /auth/me", 200),
    # A hold on each of them is what keeps those who may.
    line("POST /auth/shred", 423, " ".join(SCOPES), body={"confirm": "{email}"}, before="hold"),
    line("GET /auth/identities", 200, "tokens:write"),
    line("POST /auth/identities", 401, "tokens:write", body={"id_token": "nonsense"},
         answers={f"without {scope}": 403 for scope in SCOPES}),
    line("DELETE /auth/identities/:id", 404, "tokens:write", target="/auth/identities/{nothing}"),
    line("GET /tokens", 200, "tokens:write"),
    line("POST /tokens", 201, "tokens:write", body={"name": "x", "scopes": ["tokens:write"]}),
    line("POST /tokens/:id/rotate", 201, "tokens:write", target="/tokens/{token}/rotate",
         before="token"),
    line("DELETE /tokens/:id", 204, "tokens:write", target="/tokens/{token}", before="token"),
    line("GET /runtimes", 200, "tokens:write"),
    line("POST /runtimes", 201, "tokens:write", body={"name": "{fresh}"}),
    line("DELETE /runtimes/:name", 204, "tokens:write", target="/runtimes/{runtime}",
         before="runtime"),
    line("PUT /runtimes/:name/constructs/:construct", 200, "tokens:write", READER,
         target="/runtimes/{runtime}/constructs/zen-001", before="runtime"),
    line("DELETE /runtimes/:name/constructs/:construct", 404, "tokens:write",
         target="/runtimes/{runtime}/constructs/zen-001", before="runtime"),

    line("GET /messages", 200, "messages:read", READER, target="/messages?conversation={talk}"),
    line("GET /messages/search", 200, "messages:read", target="/messages/search?q=said"),
    line("GET /messages/search", 200, "messages:read", READER,
         target="/messages/search?q=said&construct=zen-001", about="in the construct"),
    line("POST /messages", 201, "messages:write", WRITER, body={"conversation": "{talk}", **MESSAGE}),
    line("GET /conversations", 200, "messages:read"),
    line("POST /conversations", 201, "messages:write", creates=True, about="with a new construct",
         body={"id": "{fresh}", "construct": "{fresh}"}),
    line("POST /conversations", 201, "messages:write", WRITER, about="with the construct",
         body={"id": "{fresh}", "construct": "zen-001", "create_construct": False}),
    line("GET /conversations/:id", 200, "messages:read", READER, target=TALK),
    line("PATCH /conversations/:id", 200, "messages:write", WRITER, target=TALK,
         body={"title": "Renamed"}),
    line("GET /conversations/:id/messages", 200, "messages:read", READER, target=TALK + "/messages"),
    line("POST /conversations/:id/messages", 201, "messages:write", WRITER,
         target=TALK + "/messages", body=MESSAGE),
    line("POST /conversations/:id/messages", 201, "messages:write", WRITER,
         target=TALK + "/messages", body={"messages": [MESSAGE]}, about="several"),
    line("GET /conversations/:id/transcript.md", 200, "messages:read", READER,
         target=TALK + "/transcript.md"),
    line("GET /seats/report", 200, "messages:read"),
    line("GET /conversations/:id/events", 200, "messages:read", READER, target=TALK + "/events"),
    line("GET /events", 200, "messages:read"),

    line("GET /files", 200, "files:read"),
    line("GET /files/*path", 200, "files:read", READER, target="/files/{file}"),
    line("GET /files/*path", 200, "files:read", READER, target="/files/{file}?history"),
    line("PUT /files/*path", 201, "files:write", target="/files/instances/chat-001/{fresh}.md",
         body="new", answers=OWN_CHAT, about="in its folder"),
    line("PUT /files/*path", 201, "files:write", target="/files/library/{fresh}.md", body="new",
         answers=OUTSIDE, about="elsewhere"),
    line("DELETE /files/*path", 200, "files:write", WRITER, target="/files/{spare}", before="spare"),
    line("POST /files/*path", 200, "files:write", WRITER, target="/files/{spare}?restore=1",
         before="spare"),
    line("POST /files/*path", 200, "files:write", WRITER, target="/files/{gone}?undelete",
         before="gone"),
    line("POST /files/*path", 200, "files:write", OWNER, target="/files/{spare}?purge=2",
         before="spare"),
    line("POST /files/*path", 200, "files:write", OWNER, target="/files/{spare}?shred",
         body={"confirm": "{spare}"}, before="spare"),
    line("POST /files", 200, "files:write", body={"prefix": "none/", "as_of": "2001-01-01"}),
    line("GET /diffs/*path", 200, "files:read", READER, target="/diffs/{file}?from=1"),
    line("GET /holds", 200),
    line("POST /imports", 200, "files:read messages:write", READER, body={"path": "{file}"}),
    line("POST /imports", 200, "files:read messages:write",
         body={"path": "{file}", "content_base64": "", "dry_run": True}, about="bytes that are no file"),

    line("GET /constructs", 200, "constructs:read"),
    line("POST /constructs", 201, "constructs:write", body={"name": "{fresh}"}),
    line("POST /constructs/:name/shred", 200, "messages:write files:write", OWNER,
         target="/constructs/{doomed}/shred", body={"confirm": "{doomed}"}, before="doomed",
         answers={caller.name: 404 for caller in CALLERS if caller.level < OWNER}),
    line("GET /constructs/:name/grants", 200, "constructs:read", MANAGER,
         target="/constructs/zen-001/grants"),
    line("PUT /constructs/:name/grants/:email", 200, "constructs:write", MANAGER,
         target="/constructs/zen-001/grants/pupil@example.com", body={"role": "reader"}),
    line("PUT /constructs/:name/grants/:email", 200, "constructs:write", OWNER,
         target="/constructs/zen-001/grants/second@example.com", body={"role": "manager"},
         about="a manager"),
    line("DELETE /constructs/:name/grants/:email", 204, "constructs:write", MANAGER,
         target="/constructs/zen-001/grants/pupil@example.com", before="grant"),

    line("GET /groups", 200, "constructs:read"),
    line("POST /groups", 201, "constructs:write", body={"name": "{fresh}"}),
    line("DELETE /groups/:name", 204, "constructs:write", target="/groups/{group}", before="group"),
    line("PUT /groups/:name/members/:email", 200, "constructs:write", before="group",
         target="/groups/{group}/members/pupil@example.com"),
    line("DELETE /groups/:name/members/:email", 404, "constructs:write", before="group",
         target="/groups/{group}/members/second@example.com", about="nobody in it"),
    line("PUT /groups/:name/constructs/:construct", 200, "constructs:write", OWNER, before="group",
         target="/groups/{group}/constructs/zen-001"),
    line("DELETE /groups/:name/constructs/:construct", 404, "constructs:write", OWNER,
         target="/groups/{group}/constructs/zen-001", before="group", about="not granted to it"),

    line("GET /ledger/checkpoint", 200, "ledger:read"),
    line("GET /ledger/key", 200, "ledger:read"),
    line("GET /ledger/entries", 200, "ledger:read", HISTORY,
         target="/ledger/entries?session={talk_id}"),
    line("GET /ledger/proof/inclusion", 200, "ledger:read", HISTORY,
         target="/ledger/proof/inclusion?entry={entry}"),
    line("GET /ledger/opening", 200, "ledger:read messages:read", HISTORY,
         target="/ledger/opening?entry={message_entry}"),
    line("GET /ledger/proof/consistency", 200, "ledger:read",
         target="/ledger/proof/consistency?from=1&to=2"),
    line("GET /ledger/tile/*path", 200, "ledger:read", target="/ledger/tile/0/000.p/1"),

    # Nobody set the pages up here.
    line("GET /demo", 404, open=True),
    line("GET /demo/", 404, open=True),
    line("GET /demo/*path", 404, open=True, target="/demo/index.html"),

    line("GET /health", 200, open=True),
    line("GET /api/health", 200, open=True),
    line("GET /api/me", 200),
    line("GET /api/vvault/conversations", 200, "messages:read"),
    line("POST /api/vvault/conversations", 201, "messages:write", creates=True,
         body={"sessionId": "{fresh}", "constructId": "{fresh}"}),
    line("GET /api/vvault/conversations/index", 200, "messages:read"),
    line("GET /api/vvault/conversations/:id/summary", 200, "messages:read", READER,
         target="/api/vvault/conversations/{talk}/summary"),
    line("GET /api/vvault/conversations/:id/export", 200, "messages:read", READER,
         target="/api/vvault/conversations/{talk}/export?format=md"),
    line("POST /api/vvault/create-canonical", 201, "messages:write", creates=True,
         body={"constructId": "{fresh}"}),
    # Who may not see the construct is told that nothing was said.
    line("GET /api/vvault/identity/query", 200, "messages:read",
         target="/api/vvault/identity/query?constructCallsign=zen-001&query=said"),
    line("GET /api/vvault/chat/:id", 200, "messages:read", target="/api/vvault/chat/{talk}"),
    line("GET /api/conversations", 200, "messages:read"),
    line("POST /api/conversations", 201, "messages:write", creates=True,
         body={"sessionId": "{fresh}", "constructId": "{fresh}"}),
    line("GET /api/conversations/:id/messages", 200, "messages:read", READER,
         target="/api/conversations/{talk}/messages"),
    line("POST /api/conversations/:id/messages", 201, "messages:write", WRITER,
         target="/api/conversations/{talk}/messages", body=MESSAGE, answers=OWN_TALK),
    line("POST /api/vvault/conversations/:id/messages", 201, "messages:write", WRITER,
         target="/api/vvault/conversations/{talk}/messages", body=MESSAGE, answers=OWN_TALK),
    line("POST /api/chatty/message", 501, body={"constructId": "zen-001", "message": "x"}),
    line("GET /api/chatty/constructs", 200, "constructs:read"),
    line("GET /api/chatty/transcript/:construct", 200, "messages:read", READER,
         target="/api/chatty/transcript/chat-001"),
    line("POST /api/chatty/transcript/:construct/message", 201, "messages:write messages:read",
         target="/api/chatty/transcript/chat-001/message", body=MESSAGE, answers=OWN_CHAT),
    line("POST /api/chatty/transcript/:construct", 200, "files:read files:write messages:write",
         target="/api/chatty/transcript/chat-001", body={"content": "{fresh}", "force": True},
         answers=OWN_CHAT),
    line("POST /api/transcripts/save", 200, "files:read files:write messages:write",
         body={"constructCallsign": "chat-001",
               "transcripts": [{"name": "{fresh}.md", "content": "new"}]}, answers=OWN_CHAT),
    line("GET /api/transcripts/list/:callsign", 200, "files:read",
         target="/api/transcripts/list/chat-001"),
)

# The callers that the documentation shows; the others are told of in words.
SHOWN = ("owner", "manager", "writer", "reader", "stranger", "runtime, writer", "runtime, reader",
         "runtime, elsewhere")


def scopes_shown(scopes: frozenset) -> str:
    return "all" if scopes == EVERYDAY else ", ".join(sorted(scopes)) or "none"


def table() -> str:
    """The matrix as doc/access.md has it: a line a request, the statuses of these callers."""
    by_name = {caller.name: caller for caller in CALLERS}
    rows = [("request", "scopes", *SHOWN)]
    for one in LINES:
        if one.open:
            continue
        query = one.target.partition("?")[2] if one.target.startswith("/files/") else ""
        shown = f"`{one.method} {one.pattern}{'?' + query if query else ''}`"
        rows.append((shown + (", " + one.about if one.about else ""), scopes_shown(one.scopes),
                     *(str(one.status(by_name[name])) for name in SHOWN)))
    rows.insert(1, ("---", "---", *("---:" for _ in SHOWN)))
    return "".join("| " + " | ".join(row) + " |\n" for row in rows)
