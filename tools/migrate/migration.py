"""The work on one file: store what is new or changed, then have the vault read its turns.

Both steps may be repeated at any time, by any number of processes: the same content is stored
once, and turns that are messages already are not added again. store() and read() talk to the vault
and may run in any thread; settle() tells the report, in one.
"""

import hashlib
import json
import os
from dataclasses import dataclass, field

from . import kinds, reading
from .folder import FoundFile
from .plan import Planned
from .vault import Changed, Refused, Stored, Unreachable, storable

SMALL = 1 << 20    # up to that a file is read once, and what was hashed is what is sent


@dataclass
class Done:
    """What became of a file."""
    file: FoundFile
    kind: str = ""             # new, changed, unchanged; "" if it is not stored
    sha256: str = None
    bytes_sent: int = 0
    told: kinds.Description = None
    problem: str = None        # why it is not stored
    notes: list = field(default_factory=list)
    result: dict = None        # what the vault says of its turns
    not_read: str = None       # why it says nothing, where it might
    read_as: str = None        # for the state: how it was read, and with what result
    is_current: bool = True    # whether the vault reads this content where it reads the path


class Migration:
    """With `sealing` every file is sealed before it is sent, and none is read as a transcript:
    the server could not."""

    def __init__(self, vault, report, names: list, dry_run: bool = False, sealing=None):
        self.vault = vault
        self.report = report
        self.names = names
        self.dry_run = dry_run
        self.sealing = sealing

    # One file by itself ------------------------------------------------------------------------

    def take(self, file: FoundFile) -> Done:
        """Stores and reads one file now, whatever was known of it."""
        done = self.store(Planned(file, self.vault.stored(file.path)))
        self.read(done)
        self.settle(done)
        return done

    # The steps ---------------------------------------------------------------------------------

    def store(self, planned: Planned) -> Done:
        """Afterwards the file's content is in the vault, or done.problem says why not."""
        done = Done(planned.file)
        stored = planned.stored
        if planned.several:
            stored = self.vault.stored(planned.file.path)
        if (planned.sha256 is not None and not self.dry_run
                and self._is_same(stored, planned.sha256)):
            done.kind, done.sha256, done.read_as = "unchanged", planned.sha256, planned.read_as
            return done
        try:
            content = self._look(done, planned)
            self._store_if_new(done, planned, stored, content)
        except OSError as error:
            done.problem = error.strerror or str(error)
        except Refused as refused:
            self._stop_if_everything_is_refused(refused)
            done.problem = str(refused)
        except Unreachable as unreachable:
            # A server that will not take a large body may cut the line instead of answering.
            if not self.vault.is_alive():
                raise
            done.problem = str(unreachable)
        if done.problem:
            done.kind = ""
        return done

    def read(self, done: Done) -> None:
        """Afterwards every turn of the file is a message."""
        if not done.kind or self.sealing is not None or done.file.superseded:
            return
        if not reading.may_be_transcript(done.file.path):
            return
        known = remembered(done.read_as, self.reader())
        if known is not None and not self.dry_run:
            done.result = known
            return
        done.read_as = None
        try:
            if self._is_covered(done):
                return
            done.result = reading.read_turns(self.vault, done.file, self.names, self.dry_run,
                                             self._is_stored(done))
            done.read_as = json.dumps([self.reader(), reading.as_known(done.result)])
        except reading.NotRead as reason:
            done.not_read = str(reason)
        except OSError as error:
            done.not_read = error.strerror or str(error)
        except Refused as refused:
            self._stop_if_everything_is_refused(refused)
            done.not_read = str(refused)
        except Unreachable as unreachable:
            if not self.vault.is_alive():
                raise
            done.not_read = str(unreachable)

    def _is_covered(self, done: Done) -> bool:
        """Whether a record of the conversation has all that this text has: its times are those of
        the messages, while the text may have them to the second only, and would double them."""
        covered = json.loads(done.file.metadata or "{}").get("covered", 0)
        if not covered:
            return False
        counted = reading.read_turns(self.vault, done.file, self.names, True,
                                     self._is_stored(done))
        if sum(session.get("turns", 0) for session in counted["sessions"]) > covered:
            return False
        done.not_read = "its turns are those of the record of its conversation"
        return True

    def _is_stored(self, done: Done) -> bool:
        return done.is_current and (done.kind == "unchanged" or not self.dry_run)

    def settle(self, done: Done) -> None:
        self.report.add(done)

    def reader(self) -> str:
        """Changes when the same files would be read otherwise."""
        return f"{reading.READER}:" + "|".join(self.names)

    # Storing -----------------------------------------------------------------------------------

    def _look(self, done: Done, planned: Planned):
        """What the file is; its content, where that is small, else None."""
        with done.file.open() as source:
            size = os.fstat(source.fileno()).st_size
            content = source.read(size if size <= kinds.LARGEST_JSON else SMALL)
        if size <= SMALL:
            if len(content) != size:
                raise Changed()
            done.sha256 = hashlib.sha256(content).hexdigest()
        else:
            done.sha256 = planned.sha256 or done.file.sha256()
        done.file = FoundFile(done.file.path, done.file.location, size, done.file.mtime_ns,
                              done.file.metadata, done.file.superseded)
        done.told = kinds.describe(done.file.path, content, size)
        done.notes += done.told.notes
        return content if size <= SMALL else None

    def _store_if_new(self, done: Done, planned: Planned, stored: Stored, content) -> None:
        if stored is not None and self._is_same(stored, done.sha256):
            done.kind = "unchanged"
            return
        if stored is not None and (self.sealing is None) != (stored.encrypted == "server"):
            if self.sealing is None:
                done.problem = ("the vault has it sealed; without --seal-to it would be stored "
                                "readable")
                return
            done.notes.append("its earlier versions are not sealed")
        if self._is_older_version(done, planned, stored):
            done.kind, done.is_current = "unchanged", False
            return
        done.kind = "new" if stored is None else "changed"
        if not self.dry_run:
            self._send(done, content)
        done.bytes_sent = done.file.size

    def _is_older_version(self, done: Done, planned: Planned, stored: Stored) -> bool:
        """Whether the vault went on since it got this content. What was changed on the disk since
        the last run is somebody's edit, also where it goes back to what was there before."""
        if stored is None or self.sealing is not None:
            return False
        if planned.last_sha256 not in (None, done.sha256):
            return False
        versions = [number for number, sha256 in self.vault.history(done.file.path)
                    if sha256 == done.sha256]
        if versions and not done.file.superseded:
            done.notes.append(f"the vault has a newer version; this one is number {versions[-1]}")
        return bool(versions)

    def _is_same(self, stored: Stored, digest: str) -> bool:
        if stored is None:
            return False
        if self.sealing is None:
            return stored.encrypted == "server" and stored.sha256 == digest
        return stored.encrypted == "client" and self.sealing.is_stored(stored.sha256, digest)

    def _send(self, done: Done, content) -> None:
        file = done.file
        if self.sealing is not None:
            with self.sealing.body(file.location, file.path) as body:
                self.vault.put_sealed(file.path, body)
                if file.sha256() != done.sha256:
                    raise Changed()
                self.sealing.remember(body.sha256(), done.sha256)
            return
        metadata = {**json.loads(file.metadata or "{}"), **done.told.metadata}
        metadata.pop("covered", None)
        metadata = storable(metadata)
        if content is not None:
            self.vault.put(file.path, content, file.size, done.sha256, metadata)
            return
        with file.open() as source:
            self.vault.put(file.path, source, file.size, done.sha256, metadata)

    @staticmethod
    def _stop_if_everything_is_refused(refused: Refused) -> None:
        if refused.status in (401, 403):
            raise refused


def remembered(read_as: str, reader: str):
    """What was said of the file when it was read the same way before, else None."""
    try:
        how, result = json.loads(read_as or "null") or (None, None)
    except ValueError:
        return None
    return result if how == reader else None
