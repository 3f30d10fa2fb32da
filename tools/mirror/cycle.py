"""One round of the mirror: from where its head says it is to what the database is now.

Slices of the ledger are uploaded one after the other, each from a transaction of its own; what
changes meanwhile is told by a later entry, and comes with a later slice. The last slice, people,
keys and the tree's edge come from one transaction, so that together they are one state."""

import hashlib
import time

from .database import Database, NotReady
from .head import NAME, Damaged, Head, bytes_of, object_of
from .store import Store

BUCKETS = range(64)
PEOPLE_AGE = 3600  # seconds after which people are sent anew though no entry tells of a change
MERGED_ENTRIES, MERGED_BYTES = 1024, 4 << 20
PENDING_BYTES = 64 << 20
SEALING_PATIENCE = 3.0


NOBODY = "00000000-0000-0000-0000-000000000000"
FIRST_PLACE = f"1 {NOBODY} {NOBODY} 0"


class RolledBack(Damaged):
    """The store has an older head than it was given."""


class Archived(NotReady):
    """Entries that a slice needs were archived, and what they told of cannot be told from them."""


class Mirror:
    def __init__(self, store: Store, database: Database, clock=time.time):
        self.store, self.database, self.clock = store, database, clock
        self.loose = set()  # uploaded, and in no head yet
        self.stored = None  # the head as it was last seen in the store
        self.swept = False
        self.sent_bytes = self.sent_entries = 0

    # The head ----------------------------------------------------------------------------------

    def read_head(self, info: dict = None) -> Head:
        """The genuine head of this mirror, or a first one where the store is empty."""
        info = info or self.database.call("mirror_begin", self.database.name, None)
        content = self.stored = self.store.get(NAME)
        if content is None:
            if info["generation"]:
                raise RolledBack("the store has no head, though generation "
                                 f"{info['generation']} was written to it")
            return Head.first(info["vault"], info["mirror"])
        head, text, seal = Head.parse(content)
        if (head["vault"], head["mirror"]) != (info["vault"], info["mirror"]):
            raise Damaged("the store holds another mirror")
        if not self.database.call("mirror_head_is_genuine", info["mirror"], head["generation"],
                                  text, seal):
            raise Damaged("the mirror's head was altered: its seal does not open")
        if head["generation"] < info["generation"]:
            raise RolledBack(f"the store has a head of generation {head['generation']}, though "
                             f"generation {info['generation']} was written to it")
        if head["generation"] == info["generation"] and info["head_digest"] \
                and info["head_digest"] != hashlib.sha256(content).hexdigest():
            raise Damaged(f"the store has another head of generation {head['generation']} than was "
                          "written to it")
        return head

    def write_head(self, before: Head, head: Head, info: dict) -> None:
        """Replaces the head, unless somebody else has done so meanwhile."""
        head["generation"] = before["generation"] + 1
        head["key"] = {name: info[name] for name in ("root_key", "check_value", "wrapped")}
        head["schema_version"], head["contents"] = info["schema_version"], info["contents"]
        head["at"] = int(self.clock())
        kept = head.names()
        head["garbage"] = sorted((before.names() | set(before["garbage"]) | self.loose) - kept)
        text = head.text()
        seal = self.database.call("mirror_seal_head", head["mirror"], head["generation"], text)
        self.database.still_locked()
        if self.store.get(NAME) != self.stored:
            raise Damaged("another process has written to this mirror")
        self.stored = f"{text}\n{seal.hex()}\n".encode()
        self.store.put(NAME, self.stored)
        self.loose = set()
        self.collect(head)

    def collect(self, head: Head) -> None:
        """Removes what the head does not name any more, older versions too: keys among them."""
        for name in head["garbage"]:
            self.store.delete(name)
        self.store.drop_older(NAME)

    def sweep(self, head: Head) -> None:
        """Once a process: what an earlier one uploaded and no head came to name."""
        if self.swept:
            return
        kept = head.names() | {NAME}
        for name in self.store.names():
            if name not in kept:
                self.store.delete(name)
        self.collect(head)
        self.swept = True

    # Objects -----------------------------------------------------------------------------------

    def upload(self, folder: str, head: Head, part: int, sealed: bytes) -> dict:
        entry = object_of(folder, head["generation"] + 1, part, sealed)
        self.loose.add(entry["name"])
        self.store.put(entry["name"], sealed)
        self.sent_bytes += len(sealed)
        return entry

    def make_slice(self, transaction, head: Head, begin: int, end: int, unsealed: bool,
                   part: int, page: list = None) -> dict:
        """Of these entries, or, with a page, of what was archived: behind one place, up to another
        or as much as fits. Without entries a slice can only be made where pages were made first."""
        place = (head["mirror"], head["generation"] + 1)
        after, upto = page or (None, None)
        sealed, entries, people, buckets, files, archived, reached = transaction.call(
            "mirror_rows", *place, part, begin, end, unsealed, after, upto)
        if archived and page is None and head.is_complete and not head["rebuilding"]:
            raise Archived(f"of entries {begin} to {end} {archived} were archived")
        objects = [self.upload("rows", head, part, sealed)]
        chunk = (None, None)
        while files:
            sealed, *chunk = transaction.call("mirror_chunks", *place, part + len(objects), begin,
                                              end, unsealed, after, upto, *chunk)
            if sealed is None:
                break
            objects.append(self.upload("chunks", head, part + len(objects), sealed))
        self.sent_entries += entries
        made = {"from": begin, "to": end, "entries": entries, "generation": head["generation"] + 1,
                "people": people, "buckets": buckets, "objects": objects}
        if page:
            made["page"] = [after, upto or reached]
        return made

    # The round ---------------------------------------------------------------------------------

    def run(self) -> Head:
        """Brings the mirror up to the database, and gives its head."""
        head = self.read_head()
        self.sweep(head)
        head = self.catch_up(head)
        deadline = self.clock() + SEALING_PATIENCE
        while True:
            with self.database.snapshot() as transaction:
                info = self.begin(transaction, head)
                if info["unsealed"] and self.clock() < deadline:
                    finished = None
                else:
                    finished = self.finish(transaction, head, info)
            if finished is not None:
                break
            time.sleep(0.1)
        if finished is not head:
            self.write_head(head, finished, info)
        self.report(finished)
        return finished

    def start_over(self) -> None:
        """Everything anew, beside what is there; that is dropped when the new state is whole."""
        info = self.database.call("mirror_begin", self.database.name, None)
        try:
            before = self.read_head(info)
        except Damaged:
            before = self.forsaken(info)
        head = before.copy()
        head["rebuilding"], head["pending"] = True, []
        self.write_head(before, head, info)

    def forsaken(self, info: dict) -> Head:
        """In the place of a head that is lost, altered or old: nothing of it counts."""
        try:
            generation = Head.parse(self.stored)[0]["generation"] if self.stored else 0
        except Damaged:
            generation = 0
        head = Head.first(info["vault"], info["mirror"])
        head["generation"] = max(generation, info["generation"])
        head["garbage"] = [name for name in self.store.names() if name != NAME]
        return head

    def begin(self, transaction, head: Head) -> dict:
        info = transaction.call("mirror_begin", self.database.name, head["size"])
        if info["stopped"]:
            raise NotReady(f"the ledger is stopped: {info['stopped']}")
        if head["rebuilding"]:
            return info
        if info["size"] < max(head.reached, head["size"] or 0):
            raise NotReady(f"the mirror has {max(head.reached, head['size'] or 0)} entries and the "
                           f"database {info['size']}: it was restored to before")
        if head["size"] and info["known_root"] != head["root"]:
            raise NotReady(f"the database has another history than the mirror up to entry "
                           f"{head['size']}")
        if head.is_complete and head["contents"] != info["contents"]:
            raise NotReady("the mirror was made with other patterns of contents")
        return info

    def catch_up(self, head: Head) -> Head:
        """Slices that are not the last, kept as pending where an interruption would cost much."""
        written, part = head, 0
        head = head.copy()
        while True:
            with self.database.snapshot() as transaction:
                info = self.begin(transaction, head)
                if page := self.next_page(head, info):
                    made = self.make_slice(transaction, written, 0, 0, False, part, page)
                    head["pending"].append(made)
                    part += len(made["objects"])
                    continue
                end = transaction.call("mirror_end_of_slice", head.reached) \
                    if head.reached < info["size"] else info["size"]
                if end >= info["size"]:
                    break
                made = self.make_slice(transaction, written, head.reached, end, False, part)
            head["pending"].append(made)
            part += len(made["objects"])
            fresh = head["pending"][len(written["pending"]):]
            if bytes_of(fresh) >= PENDING_BYTES or len(fresh) >= 64:
                self.write_head(written, head, info)
                written, head, part = head, head.copy(), 0
        if len(head["pending"]) > len(written["pending"]):
            self.write_head(written, head, info)
            return head
        return written

    @staticmethod
    def next_page(head: Head, info: dict) -> list:
        """Before the first entries come the rows of those that were archived."""
        if not info["archives"] or head.reached or (head.is_complete and not head["rebuilding"]):
            return None
        pages = [each["page"] for each in head["pending"] if "page" in each]
        after = pages[-1][1] if pages else FIRST_PLACE
        return [after, None] if after else None

    def absorbed(self, head: Head, new: int) -> int:
        """How many of the newest slices the next one takes over, so that there are few small ones
        and each row is sent again a few times only."""
        number, size = 0, 0
        slices = [] if head["pending"] or head["rebuilding"] else head["slices"]
        for each in reversed(slices):
            size += bytes_of([each])
            if "page" in each or each["to"] > each["from"] and (each["entries"] > 2 * new or size > MERGED_BYTES
                                              or new + each["entries"] > MERGED_ENTRIES):
                break
            number, new = number + 1, new + each["entries"]
        return number

    def finish(self, transaction, head: Head, info: dict) -> Head:
        """The state that the transaction sees; the head itself where that is mirrored already."""
        now = self.clock()
        same = head.is_complete and not head["pending"] and not head["rebuilding"] \
            and info["size"] == head["size"] and info["unsealed"] == head["unsealed"]
        stale = now - head["people_at"] > PEOPLE_AGE
        key = {name: info[name] for name in ("root_key", "check_value", "wrapped")}
        if same and not stale and key == head.fields.get("key") \
                and info["checkpoint"] == head["checkpoint"]:
            return head
        done = head.copy()
        first = not head.is_complete or head["rebuilding"]
        taken = self.absorbed(head, info["size"] - head.reached + info["unsealed"])
        kept = [] if head["rebuilding"] else head["slices"][:len(head["slices"]) - taken]
        begin = head["slices"][len(kept)]["from"] if taken else head.reached
        fresh = list(head["pending"])
        part = 0
        if info["size"] > begin or info["unsealed"]:
            try:
                last = self.make_slice(transaction, head, begin, info["size"],
                                       info["unsealed"] > 0, 0)
            except Archived:
                # What was taken over was archived meanwhile: it stays as it is.
                kept, begin = head["slices"], head.reached
                last = self.make_slice(transaction, head, begin, info["size"],
                                       info["unsealed"] > 0, 0)
            fresh.append(last)
            part = len(last["objects"])
        place = (head["mirror"], head["generation"] + 1)
        if first or stale or any(each["people"] for each in fresh):
            sealed = transaction.call("mirror_people", *place, part)
            done["people"], done["people_at"] = self.upload("people", head, part, sealed), now
            part += 1
        wanted = set(BUCKETS) if first else {b for each in fresh for b in each["buckets"]}
        if first:
            done["keys"] = {}
        for bucket in sorted(wanted):
            sealed = transaction.call("mirror_keys", *place, part, bucket)
            done["keys"].pop(str(bucket), None)
            if sealed is not None:
                done["keys"][str(bucket)] = self.upload("keys", head, part, sealed)
                part += 1
        done["tree"] = self.upload("tree", head, part,
                                   transaction.call("mirror_tree", *place, part))
        slim = [{name: each[name] for name in each if name not in ("people", "buckets")}
                for each in fresh]
        done["slices"], done["pending"], done["rebuilding"] = kept + slim, [], False
        done["size"], done["root"] = info["size"], info["root"]
        done["checkpoint"], done["unsealed"] = info["checkpoint"], info["unsealed"]
        return done

    def report(self, head: Head, problem: str = None) -> None:
        self.database.call("mirror_report", head["mirror"], head["generation"], head["size"],
                           head["checkpoint"], hashlib.sha256(self.stored).hexdigest(), problem)
