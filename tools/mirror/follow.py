"""Following the ledger for as long as the process lives. The database is the queue: while the
store or the database is away nothing is kept here, and nothing is lost."""

import time

import psycopg2

from .cycle import Mirror
from .database import NotReady
from .head import Damaged
from .store import Refused, Unavailable

FIRST_PAUSE, LONGEST_PAUSE = 1.0, 300.0


def reason_of(error: Exception) -> str:
    return " ".join(str(error).split()) or type(error).__name__


class Follower:
    """say(text) prints a line; stop() ends it between two rounds."""

    def __init__(self, mirror: Mirror, interval: float, say):
        self.mirror, self.interval, self.say = mirror, interval, say
        self.stopped = False
        self._told = None

    def stop(self, *_) -> None:
        self.stopped = True

    def tell(self, text: str) -> None:
        """What is so for hours is said once."""
        if text != self._told:
            self.say(text)
        self._told = text

    def run(self) -> None:
        pause = FIRST_PAUSE
        while not self.stopped:
            problem = self.round()
            pause = FIRST_PAUSE if problem is None else min(pause * 2, LONGEST_PAUSE)
            self.sleep(self.interval if problem is None else pause)

    def round(self):
        """None, or why nothing was mirrored."""
        try:
            if not self.mirror.database.lock():
                self.tell("another process is at work on this mirror; waiting for its end")
                return "locked"
            head = self.mirror.run()
            self.tell(f"mirrored up to entry {head['size']}, {checkpoint_of(head)}")
            return None
        except (Unavailable, Refused, Damaged, NotReady) as error:
            kind = "ALARM: " if isinstance(error, Damaged) else "waiting: "
            self.tell(kind + reason_of(error))
            self.note(reason_of(error))
            return reason_of(error)
        except psycopg2.Error as error:
            self.tell("waiting: " + reason_of(error))
            self.note(reason_of(error))
            if isinstance(error, (psycopg2.OperationalError, psycopg2.InterfaceError)):
                self.mirror.database.close()
            return reason_of(error)

    def note(self, problem: str) -> None:
        """In the database too, where it can be told."""
        try:
            info = self.mirror.database.call("mirror_begin", self.mirror.database.name, None)
            self.mirror.database.call("mirror_report", info["mirror"], None, None, None, None,
                                      problem)
        except psycopg2.Error:
            pass

    def sleep(self, seconds: float) -> None:
        end = time.monotonic() + seconds
        while not self.stopped and time.monotonic() < end:
            time.sleep(min(0.2, max(0.0, end - time.monotonic())))


def checkpoint_of(head) -> str:
    """The size and root of the checkpoint that the mirror has, as its note names them."""
    lines = (head["checkpoint"] or "").split("\n")
    return f"checkpoint {lines[1]} {lines[2]}" if len(lines) > 2 else "no signed checkpoint"
