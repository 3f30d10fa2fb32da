"""The vault straight in Postgres: the same functions, the same token, no gateway.

The database is named by VVAULT_DATABASE_URL or by PGHOST, PGDATABASE and so on, never by an
argument, which others could read. Every call is a transaction that begins with authenticate().
"""

import hashlib
import json
import os
import threading
from contextlib import contextmanager

import psycopg2
from psycopg2 import errorcodes

from .vault import BLOCK, PAGE, Again, Changed, Refused, Stored, patiently
from .where import media_type

PART = 4 << 20
ONE_CALL = 4 << 20
STATUS = {"28000": 401, "28P01": 401, "42501": 403, "P0002": 404, "VV007": 412, "54000": 413}
TRY_AGAIN_CLASSES = ("08", "53", "57")
TRY_AGAIN = {errorcodes.SERIALIZATION_FAILURE, errorcodes.DEADLOCK_DETECTED,
             errorcodes.LOCK_NOT_AVAILABLE, errorcodes.READ_ONLY_SQL_TRANSACTION}


class Database:
    largest_bytes = 64 << 20

    def __init__(self, token: str, patience: float = 60):
        self.url = "the database"
        self._source = os.environ.get("VVAULT_DATABASE_URL", "")
        self._token = token
        self._patience = patience
        self._own = threading.local()

    # What is there -----------------------------------------------------------------------------

    def identity(self) -> str:
        return str(self._value("SELECT vvault.current_user_id()"))

    def pages(self, prefix: str = ""):
        after = ""
        while True:
            page = self._rows("SELECT path, sha256, encrypted FROM vvault.list_files(%s,"
                              ' shared => false, after => %s, "limit" => %s)',
                              (prefix, after, PAGE))
            for path, sha256, encrypted in page:
                yield path, Stored(sha256, encrypted)
            if len(page) != PAGE:
                return
            after = page[-1][0]

    def stored(self, path: str):
        for found, stored in self.pages(path):
            return stored if found == path else None
        return None

    def history(self, path: str) -> list:
        try:
            return self._rows("SELECT version, sha256 FROM vvault.file_history(%s)", (path,))
        except Refused as refused:
            if refused.status == 404:
                return []
            raise

    def digest(self, path: str, version: int = None) -> str:
        def attempt():
            digest, position, wanted, size = hashlib.sha256(), 0, version, None
            while size is None or position < size:
                (wanted, size, content), = self._once(
                    "SELECT version_read, size, content FROM vvault.read_part("
                    " %s, %s, NULL, %s, NULL, %s)", (path, position, wanted, PART))
                block = bytes(content) if content is not None else b""
                if not block and position < size:
                    raise Refused(500, "the stored content ends too early")
                digest.update(block)
                position += len(block)
            return digest.hexdigest()

        return patiently(attempt, self._patience, self.url)

    # What is done ------------------------------------------------------------------------------

    def put(self, path: str, content, size: int, sha256: str, metadata: dict = None) -> None:
        about = json.dumps(metadata) if metadata else None
        if isinstance(content, bytes) and size <= ONE_CALL:
            self._value("SELECT vvault.put_file(%s, %s, media_type => %s, metadata => %s)",
                        (path, psycopg2.Binary(content), media_type(path), about))
            return
        self._upload(path, content, "server", media_type(path), sha256, about)

    def put_sealed(self, path: str, body) -> None:
        body.seek(0)
        self._upload(path, body, "client", "application/octet-stream", None, None)

    def _upload(self, path, content, encrypted, kind, sha256, about) -> None:
        """In parts: each is a transaction, and a part that is sent again changes nothing."""
        upload = self._value("SELECT vvault.begin_upload(%s, media_type => %s, encrypted => %s)",
                             (path, kind, encrypted))
        position = 0
        while block := self._part(content, position):
            position = self._value("SELECT vvault.append_upload(%s, %s, %s)",
                                   (upload, position, psycopg2.Binary(block)))
        try:
            self._value("SELECT vvault.finish_upload(%s, %s, %s)", (upload, sha256, about))
        except Refused as refused:
            if "announced" in str(refused):
                raise Changed() from None
            raise

    @staticmethod
    def _part(content, position: int) -> bytes:
        if isinstance(content, bytes):
            return content[position:position + PART]
        block = b""
        while len(block) < PART and (more := content.read(min(BLOCK, PART - len(block)))):
            block += more
        return block

    def import_turns(self, path: str, names: list, dry_run: bool = False) -> dict:
        return self._value("SELECT vvault.import_turns(%s, %s, %s)", (path, names or None, dry_run))

    def import_bytes(self, path: str, content: bytes, names: list, dry_run: bool = False) -> dict:
        return self._value("SELECT vvault.import_content(%s, %s, %s, %s)",
                           (path, psycopg2.Binary(content), names or None, dry_run))

    def is_alive(self) -> bool:
        try:
            self._once("SELECT 1")
            return True
        except (Again, Refused):
            return False

    # SQL ---------------------------------------------------------------------------------------

    def _value(self, statement: str, arguments=()):
        return self._rows(statement, arguments)[0][0]

    def _rows(self, statement: str, arguments=()) -> list:
        return patiently(lambda: self._once(statement, arguments), self._patience, self.url)

    def _once(self, statement: str, arguments=()) -> list:
        with self._errors():
            connection = getattr(self._own, "connection", None)
            if connection is None or connection.closed:
                connection = self._own.connection = psycopg2.connect(
                    self._source, connect_timeout=10, application_name="vvault_migrate")
            with connection, connection.cursor() as cursor:
                # One round trip: what is asked stands behind the token's check.
                cursor.execute("SELECT vvault.authenticate(%s); " + statement,
                               (self._token, *arguments))
                return cursor.fetchall()

    @contextmanager
    def _errors(self):
        try:
            yield
        except psycopg2.Error as error:
            state = error.pgcode or ""
            lost = getattr(self._own, "connection", None)
            if lost is not None and lost.closed:
                self._own.connection = None
            told = " ".join(filter(None, [error.diag.message_primary, error.diag.message_detail]))
            told = told or str(error).strip() or type(error).__name__
            if not state and isinstance(error, psycopg2.ProgrammingError):
                raise Refused(400, told) from None     # the address is no address
            if not state or state[:2] in TRY_AGAIN_CLASSES or state in TRY_AGAIN:
                raise Again(told) from None
            raise Refused(STATUS.get(state, 422), told) from None
