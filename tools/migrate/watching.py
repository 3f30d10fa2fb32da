"""Keeps a folder and a vault in step, in both directions, for as long as it runs.

What is to be done follows for each file from three things: what lies here, what the vault has, and
what both had when they last agreed. Nothing is written over that was not seen: the vault is told
which version is meant to be followed, and a file on the disk is exchanged, not overwritten. All of
it can be done again after an interruption at any point. See doc/watching.md.
"""

import queue
import socket
import threading
import time

from .agreeing import Agreeing, Later
from .folder_state import HERE
from .names import printable
from .vault import Refused, Unreachable, Unreadable
from .watched_folder import InTheWay

LONGEST_REST = 30
PLACE = "\0"     # behind the name of a folder that cannot be read
LOOK_AGAIN = 600     # everything is compared now and then, in case a report was lost


class Watching:
    def __init__(self, vault, folder, state, say, options):
        self._vault, self._folder, self._state, self._say = vault, folder, state, say
        self._options = options
        self._told = queue.SimpleQueue()
        self._wake = threading.Event()
        self._stop = threading.Event()
        self._due = {}            # path → when to try, by time.monotonic()
        self._troubled = {}       # path → what was said of it
        self._agreeing = Agreeing(vault, folder, state, say, options)
        self._away = self._did = False
        self._cost = 0.0          # seconds of the last look at the folder

    # From other threads ------------------------------------------------------------------------

    def stop(self) -> None:
        self._stop.set()
        self._wake.set()

    def wake(self) -> None:
        self._wake.set()

    def _tell(self, kind: str, path: str) -> None:
        self._told.put((kind, path))
        self._wake.set()

    # The work ----------------------------------------------------------------------------------

    def run(self) -> int:
        """Until stop(), or with options.once until both sides agree; how many files do not."""
        self._folder.sweep()
        self._agreeing.host = self._options.host or socket.gethostname()
        follower = threading.Thread(target=self._vault.follow, args=(self._tell,), daemon=True)
        if self._options.down and not self._options.once:
            follower.start()
        compared = None
        while not self._stop.is_set():
            self._wake.clear()
            began = time.monotonic()
            try:
                if compared is None or self._take_told() or began - compared > LOOK_AGAIN:
                    self._compare_all()
                    compared = time.monotonic()
                self._look()
                self._settle_due()
                self._returned()
            except Unreachable as unreachable:
                self._went_away(unreachable)
            if self._options.once and compared is not None and not self._is_busy():
                break
            self._rest()
        self._vault.stop()
        return len(self._troubled)

    def _is_busy(self) -> bool:
        """What was done may have left more to do, as a conflict leaves a new file."""
        now = time.monotonic()
        return self._did or self._folder.is_moving() or any(when <= now + 5 for when in self._due.values())

    def _rest(self) -> None:
        """A look at the folder costs time that grows with it: never more than a twentieth, unless
        something happens, and then half."""
        pause = max(self._options.interval, min(self._cost * 20, LONGEST_REST))
        now = time.monotonic()
        if self._folder.is_moving() or any(when < now + 1 for when in self._due.values()):
            pause = min(pause, max(self._options.settle / 2, 0.05))
        if self._away:
            pause = max(pause, 1)
        self._stop.wait(min(self._cost + 0.02, 2))
        self._wake.wait(pause)

    def _went_away(self, unreachable) -> None:
        if not self._away:
            self._say("waiting", "", f"{unreachable}; the folder keeps what is to be sent")
        self._away = True

    def _returned(self) -> None:
        if self._away:
            self._say("going on", "", "the vault answers again")
        self._away = False

    def _take_told(self) -> bool:
        """Whether a stream began anew, after which anything may have changed."""
        anew = False
        while True:
            try:
                kind, path = self._told.get_nowait()
            except queue.Empty:
                return anew
            if kind == "ready":
                anew = True
            elif path is not None and path.startswith(self._folder.prefix):
                self._due[path] = 0

    def _compare_all(self) -> None:
        known = self._state.everything()
        paths = set(known)
        for path, current in self._vault.listing(self._folder.prefix):
            paths.add(path)
            agreed = known.get(path)
            if agreed.version != current.version if agreed else not current.is_deleted:
                self._due.setdefault(path, 0)
        self._agreeing.just_listed(paths)

    def _look(self) -> None:
        now = time.monotonic()
        self._found = found = self._folder.scan()
        for place in [one for one in self._troubled if one.endswith(PLACE)]:
            if place.removesuffix(PLACE) not in self._folder.unreadable:
                del self._troubled[place]
        for prefix, why in self._folder.unreadable.items():
            self._trouble(prefix + PLACE, why)
        known = self._state.everything()
        candidates = {}
        for path, seen in found.items():
            agreed = known.get(path)
            if agreed is None or agreed.marks != seen.marks or agreed.gone == HERE:
                candidates[path] = seen.marks
        for path, agreed in known.items():
            if path not in found and not agreed.gone and not self._folder.is_unknown(path):
                candidates[path] = None
        self._folder.keep_moving(candidates.keys())
        for path, marks in candidates.items():
            if self._folder.has_settled(path, marks, now):
                self._due.setdefault(path, 0)
        self._cost = time.monotonic() - now

    def _settle_due(self) -> None:
        now = time.monotonic()
        self._did = False
        self._agreeing.missing = sum(1 for path in self._due if path not in self._found)
        for path in sorted(path for path, when in self._due.items() if when <= now):
            if self._stop.is_set():
                return
            if self._folder.is_unknown(path):
                self._due[path] = now + 60
                continue
            try:
                self._agreeing.settle(path, self._found.get(path))
            except Later as later:
                self._due[path] = time.monotonic() + later.seconds
                continue
            except Unreadable as trouble:
                self._put_off(path, trouble.strerror or str(trouble))
                continue
            except (InTheWay, OSError, Refused) as trouble:
                if getattr(trouble, "status", None) == 401:
                    raise      # the token is over, and with it everything
                self._put_off(path, getattr(trouble, "strerror", None) or str(trouble))
                continue
            self._did = True
            self._due.pop(path, None)
            self._folder.forget(path)
            if self._troubled.pop(path, None):
                self._say("settled", path, "")

    def _put_off(self, path: str, why: str) -> None:
        self._trouble(path, why)
        self._folder.forget(path)
        self._due[path] = time.monotonic() + 60

    def _trouble(self, path: str, why: str) -> None:
        if self._troubled.get(path) != why:
            self._say("TROUBLE", path.removesuffix(PLACE), why)
        self._troubled[path] = why


def printer(stream, as_json: bool):
    """say(what, path, why) as a line each."""
    import json

    def say(what: str, path: str, why: str) -> None:
        when = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime())
        if as_json:
            line = json.dumps({"at": when, "what": what, "path": path, "why": why},
                              ensure_ascii=True)
        else:
            line = " ".join(filter(None, (when, what.ljust(8), printable(path),
                                          f"({why})" if why else "")))
        print(line, file=stream, flush=True)
    return say
