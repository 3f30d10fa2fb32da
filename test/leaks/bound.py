"""SQL with real bind parameters, over libpq itself.

psycopg2 writes values into the statement's text; what applications and the gateway do, and what
a log then shows as parameters, needs the extended protocol.
"""

import ctypes
import ctypes.util

_libpq = ctypes.CDLL(ctypes.util.find_library("pq"))
for _name, _result, _arguments in (
        ("PQconnectdb", ctypes.c_void_p, [ctypes.c_char_p]),
        ("PQstatus", ctypes.c_int, [ctypes.c_void_p]),
        ("PQerrorMessage", ctypes.c_char_p, [ctypes.c_void_p]),
        ("PQexecParams", ctypes.c_void_p, [
            ctypes.c_void_p, ctypes.c_char_p, ctypes.c_int, ctypes.c_void_p, ctypes.c_void_p,
            ctypes.c_void_p, ctypes.c_void_p, ctypes.c_int]),
        ("PQexec", ctypes.c_void_p, [ctypes.c_void_p, ctypes.c_char_p]),
        ("PQresultStatus", ctypes.c_int, [ctypes.c_void_p]),
        ("PQresultErrorField", ctypes.c_char_p, [ctypes.c_void_p, ctypes.c_int]),
        ("PQntuples", ctypes.c_int, [ctypes.c_void_p]),
        ("PQnfields", ctypes.c_int, [ctypes.c_void_p]),
        ("PQgetvalue", ctypes.c_void_p, [ctypes.c_void_p, ctypes.c_int, ctypes.c_int]),
        ("PQgetlength", ctypes.c_int, [ctypes.c_void_p, ctypes.c_int, ctypes.c_int]),
        ("PQgetisnull", ctypes.c_int, [ctypes.c_void_p, ctypes.c_int, ctypes.c_int]),
        ("PQclear", None, [ctypes.c_void_p]),
        ("PQbackendPID", ctypes.c_int, [ctypes.c_void_p]),
        ("PQfinish", None, [ctypes.c_void_p])):
    getattr(_libpq, _name).restype = _result
    getattr(_libpq, _name).argtypes = _arguments

_CONNECTION_OK, _COMMAND_OK, _TUPLES_OK, _SQLSTATE, _BYTEA = 0, 1, 2, ord("C"), 17


class Refused(Exception):
    """An error of the server; .sqlstate says which."""

    def __init__(self, sqlstate: str, message: str):
        super().__init__(f"{sqlstate}: {message}")
        self.sqlstate = sqlstate


class Session:
    """One connection. Values go as text, bytes as bytea, None as null; results come as text."""

    def __init__(self, dsn: str):
        self._connection = _libpq.PQconnectdb(dsn.encode())
        if _libpq.PQstatus(self._connection) != _CONNECTION_OK:
            raise ConnectionError(_libpq.PQerrorMessage(self._connection).decode())
        self.process_id = _libpq.PQbackendPID(self._connection)

    def run(self, statement: str, *values) -> list:
        given = [value if isinstance(value, bytes) else None if value is None
                 else str(value).encode() for value in values]
        binary = [isinstance(value, bytes) for value in values]
        count = len(given)
        return self._rows(_libpq.PQexecParams(
            self._connection, statement.encode(), count,
            (ctypes.c_uint * count)(*(_BYTEA if b else 0 for b in binary)),
            (ctypes.c_char_p * count)(*given),
            (ctypes.c_int * count)(*(len(value or b"") for value in given)),
            (ctypes.c_int * count)(*binary), 0))

    def simple(self, statement: str) -> list:
        """The statement's text as it stands, by the simple protocol."""
        return self._rows(_libpq.PQexec(self._connection, statement.encode()))

    def value(self, statement: str, *values) -> str:
        return self.run(statement, *values)[0][0]

    def close(self) -> None:
        _libpq.PQfinish(self._connection)

    def __enter__(self) -> "Session":
        return self

    def __exit__(self, *_) -> None:
        self.close()

    def _rows(self, result) -> list:
        try:
            if _libpq.PQresultStatus(result) not in (_COMMAND_OK, _TUPLES_OK):
                sqlstate = _libpq.PQresultErrorField(result, _SQLSTATE) or b"?"
                raise Refused(sqlstate.decode(),
                              _libpq.PQerrorMessage(self._connection).decode(errors="replace"))
            return [[self._cell(result, row, column)
                     for column in range(_libpq.PQnfields(result))]
                    for row in range(_libpq.PQntuples(result))]
        finally:
            _libpq.PQclear(result)

    @staticmethod
    def _cell(result, row: int, column: int):
        if _libpq.PQgetisnull(result, row, column):
            return None
        return ctypes.string_at(_libpq.PQgetvalue(result, row, column),
                                _libpq.PQgetlength(result, row, column)).decode(errors="replace")
