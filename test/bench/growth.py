"""What a transcript costs that is saved whole after each turn: of disk, by what is kept, and of WAL.

Sizes are growth since before the first save, in multiples of the transcript's final size, with
indexes, TOAST and what the server keeps about free space. Autovacuum works once a minute: in
minutes it does not get to what it gets to in the months that such a transcript takes, so every
so many saves stand for a month here and end with a vacuum.
"""

import random
import statistics
import sys

from storage import markdown

TURN = 300   # bytes
MONTH = 500  # saves
PARTS = {
    "versions and their bytes": "relname ~ '^vault_'",
    "ledger entries": "relname ~ '^ledger_entries'",
    "the log's tree": "relname ~ '^ledger_(tiles|tail|checkpoints|state)'",
}
SHOWN = (10, 500, 5000)


def words(size: int) -> str:
    """Random ones, which hardly compress; nobody's transcript is like that."""
    source = random.Random(1)
    lexicon = ["".join(source.choices("abcdefghijklmnopqrstuvwxyz", k=source.randint(2, 11)))
               for _ in range(20_000)]
    parts, length = [], 0
    while length < size:
        parts.append(source.choice(lexicon))
        length += len(parts[-1]) + 1
    return " ".join(parts)[:size]


class Growth:
    def __init__(self, cluster):
        self.cluster = cluster

    def _numbers(self, cursor) -> dict:
        cursor.execute("SELECT pg_database_size(current_database()), "
                       + ", ".join(f"(SELECT sum(pg_total_relation_size(c.oid)) FROM pg_class c"
                                   f" WHERE c.relnamespace = 'vvault'::regnamespace"
                                   f" AND c.relkind = 'r' AND c.{condition})"
                                   for condition in PARTS.values()))
        return dict(zip(("the whole database", *PARTS), map(int, cursor.fetchone())))

    def _saves(self, name: str, text: str, turns: int) -> tuple:
        """(disk by part, WAL of each save)"""
        token = self.cluster.make_user(f"{name}@growth.example.com", name)
        connection = self.cluster.connect(autocommit=True)
        cursor = connection.cursor()

        def wal() -> int:
            cursor.execute("SELECT pg_current_wal_insert_lsn() - '0/0'::pg_lsn")
            return int(cursor.fetchone()[0])

        # What the server knows of tables that hold nothing yet is not the transcript's.
        cursor.execute("SELECT vvault.ledger_seal()")
        cursor.execute("VACUUM ANALYZE")
        before, costs = self._numbers(cursor), []
        for number in range(1, turns + 1):
            at = wal()
            cursor.execute("BEGIN")
            cursor.execute("SELECT FROM vvault.authenticate(%s)", (token,))
            cursor.execute("SELECT FROM vvault.put_file(%s, %s)",
                           (f"growth/{name}.md", text[:TURN * number].encode()))
            cursor.execute("COMMIT")
            costs.append(wal() - at)
            if number % MONTH == 0:
                cursor.execute("SELECT vvault.ledger_seal()")
                cursor.execute("VACUUM ANALYZE")
                print(f"\r{name}: {number} saves", end="", file=sys.stderr, flush=True)
        after = self._numbers(cursor)
        connection.close()
        size = len(text[:TURN * turns].encode())
        return {part: (after[part] - before[part]) / size for part in after}, costs

    def table(self, turns: int) -> None:
        # Tables that were empty, and the catalogs, get their first pages.
        self._saves("first", markdown(TURN * 100), 100)
        measured = {name: self._saves(name, make(TURN * turns), turns)
                    for name, make in (("markdown", markdown), ("words", words))}
        print(f"\r\x1b[K\n{f'{turns} saves of a growing transcript, disk / final size':<58}"
              + "".join(f"{name:>10}" for name in measured) + f"{'aim':>7}")
        for part in (*PARTS, "the whole database"):
            print(f"{part:<58}" + "".join(f"{disk[part]:>10.2f}" for disk, _ in measured.values())
                  + (f"{'2.50':>7}" if part == "the whole database" else ""))
        for shown in (turn for turn in SHOWN if turn <= turns):
            # The median: whole pages after a checkpoint, and what the server does besides, are
            # not the save's.
            around = slice(max(0, shown - 50), shown + 50) if shown > 50 else slice(2, 2 * shown)
            print(f"{f'WAL a save, bytes, around turn {shown}':<58}"
                  + "".join(f"{statistics.median(costs[around]):>10.0f}"
                            for _, costs in measured.values())
                  + f"{'1500':>7}")
