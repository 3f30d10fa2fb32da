"""A base backup, and clusters that begin with one."""

import shutil
from pathlib import Path

from .cluster import Cluster
from .processes import postgres_binary, run_as_server


def base_backup(cluster: Cluster, into: Path, *options: str) -> Path:
    """What pg_basebackup makes of the cluster, in `into`, which must not exist."""
    run_as_server([postgres_binary("pg_basebackup"), "-h", cluster.directory, "-p",
                   str(cluster.port), "-U", "vvault", "-D", into, "--checkpoint=fast",
                   "--no-sync", *options])
    return into


class FromBackup(Cluster):
    """The files of a base backup in a cluster of its own, with keys of its own; not started.

    settings stand over those that the backup brings along; recovery makes it look for WAL.
    """

    def __init__(self, backup: Path, root_key: str, settings=None, ledger_key=None,
                 recovery: bool = False):
        super().__init__(install=False, root_key=root_key, ledger_key=ledger_key)
        shutil.rmtree(self.data)
        run_as_server(["cp", "-a", backup, self.data])
        self._write_settings({"fsync": "off", "unix_socket_directories": self.directory,
                              "vvault.root_key_file": self.root_key_file,
                              "vvault.ledger_key_file": self.ledger_key_file, **(settings or {})})
        if recovery:
            run_as_server(["touch", self.data / "recovery.signal"])
