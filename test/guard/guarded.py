"""How the servers of these tests are started. They seal only when told: an entry that a worker
writes in between is no answer to what is asked here."""

GUARDED = {"shared_preload_libraries": "vvault", "vvault.ledger_databases": ""}
LEDGER = "SELECT md5(string_agg(e::text, '' ORDER BY id)) FROM vvault.ledger_entries e"
