#!/usr/bin/env python3
"""Makes a vault again from its mirror and the root key, in an empty database.

The server must be able to read the root key (vvault.root_key_file). All is one transaction: at its
end the ledger has been verified from the rows up, or nothing has changed (doc/mirror.md).
"""

import argparse
import sys
from pathlib import Path

sys.dont_write_bytecode = True

import psycopg2  # noqa: E402

from mirror.follow import checkpoint_of, reason_of  # noqa: E402
from mirror.head import Damaged  # noqa: E402
from mirror.restore import NotRestored, Restore  # noqa: E402
from mirror.store import Refused, Unavailable, open_store  # noqa: E402

ALL_WELL, NOT_RESTORED, USAGE, UNAVAILABLE = 0, 1, 2, 3


def parse_arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        description="Make a vault again from its mirror and the root key.",
        epilog="libpq's environment (PGHOST, PGDATABASE, …) names the empty database, and a "
               "superuser. Exit code: 0 restored and verified, 1 not restored, nothing changed, "
               "2 usage, 3 the mirror or the database is not there.")
    parser.add_argument("store", metavar="PLACE", help="s3://BUCKET/PREFIX or a folder")
    parser.add_argument("--against", metavar="FILE", type=Path,
                        help="a checkpoint that a witness has kept: an older state of the mirror, "
                             "or another history, is refused")
    return parser.parse_args()


def say(text: str) -> None:
    print(text, flush=True)


def restore(arguments: argparse.Namespace) -> int:
    against = arguments.against.read_text(encoding="utf-8") if arguments.against else None
    connection = psycopg2.connect(application_name="vvault-restore")
    try:
        work = Restore(open_store(arguments.store), connection, say)
        head = work.run(against)
        say(f"restored up to entry {head['size']}, {checkpoint_of(head)}: {work.rows} rows from"
            f" {work.bytes} bytes; the ledger verifies")
    finally:
        connection.close()
    return ALL_WELL


def main() -> int:
    arguments = parse_arguments()
    try:
        return restore(arguments)
    except (Damaged, NotRestored) as error:
        print(f"vvault_restore: not restored: {error}", file=sys.stderr)
        return NOT_RESTORED
    except (Unavailable, Refused, OSError, psycopg2.Error) as error:
        print(f"vvault_restore: {reason_of(error)}", file=sys.stderr)
        return UNAVAILABLE


if __name__ == "__main__":
    sys.exit(main())
