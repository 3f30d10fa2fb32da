\set file random(1, 200)
\set size random(100, 100000)
INSERT INTO public.:name (user_id, file_id, path, version, content_hash, size) VALUES (('01900000-0000-7000-8000-' || lpad(to_hex(:client_id::bigint), 12, '0'))::uuid, ('01900000-0001-7000-8000-' || lpad(to_hex(:client_id::bigint * 1000 + :file), 12, '0'))::uuid, 'instances/zen-001/notes/' || :file::text || '.md', :size, sha256('some content'), :size);
