"""The way back: a database made from a mirror and the root key. All of it is one transaction,
which ends only after the ledger was verified from the rows up."""

import hashlib

import psycopg2

from .head import NAME, Damaged, Head, kind_of
from .store import Store


class NotRestored(Exception):
    """Why there is no vault: nothing was changed."""


def fetch(store: Store, entry: dict) -> bytes:
    content = store.get(entry["name"])
    if content is None:
        raise Damaged(f"object {entry['name']} is missing")
    if hashlib.sha256(content).hexdigest() != entry["sha256"]:
        raise Damaged(f"object {entry['name']} was altered: it is not what the head lists")
    return content


class Restore:
    def __init__(self, store: Store, connection, say):
        self.store, self.connection, self.say = store, connection, say
        self.rows = self.bytes = 0

    def _one(self, sql: str, arguments=()):
        with self.connection.cursor() as cursor:
            cursor.execute(sql, arguments)
            row = cursor.fetchone() if cursor.description else None
        return row[0] if row else None

    def _key(self, head: Head) -> tuple:
        key = head["key"]
        return (key["root_key"], bytes.fromhex(key["check_value"]), bytes.fromhex(key["wrapped"]))

    def read_head(self) -> Head:
        content = self.store.get(NAME)
        if content is None:
            raise NotRestored("there is no mirror: the store has no object \"head\"")
        head, text, seal = Head.parse(content)
        opened = self._one("SELECT vvault._mirror_open_with(11, %s, %s, %s, 0, %s, %s, %s, %s)",
                           (head["vault"], head["mirror"], head["generation"], *self._key(head),
                            seal))
        if bytes(opened) != hashlib.sha256(text.encode()).digest():
            raise Damaged("the mirror's head was altered")
        if not head.is_complete:
            raise NotRestored("the mirror was never completed: its first round had not ended")
        return head

    def run(self, against: str = None) -> Head:
        try:
            head = self._run(against)
            self.connection.commit()
        except psycopg2.Error as error:
            self.connection.rollback()
            detail = f" {error.diag.message_detail}" if error.diag.message_detail else ""
            hint = f" {error.diag.message_hint}" if error.diag.message_hint else ""
            raise NotRestored(f"{error.diag.message_primary or error}.{detail}{hint}"
                              f" ({error.pgcode})") from None
        except BaseException:
            self.connection.rollback()
            raise
        return head

    def _run(self, against: str) -> Head:
        self._one("CREATE EXTENSION IF NOT EXISTS vvault CASCADE")
        self._one("SELECT vvault.mirror_restore_begin()")
        head = self.read_head()
        self.say(f"restoring up to entry {head['size']}")
        # Foreign keys are proven by mirror_restore_end(): rows come in the ledger's order.
        self._one("SET LOCAL session_replication_role = replica")
        for entry in head.objects_to_restore():
            self.put(head, entry)
        self._one("SELECT vvault.mirror_restore_end(%s)", (head["contents"] != ["*"],))
        self._one("SET LOCAL session_replication_role = origin")
        self._one("SELECT vvault.install()")
        self.prove(head, against)
        return head

    def put(self, head: Head, entry: dict) -> None:
        sealed = fetch(self.store, entry)
        try:
            self.rows += self._one(
                "SELECT vvault.mirror_restore_object(%s, %s, %s, %s, %s, %s, %s, %s, %s)",
                (kind_of(entry), head["vault"], head["mirror"], entry["generation"],
                 entry["part"], *self._key(head), sealed))
        except psycopg2.Error as error:
            if error.pgcode == "VV001":
                raise Damaged(f"object {entry['name']} does not open: it is of another place or "
                              "mirror") from None
            raise
        self.bytes += len(sealed)

    def prove(self, head: Head, against: str) -> None:
        self._one("ANALYZE")
        if str(self._one("SELECT id FROM vvault.installation")) != head["vault"]:
            raise Damaged("the rows are of another vault than the head")
        size = self._one("SELECT size FROM vvault.ledger_state")
        root = self._one("SELECT encode(vvault._ledger_root(%s), 'hex')", (size,)) if size else None
        if (size, root) != (head["size"], head["root"]):
            raise Damaged(f"the restored tree has {size} entries and another root than the "
                          f"checkpoint of {head['size']} that was mirrored")
        # What was committed and not sealed yet when it was mirrored is sealed here, by transactions
        # of this cluster; before that the tree was compared with every entry.
        self._one("SELECT vvault.ledger_seal()")
        if stopped := self._one("SELECT stopped FROM vvault.ledger_state"):
            raise Damaged(f"the restored ledger cannot go on: {stopped}")
        for note in filter(None, (head["checkpoint"], against)):
            with self.connection.cursor() as cursor:
                cursor.execute('SELECT "check", detail FROM vvault.ledger_verify(against => %s)'
                               " WHERE NOT ok", (note,))
                wrong = cursor.fetchall()
            if wrong:
                raise Damaged("the restored ledger does not verify: " +
                              "; ".join(f"{check}: {detail}" for check, detail in wrong[:5]))
        if not head["checkpoint"]:
            wrong = self._one("SELECT string_agg(detail, '; ') FROM vvault.ledger_verify()"
                              " WHERE NOT ok")
            if wrong:
                raise Damaged(f"the restored ledger does not verify: {wrong}")
