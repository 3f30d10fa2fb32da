"""What the mirror's process asks the database: a handful of functions that give sealed bytes."""

import contextlib

import psycopg2

LOCK = "vvault.mirror/"


class NotReady(Exception):
    """The database does not answer, or what the mirror needs of it is not there now."""


class Database:
    """Two connections: one holds the lock that makes this the only process of its mirror, the
    other works. libpq's environment says where the database is."""

    def __init__(self, name: str):
        self.name = name
        self._lock = self._work = None

    def _connect(self):
        return psycopg2.connect(application_name=f"vvault-mirror {self.name}")

    def close(self) -> None:
        for connection in (self._lock, self._work):
            if connection is not None:
                connection.close()
        self._lock = self._work = None

    def lock(self) -> bool:
        """Whether this is the one process that may write the mirror's head."""
        if self._lock is None or self._lock.closed:
            self._lock = self._connect()
            self._lock.autocommit = True
            with self._lock.cursor() as cursor:
                cursor.execute("SELECT pg_try_advisory_lock(hashtextextended(%s, 0))",
                               (LOCK + self.name,))
                if not cursor.fetchone()[0]:
                    self._lock.close()
                    return False
        return True

    def still_locked(self) -> None:
        try:
            with self._lock.cursor() as cursor:
                cursor.execute("SELECT 1")
        except (psycopg2.Error, AttributeError):
            self.close()
            raise NotReady("the connection that held the mirror's lock is gone") from None

    def call(self, function: str, *arguments):
        """In a transaction of its own."""
        with self._transaction("READ COMMITTED", False) as snapshot:
            return snapshot.call(function, *arguments)

    def snapshot(self) -> "Transaction":
        """One state of the database throughout."""
        return self._transaction("REPEATABLE READ", True)

    def _transaction(self, isolation: str, read_only: bool) -> "Transaction":
        if self._work is None or self._work.closed:
            self._work = self._connect()
        self._work.rollback()
        self._work.set_session(isolation_level=isolation, readonly=read_only)
        return Transaction(self._work)


class Transaction:
    def __init__(self, connection):
        self._connection = connection

    def __enter__(self) -> "Transaction":
        return self

    def __exit__(self, failed, *_) -> None:
        if self._connection.closed:
            return
        if failed:
            self._connection.rollback()
        else:
            self._connection.commit()

    def call(self, function: str, *arguments):
        """The one value, or the one row as a tuple."""
        marks = ", ".join(["%s"] * len(arguments))
        with self._connection.cursor() as cursor:
            cursor.execute(f"SELECT * FROM vvault.{function}({marks})", arguments)
            row = cursor.fetchone()
        row = tuple(bytes(value) if isinstance(value, memoryview) else value for value in row)
        return row[0] if len(row) == 1 else row

    @contextlib.contextmanager
    def savepoint(self):
        """What fails in it leaves the transaction as it was."""
        with self._connection.cursor() as cursor:
            cursor.execute("SAVEPOINT attempt")
            try:
                yield
            except psycopg2.Error:
                cursor.execute("ROLLBACK TO SAVEPOINT attempt")
                raise
