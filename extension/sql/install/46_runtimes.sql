-- Runtime environments: a program's token reaches the constructs that were put into one, and
-- nothing else of its user's vault or of what others granted that user.

CREATE FUNCTION vvault._need_runtime(name text) RETURNS uuid
    LANGUAGE plpgsql STABLE PARALLEL SAFE SET search_path = pg_catalog, pg_temp
    AS $$
DECLARE
    found_id uuid := (SELECT r.id FROM vvault.runtimes r
                       WHERE r.user_id = vvault.current_owner_id() AND r.name = _need_runtime.name);
BEGIN
    IF found_id IS NULL THEN
        RAISE EXCEPTION 'runtime environment not found'
            USING ERRCODE = 'P0002', DETAIL = 'Argument "runtime" names none of yours.',
                  HINT = 'See vvault.list_runtimes(), or make it with vvault.create_runtime(name).';
    END IF;
    RETURN found_id;
END
$$;
COMMENT ON FUNCTION vvault._need_runtime(text)
    IS 'the id of the current user''s runtime environment of that name, or P0002';

CREATE FUNCTION vvault.create_runtime(name text, constructs text[] DEFAULT '{}',
                                      role text DEFAULT 'writer') RETURNS uuid
    LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
    SECURITY DEFINER SET search_path = pg_catalog, pg_temp
    AS $$
DECLARE
    me uuid := vvault._require('tokens:write');
    made uuid;
BEGIN
    PERFORM vvault._check_text('name', name, 200);
    INSERT INTO vvault.runtimes AS r (user_id, name) VALUES (me, create_runtime.name)
    ON CONFLICT DO NOTHING
    RETURNING r.id INTO made;
    IF made IS NULL THEN
        RAISE EXCEPTION 'a runtime environment of this name exists already'
            USING ERRCODE = '23505', DETAIL = 'Argument "name" is taken by one of yours.',
                  HINT = 'Add to it with vvault.add_to_runtime(runtime, construct).';
    END IF;
    PERFORM vvault.add_to_runtime(create_runtime.name, one, create_runtime.role)
       FROM unnest(constructs) AS one;
    RETURN made;
END
$$;
COMMENT ON FUNCTION vvault.create_runtime(text, text[], text)
    IS 'a new runtime environment with these constructs; create_token(…, runtime) binds tokens to it';

CREATE FUNCTION vvault.add_to_runtime(runtime text, construct text, role text DEFAULT 'writer')
    RETURNS void
    LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
    SECURITY DEFINER SET search_path = pg_catalog, pg_temp
    AS $$
DECLARE
    me uuid := vvault._require('tokens:write');
    home uuid := vvault._need_runtime(runtime);
    target vvault.construct := vvault._need_construct(construct, 1);
BEGIN
    IF role IS NULL OR role <> ALL (ARRAY['reader', 'writer']) THEN
        RAISE EXCEPTION 'unknown role'
            USING ERRCODE = '22023', DETAIL = 'Argument "role" is reader or writer.',
                  HINT = 'A program sees or adds; who may use a construct is for people to say.';
    END IF;
    -- A ticket carries them all, as it carries grants.
    IF (SELECT count(*) FROM vvault.runtime_constructs c
         WHERE c.user_id = me AND c.runtime_id = home) >= 500 THEN
        RAISE EXCEPTION 'this runtime environment holds too many constructs'
            USING ERRCODE = '54000', DETAIL = 'At most 500 constructs in one.',
                  HINT = 'Make another one.';
    END IF;
    INSERT INTO vvault.runtime_constructs AS c (user_id, runtime_id, owner_id, construct_id, role)
    VALUES (me, home, target.owner_id, target.id, add_to_runtime.role)
    ON CONFLICT (user_id, runtime_id, owner_id, construct_id)
        DO UPDATE SET role = excluded.role, added_at = now() WHERE c.role <> excluded.role;
END
$$;
COMMENT ON FUNCTION vvault.add_to_runtime(text, text, text)
    IS 'let the tokens of a runtime environment read (reader) or also add to (writer) a construct of one''s own or granted to one, as far as the grant goes';

-- Also what is no longer seen can be taken out, by its id: a grant may have ended meanwhile.
CREATE FUNCTION vvault.remove_from_runtime(runtime text, construct text) RETURNS boolean
    LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
    SECURITY DEFINER SET search_path = pg_catalog, pg_temp
    AS $$
DECLARE
    me uuid := vvault._require('tokens:write');
    home uuid := vvault._need_runtime(runtime);
    named uuid := (vvault._find_construct(construct, 1)).id;
BEGIN
    DELETE FROM vvault.runtime_constructs c
     WHERE c.user_id = me AND c.runtime_id = home
       AND c.construct_id::text = coalesce(named::text, lower(construct));
    RETURN FOUND;
END
$$;
COMMENT ON FUNCTION vvault.remove_from_runtime(text, text)
    IS 'take a construct out of a runtime environment, with the next transaction; false where it was not in it';

CREATE FUNCTION vvault.list_runtimes()
    RETURNS TABLE (id uuid, name text, created_at timestamptz, tokens bigint, constructs jsonb)
    LANGUAGE plpgsql STABLE PARALLEL SAFE
    SECURITY DEFINER SET search_path = pg_catalog, pg_temp
    AS $$
DECLARE
    me uuid := vvault._require('tokens:write');
BEGIN
    RETURN QUERY
        SELECT r.id, r.name, r.created_at,
               (SELECT count(*) FROM vvault.tokens t
                 WHERE t.user_id = me AND t.runtime = r.name AND t.revoked_at IS NULL
                   AND (t.expires_at IS NULL OR t.expires_at > now())),
               (SELECT coalesce(jsonb_agg(jsonb_build_object(
                           'id', i.construct_id, 'name', c.name, 'owner_id', i.owner_id,
                           'role', i.role) ORDER BY i.id), '[]')
                  FROM vvault.runtime_constructs i
                  LEFT JOIN vvault.constructs c ON c.owner_id = i.owner_id AND c.id = i.construct_id
                 WHERE i.user_id = me AND i.runtime_id = r.id)
          FROM vvault.runtimes r WHERE r.user_id = me ORDER BY r.name;
END
$$;
COMMENT ON FUNCTION vvault.list_runtimes()
    IS 'the current user''s runtime environments, how many tokens of each work, and what is in it; a construct whose grant has ended has no name';

CREATE FUNCTION vvault.end_runtime(name text) RETURNS integer
    LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
    SECURITY DEFINER SET search_path = pg_catalog, pg_temp
    AS $$
DECLARE
    me uuid := vvault._require('tokens:write');
    home uuid := vvault._need_runtime(name);
    ended integer;
BEGIN
    UPDATE vvault.tokens t SET revoked_at = now()
     WHERE t.user_id = me AND t.runtime = end_runtime.name AND t.revoked_at IS NULL;
    GET DIAGNOSTICS ended = ROW_COUNT;
    DELETE FROM vvault.runtime_constructs c WHERE c.user_id = me AND c.runtime_id = home;
    RETURN ended;
END
$$;
COMMENT ON FUNCTION vvault.end_runtime(text)
    IS 'revoke all tokens of a runtime environment and empty it; its name stays, and can be filled anew; returns how many tokens';
