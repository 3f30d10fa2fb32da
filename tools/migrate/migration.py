"""The work: store what is new or changed, then have the gateway read every transcript.

A file is imported even if it was stored already: an earlier run may have been cut off between
the two, and turns that are messages already are not added again.
"""

from .folder import FoundFile, Left, list_files, outside, owner_names, printable
from .gateway import Gateway, Refused, Stored, Unreachable
from .report import Report

TRANSCRIPTS = (".md", ".txt", ".json")
LARGEST_TRANSCRIPT = 64 << 20


class Migration:
    """With `sealing` every file is sealed before it is sent, and none is read as a transcript:
    the server could not."""

    def __init__(self, gateway: Gateway, report: Report, names: list, dry_run: bool,
                 sealing=None):
        self.gateway = gateway
        self.report = report
        self.names = names
        self.dry_run = dry_run
        self.sealing = sealing
        self._stored = {}

    def run(self, folder, vaults: list) -> None:
        files = self._collect(folder, vaults)
        self.names = self.names or owner_names(vaults)
        self._stored = self.gateway.stored_files()
        for number, file in enumerate(files, 1):
            self.report.progress(number, len(files), file.path)
            if self._store(file) and self.sealing is None:
                self._import(file)

    def _collect(self, folder, vaults: list) -> list:
        for path in outside(folder, vaults):
            self.report.problem(printable(path), "it lies outside every person's folder")
        left = Left(self.report.problem, self.report.skip, self.report.note)
        found = {}
        for vault in vaults:
            for file in list_files(vault, left):
                twin = found.setdefault(file.path, file)
                if twin is not file and twin.sha256() != file.sha256():
                    self.report.problem(printable(file.location),
                                        f"{twin.location} has the same vault path")
        return [found[path] for path in sorted(found)]

    def _store(self, file: FoundFile) -> bool:
        """True if the file's present content is in the vault now."""
        try:
            digest = file.sha256()
        except OSError as error:
            self.report.problem(file.path, error.strerror)
            return False
        stored = self._stored.get(file.path)
        if stored is not None and self._is_same(stored, digest):
            self.report.files["unchanged"] += 1
            return True
        if stored is not None and (self.sealing is None) != (stored.encrypted == "server"):
            if self.sealing is None:
                return self.report.problem(file.path, "the vault has it sealed; without --seal-to "
                                                      "it would be stored readable")
            self.report.note(file.path, "its earlier versions are not sealed")
        kind = "changed" if file.path in self._stored else "new"
        if self.dry_run:
            self.report.line(f"would store {file.path} ({file.size} bytes, {kind})")
        elif not self._upload(file, digest):
            return False
        else:
            self.report.line(f"{kind:<11} {file.path} ({file.size} bytes)")
        self.report.files[kind] += 1
        self.report.bytes_sent += file.size
        return not self.dry_run

    def _is_same(self, stored: Stored, digest: str) -> bool:
        if self.sealing is None:
            return stored.encrypted == "server" and stored.sha256 == digest
        return stored.encrypted == "client" and self.sealing.is_stored(stored.sha256, digest)

    def _send(self, file: FoundFile, digest: str) -> dict:
        if self.sealing is None:
            return self.gateway.put_file(file.path, file.location)
        with self.sealing.body(file.location, file.path) as body:
            self.gateway.put_sealed(file.path, body)
            if file.sha256() != digest:
                raise OSError(0, "it changed while it was being read; run again")
            self.sealing.remember(body.sha256(), digest)
        return {}

    def _upload(self, file: FoundFile, digest: str) -> bool:
        try:
            answer = self._send(file, digest)
        except OSError as error:
            return self.report.problem(file.path, error.strerror)
        except Refused as refused:
            self._stop_if_everything_is_refused(refused)
            return self.report.problem(file.path, str(refused))
        except Unreachable as unreachable:
            # A server that will not take a large body may cut the line instead of answering.
            if not self.gateway.is_alive():
                raise
            return self.report.problem(file.path, str(unreachable))
        if answer.get("sha256", digest) != digest:
            return self.report.problem(file.path, "it changed while it was being read; run again")
        return True

    def _import(self, file: FoundFile) -> None:
        if not file.path.lower().endswith(TRANSCRIPTS):
            return
        if file.size > LARGEST_TRANSCRIPT:
            self.report.not_read(file.path, "it is larger than 64 MiB")
            return
        try:
            result = self.gateway.import_turns(file.path, self.names, self.dry_run)
        except Refused as refused:
            self._stop_if_everything_is_refused(refused)
            self.report.not_read(file.path, str(refused))
            return
        self.report.add_import(file.path, result)

    @staticmethod
    def _stop_if_everything_is_refused(refused: Refused) -> None:
        if refused.status in (401, 403):
            raise refused
