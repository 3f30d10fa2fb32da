"""What is said to a vault in these tests: marked words, every public function that takes or
gives content called with them, and an error forced inside each of those."""

import json
import re
import secrets
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "lib"))

from bound import Refused, Session  # noqa: E402
from harness import Cluster  # noqa: E402

SESSION = "zen-001_leaks"
FILE = "library/leaks.md"
BAD_JSON, BAD_TIME = "22P02", "22007"


class Words:
    """Marked words: each use of one() makes another, and all are remembered."""

    def __init__(self):
        self.said = []

    def one(self) -> str:
        self.said.append(f"heron {secrets.token_hex(8)} at dawn")
        return self.said[-1]

    def needles(self) -> list:
        # As it is, and the word within as hexadecimal and base64 would show it.
        found = []
        for text in self.said:
            word = text.split()[1].encode()
            found += [word, word.hex().encode()]
        return found


def token_needles(token: str) -> list:
    return [token.removeprefix("vv_live_").encode()]


def transcript(words: Words) -> bytes:
    return f"You said:\n{words.one()}\n\nZen said:\n{words.one()}\n".encode()


def calls(words: Words) -> list:
    """(statement, values): everything succeeds, in this order."""
    note = json.dumps({"note": words.one()})
    return [
        ("SELECT vvault.create_construct('zen', $1)", ["Zen"]),
        ("SELECT vvault.start_session('zen-001', $1, $2)", [SESSION, words.one()]),
        ("SELECT vvault.rename_session($1, $2)", [SESSION, words.one()]),
        ("SELECT vvault.append_message($1, 'user', $2, metadata => $3)",
         [SESSION, words.one(), note]),
        ("SELECT * FROM vvault.append_message(session => $1, role => $2, content => $3)",
         [SESSION, "assistant", words.one() + " and more of it" * 400]),
        ("SELECT * FROM vvault.append_messages($1, $2)",
         [SESSION, json.dumps([{"role": "user", "content": words.one()} for _ in range(3)])]),
        ("SELECT vvault.append_answer($1, $2, tried => $3, metadata => $4)",
         [SESSION, words.one(), json.dumps([{"backend": "one"}]), note]),
        ("SELECT vvault.append_message($1, 'user', $2, client_id => 'asked')",
         [SESSION, words.one()]),
        (ANSWER, [SESSION, words.one(), note]),
        ("SELECT vvault.put_file($1, $2, metadata => $3)",
         [FILE, words.one().encode() * 50, json.dumps({"note": words.one()})]),
        ("SELECT vvault.put_file($1, $2)", [FILE, words.one().encode() * 40_000]),
        ("SELECT vvault.put_file($1, $2)", ["instances/zen-001/chat.md", transcript(words)]),
        (UPLOAD, [FILE, words.one().encode() * 9_000, None, json.dumps({"note": words.one()})]),
        ("SELECT * FROM vvault.read_part($1, 0, 200000)", [FILE]),
        ("SELECT vvault.import_turns($1, dry_run => true)", ["instances/zen-001/chat.md"]),
        ("SELECT vvault.import_turns($1)", ["instances/zen-001/chat.md"]),
        ("SELECT vvault.import_content('instances/zen-001/part.md', $1)", [transcript(words)]),
        ("SELECT * FROM vvault.parse_transcript('a.md', $1)", [transcript(words)]),
        ("SELECT vvault.restore_file($1, 1)", [FILE]),
        ("SELECT vvault.diff_file($1, 1, 2)", [FILE]),
        ("SELECT vvault.restore_tree($1, clock_timestamp())", ["library/"]),
        ("SELECT vvault.get_file($1)", [FILE]),
        ("SELECT vvault.read_range($1, 3, 90)", [FILE]),
        ("SELECT * FROM vvault.read_file($1, $2)", [FILE, 2]),
        ("SELECT * FROM vvault.file_history($1)", [FILE]),
        ("SELECT * FROM vvault.list_files($1)", ["library/"]),
        ("SELECT * FROM vvault.list_messages($1)", [SESSION]),
        ("SELECT * FROM vvault.list_all_messages() ORDER BY content", []),
        ("SELECT vvault.render_transcript($1)", [SESSION]),
        ("SELECT * FROM vvault.get_session($1)", [SESSION]),
        ("SELECT * FROM vvault.list_sessions()", []),
    ]


ANSWER = ("SELECT vvault.finish_answer($1, begun.question, $2, 'coding', 'm-1', 9,"
          "                             '[{\"backend\": \"one\"}]', $3)"
          "  FROM vvault.begin_answer($1, 'asked', '00000000-0000-4000-8000-000000000001') AS begun")


# A file in two parts, in one statement, since whoever sends it has to name it by what it was given.
UPLOAD = ("WITH begun AS MATERIALIZED (SELECT vvault.begin_upload($1) AS id),"
          " sent AS MATERIALIZED (SELECT id, vvault.append_upload(id, 0, $2),"
          " vvault.append_upload(id, length($2), $2) AS received FROM begun)"
          " SELECT vvault.finish_upload(id, $3, $4) FROM sent WHERE received > 0")


def mistakes(words: Words) -> list:
    """(statement, values, SQLSTATE): an error inside each function, with content in its hands."""
    one = words.one
    append = "SELECT vvault.append_message($1, $2, $3, client_id => $4, metadata => $5)"
    put = "SELECT vvault.put_file($1, $2, $3, $4, $5)"
    return [
        (append, [SESSION, "no such role", one(), None, None], "22023"),
        (append, [SESSION, "user", one(), "x" * 300, None], "22023"),
        (append, [SESSION, "user", one(), None, one()], BAD_JSON),
        (append, [SESSION, "user", one(), None, f'["{one()}"]'], "22023"),
        (append, ["no such session", "user", one(), None, None], "P0002"),
        ("SELECT vvault.append_message($1, 'user', $2, created_at => $3)",
         [SESSION, one(), one()], BAD_TIME),
        ("SELECT vvault.append_messages($1, $2)",
         [SESSION, json.dumps([{"role": "nobody", "content": one()}])], "22023"),
        ("SELECT vvault.append_messages($1, $2)", [SESSION, f'[{{"role": "{one()}"'], BAD_JSON),
        ("SELECT vvault.append_messages($1, $2)",
         [SESSION, json.dumps([{"role": "user", "content": one(), "created_at": one()}])], None),
        ("SELECT vvault.append_answer($1, $2, tried => $3)", [SESSION, one(), f'{{"a": "{one()}"}}'],
         "22023"),
        ("SELECT vvault.append_answer($1, $2, metadata => $3)", [SESSION, one(), one()], BAD_JSON),
        ("SELECT vvault.finish_answer($1, 1, $2, 'coding', $3, 1, '[]')", [SESSION, one(), one()],
         None),
        ("SELECT vvault.import_content($1, $2)", [f"../{one()}", one().encode()], "22023"),
        ("SELECT vvault.start_session($1, $2, $3)", ["zen-001", one() * 20, one()], None),
        ("SELECT vvault.rename_session($1, $2)", [SESSION, one() + "\n"], None),
        (put, [FILE, one().encode(), 77, None, None], "VV007"),
        (put, [FILE, one().encode(), None, one(), None], "22023"),
        (put, [FILE, one().encode(), None, None, one()], BAD_JSON),
        (put, [f"../{one()}", one().encode(), None, None, None], "22023"),
        ("SELECT vvault.put_file($1, $2, encrypted => 'client')", [FILE, one().encode() * 20],
         "22023"),
        (UPLOAD, [FILE, one().encode(), "0" * 64, None], "VV020"),
        (UPLOAD, [FILE, one().encode(), None, one()], BAD_JSON),
        ("SELECT vvault.append_upload(vvault.begin_upload($1), 7, $2)", [FILE, one().encode()],
         "VV019"),
        ("SELECT vvault.append_upload(vvault.begin_upload($1, encrypted => 'client'), 0, $2)",
         [FILE, one().encode() * 20], "22023"),
        ("SELECT vvault.get_file($1, $2)", [FILE, 77], "P0002"),
        ("SELECT vvault.restore_file($1, $2)", [FILE, 77], "P0002"),
        ("SELECT vvault.diff_file($1, 1, 77)", [FILE], "P0002"),
        ("SELECT vvault.export_pgp($1, $2)", ["library/", one()], "22023"),
        ("SELECT vvault.import_turns($1)", [f"library/{one()}"], "P0002"),
        ("SELECT vvault.purge_file($1)", [f"library/{one()}"], "P0002"),
        ("SELECT vvault.undelete_file($1)", [f"library/{one()}"], "P0002"),
        ("SELECT vvault.shred_file($1)", [f"library/{one()}"], "P0002"),
        ("SELECT vvault.shred_construct($1)", [one()], "P0002"),
        ("SELECT vvault.shred_user($1)", [one()], "42501"),
        ("SELECT vvault.rotate_data_key($1)", [one()], "42501"),
        ("SELECT vvault.sign_in($1, $2)", [one(), one()], "28P01"),
        ("SELECT vvault.sign_in($1, device => $2)", [one(), one() + "\n"], "22023"),
        ("SELECT vvault.link_identity($1, $2)", [one(), one()], "28P01"),
        ("SELECT vvault.create_api_key($1, '{nonsense}')", [one()], "22023"),
        ("SELECT vvault.append_message($1, 'user', $2, nothing => $3)",
         [SESSION, one(), one()], "42883"),
        ("SELECT vvault.append_message($1, 'user', $2)::integer", [SESSION, one()], None),
    ]


def speak(cluster: Cluster, words: Words) -> list:
    """Everything above, each in a transaction of its own; the tokens that were made."""
    token = cluster.make_user("ada@example.com", "Ada")
    tokens = [token]

    def within(session, statement, *values):
        session.run("BEGIN")
        try:
            session.value("SELECT vvault.authenticate($1)", token)
            return session.run(statement, *values)
        finally:
            session.run("COMMIT")

    with Session(cluster.dsn("person")) as session:
        # Six times, so that the plans are custom ones first and generic ones then.
        for _ in range(6):
            within(session, "SELECT 1")
        made = within(session, "SELECT vvault.create_token($1)", "another")[0][0]
        tokens += re.findall(r"vv_live_[\w-]+", made)
        for statement, values in calls(words):
            within(session, statement, *values)
        for _ in range(6):
            within(session, "SELECT vvault.append_message($1, 'user', $2)", SESSION, words.one())
        for statement, values, expected in mistakes(words):
            try:
                within(session, statement, *values)
            except Refused as refused:
                assert expected in (None, refused.sqlstate), (statement, refused.sqlstate)
                continue
            raise AssertionError(f"this should have failed: {statement}")
        for wrong in (token[:-1] + "!", token[:-1], "vv_live_" + secrets.token_urlsafe(32)):
            tokens.append(wrong)
            try:
                session.value("SELECT vvault.authenticate($1)", wrong)
            except Refused as refused:
                assert refused.sqlstate == "28000", refused
    return tokens


def without_root_key(cluster: Cluster, token: str, words: Words) -> None:
    """The same with the key file gone, in a backend that has not read it."""
    text = cluster.root_key()
    cluster.root_key_file.unlink()
    with Session(cluster.dsn("person")) as session:
        for statement, value in (("SELECT vvault.append_message($1, 'user', $2)", words.one()),
                                 ("SELECT vvault.put_file($1, $2)", words.one().encode())):
            session.run("BEGIN")
            session.value("SELECT vvault.authenticate($1)", token)
            try:
                session.run(statement, SESSION if isinstance(value, str) else FILE, value)
            except Refused as refused:
                assert refused.sqlstate == "VV003", refused
            else:
                raise AssertionError("written without a root key")
            session.run("ROLLBACK")
    cluster.write_root_key(text)
