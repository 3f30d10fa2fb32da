"""What these tests know of a vault: what its owner reads, whether its ledger holds, who may write."""

import sys
from pathlib import Path

import psycopg2

for group in ("lib", "dump", "sealer"):
    sys.path.insert(0, str(Path(__file__).resolve().parents[1] / group))

from filled import ZEN  # noqa: E402
from harness import Cluster  # noqa: E402
from ledger import WORKING as SEALING  # noqa: E402
from ledger import wait_until_sealed  # noqa: E402

# Nothing is written but by the tests.
WORKING = {**SEALING, "vvault.transcript_delay": "-1"}
NEWEST_NOTE = "SELECT vvault.ledger_checkpoint()"


def answer(cluster: Cluster, token: str, sql: str) -> str:
    """The first value that the owner gets, or the SQLSTATE of what he is told instead."""
    connection = cluster.connect(user="person")
    try:
        with connection.cursor() as cursor:
            cursor.execute("SELECT vvault.authenticate(%s)", (token,))
            cursor.execute(sql)
            value = cursor.fetchone()[0]
        connection.commit()
        return str(value)
    except psycopg2.Error as error:
        return error.pgcode
    finally:
        connection.close()


def say(cluster: Cluster, token: str, text: str) -> str:
    return answer(cluster, token, f"SELECT (vvault.append_message('{ZEN}', 'user', '{text}')).seq")


def sealed_note(cluster: Cluster) -> str:
    """The newest checkpoint's note, when all that was written is below it."""
    wait_until_sealed(cluster)
    return cluster.psql(NEWEST_NOTE) + "\n"


def findings(cluster: Cluster, against: str = None) -> list:
    """(check, detail) of whatever ledger_verify() does not find in order."""
    argument = "NULL" if against is None else f"$note${against}$note$"
    lines = cluster.psql(f"SELECT \"check\", detail FROM vvault.ledger_verify({argument}) WHERE NOT ok")
    return [tuple(line.split("|", 1)) for line in lines.splitlines()]
