"""A standby that follows a throw-away cluster, until it is promoted."""

import shutil

from .cluster import Cluster
from .processes import postgres_binary, run_as_server, wait_until


class Replica(Cluster):
    """with Replica(primary) as replica: … — started, and following."""

    def __init__(self, primary: Cluster):
        key = primary.ledger_key_file
        super().__init__(install=False, root_key=primary.root_key(),
                         ledger_key=key.read_text(encoding="ascii") if key.exists() else None)
        self.primary = primary
        shutil.rmtree(self.data)
        run_as_server([postgres_binary("pg_basebackup"), "-h", primary.directory, "-p",
                       str(primary.port), "-U", "vvault", "-D", self.data, "-R",
                       "--checkpoint=fast", "--no-sync"])
        for name, value in (("unix_socket_directories", self.directory),
                            ("vvault.root_key_file", self.root_key_file),
                            ("vvault.ledger_key_file", self.ledger_key_file)):
            self.set(name, str(value))

    def wait_until_there(self) -> None:
        """All that the primary has written so far is here too."""
        here = self.primary.psql("SELECT pg_current_wal_flush_lsn()")
        wait_until(lambda: self.psql(
            f"SELECT pg_last_wal_replay_lsn() >= '{here}'::pg_lsn") == "t", 30, "the replica")

    def promote(self) -> None:
        self.psql("SELECT pg_promote()")
