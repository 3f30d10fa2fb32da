-- Views, made anew each time like triggers: they call functions of the extension. They run
-- with their owner's eyes, so a grant on one shows exactly its columns.

CREATE OR REPLACE VIEW vvault.reencryption_progress AS
    SELECT k.user_id, k.id AS key_id, k.scope_id,
           CASE WHEN c.id IS NOT NULL THEN 'construct' WHEN f.id IS NOT NULL THEN 'file'
                ELSE 'person' END AS scope,
           k.purpose,
           (SELECT count(*) FROM vvault.sessions s
              JOIN vvault.messages m ON m.user_id = s.user_id AND m.session_id = s.id
             WHERE s.user_id = k.user_id AND s.construct_id = k.scope_id
               AND vvault._sealed_key(m.content) = k.id) AS messages,
           (SELECT count(*) FROM vvault.sessions s
             WHERE s.user_id = k.user_id AND s.construct_id = k.scope_id
               AND vvault._sealed_key(s.title) = k.id) AS titles,
           (SELECT count(*) FROM vvault.vault_file_versions v
             WHERE v.user_id = k.user_id AND v.file_id = k.scope_id
               AND vvault._sealed_key(v.info) = k.id)
           + (SELECT count(*) FROM vvault.vault_file_tails t
               WHERE t.user_id = k.user_id AND t.file_id = k.scope_id
                 AND vvault._sealed_key(t.info) = k.id) AS file_versions,
           k.unused_since IS NOT NULL AS waits_for_readers,
           (SELECT count(*) FROM vvault.vault_uploads u
             WHERE u.user_id = k.user_id AND vvault._sealed_key(u.state) = k.id)
           + (SELECT count(*) FROM vvault.vault_upload_parts p
               WHERE p.user_id = k.user_id AND vvault._sealed_key(p.refs) = k.id) AS uploads
      FROM vvault.data_keys k
      LEFT JOIN vvault.constructs c ON c.owner_id = k.user_id AND c.id = k.scope_id
      LEFT JOIN vvault.vault_files f ON f.user_id = k.user_id AND f.id = k.scope_id
     WHERE k.state = 'retired';
COMMENT ON VIEW vvault.reencryption_progress
    IS 'what is still sealed by keys that were rotated, a row a key; for administrators';
ALTER VIEW vvault.reencryption_progress OWNER TO vvault_owner;
REVOKE ALL ON vvault.reencryption_progress FROM PUBLIC;
GRANT SELECT ON vvault.reencryption_progress TO vvault_admin;

-- Seen with the reader's eyes: row security of the entries decides what it shows.
CREATE OR REPLACE VIEW vvault.ledger_leaves WITH (security_invoker = true) AS
    SELECT e.user_id, e.id, e.stream_id, e.stream_seq, e.event_type, e."timestamp",
           coalesce(nullif(e.actor, ''), e.user_id::text) AS actor, e.xid,
           CASE WHEN e.stream_seq = 1 THEN decode(repeat('00', 32), 'hex')
                ELSE coalesce((SELECT before.leaf_hash FROM vvault.ledger_entries before
                                WHERE before.user_id = e.user_id AND before.stream_id = e.stream_id
                                  AND before.stream_seq = e.stream_seq - 1 LIMIT 1),
                              (SELECT head.leaf_hash FROM vvault.ledger_stream_heads head
                                WHERE head.user_id = e.user_id AND head.stream_id = e.stream_id
                                  AND head.stream_seq = e.stream_seq - 1)) END AS previous_leaf,
           vvault._payload_commitment(e.salt, e.payload) AS payload_commitment,
           coalesce(e.content_commitment, decode(repeat('00', 32), 'hex')) AS content_commitment,
           e.leaf_hash, e.salt, e.payload, e.month,
           CASE WHEN starts_with(e.event_type, 'file') THEN e.stream_id END AS file_id
      FROM vvault.ledger_entries e;
COMMENT ON VIEW vvault.ledger_leaves
    IS 'ledger entries by the fields of their leaves (doc/ledger-leaf.md), and what opens their commitment';
ALTER VIEW vvault.ledger_leaves OWNER TO vvault_owner;
REVOKE ALL ON vvault.ledger_leaves FROM PUBLIC;
GRANT SELECT ON vvault.ledger_leaves TO vvault_user, vvault_auditor, vvault_api;
