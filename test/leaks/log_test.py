"""With everything logged and counted that Postgres can log and count, nothing that was said, no
token and no key shows: not in the log, in statistics, in what sessions show, or on the disk."""

import json
import sys
import unittest
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent))
from spoken import (SESSION, Words, calls, mistakes, speak, token_needles,  # noqa: E402
                    without_root_key)
from unwrapped import WRAPPED_KEYS, data_keys, key_needles, root_keys  # noqa: E402
from bound import Refused, Session  # noqa: E402
from harness import Cluster  # noqa: E402

TALKATIVE = {
    "shared_preload_libraries": "pg_stat_statements,auto_explain",
    "session_preload_libraries": "vvault",
    "log_statement": "all",
    "log_min_duration_statement": "0",
    "log_duration": "on",
    "log_min_error_statement": "debug5",
    "log_error_verbosity": "verbose",
    "log_parameter_max_length": "-1",
    "log_parameter_max_length_on_error": "-1",
    "log_lock_waits": "on",
    "log_temp_files": "0",
    "work_mem": "64kB",
    "track_activity_query_size": "102400",
    "track_functions": "all",
    "pg_stat_statements.track": "all",
    "pg_stat_statements.track_planning": "on",
    "auto_explain.log_min_duration": "0",
    "auto_explain.log_nested_statements": "on",
    "auto_explain.log_analyze": "on",
    "auto_explain.log_verbose": "on",
    "auto_explain.log_settings": "on",
    "auto_explain.log_triggers": "on",
    "compute_query_id": "on",
}
LITERAL = "SELECT vvault.append_message('{}', 'user', '{}')"


def found_in(content: bytes, needles: list) -> list:
    return [needle for needle in needles if needle in content]


class Talkative(unittest.TestCase):
    maxDiff = None

    @classmethod
    def setUpClass(cls):
        cls.cluster = cls.enterClassContext(Cluster(settings=TALKATIVE))
        cls.cluster.psql("CREATE EXTENSION pg_stat_statements")
        cls.words = Words()
        cls.tokens = speak(cls.cluster, cls.words)
        without_root_key(cls.cluster, cls.tokens[0], cls.words)
        roots = root_keys(cls.cluster)
        wrapped = [row.split("|") for row in cls.cluster.psql(WRAPPED_KEYS).splitlines()]
        cls.needles = cls.words.needles()
        for key in [*roots.values(), *data_keys(wrapped, roots).values()]:
            cls.needles += key_needles(key)
        for token in cls.tokens:
            cls.needles += token_needles(token)

    def log_since(self, act) -> bytes:
        before = len(self.cluster.log())
        act()
        return self.cluster.log()[before:].encode()

    def test_the_log_is_as_talkative_as_it_can_be(self):
        log = self.cluster.log()
        for piece in ("execute <unnamed>: SELECT vvault.append_message", "duration: ", "plan:",
                      "Query Text: ", "vvault.sessions", "ERROR:  28000",
                      "a statement of the vault failed with an error that can quote it"):
            self.assertIn(piece, log)
        # Where the vault is not concerned the log says what it was told to say.
        with Session(self.cluster.dsn("person")) as session:
            said = self.log_since(lambda: session.run("SELECT $1::text", "of no concern"))
        self.assertIn(b"of no concern", said)

    def test_the_log_shows_nothing(self):
        self.assertEqual(found_in(self.cluster.log().encode(), self.needles), [])

    def test_statements_with_literals_show_nothing_either(self):
        words = Words()
        with Session(self.cluster.dsn("person")) as session:
            def act():
                session.simple("BEGIN")
                session.simple(f"SELECT vvault.authenticate('{self.tokens[0]}')")
                session.simple(LITERAL.format(SESSION, words.one()))
                session.simple(f"DO $do$ BEGIN PERFORM length('{words.one()}'); "
                               f"PERFORM vvault.get_session('{SESSION}'); END $do$")
                session.simple("PREPARE said AS SELECT vvault.append_message($1, 'user', $2)")
                session.simple(f"EXECUTE said('{SESSION}', '{words.one()}')")
                session.simple("COMMIT")
                for wrong in (LITERAL.format(SESSION, words.one()) + " nonsense",
                              f"SELECT vvault.append_message('{SESSION}', $a${words.one()}$a$",
                              f"SELECT vvault.get_session('x', '{words.one()}')",
                              f"EXECUTE said('{SESSION}', '{words.one()}')",
                              f"SELECT vvault.put_file('a', '{words.one()}', 'seven')"):
                    with self.assertRaises(Refused):
                        session.simple(wrong)
            said = self.log_since(act)
        self.assertEqual(found_in(said, words.needles() + token_needles(self.tokens[0])), [])
        self.assertIn(b"vvault.append_message((hidden)", said)

    def test_a_function_called_by_its_bare_name_shows_nothing(self):
        words = Words()
        with Session(self.cluster.dsn("person")) as session:
            session.simple("SET search_path = vvault")

            def act():
                session.run("BEGIN")
                session.run("SELECT authenticate($1)", self.tokens[0])
                session.run("SELECT append_message($1, 'user', $2)", SESSION, words.one())
                session.run("COMMIT")
                with self.assertRaises(Refused):
                    session.run("SELECT append_message($1, 'user', $2)", SESSION, words.one())
            said = self.log_since(act)
        self.assertEqual(found_in(said, words.needles() + token_needles(self.tokens[0])), [])

    def test_what_else_the_transaction_does_shows_nothing(self):
        words = Words()
        with Session(self.cluster.dsn("person")) as session:
            def act():
                session.run("BEGIN")
                session.run("SELECT vvault.authenticate($1)", self.tokens[0])
                session.run("SELECT upper($1) || lower($2)", words.one(), words.one())
                session.simple(f"SELECT upper('{words.one()}')")
                with self.assertRaises(Refused):
                    session.run("SELECT upper($1)::integer", words.one())
                session.run("COMMIT")
            said = self.log_since(act)
        self.assertEqual(found_in(said.lower(), words.needles()), [])

    def test_the_doctor_warns_of_what_would_leak_without_the_guard(self):
        ask = ("SET ROLE vvault_admin; SELECT \"check\" FROM vvault.doctor()"
               " WHERE NOT ok AND hint IS NOT NULL ORDER BY 1")
        found = self.cluster.psql(ask).splitlines()
        self.assertIn("pg_stat_statements", found)
        self.assertNotIn("log guard", found)
        with Cluster(settings={**TALKATIVE, "session_preload_libraries": ""}) as unguarded:
            found = unguarded.psql(ask).splitlines()
        for check in ("log guard", "statements in the log", "parameters in the log",
                      "statements of errors", "parameters of errors", "auto_explain"):
            self.assertIn(check, found)
        with Cluster(root_key="", install=False) as quiet:
            quiet.psql("CREATE DATABASE vvault", database="postgres")
            quiet.psql("CREATE EXTENSION vvault CASCADE")
            self.assertIn("root key", quiet.psql(ask).splitlines())
            self.assertNotIn("statements in the log", quiet.psql(ask).splitlines())

    def test_every_function_that_takes_content_was_called(self):
        taking = self.cluster.psql(
            "SELECT DISTINCT p.proname FROM pg_proc p"
            " WHERE p.pronamespace = 'vvault'::regnamespace"
            "   AND has_function_privilege('vvault_user', p.oid, 'EXECUTE')"
            "   AND p.proargnames && '{content,data,messages,metadata,title,token}'"
            "   AND p.proargmodes IS NULL").split()
        self.assertGreater(len(taking), 5)
        called = " ".join(call[0] for call in calls(Words()) + mistakes(Words())) \
            + " vvault.authenticate("
        self.assertEqual([name for name in taking if f"vvault.{name}(" not in called], [])

    def test_other_forms_of_the_log_show_nothing_and_the_server_may_preload(self):
        settings = {**TALKATIVE, "session_preload_libraries": "", "logging_collector": "on",
                    "shared_preload_libraries": "auto_explain,vvault",
                    "log_destination": "csvlog,jsonlog"}
        words = Words()
        with Cluster(settings=settings) as cluster:
            tokens = speak(cluster, words)
            needles = words.needles()
            for token in tokens:
                needles += token_needles(token)
            for form in ("csv", "json"):
                logs = list((cluster.data / "log").glob(f"*.{form}"))
                self.assertEqual(len(logs), 1)
                said = logs[0].read_bytes()
                self.assertIn(b"vvault.append_message", said)
                self.assertEqual(found_in(said, needles), [], form)

    def test_the_client_hears_the_whole_error(self):
        word = Words().one()
        with Session(self.cluster.dsn("person")) as session:
            with self.assertRaises(Refused) as raised:
                session.run("SELECT vvault.append_messages($1, $2)", SESSION, word)
        self.assertIn("invalid input syntax for type json", str(raised.exception))
        self.assertIn("heron", str(raised.exception))

    def test_statistics_and_activity_show_nothing(self):
        for view in ("pg_stat_statements", "pg_stat_activity", "pg_stat_user_functions",
                     "pg_stats", "pg_prepared_statements", "pg_settings", "pg_cursors"):
            shown = self.cluster.psql(f"SELECT * FROM {view}").encode()
            self.assertEqual(found_in(shown, self.needles), [], view)
        self.assertIn("append_message", self.cluster.psql("SELECT query FROM pg_stat_statements"))

    def test_no_content_is_spilled_to_temporary_files(self):
        large = ("".join(f"You said:\n{number} {'heron at dawn ' * 40}\n\nZen said:\n{number}\n\n"
                         for number in range(3000)))
        statements = [
            ("SELECT vvault.put_file($1, $2)", ["large.md", large.encode()]),
            ("SELECT octet_length(vvault.get_file($1))", ["large.md"]),
            ("SELECT count(*) FROM vvault.read_file($1)", ["large.md"]),
            ("SELECT octet_length(vvault.read_range($1, 1000, 1000000))", ["large.md"]),
            ("SELECT vvault.put_file($1, $2)", ["large.md", large[1000:].encode()]),
            ("SELECT vvault.restore_file($1, 1)", ["large.md"]),
            ("SELECT count(*) FROM vvault.parse_transcript('large.md', $1)", [large.encode()]),
            ("SELECT vvault.import_turns($1)", ["large.md"]),
            ("SELECT vvault.import_turns($1)", ["large.md"]),
            ("SELECT count(*) FROM vvault.append_messages($1, $2)",
             [SESSION, json.dumps([{"role": "user", "content": "heron " * 2000}] * 100)]),
            ("SELECT count(*) FROM vvault.list_messages($1)", [SESSION]),
            ("SELECT count(*) FROM vvault.list_all_messages()", []),
            ("SELECT octet_length(vvault.render_transcript($1))", [SESSION])]
        with Session(self.cluster.dsn("person")) as session:
            def run(statement, *values):
                session.run("BEGIN")
                session.run("SELECT vvault.authenticate($1)", self.tokens[0])
                session.run(statement, *values)
                session.run("COMMIT")
            for statement, values in statements:
                said = self.log_since(lambda: run(statement, *values))
                self.assertNotIn(b"temporary file", said, statement)
            # Keys changed, and all of it sealed anew.
            with Session(self.cluster.dsn()) as keeper:
                for statement in ("SELECT vvault.rotate_root_key()",
                                  "SELECT vvault.rotate_data_key('ada@example.com'::text)",
                                  "SELECT vvault.reencrypt(100000)",
                                  "SELECT count(*) FROM vvault.reencryption_progress"):
                    said = self.log_since(lambda: keeper.run(statement))
                    self.assertNotIn(b"temporary file", said, statement)
            # Whoever sorts what he got does it in Postgres' own way.
            said = self.log_since(lambda: run(
                "SELECT content FROM vvault.list_all_messages() ORDER BY content"))
            self.assertIn(b"temporary file", said)

    def test_keys_that_go_leave_nothing_behind(self):
        words = Words()
        token = self.cluster.make_user("bob@example.com", "Bob")
        with Session(self.cluster.dsn("person")) as session, \
                Session(self.cluster.dsn()) as keeper:
            def act():
                for statement, values in (
                        ("SELECT vvault.start_session('lin-001', 'b', $1, true)", [words.one()]),
                        ("SELECT vvault.append_message('b', 'user', $1)", [words.one()]),
                        ("SELECT vvault.put_file('b.md', $1)", [words.one().encode() * 900]),
                        ("SELECT vvault.put_file('c.md', $1)", [words.one().encode() * 900]),
                        ("SELECT vvault.rotate_data_key($1)", ["bob@example.com"]),
                        ("SELECT vvault.shred_file('b.md')", []),
                        ("SELECT vvault.shred_construct('lin-001')", [])):
                    session.run("BEGIN")
                    session.run("SELECT vvault.authenticate($1)", token)
                    session.run(statement, *values)
                    session.run("COMMIT")
                keeper.run("SELECT vvault.reencrypt()")
                keeper.run("SELECT vvault.shred_user('bob@example.com'::text)")
                session.run("BEGIN")
                with self.assertRaises(Refused):
                    session.run("SELECT vvault.authenticate($1)", token)
                session.run("ROLLBACK")
            said = self.log_since(act)
        self.assertIn(b"vvault.shred_user", said)
        self.assertEqual(found_in(said, words.needles() + token_needles(token)), [])

    def test_no_file_below_the_data_directory_shows_anything(self):
        self.cluster.psql("ANALYZE; CHECKPOINT")
        seen = 0
        for path in self.cluster.data.rglob("*"):
            if path.is_file():
                seen += 1
                self.assertEqual(found_in(path.read_bytes(), self.needles), [], path)
        self.assertGreater(seen, 500)
        self.assertGreater(int(self.cluster.psql("SELECT count(*) FROM vvault.messages")), 10)


if __name__ == "__main__":
    unittest.main()
