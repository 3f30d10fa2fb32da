-- What the tables take from the extension's functions: defaults and triggers. They go with
-- DROP EXTENSION … CASCADE while the rows stay, so install() sets them each time.

ALTER TABLE vvault.installation ALTER COLUMN id SET DEFAULT vvault.uuidv7();
ALTER TABLE vvault.users ALTER COLUMN id SET DEFAULT vvault.uuidv7();
ALTER TABLE vvault.tokens ALTER COLUMN id SET DEFAULT vvault.uuidv7();
ALTER TABLE vvault.issuers ALTER COLUMN id SET DEFAULT vvault.uuidv7();
ALTER TABLE vvault.issuer_keys ALTER COLUMN id SET DEFAULT vvault.uuidv7();
ALTER TABLE vvault.identities ALTER COLUMN id SET DEFAULT vvault.uuidv7();
ALTER TABLE vvault.data_keys ALTER COLUMN stream_id SET DEFAULT vvault.uuidv7();
ALTER TABLE vvault.constructs ALTER COLUMN id SET DEFAULT vvault.uuidv7();
ALTER TABLE vvault.construct_grants ALTER COLUMN id SET DEFAULT vvault.uuidv7();
ALTER TABLE vvault.groups ALTER COLUMN id SET DEFAULT vvault.uuidv7();
ALTER TABLE vvault.group_members ALTER COLUMN id SET DEFAULT vvault.uuidv7();
ALTER TABLE vvault.group_grants ALTER COLUMN id SET DEFAULT vvault.uuidv7();
ALTER TABLE vvault.runtimes ALTER COLUMN id SET DEFAULT vvault.uuidv7();
ALTER TABLE vvault.runtime_constructs ALTER COLUMN id SET DEFAULT vvault.uuidv7();
ALTER TABLE vvault.sessions ALTER COLUMN id SET DEFAULT vvault.uuidv7();
ALTER TABLE vvault.messages ALTER COLUMN id SET DEFAULT vvault.uuidv7();
ALTER TABLE vvault.vault_files ALTER COLUMN id SET DEFAULT vvault.uuidv7();
ALTER TABLE vvault.legal_holds ALTER COLUMN id SET DEFAULT vvault.uuidv7();

-- Which changes become ledger entries, and which are refused. The arguments of
-- _record_change: entity, owner column, stream column, private columns.

CREATE OR REPLACE TRIGGER users_shard BEFORE INSERT OR UPDATE OF id, shard_id ON vvault.users
    FOR EACH ROW EXECUTE FUNCTION vvault._set_shard();

CREATE OR REPLACE TRIGGER users_ledger AFTER INSERT OR UPDATE OR DELETE ON vvault.users
    FOR EACH ROW EXECUTE FUNCTION vvault._record_change('user', 'id', 'id', 'email', 'display_name');

CREATE OR REPLACE TRIGGER tokens_ledger AFTER INSERT OR UPDATE OR DELETE ON vvault.tokens
    FOR EACH ROW EXECUTE FUNCTION vvault._record_change('token', 'user_id', 'id', 'name');

CREATE OR REPLACE TRIGGER issuers_ledger AFTER INSERT OR UPDATE OR DELETE ON vvault.issuers
    FOR EACH ROW EXECUTE FUNCTION vvault._record_change('issuer', 'user_id', 'id', 'allowed_emails');

CREATE OR REPLACE TRIGGER issuer_keys_ledger AFTER INSERT OR UPDATE OR DELETE ON vvault.issuer_keys
    FOR EACH ROW EXECUTE FUNCTION vvault._record_change('issuer_keys', 'user_id', 'id', 'jwks');

-- How far a mirror is comes from its process, again and again, and changes nothing here.
CREATE OR REPLACE TRIGGER mirrors_ledger
    AFTER INSERT OR DELETE OR UPDATE OF user_id, id, name, contents, root_key_id, wrapped
    ON vvault.mirrors
    FOR EACH ROW EXECUTE FUNCTION vvault._record_change('mirror', 'user_id', 'id');

CREATE OR REPLACE TRIGGER identities_ledger AFTER INSERT OR UPDATE OR DELETE ON vvault.identities
    FOR EACH ROW EXECUTE FUNCTION vvault._record_change('identity', 'user_id', 'id', 'subject');

CREATE OR REPLACE TRIGGER data_keys_ledger AFTER INSERT OR UPDATE OR DELETE ON vvault.data_keys
    FOR EACH ROW EXECUTE FUNCTION vvault._record_change('data_key', 'user_id', 'stream_id');

CREATE OR REPLACE TRIGGER constructs_ledger AFTER INSERT OR UPDATE OR DELETE ON vvault.constructs
    FOR EACH ROW EXECUTE FUNCTION vvault._record_change('construct', 'owner_id', 'id', 'title');

CREATE OR REPLACE TRIGGER construct_grants_ledger
    AFTER INSERT OR UPDATE OR DELETE ON vvault.construct_grants
    FOR EACH ROW EXECUTE FUNCTION vvault._record_change('grant', 'owner_id', 'id', 'grantee_email');

CREATE OR REPLACE TRIGGER groups_ledger AFTER INSERT OR UPDATE OR DELETE ON vvault.groups
    FOR EACH ROW EXECUTE FUNCTION vvault._record_change('group', 'user_id', 'id', '', 'name');

CREATE OR REPLACE TRIGGER group_members_ledger
    AFTER INSERT OR UPDATE OR DELETE ON vvault.group_members
    FOR EACH ROW EXECUTE FUNCTION vvault._record_change('group_member', 'user_id', 'id', '', 'member_email');

CREATE OR REPLACE TRIGGER group_grants_ledger
    AFTER INSERT OR UPDATE OR DELETE ON vvault.group_grants
    FOR EACH ROW EXECUTE FUNCTION vvault._record_change('group_grant', 'user_id', 'id', '');

CREATE OR REPLACE TRIGGER runtimes_ledger AFTER INSERT OR UPDATE OR DELETE ON vvault.runtimes
    FOR EACH ROW EXECUTE FUNCTION vvault._record_change('runtime', 'user_id', 'id', '');

CREATE OR REPLACE TRIGGER runtime_constructs_ledger
    AFTER INSERT OR UPDATE OR DELETE ON vvault.runtime_constructs
    FOR EACH ROW EXECUTE FUNCTION vvault._record_change('runtime_construct', 'user_id', 'id', '');

-- A logical replica's backends remember keys, tokens and grants too. The ledger's triggers do not
-- fire for what a subscription applies, as its entries come with it; these fire for nothing else.
CREATE OR REPLACE TRIGGER data_keys_announce AFTER INSERT OR UPDATE OR DELETE ON vvault.data_keys
    FOR EACH ROW EXECUTE FUNCTION vvault._announce_change();
ALTER TABLE vvault.data_keys ENABLE REPLICA TRIGGER data_keys_announce;
CREATE OR REPLACE TRIGGER tokens_announce AFTER INSERT OR UPDATE OR DELETE ON vvault.tokens
    FOR EACH ROW EXECUTE FUNCTION vvault._announce_change();
ALTER TABLE vvault.tokens ENABLE REPLICA TRIGGER tokens_announce;
CREATE OR REPLACE TRIGGER users_announce AFTER INSERT OR UPDATE OR DELETE ON vvault.users
    FOR EACH ROW EXECUTE FUNCTION vvault._announce_change();
ALTER TABLE vvault.users ENABLE REPLICA TRIGGER users_announce;
CREATE OR REPLACE TRIGGER construct_grants_announce AFTER INSERT OR UPDATE OR DELETE ON vvault.construct_grants
    FOR EACH ROW EXECUTE FUNCTION vvault._announce_change();
ALTER TABLE vvault.construct_grants ENABLE REPLICA TRIGGER construct_grants_announce;
CREATE OR REPLACE TRIGGER group_members_announce AFTER INSERT OR UPDATE OR DELETE ON vvault.group_members
    FOR EACH ROW EXECUTE FUNCTION vvault._announce_change();
ALTER TABLE vvault.group_members ENABLE REPLICA TRIGGER group_members_announce;
CREATE OR REPLACE TRIGGER group_grants_announce AFTER INSERT OR UPDATE OR DELETE ON vvault.group_grants
    FOR EACH ROW EXECUTE FUNCTION vvault._announce_change();
ALTER TABLE vvault.group_grants ENABLE REPLICA TRIGGER group_grants_announce;
CREATE OR REPLACE TRIGGER runtime_constructs_announce AFTER INSERT OR UPDATE OR DELETE ON vvault.runtime_constructs
    FOR EACH ROW EXECUTE FUNCTION vvault._announce_change();
ALTER TABLE vvault.runtime_constructs ENABLE REPLICA TRIGGER runtime_constructs_announce;

-- What only counts (last_seq; a file's version and size) is told by the message or version
-- that made it count. The trigger is not called for it at all: a WHEN clause would be
-- parsed anew by every statement.
CREATE OR REPLACE TRIGGER sessions_ledger
    AFTER INSERT OR DELETE OR UPDATE OF user_id, id, construct_id, external_id, title, started_at,
                                        ended_at, flags
    ON vvault.sessions
    FOR EACH ROW EXECUTE FUNCTION vvault._record_change('session', 'user_id', 'id');

CREATE OR REPLACE TRIGGER messages_ledger AFTER INSERT OR UPDATE OR DELETE ON vvault.messages
    FOR EACH ROW EXECUTE FUNCTION vvault._record_change('message', 'user_id', 'session_id');

CREATE OR REPLACE TRIGGER vault_files_ledger
    AFTER INSERT OR DELETE OR UPDATE OF user_id, id, construct_id, filename, path, encrypted,
                                        created_at, deleted_at
    ON vvault.vault_files
    FOR EACH ROW EXECUTE FUNCTION vvault._record_change('file', 'user_id', 'id');

CREATE OR REPLACE TRIGGER vault_file_versions_ledger
    AFTER INSERT OR UPDATE OR DELETE ON vvault.vault_file_versions
    FOR EACH ROW EXECUTE FUNCTION vvault._record_change('file_version', 'user_id', 'file_id');

CREATE OR REPLACE TRIGGER legal_holds_ledger AFTER INSERT OR UPDATE OR DELETE ON vvault.legal_holds
    FOR EACH ROW EXECUTE FUNCTION vvault._record_change('hold', 'user_id', 'id', 'reason', 'lift_reason');

-- Guards hold for everybody, also while replication applies rows: ENABLE ALWAYS.
CREATE OR REPLACE TRIGGER ledger_entries_guard BEFORE UPDATE OR DELETE ON vvault.ledger_entries
    FOR EACH ROW EXECUTE FUNCTION vvault._refuse_change('ledger_entries');
ALTER TABLE vvault.ledger_entries ENABLE ALWAYS TRIGGER ledger_entries_guard;
CREATE OR REPLACE TRIGGER ledger_entries_guard_truncate BEFORE TRUNCATE ON vvault.ledger_entries
    FOR EACH STATEMENT EXECUTE FUNCTION vvault._refuse_change('ledger_entries');
ALTER TABLE vvault.ledger_entries ENABLE ALWAYS TRIGGER ledger_entries_guard_truncate;
-- A partition has the triggers for rows of its table, and no other.
SELECT vvault._guard_ledger_partition(i.inhrelid)
  FROM pg_catalog.pg_inherits i WHERE i.inhparent = 'vvault.ledger_entries'::regclass;
CREATE OR REPLACE TRIGGER ledger_stream_heads_guard BEFORE UPDATE OR DELETE ON vvault.ledger_stream_heads
    FOR EACH ROW EXECUTE FUNCTION vvault._refuse_change('ledger_stream_heads');
ALTER TABLE vvault.ledger_stream_heads ENABLE ALWAYS TRIGGER ledger_stream_heads_guard;
CREATE OR REPLACE TRIGGER ledger_stream_heads_guard_truncate BEFORE TRUNCATE ON vvault.ledger_stream_heads
    FOR EACH STATEMENT EXECUTE FUNCTION vvault._refuse_change('ledger_stream_heads');
ALTER TABLE vvault.ledger_stream_heads ENABLE ALWAYS TRIGGER ledger_stream_heads_guard_truncate;

CREATE OR REPLACE TRIGGER vault_file_versions_guard BEFORE UPDATE ON vvault.vault_file_versions
    FOR EACH ROW EXECUTE FUNCTION vvault._guard_version();
CREATE OR REPLACE TRIGGER vault_file_versions_guard_truncate
    BEFORE TRUNCATE ON vvault.vault_file_versions
    FOR EACH STATEMENT EXECUTE FUNCTION vvault._refuse_change('vault_file_versions');
ALTER TABLE vvault.vault_file_versions ENABLE ALWAYS TRIGGER vault_file_versions_guard;
ALTER TABLE vvault.vault_file_versions ENABLE ALWAYS TRIGGER vault_file_versions_guard_truncate;
CREATE OR REPLACE TRIGGER vault_file_versions_held BEFORE DELETE ON vvault.vault_file_versions
    FOR EACH ROW EXECUTE FUNCTION vvault._guard_held();
ALTER TABLE vvault.vault_file_versions ENABLE ALWAYS TRIGGER vault_file_versions_held;

CREATE OR REPLACE TRIGGER legal_holds_guard BEFORE DELETE ON vvault.legal_holds
    FOR EACH ROW EXECUTE FUNCTION vvault._refuse_change('legal_holds');
CREATE OR REPLACE TRIGGER legal_holds_guard_truncate BEFORE TRUNCATE ON vvault.legal_holds
    FOR EACH STATEMENT EXECUTE FUNCTION vvault._refuse_change('legal_holds');
ALTER TABLE vvault.legal_holds ENABLE ALWAYS TRIGGER legal_holds_guard;
ALTER TABLE vvault.legal_holds ENABLE ALWAYS TRIGGER legal_holds_guard_truncate;

-- A TRUNCATE fires no row trigger, so it would pass the ledger unseen.
CREATE OR REPLACE TRIGGER users_guard_truncate BEFORE TRUNCATE ON vvault.users
    FOR EACH STATEMENT EXECUTE FUNCTION vvault._refuse_change('users');
CREATE OR REPLACE TRIGGER tokens_guard_truncate BEFORE TRUNCATE ON vvault.tokens
    FOR EACH STATEMENT EXECUTE FUNCTION vvault._refuse_change('tokens');
CREATE OR REPLACE TRIGGER issuers_guard_truncate BEFORE TRUNCATE ON vvault.issuers
    FOR EACH STATEMENT EXECUTE FUNCTION vvault._refuse_change('issuers');
CREATE OR REPLACE TRIGGER issuer_keys_guard_truncate BEFORE TRUNCATE ON vvault.issuer_keys
    FOR EACH STATEMENT EXECUTE FUNCTION vvault._refuse_change('issuer_keys');
CREATE OR REPLACE TRIGGER identities_guard_truncate BEFORE TRUNCATE ON vvault.identities
    FOR EACH STATEMENT EXECUTE FUNCTION vvault._refuse_change('identities');
CREATE OR REPLACE TRIGGER data_keys_guard_truncate BEFORE TRUNCATE ON vvault.data_keys
    FOR EACH STATEMENT EXECUTE FUNCTION vvault._refuse_change('data_keys');
CREATE OR REPLACE TRIGGER constructs_guard_truncate BEFORE TRUNCATE ON vvault.constructs
    FOR EACH STATEMENT EXECUTE FUNCTION vvault._refuse_change('constructs');
CREATE OR REPLACE TRIGGER construct_grants_guard_truncate BEFORE TRUNCATE ON vvault.construct_grants
    FOR EACH STATEMENT EXECUTE FUNCTION vvault._refuse_change('construct_grants');
CREATE OR REPLACE TRIGGER groups_guard_truncate BEFORE TRUNCATE ON vvault.groups
    FOR EACH STATEMENT EXECUTE FUNCTION vvault._refuse_change('groups');
CREATE OR REPLACE TRIGGER group_members_guard_truncate BEFORE TRUNCATE ON vvault.group_members
    FOR EACH STATEMENT EXECUTE FUNCTION vvault._refuse_change('group_members');
CREATE OR REPLACE TRIGGER group_grants_guard_truncate BEFORE TRUNCATE ON vvault.group_grants
    FOR EACH STATEMENT EXECUTE FUNCTION vvault._refuse_change('group_grants');
CREATE OR REPLACE TRIGGER runtimes_guard_truncate BEFORE TRUNCATE ON vvault.runtimes
    FOR EACH STATEMENT EXECUTE FUNCTION vvault._refuse_change('runtimes');
CREATE OR REPLACE TRIGGER runtime_constructs_guard_truncate
    BEFORE TRUNCATE ON vvault.runtime_constructs
    FOR EACH STATEMENT EXECUTE FUNCTION vvault._refuse_change('runtime_constructs');
CREATE OR REPLACE TRIGGER mirrors_guard_truncate BEFORE TRUNCATE ON vvault.mirrors
    FOR EACH STATEMENT EXECUTE FUNCTION vvault._refuse_change('mirrors');
CREATE OR REPLACE TRIGGER sessions_guard_truncate BEFORE TRUNCATE ON vvault.sessions
    FOR EACH STATEMENT EXECUTE FUNCTION vvault._refuse_change('sessions');
CREATE OR REPLACE TRIGGER messages_guard_truncate BEFORE TRUNCATE ON vvault.messages
    FOR EACH STATEMENT EXECUTE FUNCTION vvault._refuse_change('messages');
CREATE OR REPLACE TRIGGER vault_files_guard_truncate BEFORE TRUNCATE ON vvault.vault_files
    FOR EACH STATEMENT EXECUTE FUNCTION vvault._refuse_change('vault_files');
CREATE OR REPLACE TRIGGER vault_file_tails_guard_truncate BEFORE TRUNCATE ON vvault.vault_file_tails
    FOR EACH STATEMENT EXECUTE FUNCTION vvault._refuse_change('vault_file_tails');
CREATE OR REPLACE TRIGGER vault_chunks_guard_truncate BEFORE TRUNCATE ON vvault.vault_chunks
    FOR EACH STATEMENT EXECUTE FUNCTION vvault._refuse_change('vault_chunks');
CREATE OR REPLACE TRIGGER vault_chunk_uses_guard_truncate BEFORE TRUNCATE ON vvault.vault_chunk_uses
    FOR EACH STATEMENT EXECUTE FUNCTION vvault._refuse_change('vault_chunk_uses');

-- What is sealed stays. A checkpoint without a signature gets it later, once.
CREATE OR REPLACE TRIGGER ledger_tiles_guard BEFORE UPDATE OR DELETE ON vvault.ledger_tiles
    FOR EACH ROW EXECUTE FUNCTION vvault._refuse_change('ledger_tiles');
CREATE OR REPLACE TRIGGER ledger_tiles_guard_truncate BEFORE TRUNCATE ON vvault.ledger_tiles
    FOR EACH STATEMENT EXECUTE FUNCTION vvault._refuse_change('ledger_tiles');
CREATE OR REPLACE TRIGGER ledger_checkpoints_guard
    BEFORE DELETE OR UPDATE OF size, root, snapshot, era, sealed_at ON vvault.ledger_checkpoints
    FOR EACH ROW EXECUTE FUNCTION vvault._refuse_change('ledger_checkpoints');
CREATE OR REPLACE TRIGGER ledger_checkpoints_guard_note
    BEFORE UPDATE ON vvault.ledger_checkpoints
    FOR EACH ROW WHEN (OLD.note IS NOT NULL)
    EXECUTE FUNCTION vvault._refuse_change('ledger_checkpoints');
CREATE OR REPLACE TRIGGER ledger_checkpoints_guard_truncate
    BEFORE TRUNCATE ON vvault.ledger_checkpoints
    FOR EACH STATEMENT EXECUTE FUNCTION vvault._refuse_change('ledger_checkpoints');
CREATE OR REPLACE TRIGGER ledger_signing_keys_guard
    BEFORE UPDATE OR DELETE ON vvault.ledger_signing_keys
    FOR EACH ROW EXECUTE FUNCTION vvault._refuse_change('ledger_signing_keys');
CREATE OR REPLACE TRIGGER ledger_signing_keys_guard_truncate
    BEFORE TRUNCATE ON vvault.ledger_signing_keys
    FOR EACH STATEMENT EXECUTE FUNCTION vvault._refuse_change('ledger_signing_keys');
CREATE OR REPLACE TRIGGER ledger_archives_guard
    BEFORE UPDATE OR DELETE ON vvault.ledger_archives
    FOR EACH ROW EXECUTE FUNCTION vvault._refuse_change('ledger_archives');
CREATE OR REPLACE TRIGGER ledger_archives_guard_truncate
    BEFORE TRUNCATE ON vvault.ledger_archives
    FOR EACH STATEMENT EXECUTE FUNCTION vvault._refuse_change('ledger_archives');
CREATE OR REPLACE TRIGGER ledger_state_guard BEFORE DELETE ON vvault.ledger_state
    FOR EACH ROW EXECUTE FUNCTION vvault._refuse_change('ledger_state');
CREATE OR REPLACE TRIGGER ledger_state_guard_truncate BEFORE TRUNCATE ON vvault.ledger_state
    FOR EACH STATEMENT EXECUTE FUNCTION vvault._refuse_change('ledger_state');
CREATE OR REPLACE TRIGGER ledger_tail_guard_truncate BEFORE TRUNCATE ON vvault.ledger_tail
    FOR EACH STATEMENT EXECUTE FUNCTION vvault._refuse_change('ledger_tail');
ALTER TABLE vvault.ledger_tiles ENABLE ALWAYS TRIGGER ledger_tiles_guard;
ALTER TABLE vvault.ledger_tiles ENABLE ALWAYS TRIGGER ledger_tiles_guard_truncate;
ALTER TABLE vvault.ledger_checkpoints ENABLE ALWAYS TRIGGER ledger_checkpoints_guard;
ALTER TABLE vvault.ledger_checkpoints ENABLE ALWAYS TRIGGER ledger_checkpoints_guard_note;
ALTER TABLE vvault.ledger_checkpoints ENABLE ALWAYS TRIGGER ledger_checkpoints_guard_truncate;
ALTER TABLE vvault.ledger_signing_keys ENABLE ALWAYS TRIGGER ledger_signing_keys_guard;
ALTER TABLE vvault.ledger_signing_keys ENABLE ALWAYS TRIGGER ledger_signing_keys_guard_truncate;
ALTER TABLE vvault.ledger_archives ENABLE ALWAYS TRIGGER ledger_archives_guard;
ALTER TABLE vvault.ledger_archives ENABLE ALWAYS TRIGGER ledger_archives_guard_truncate;
ALTER TABLE vvault.ledger_state ENABLE ALWAYS TRIGGER ledger_state_guard;
ALTER TABLE vvault.ledger_state ENABLE ALWAYS TRIGGER ledger_state_guard_truncate;
ALTER TABLE vvault.ledger_tail ENABLE ALWAYS TRIGGER ledger_tail_guard_truncate;
