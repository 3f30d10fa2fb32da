"""A vault of several people that lives through everything: what each step does, one after the
other, so that a mirror may run between any two of them."""

import random
import secrets

from harness import Cluster

ROOT = {number: f"{number} {secrets.token_hex(32)}\n" for number in (1, 2)}
KEPT = "zen-001_chat_with_zen-001"


class Vault:
    """Ada has most of it, Grace shares some, Linus is destroyed."""

    def __init__(self, cluster: Cluster):
        self.cluster = cluster
        self.random = random.Random(7)
        self.tokens = {}

    def ask(self, name: str, *statements):
        """As that person, in one transaction; the last answer."""
        with self.cluster.connect(user="person") as connection, connection.cursor() as cursor:
            cursor.execute("SELECT vvault.authenticate(%s)", (self.tokens[name],))
            for statement in statements:
                sql, arguments = (statement, ()) if isinstance(statement, str) else statement
                cursor.execute(sql, arguments)
            rows = cursor.fetchall()
        connection.close()
        return rows

    def put(self, name: str, path: str, content: bytes) -> None:
        self.ask(name, ("SELECT vvault.put_file(%s, %s)", (path, content)))

    def say(self, name: str, session: str, *texts) -> None:
        self.ask(name, *[("SELECT vvault.append_message(%s, 'user', %s)", (session, text))
                         for text in texts])

    def random_bytes(self, number: int) -> bytes:
        return self.random.randbytes(number)

    def keep_transcripts(self) -> None:
        """As the worker does: the files of conversations that went on."""
        while self.cluster.psql("SELECT vvault.keep_transcripts(100, true)") != "0":
            pass

    # What happens to it, in this order ---------------------------------------------------------

    def people(self):
        for name in ("ada", "grace", "linus"):
            self.tokens[name] = self.cluster.make_user(f"{name}@example.com")
        for name, construct in (("ada", "zen-001"), ("ada", "nova-001"), ("linus", "lin-001")):
            self.ask(name, f"SELECT vvault.create_construct('{construct}')",
                     f"SELECT vvault.start_session('{construct}', '{construct}_chat', 'About it')")
            self.say(name, f"{construct}_chat", *[f"{construct} hears {n}" for n in range(30)])
        self.ask("ada", "SELECT vvault.create_token('phone', ARRAY['*'])",
                 """SELECT vvault.append_messages('zen-001_chat', '[{"role": "user", "content": "Will it hold?"},
                    {"role": "assistant", "content": "Perhaps.", "seat": "creative", "tried":
                     [{"backend": "one", "model": "m", "latency_ms": 9, "error_class": "timeout"},
                      {"backend": "two", "model": "n", "latency_ms": 7}]}]')""")
        # The one whose transcript the vault keeps as a file.
        self.ask("ada", f"SELECT vvault.start_session('zen-001', '{KEPT}')")
        self.say("ada", KEPT, *[f"shown in the file {n}" for n in range(40)])
        self.keep_transcripts()

    def transcript(self):
        """A file that is saved whole after each turn, and so has tails that are taken over."""
        text = b""
        for turn in range(150):
            text += f"You said: turn {turn} {self.random_bytes(60).hex()}\n".encode()
            self.put("ada", "notes/growing.md", text)
        # Saved as something else each time: nothing of a version is in the next.
        for _ in range(6):
            self.put("ada", "notes/replaced.bin", self.random_bytes(40000))

    def files(self):
        self.big = self.random_bytes(5 << 20)  # more than a slice that is taken over has
        self.put("ada", "library/big.bin", self.big)
        self.put("ada", "library/copy of big.bin", self.big)
        self.put("ada", "notes/edited.txt", b"first\n" + self.random_bytes(50000).hex().encode())
        self.put("ada", "notes/edited.txt", b"second\n" + self.random_bytes(60000).hex().encode())
        self.put("ada", "notes/secret.txt", b"to be shredded " * 500)
        self.put("ada", "notes/deleted.txt", b"gone but not forgotten")
        self.ask("ada", "SELECT vvault.delete_file('notes/deleted.txt')")
        self.ask("ada", "SELECT vvault.restore_file('notes/edited.txt', 1)")
        self.put("linus", "diary.txt", b"what Linus wrote " * 3000)

    def sharing(self):
        self.ask("ada", "SELECT vvault.grant_construct('zen-001', 'grace@example.com', 'writer')",
                 "SELECT vvault.create_group('friends')",
                 "SELECT vvault.add_member('friends', 'grace@example.com')",
                 "SELECT vvault.add_member('friends', 'linus@example.com')",
                 "SELECT vvault.grant_group('nova-001', 'friends', 'reader')",
                 "SELECT vvault.create_runtime('bot', ARRAY['zen-001'], 'writer')",
                 "SELECT vvault.create_token('bot', ARRAY['messages:read'], runtime => 'bot')")
        self.cluster.psql("SELECT vvault.place_hold('ada@example.com', 'library/', 'the lawyers')")

    def removals(self):
        self.ask("ada", "SELECT vvault.purge_file('notes/growing.md', 60)",
                 "SELECT vvault.purge_file('notes/replaced.bin', 5)",
                 "SELECT vvault.purge_file('notes/deleted.txt')",
                 "SELECT vvault.remove_member('friends', 'linus@example.com')",
                 "SELECT vvault.revoke_construct('zen-001', 'grace@example.com')",
                 "SELECT vvault.shred_file('notes/secret.txt')")
        self.cluster.psql("SELECT vvault.shred_user('linus@example.com')")

    def new_data_keys(self):
        self.cluster.psql("SELECT vvault.rotate_data_key('ada@example.com')")
        for _ in range(50):
            if self.cluster.psql("SELECT vvault.reencrypt(1000)") == "0":
                return
        raise AssertionError("the old data keys are still in use")

    def new_root_key(self):
        self.cluster.write_root_key(ROOT[1] + ROOT[2])
        self.cluster.psql("SELECT vvault.rotate_root_key()")

    def afterwards(self):
        self.put("ada", "notes/growing.md", b"begun anew\n" * 5000)
        self.say("ada", "zen-001_chat", "after the rotation")
        self.put("grace", "mine.txt", b"what Grace keeps " * 2000)
        self.ask("ada", "SELECT vvault.end_session('nova-001_chat')")
        self.say("ada", KEPT, "shown at the end of the file")
        self.keep_transcripts()

    STEPS = (people, transcript, files, sharing, removals, new_data_keys, new_root_key, afterwards)


def readable(cluster: Cluster, token: str) -> dict:
    """Everything that a person can read, versions of deleted and shredded files included."""
    with cluster.connect(user="person") as connection, connection.cursor() as cursor:
        cursor.execute("SELECT vvault.authenticate(%s)", (token,))
        cursor.execute('SELECT session, seq, role, content, metadata, "timestamp"'
                       " FROM vvault.list_all_messages()")
        everything = {"messages": cursor.fetchall()}
        cursor.execute("SELECT f.path, h.version, f.path <> 'notes/secret.txt'"
                       "  FROM vvault.list_files() f, vvault.file_history(f.path) h ORDER BY 1, 2")
        everything["files"] = cursor.fetchall()
        for number, (path, version, opens) in enumerate(everything["files"]):
            if opens:
                cursor.execute("SELECT vvault.get_file(%s, %s)", (path, version))
                everything["files"][number] = (path, version, bytes(cursor.fetchone()[0]))
        for what in ("list_constructs", "list_groups", "list_runtimes"):
            cursor.execute(f"SELECT row_to_json(x)::text FROM vvault.{what}() x ORDER BY 1")
            everything[what] = cursor.fetchall()
    connection.close()
    return everything
