"""Throw-away Postgres clusters and gateways for the tests.

    from harness import Cluster, Gateway

    with Cluster() as cluster, Gateway(cluster) as gateway:
        ada = gateway.client(cluster.make_user("ada@example.com"))
        ada.post("/conversations", {"construct": "zen-001"})

Everything runs as an unprivileged OS user, below one temporary directory, and dies with the
process that started it.
"""

from .client import Answer, Client
from .cluster import Cluster, fresh_key
from .gateway import Gateway
from .paths import REPOSITORY, SAMPLES, VAULT
from .processes import wait_until

__all__ = ["Answer", "Client", "Cluster", "Gateway", "REPOSITORY", "SAMPLES", "VAULT",
           "fresh_key", "wait_until"]
