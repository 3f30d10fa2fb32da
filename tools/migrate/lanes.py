"""Several requests in flight, and yet one order: what may meet in one conversation is read one
after another, so that a run leaves the same rows whatever is faster."""

from concurrent.futures import ThreadPoolExecutor


def lane_of(path: str) -> str:
    """Files of one lane may hold turns of one conversation."""
    parts = path.split("/")
    return "/".join(parts[:2]) if parts[0] in ("instances", "transcripts") else parts[0]


class Lanes:
    def __init__(self, migration, workers: int, one_lane: bool = False):
        self._migration = migration
        self._lane = (lambda path: "") if one_lane else lane_of
        self._pool = ThreadPoolExecutor(workers)

    def close(self) -> None:
        self._pool.shutdown(cancel_futures=True)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()

    def work(self, window: list):
        """Stores all files of a window, then reads them; what became of each, in order. What
        stops the run is raised when all that was under way has ended."""
        stored = self._each(self._store, _grouped(window, lambda one: one.file.path))
        return self._each(self._read, _grouped(stored, lambda done: self._lane(done.file.path)))

    def _each(self, step, groups: list):
        waiting = [self._pool.submit(step, group) for group in groups]
        done, failure = [], None
        for one in waiting:
            try:
                done += one.result()
            except Exception as error:  # noqa: BLE001 - raised again when the others have ended
                failure = failure or error
                for other in waiting:
                    other.cancel()
        if failure:
            raise failure
        return sorted(done, key=lambda one: one.file.path)

    def _store(self, group: list) -> list:
        return [self._migration.store(planned) for planned in group]

    def _read(self, group: list) -> list:
        for done in group:
            self._migration.read(done)
        return group


def _grouped(items, key) -> list:
    groups = {}
    for item in items:
        groups.setdefault(key(item), []).append(item)
    return list(groups.values())
