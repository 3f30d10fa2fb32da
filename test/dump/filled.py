"""A database filled through its API, and what must not be found outside of it."""

import json
import re
import subprocess
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "lib"))

from harness import VAULT, Cluster  # noqa: E402
from harness.processes import as_server, clean_environment, postgres_binary  # noqa: E402

ZEN = "zen-001_chat_with_zen-001"
SPOKEN = ["The password of the boathouse is heron-at-dawn.",
          "Nobody but us knows about the cobalt door."]


# From every text file of the sample vault that somebody wrote or said something in.
WRITTEN = [
    "Zen! Are you there?", "Right here. What are we building today?", "as much or as little",
    "A markdown list, please:", "this line is inside a code fence", "Continue where we stopped.",
    "Same format without the bold marks.", "an emoji 🌊 and a NUL-free tail",
    "Write the loop in C++.", "std::puts", "Do you remember the lighthouse?",
    "The one with the cobalt door.", "quoted, from start to end", "may sign with its own name.",
    "What do you see?", "It has three rules above and below it", "Sharpen it.",
    "Saved on Windows, so the lines end in CR LF.", "Saved before the rewrite.", "Still here.",
    "This is a test message.", "What shall we call it?", "Second Wind.", "Which one, really?",
    "The first branch.", "The current branch.", "The lighthouse has a cobalt door.",
    "First light on the pier.", "EXAMPLE-TETHER", "big_five_traits", "calm, precise, and brief.",
    "boot_sequence_started", "storage_quota",
]


def sentences() -> list:
    """What must not be found anywhere outside: texts, and a piece of the binary file."""
    photo = (VAULT / "library" / "documents" / "photo.bin").read_bytes()
    return [text.encode() for text in WRITTEN + SPOKEN] + [photo[1000:1024]]


def fill(cluster: Cluster) -> str:
    """The sample vault, two versions of a file, spoken messages; the owner's token."""
    token = cluster.make_user("ada@example.com", "Ada Example")
    with cluster.connect(user="person") as connection, connection.cursor() as cursor:
        cursor.execute("SELECT vvault.authenticate(%s)", (token,))
        for path in sorted(VAULT.rglob("*")):
            if path.is_file() and path.name != ".DS_Store":
                name = str(path.relative_to(VAULT))
                cursor.execute("SELECT vvault.put_file(%s, %s)", (name, path.read_bytes()))
                if path.suffix in (".md", ".txt", ".json"):
                    cursor.execute("SELECT vvault.import_turns(%s, %s)",
                                   (name, ["Ada Example", "Ada"]))
        cursor.execute("SELECT vvault.put_file('library/documents/empty.md', %s)",
                       (SPOKEN[1].encode() * 200,))
        for sentence in SPOKEN:
            cursor.execute("SELECT vvault.append_message(%s, 'user', %s, metadata => %s)",
                           (ZEN, sentence, json.dumps({"note": SPOKEN[0]})))
    connection.close()
    cluster.psql("SELECT vvault.place_hold(user_id, 'library/', 'kept') FROM vvault.user_emails")
    return token


def contents(cluster: Cluster, token: str) -> dict:
    """Everything that the person can read: messages of every session, versions of every file."""
    with cluster.connect(user="person") as connection, connection.cursor() as cursor:
        cursor.execute("SELECT vvault.authenticate(%s)", (token,))
        cursor.execute("SELECT session, seq, role, content, metadata, \"timestamp\""
                       " FROM vvault.list_all_messages()")
        everything = {"messages": cursor.fetchall()}
        cursor.execute("SELECT f.path, h.version, vvault.get_file(f.path, h.version)"
                       "  FROM vvault.list_files() f, vvault.file_history(f.path) h"
                       " WHERE h.sha256 IS NOT NULL ORDER BY 1, 2")
        everything["files"] = [(path, version, bytes(content))
                               for path, version, content in cursor.fetchall()]
    connection.close()
    return everything


def row_counts(cluster: Cluster) -> dict:
    tables = cluster.psql("SELECT tablename FROM pg_tables WHERE schemaname = 'vvault'").split()
    return {table: int(cluster.psql(f"SELECT count(*) FROM vvault.{table}")) for table in tables}


def dump(cluster: Cluster, form: str, *options: str) -> bytes:
    done = subprocess.run([postgres_binary("pg_dump"), f"--format={form}", *options], check=True,
                          stdout=subprocess.PIPE, env=cluster.environment())
    return done.stdout


def restore(cluster: Cluster, dumped: bytes, form: str) -> None:
    """Into an empty database of a cluster that has the extension's files but nothing else."""
    cluster.create_database()
    if form == "plain":
        command = [postgres_binary("psql"), "-X", "-q", "-v", "ON_ERROR_STOP=1"]
    else:
        command = [postgres_binary("pg_restore"), "--exit-on-error", "--dbname=vvault"]
    done = subprocess.run(command, input=dumped, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                          env=cluster.environment(), check=False)
    if done.returncode != 0:
        raise AssertionError(f"the restore failed: {done.stdout.decode(errors='replace')}")


def dump_roles(cluster: Cluster) -> str:
    """The cluster's roles: they are not part of a database's dump."""
    done = subprocess.run([postgres_binary("pg_dumpall"), "--roles-only"], check=True,
                          stdout=subprocess.PIPE, env=cluster.environment(), text=True)
    # The new cluster's superuser has the same name, and exists.
    return "\n".join(line for line in done.stdout.splitlines()
                     if not re.match(r"(CREATE|ALTER) ROLE vvault\b(?!_)", line))


def files_below(directory: Path):
    """(path, content) of every file, read as root or as the servers' user."""
    listed = subprocess.run(as_server(["find", directory, "-type", "f", "-print0"]), cwd="/",
                            check=True, stdout=subprocess.PIPE, env=clean_environment()).stdout
    for name in filter(None, listed.split(b"\0")):
        yield Path(name.decode()), Path(name.decode()).read_bytes()
