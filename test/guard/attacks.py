"""Ways to change the ledger behind its back, as statements, and what meets each of them.

Each is run as a superuser and as the owner of the tables, where only the triggers stand and
where the hooks do too. What meets it is a SQLSTATE, or DONE: nothing stops it at that layer.
"""

from dataclasses import dataclass

DONE = "done"
GUARDED = "VV017"      # the hooks
APPEND_ONLY = "VV002"  # the triggers
FORBIDDEN = "42501"    # Postgres itself
RUNTIME = "55P02"      # a setting that takes a start of the server

FORGE = "UPDATE vvault.ledger_entries SET event_type = 'forged'"


@dataclass(frozen=True)
class Attack:
    name: str
    statements: tuple
    superuser: str              # with the triggers alone
    owner: str = None           # likewise; None: not an attack of the owner's
    guarded: str = GUARDED      # with the hooks, for both
    owner_guarded: str = None   # … for the owner, where Postgres is first


def attack(name: str, *statements: str, **outcome) -> Attack:
    return Attack(name, statements, **outcome)


ROWS = [
    attack("UPDATE", FORGE, superuser=APPEND_ONLY, owner=APPEND_ONLY),
    attack("UPDATE of one month", "UPDATE vvault.{month} SET payload = '{{}}'",
           superuser=APPEND_ONLY, owner=APPEND_ONLY),
    attack("DELETE", "DELETE FROM vvault.ledger_entries", superuser=APPEND_ONLY,
           owner=APPEND_ONLY),
    attack("TRUNCATE", "TRUNCATE vvault.ledger_entries", superuser=APPEND_ONLY,
           owner=APPEND_ONLY),
    attack("TRUNCATE of one month", "TRUNCATE vvault.{month}", superuser=APPEND_ONLY,
           owner=APPEND_ONLY),
    attack("ON CONFLICT DO UPDATE",
           "INSERT INTO vvault.{month} SELECT * FROM vvault.{month} LIMIT 1"
           " ON CONFLICT (user_id, stream_id, stream_seq) DO UPDATE SET actor = 'forged'",
           superuser=APPEND_ONLY, owner=APPEND_ONLY),
    attack("MERGE",
           "MERGE INTO vvault.ledger_entries e USING vvault.users u ON e.user_id = u.id"
           " WHEN MATCHED THEN DELETE", superuser=APPEND_ONLY, owner=APPEND_ONLY),
    attack("WITH UPDATE", f"WITH forged AS ({FORGE} RETURNING 1) SELECT count(*) FROM forged",
           superuser=APPEND_ONLY, owner=APPEND_ONLY),
    attack("INSERT", "INSERT INTO vvault.ledger_entries"
           " SELECT user_id, id, gen_random_uuid(), stream_seq, \"timestamp\","
           " xid, month, event_type, payload, actor, salt,"
           " content_commitment, leaf_hash FROM vvault.ledger_entries LIMIT 1",
           superuser=DONE, owner=DONE),
    attack("COPY FROM",
           "COPY vvault.ledger_stream_heads FROM PROGRAM 'echo"
           " 00000000-0000-0000-0000-000000000001,00000000-0000-0000-0000-000000000002,1,forged'"
           " WITH (FORMAT csv)", superuser=DONE),
    attack("INSERT into what the sealer writes",
           "INSERT INTO vvault.ledger_stream_heads"
           " VALUES (gen_random_uuid(), gen_random_uuid(), 1, '')", superuser=DONE, owner=DONE),
    attack("SELECT FOR UPDATE", "SELECT FROM vvault.ledger_entries FOR UPDATE",
           superuser=DONE, owner=DONE),
    attack("a DO block that swallows errors",
           f"DO $$ BEGIN BEGIN {FORGE}; EXCEPTION WHEN OTHERS THEN NULL; END; {FORGE}; END $$",
           superuser=APPEND_ONLY, owner=APPEND_ONLY),
    attack("a view", "CREATE VIEW pg_temp.seen AS SELECT * FROM vvault.ledger_entries",
           "UPDATE pg_temp.seen SET event_type = 'forged'", superuser=APPEND_ONLY,
           owner=APPEND_ONLY),
    attack("EXPLAIN ANALYZE", f"EXPLAIN ANALYZE {FORGE}", superuser=APPEND_ONLY,
           owner=APPEND_ONLY),
    attack("PREPARE and EXECUTE", f"PREPARE forge AS {FORGE}", "EXECUTE forge",
           superuser=APPEND_ONLY, owner=APPEND_ONLY),
    attack("a view with a rule", "CREATE VIEW pg_temp.ruled AS SELECT 1 AS one",
           f"CREATE RULE forge AS ON UPDATE TO pg_temp.ruled DO INSTEAD {FORGE}",
           "UPDATE pg_temp.ruled SET one = 2", superuser=APPEND_ONLY, owner=APPEND_ONLY),
    attack("session_replication_role", "SET LOCAL session_replication_role = replica", FORGE,
           superuser=APPEND_ONLY, owner=FORBIDDEN, owner_guarded=FORBIDDEN),
    attack("SET SESSION AUTHORIZATION", "SET LOCAL SESSION AUTHORIZATION vvault_owner", FORGE,
           superuser=APPEND_ONLY),
    attack("row_security off", "SET LOCAL row_security = off", FORGE, superuser=APPEND_ONLY,
           owner=APPEND_ONLY),
]

TABLES = [
    attack("DISABLE TRIGGER ALL", "ALTER TABLE vvault.ledger_entries DISABLE TRIGGER ALL", FORGE,
           superuser=DONE, owner=DONE),
    attack("DISABLE TRIGGER of one month", "ALTER TABLE vvault.{month} DISABLE TRIGGER ALL",
           "UPDATE vvault.{month} SET event_type = 'forged'", superuser=DONE, owner=DONE),
    attack("ENABLE REPLICA TRIGGER",
           "ALTER TABLE vvault.ledger_entries ENABLE REPLICA TRIGGER ledger_entries_guard", FORGE,
           superuser=DONE, owner=DONE),
    attack("a table of the same name in front",
           "CREATE TEMP TABLE ledger_entries (id int) ON COMMIT DROP",
           "SET LOCAL search_path = pg_temp, vvault",
           "ALTER TABLE ledger_entries DISABLE TRIGGER ALL", superuser=DONE),
    attack("DROP TRIGGER", "DROP TRIGGER ledger_entries_guard ON vvault.ledger_entries", FORGE,
           superuser=DONE, owner=DONE),
    attack("CREATE OR REPLACE TRIGGER",
           "CREATE OR REPLACE TRIGGER ledger_entries_guard BEFORE UPDATE ON vvault.ledger_entries"
           " FOR EACH ROW WHEN (false) EXECUTE FUNCTION vvault._refuse_change()", FORGE,
           superuser=DONE),
    attack("CREATE TRIGGER",
           "CREATE FUNCTION pg_temp.lose() RETURNS trigger LANGUAGE plpgsql"
           " AS 'BEGIN RETURN NULL; END'",
           "CREATE TRIGGER lose BEFORE INSERT ON vvault.ledger_entries FOR EACH ROW"
           " EXECUTE FUNCTION pg_temp.lose()", superuser=DONE),
    attack("ALTER COLUMN TYPE USING",
           "DROP VIEW vvault.ledger_leaves CASCADE",
           "ALTER TABLE vvault.ledger_entries ALTER COLUMN event_type TYPE text USING 'forged'",
           superuser=DONE, owner=DONE),
    attack("DROP and ADD COLUMN", "ALTER TABLE vvault.ledger_entries DROP COLUMN payload CASCADE",
           "ALTER TABLE vvault.ledger_entries ADD COLUMN payload json", superuser=DONE,
           owner=DONE),
    attack("ADD COLUMN", "ALTER TABLE vvault.ledger_entries ADD COLUMN forged text",
           superuser=DONE, owner=DONE),
    attack("SET ACCESS METHOD", "ALTER TABLE vvault.{month} SET ACCESS METHOD heap",
           superuser=DONE, owner=DONE),
    attack("SET UNLOGGED", "ALTER TABLE vvault.{month} SET UNLOGGED", superuser=DONE, owner=DONE),
    attack("DISABLE ROW LEVEL SECURITY",
           "ALTER TABLE vvault.ledger_entries DISABLE ROW LEVEL SECURITY", superuser=DONE,
           owner=DONE),
    attack("DROP TABLE", "DROP TABLE vvault.ledger_entries CASCADE", superuser=DONE, owner=DONE),
    attack("DROP TABLE of one month", "DROP TABLE vvault.{month}", superuser=DONE, owner=DONE),
    attack("RENAME and UPDATE", "ALTER TABLE vvault.ledger_entries RENAME TO mine",
           "UPDATE vvault.mine SET event_type = 'forged'", superuser=APPEND_ONLY,
           owner=FORBIDDEN),
    attack("RENAME COLUMN", "ALTER TABLE vvault.ledger_entries RENAME COLUMN payload TO forged",
           superuser=DONE, owner=DONE),
    attack("SET SCHEMA", "ALTER TABLE vvault.{month} SET SCHEMA public", superuser=DONE),
    attack("DETACH PARTITION",
           "ALTER TABLE vvault.ledger_entries DETACH PARTITION vvault.{month}", superuser=DONE,
           owner=DONE),
    attack("ATTACH PARTITION",
           "CREATE TABLE public.forged (LIKE vvault.ledger_entries)",
           "ALTER TABLE vvault.ledger_entries ATTACH PARTITION public.forged FOR VALUES IN (1)",
           superuser=DONE),
    attack("ATTACH to a table of one's own",
           "CREATE TABLE public.mine (LIKE vvault.ledger_stream_heads)"
           " PARTITION BY LIST (stream_seq)",
           "ALTER TABLE public.mine ATTACH PARTITION vvault.ledger_stream_heads DEFAULT",
           superuser=DONE),
    attack("INHERITS", "CREATE TABLE public.child () INHERITS (vvault.ledger_stream_heads)",
           superuser=DONE),
    attack("INHERIT from a table of one's own",
           "CREATE TABLE public.parent (user_id uuid)",
           "ALTER TABLE vvault.ledger_stream_heads INHERIT public.parent", superuser=DONE),
    attack("a partition with something of its own",
           "CREATE TABLE vvault.ledger_entries_1 PARTITION OF vvault.ledger_entries"
           " (CHECK (false)) FOR VALUES IN (1)", superuser=DONE),
    attack("a partition without its key",
           "CREATE TABLE vvault.ledger_entries_1 PARTITION OF vvault.ledger_entries"
           " FOR VALUES IN (1)", superuser=DONE),
    attack("a partition with another key",
           "CREATE TABLE vvault.ledger_entries_1 PARTITION OF vvault.ledger_entries"
           " (PRIMARY KEY (user_id, stream_id, stream_seq, id)) FOR VALUES IN (1)", superuser=DONE),
    attack("CREATE RULE", "CREATE RULE hide AS ON INSERT TO vvault.ledger_entries DO INSTEAD"
           " NOTHING", superuser=DONE, owner=DONE),
    attack("OWNER TO", "ALTER TABLE vvault.ledger_entries OWNER TO CURRENT_USER", superuser=DONE),
    attack("REASSIGN OWNED", "REASSIGN OWNED BY vvault_owner TO CURRENT_USER", superuser=DONE),
    attack("DROP OWNED", "DROP OWNED BY vvault_owner CASCADE", superuser=DONE),
    attack("SECURITY LABEL", "SECURITY LABEL ON TABLE vvault.ledger_entries IS 'forged'",
           superuser="22023", owner="22023"),
    attack("a policy that hides", "CREATE POLICY hide ON vvault.ledger_entries AS RESTRICTIVE"
           " USING (false)", superuser=DONE, owner=DONE),
    attack("ALTER POLICY", "ALTER POLICY own ON vvault.ledger_entries USING (false)",
           superuser=DONE, owner=DONE),
    attack("DROP POLICY", "DROP POLICY own ON vvault.ledger_entries", superuser=DONE, owner=DONE),
]

TREE = [
    attack("UPDATE of a checkpoint", "UPDATE vvault.ledger_checkpoints SET root = ''",
           superuser=APPEND_ONLY, owner=APPEND_ONLY),
    attack("DELETE of checkpoints", "DELETE FROM vvault.ledger_checkpoints",
           superuser=APPEND_ONLY, owner=APPEND_ONLY),
    attack("TRUNCATE of tiles", "TRUNCATE vvault.ledger_tiles", superuser=APPEND_ONLY,
           owner=APPEND_ONLY),
    attack("UPDATE of tiles", "UPDATE vvault.ledger_tiles SET content = ''", superuser=DONE,
           owner=DONE),  # there is none yet for the trigger to fire for
    attack("INSERT into tiles", "INSERT INTO vvault.ledger_tiles VALUES (0, 99, '')",
           superuser=DONE, owner=DONE),
    attack("DELETE of the tail", "DELETE FROM vvault.ledger_tail", superuser=DONE, owner=DONE),
    attack("UPDATE of the state", "UPDATE vvault.ledger_state SET size = 0", superuser=DONE,
           owner=DONE),
    attack("DELETE of the state", "DELETE FROM vvault.ledger_state", superuser=APPEND_ONLY,
           owner=APPEND_ONLY),
    attack("TRUNCATE of signing keys", "TRUNCATE vvault.ledger_signing_keys",
           superuser=APPEND_ONLY, owner=APPEND_ONLY),
    attack("a checkpoint by the sealer's role with more rights",
           "GRANT ALL ON vvault.ledger_checkpoints TO vvault_sealer",
           "CREATE POLICY more ON vvault.ledger_checkpoints TO vvault_sealer USING (true)",
           "SET LOCAL ROLE vvault_sealer",
           "UPDATE vvault.ledger_checkpoints SET root = ''", superuser=APPEND_ONLY,
           guarded=APPEND_ONLY),
    attack("tiles with a child", "CREATE TABLE public.more () INHERITS (vvault.ledger_tiles)",
           superuser=DONE),
    attack("a checkpoint by the sealer's role", "SET LOCAL ROLE vvault_sealer",
           "UPDATE vvault.ledger_checkpoints SET root = ''", superuser=FORBIDDEN,
           guarded=FORBIDDEN),
    # What the sealer writes anew with each batch its role can write, in whoever's hands: a tree
    # that comes of it is not that of the entries, and no continuation of earlier checkpoints.
    attack("the tail by the sealer's role", "SET LOCAL ROLE vvault_sealer",
           "DELETE FROM vvault.ledger_tail", superuser=DONE, guarded=DONE),
]

CATALOG = [
    attack("UPDATE pg_class", "UPDATE pg_class SET relhastriggers = false"
           " WHERE relname LIKE 'ledger_entries%'", FORGE, superuser=DONE, owner=FORBIDDEN,
           owner_guarded=FORBIDDEN),
    attack("UPDATE pg_trigger", "UPDATE pg_trigger SET tgenabled = 'D'"
           " WHERE tgname LIKE 'ledger_entries_guard%'", superuser=DONE, owner=FORBIDDEN,
           owner_guarded=FORBIDDEN),
    attack("DELETE from pg_inherits", "DELETE FROM pg_inherits"
           " WHERE inhparent = 'vvault.ledger_entries'::regclass", superuser=DONE),
    attack("TRUNCATE of pg_inherits", "SET LOCAL allow_system_table_mods = on",
           "TRUNCATE pg_inherits", superuser=DONE),
    attack("a view of a catalog", "CREATE VIEW pg_temp.triggers AS SELECT * FROM pg_trigger",
           "UPDATE pg_temp.triggers SET tgenabled = 'D'", superuser=DONE),
    attack("INSERT into pg_rewrite", "INSERT INTO pg_rewrite SELECT * FROM pg_rewrite LIMIT 0",
           superuser=DONE),
    attack("CREATE OR REPLACE the guard's function",
           "CREATE OR REPLACE FUNCTION vvault._refuse_change() RETURNS trigger LANGUAGE plpgsql"
           " AS 'BEGIN RETURN NEW; END'", FORGE, superuser=DONE, owner=FORBIDDEN),
    attack("a function of one's own in the vault's schema",
           "CREATE FUNCTION vvault.ledger_verify(text, text) RETURNS text LANGUAGE sql"
           " AS 'SELECT ''all is well'''", superuser=DONE, owner=FORBIDDEN),
    attack("another view in the place of one of the vault's",
           "DROP VIEW vvault.ledger_leaves CASCADE",
           "CREATE VIEW vvault.ledger_leaves AS SELECT * FROM vvault.ledger_entries LIMIT 1",
           superuser=DONE),
    attack("a table in the place of a view", "DROP VIEW vvault.ledger_leaves CASCADE",
           "CREATE TABLE vvault.ledger_leaves (LIKE vvault.ledger_entries)", superuser=DONE),
    attack("… made of a query", "DROP VIEW vvault.ledger_leaves CASCADE",
           "SELECT * INTO vvault.ledger_leaves FROM vvault.ledger_entries", superuser=DONE),
    attack("ALTER FUNCTION", "ALTER FUNCTION vvault._refuse_change() RENAME TO refuse_nothing",
           superuser=DONE, owner=FORBIDDEN, owner_guarded=FORBIDDEN),
    attack("DROP FUNCTION", "DROP FUNCTION vvault._refuse_change() CASCADE", superuser="2BP01",
           guarded="2BP01"),
    attack("ALTER EXTENSION DROP",
           "ALTER EXTENSION vvault DROP FUNCTION vvault._refuse_change()", superuser=DONE),
    attack("RENAME SCHEMA", "ALTER SCHEMA vvault RENAME TO mine",
           "UPDATE mine.ledger_entries SET event_type = 'forged'", superuser=APPEND_ONLY),
    attack("DROP SCHEMA", "DROP SCHEMA vvault CASCADE", superuser=DONE),
    attack("SET the switch", "SET vvault.ledger_guard = off", superuser=RUNTIME,
           guarded=RUNTIME),
    attack("ALTER ROLE SET the switch", "ALTER ROLE CURRENT_USER SET vvault.ledger_guard = off",
           superuser=RUNTIME, guarded=RUNTIME),
    # In the transaction of vvault.install(), which may do what hands may not.
    attack("an event trigger that rides along",
           "CREATE FUNCTION pg_temp.ride() RETURNS event_trigger LANGUAGE plpgsql"
           f" AS $$ BEGIN {FORGE}; END $$",
           "CREATE EVENT TRIGGER ride ON ddl_command_end EXECUTE FUNCTION pg_temp.ride()",
           "SELECT vvault.install()", superuser=APPEND_ONLY),
    # Whoever may run programs as the server's user may write its files: evidence is all there is.
    attack("COPY TO PROGRAM", "COPY (SELECT 1) TO PROGRAM 'cat >/dev/null'", superuser=DONE,
           guarded=DONE),
]

ALL = [*ROWS, *TABLES, *TREE, *CATALOG]
