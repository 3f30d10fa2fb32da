"""Rows of vault_files, one at a time: CSV with a header, a JSON array, JSON Lines, or the table."""

import csv
import json
import os
import sys

from .folder import UnusableFolder
from .slices import NoArray, elements

LARGEST_ROW = 256 << 20
ADDRESS = "VVAULT_FILES_DATABASE_URL"


def open_rows(arguments):
    """Dictionaries by the names of the columns."""
    if arguments.vault_files_live:
        return _live_rows(arguments.user)
    if arguments.vault_files.suffix.lower() == ".csv":
        return _csv_rows(arguments.vault_files)
    return _json_rows(arguments.vault_files)


def _csv_rows(path):
    csv.field_size_limit(sys.maxsize)
    with open(path, encoding="utf-8-sig", errors="surrogateescape", newline="") as source:
        reader = csv.DictReader(source, strict=True)
        if not {"content"} <= set(reader.fieldnames or ()):
            raise UnusableFolder(f"{path} has no column \"content\": is it an export of "
                                 "vault_files, with a header?")
        try:
            yield from reader
        except csv.Error as error:
            raise UnusableFolder(f"{path}, line {reader.line_num}: {error}") from None


def _json_rows(path):
    with open(path, "rb") as source:
        beginning = source.read(4096).removeprefix(b"\xef\xbb\xbf").lstrip()
        source.seek(0)
        if beginning.startswith(b"["):
            records = elements(source, LARGEST_ROW, lambda number: _too_large(path, number))
        else:
            records = (line for line in source if line.strip())
        number = 0
        try:
            for number, record in enumerate(records, 1):
                row = json.loads(record.decode("utf-8-sig", "surrogateescape"))
                if not isinstance(row, dict):
                    raise UnusableFolder(f"{path}, row {number} is no object")
                yield row
        except (NoArray, ValueError) as error:
            raise UnusableFolder(f"{path}, behind row {number}: {error}") from None


def _too_large(path, number):
    raise UnusableFolder(f"{path}, row {number + 1} is larger than 256 MiB")


def _live_rows(user):
    try:
        import psycopg2
        import psycopg2.extras
    except ImportError as error:
        raise UnusableFolder(f"a live table needs psycopg2 (python3-psycopg2): {error}") from None
    address = os.environ.get(ADDRESS)
    if not address:
        raise UnusableFolder(f"set {ADDRESS} to the address of the database with the old table")
    try:
        connection = psycopg2.connect(address, application_name="vvault_migrate",
                                      connect_timeout=10)
        connection.set_session(readonly=True, isolation_level="REPEATABLE READ")
        # Named: rows come as they are asked for, a few at a time.
        with connection, connection.cursor("rows", psycopg2.extras.RealDictCursor) as cursor:
            cursor.itersize = 16
            cursor.execute("SELECT * FROM vault_files WHERE %s IS NULL OR user_id::text = %s",
                           (user, user))
            yield from cursor
        connection.close()
    except psycopg2.Error as error:
        raise UnusableFolder(f"the old table cannot be read: {str(error).strip()}") from None
