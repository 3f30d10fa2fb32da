"""One file: what lies in the folder, what the vault has, what both had before, and what follows."""

import hashlib
import os
import shutil

from .folder_state import HERE, THERE, Agreed
from .merging import conflict_name, is_conflict_copy, merge
from .names import printable
from .reading import LARGEST_TRANSCRIPT, may_be_transcript
from .vault import Refused
from .watched_folder import InTheWay, Seen, marks_of

MANY = 10     # files that may vanish at once without being taken for an unmounted disk


class Later(Exception):
    """Somebody is at work on it: look again soon."""

    def __init__(self, seconds: float = 0.2):
        super().__init__()
        self.seconds = seconds


class Agreeing:
    host = ""
    missing = 0     # how many known files are not there in this look

    def __init__(self, vault, folder, state, say, options):
        self._vault, self._folder, self._state, self._say = vault, folder, state, say
        self._options = options
        self._known = None

    def just_listed(self, paths) -> None:
        """Which paths either side is known to have. Of any other that is new here it is taken once
        that the vault has none, without asking: it is sent on that condition."""
        self._known = set(paths)

    def _current(self, path: str, seen, agreed):
        is_new = seen is not None and agreed is None
        if is_new and self._known is not None and path not in self._known:
            self._known.add(path)
            return None
        return self._vault.current(path)

    def settle(self, path: str, seen) -> None:
        """Brings both sides to one, as far as that is wanted. `seen`: None where no file is here."""
        agreed, sent = self._remembered(path)
        current = self._current(path, seen, agreed)
        if current is not None and current.is_sealed:
            raise InTheWay("sealed by a client: it stays as it is on both sides")
        mine = self._digest(seen, agreed)
        theirs = None if current is None or current.is_deleted else current.sha256
        was = agreed.sha256 if agreed else None
        if mine is not None and mine == theirs:
            self._agree(path, current.version, mine, seen.marks)
            if agreed is None:
                self._read_turns(path, seen)
        elif mine is None:
            self._settle_absent(path, agreed, current, theirs)
        elif theirs is None:
            self._settle_unstored(path, seen, mine, agreed, current)
        elif agreed is not None and agreed.coming == f"{mine}:{theirs}":
            self._take(path, current, seen)
        elif sent == f":{theirs}":
            # It is from here, and whoever sent it was killed before he knew.
            self._send(path, seen, mine, current.version)
        elif mine == was:
            self._take(path, current, seen)
        elif theirs == was or agreed is None and self._is_older(path, theirs, seen):
            self._send(path, seen, mine, current.version)
        elif agreed is None and self._was_stored(path, mine):
            self._take(path, current, seen)
        else:
            self._settle_both(path, seen, agreed, current)

    def _remembered(self, path: str):
        """What both sides agreed on, and what was on its way; the first time only the latter."""
        agreed = self._state.get(path)
        if agreed is not None and not agreed.version and not agreed.gone:
            return None, agreed.coming
        return agreed, agreed.coming if agreed else ""

    def _digest(self, seen, agreed):
        if seen is None:
            return None
        if agreed is not None and agreed.marks == seen.marks:
            return agreed.sha256
        try:
            read = self._folder.digest(seen.location)
        except FileNotFoundError:
            raise Later() from None
        if read is None or read[1] != seen.marks:
            raise Later()
        return read[0]

    def _agree(self, path: str, version: int, sha256: str, marks: tuple, gone: str = "") -> None:
        self._state.put(path, Agreed(version, sha256, marks, gone))

    # One side has none -------------------------------------------------------------------------

    def _settle_absent(self, path, agreed, current, theirs) -> None:
        if theirs is None:
            if self._state.get(path) is not None:
                self._agree(path, current.version if current else 0, "", (0, 0, 0), HERE)
        elif agreed is None or agreed.version != current.version:
            self._take(path, current, None)
        elif not agreed.gone:
            if not self._options.delete:
                self._say("kept", path, "deleted here, the vault keeps it")
            elif self.missing > MANY and self.missing * 2 > len(self._state.paths()):
                raise InTheWay(f"{self.missing} files are gone at once: nothing is deleted in "
                               "the vault; is the disk there?")
            else:
                version = self._vault.delete_if(path, current.version)
                if version is None:
                    raise Later()
                self._say("deleted", path, f"in the vault, version {version}")
                current = None
            self._state.put(path, agreed.with_(gone=HERE, marks=(0, 0, 0),
                                               version=current.version if current else version))

    def _settle_unstored(self, path, seen, mine, agreed, current) -> None:
        """Here, and not, or no longer, in the vault."""
        if agreed is None or agreed.sha256 != mine:
            self._send(path, seen, mine, 0)
        elif agreed.gone != THERE:
            if self._options.delete and current is not None:
                self._remove(path, seen)
                self._say("deleted", path, "here, as in the vault")
                self._agree(path, current.version, mine, (0, 0, 0), THERE)
            else:
                self._say("kept", path, "deleted in the vault, it stays here")
                self._agree(path, current.version if current else 0, mine, seen.marks, THERE)

    def _remove(self, path, seen) -> None:
        if marks_of(os.lstat(seen.location)) != seen.marks:
            raise Later()
        os.unlink(seen.location)

    # One side changed --------------------------------------------------------------------------

    def _send(self, path, seen, sha256, expected) -> None:
        with open(seen.location, "rb") as file:
            if marks_of(os.fstat(file.fileno())) != seen.marks:
                raise Later()
            before = self._state.get(path) or Agreed(0, "")
            self._state.put(path, before.with_(coming=f":{sha256}"))
            version = self._vault.put_if(path, file, seen.marks[0], sha256, expected)
        if version is None:
            raise Later()
        self._agree(path, version, sha256, seen.marks)
        self._say("sent", path, f"version {version}")
        self._read_turns(path, seen)

    def _read_turns(self, path, seen) -> None:
        """A copy beside a conflict waits for a person: its turns are in the other one, or not."""
        if not may_be_transcript(path) or is_conflict_copy(path) \
                or seen.marks[0] > LARGEST_TRANSCRIPT:
            return
        try:
            report = self._vault.import_turns(path, self._options.owner_names)
        except Refused as refused:
            self._say("unread", path, str(refused))
            return
        added = sum(session["appended"] for session in report["sessions"])
        if added:
            self._say("read", path, f"{added} turns became messages")

    def _take(self, path, current, seen) -> None:
        if not self._options.down:
            # Only what both have seen may be followed by what is here.
            if seen is not None:
                self._say("behind", path, f"the vault has version {current.version}")
            return
        location = seen.location if seen else self._folder.location(path)
        draft = self._folder.draft(path)
        try:
            sha256 = self._vault.fetch(path, current.version, draft)
            if seen is not None:
                shutil.copymode(seen.location, draft)
            marks = self._folder.place(draft, seen.marks if seen else None, location)
            if marks is None:
                raise Later()
        finally:
            if os.path.lexists(draft):
                os.unlink(draft)
        self._agree(path, current.version, sha256, marks)
        self._say("took", path, f"version {current.version}")

    # Both changed ------------------------------------------------------------------------------

    def _is_older(self, path, theirs, seen) -> bool:
        """Without a memory: whether the vault's content is the beginning of what is here."""
        current = self._vault.current(path)
        read = self._folder.read(seen.location)
        if current is None or read is None or not 0 < current.size < seen.marks[0]:
            return False
        content = self._vault.bytes_of(path, current.version)
        return content is not None and read[0].startswith(content)

    def _was_stored(self, path, sha256) -> bool:
        return any(stored == sha256 for _, stored in self._vault.history(path))

    def _settle_both(self, path, seen, agreed, current) -> None:
        if not self._options.down:
            self._say("CONFLICT", path, "changed on both sides, and only sending is wanted: "
                                        "nothing was done")
            return
        merged = self._merged(path, seen, agreed, current)
        if merged is None:
            self._set_aside(path, seen)
            self._take(path, current, seen)
            return
        content, sha256, mine = merged
        draft = self._folder.draft(path)
        with open(draft, "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        try:
            shutil.copymode(seen.location, draft)
            # Whoever is killed between the two knows the merged text again by this.
            self._state.put(path, agreed.with_(coming=f"{mine}:{sha256}"))
            with open(draft, "rb") as file:
                version = self._vault.put_if(path, file, len(content), sha256, current.version)
            if version is None:
                raise Later()
            marks = self._folder.place(draft, seen.marks, seen.location)
            if marks is None:
                raise Later()
        finally:
            if os.path.lexists(draft):
                os.unlink(draft)
        self._agree(path, version, sha256, marks)
        self._say("merged", path, f"both changes, version {version}")
        self._read_turns(path, self._here(seen.location))

    def _merged(self, path, seen, agreed, current):
        if agreed is None or agreed.gone:
            return None
        base = self._vault.bytes_of(path, agreed.version)
        theirs = self._vault.bytes_of(path, current.version)
        read = self._folder.read(seen.location)
        if read is None or read[1] != seen.marks:
            raise Later()
        if base is None or theirs is None \
                or hashlib.sha256(base).hexdigest() != agreed.sha256:
            return None
        content = merge(base, read[0], theirs)
        return content and (content, hashlib.sha256(content).hexdigest(),
                            hashlib.sha256(read[0]).hexdigest())

    def _set_aside(self, path, seen) -> None:
        """What is here gets a name of its own beside the file, before anything else happens."""
        relative = os.path.relpath(seen.location, self._folder.root)
        mine = self._folder.digest(seen.location)
        if mine is None or mine[1] != seen.marks:
            raise Later()
        for number in range(1, 1000):
            copy = os.path.join(self._folder.root,
                                conflict_name(relative, seen.marks[1], self.host, number))
            if os.path.lexists(copy):
                there = self._folder.digest(copy)
                if there is not None and there[0] == mine[0]:
                    break
                continue
            self._copy(seen, copy, mine[0])
            break
        self._say("CONFLICT", path, "changed on both sides: the vault's is current, the text that "
                                    f"was here is in {printable(os.path.basename(copy))}")

    def _copy(self, seen, copy, sha256) -> None:
        draft = os.path.join(os.path.dirname(copy), f".vvault-tmp-{os.getpid()}-aside")
        read = self._folder.copy(seen.location, draft)
        try:
            if read != sha256:
                raise Later()
            os.link(draft, copy)
            self._folder.sync(os.path.dirname(copy))
        finally:
            os.unlink(draft)

    @staticmethod
    def _here(location):
        return Seen(location, marks_of(os.lstat(location)))
