"""One line that is written over, on a terminal only: a bar, what is done, what is left to wait."""

import shutil
import time

FILE_WEIGHT = 16 << 10    # a file costs about as much as so many bytes of it
OFTEN = 0.1


class Progress:
    def __init__(self, out):
        self._out = out
        self.shown = bool(getattr(out, "isatty", bool)())
        self._line = ""
        self._last = 0.0
        self.begin("", 0, 0)

    def begin(self, what: str, files: int, size: int) -> None:
        self._what, self._files, self._all = what, files, size + files * FILE_WEIGHT
        self._done_files, self._done = 0, 0
        self._began = time.monotonic()

    def step(self, size: int, path: str) -> None:
        self._done_files += 1
        self._done += size + FILE_WEIGHT
        now = time.monotonic()
        if self.shown and (now - self._last > OFTEN or self._done_files == self._files):
            self._last = now
            self._write(self.text(now, path))

    def text(self, now: float, path: str) -> str:
        share = min(1.0, self._done / self._all) if self._all else 1.0
        filled = int(share * 20)
        left = (now - self._began) * (1 - share) / share if share else 0
        return (f"{self._what} [{'#' * filled}{'.' * (20 - filled)}] {share:4.0%} "
                f"{self._done_files}/{self._files} {duration(left)} left  {path}")

    def _write(self, text: str) -> None:
        width = shutil.get_terminal_size().columns - 1
        print(f"\r\x1b[K{text[:width]}", end="", file=self._out, flush=True)
        self._line = text

    def clear(self) -> None:
        if self._line:
            print("\r\x1b[K", end="", file=self._out, flush=True)
            self._line = ""


def duration(seconds: float) -> str:
    minutes, seconds = divmod(int(seconds + 0.5), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02}:{seconds:02}" if hours else f"{minutes}:{seconds:02}"
