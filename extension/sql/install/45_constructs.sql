-- Constructs and who may use them besides their owner.

CREATE FUNCTION vvault.callsign(name text) RETURNS text
    LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE
    AS 'MODULE_PATHNAME', 'vvault_callsign';
COMMENT ON FUNCTION vvault.callsign(text)
    IS 'the callsign of a name: lower case, _ becomes -, and -001 where no number stands';

CREATE FUNCTION vvault._check_callsign(name text) RETURNS text
    LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE SET search_path = pg_catalog, pg_temp
    AS $$
DECLARE
    callsign text;
BEGIN
    PERFORM vvault._check_text('name', name, 100);
    callsign := vvault.callsign(name);
    IF callsign ~ '[/\\]' THEN
        RAISE EXCEPTION 'a callsign holds no slash'
            USING ERRCODE = '22023', DETAIL = 'Argument "name" is a name such as zen-001.',
                  HINT = 'Leave the path out.';
    END IF;
    RETURN callsign;
END
$$;
COMMENT ON FUNCTION vvault._check_callsign(text) IS 'the callsign of a name, or error 22023';

-- A name means the caller's own construct first, then the one granted construct of that
-- name; an id always means itself.
CREATE FUNCTION vvault._find_construct(name text, level integer) RETURNS vvault.construct
    LANGUAGE plpgsql STABLE PARALLEL SAFE SET search_path = pg_catalog, pg_temp
    AS $$
DECLARE
    hit vvault.construct;
    matches integer;
BEGIN
    SELECT c.id, c.owner_id, c.name, c.title, c.created_at, c.retired_at, NULL::text,
           count(*) OVER (PARTITION BY c.owner_id = vvault.current_user_id())
      INTO hit.id, hit.owner_id, hit.name, hit.title, hit.created_at, hit.retired_at,
           hit.role, matches
      FROM vvault.constructs c
     WHERE c.owner_id = ANY (vvault._visible_owners())
       AND (c.name = vvault.callsign(_find_construct.name)
            OR c.id::text = lower(_find_construct.name))
     ORDER BY c.owner_id = vvault.current_user_id() DESC
     LIMIT 1;
    IF hit.id IS NULL THEN
        RETURN NULL;
    END IF;
    IF matches > 1 THEN
        RAISE EXCEPTION 'several constructs have this name'
            USING ERRCODE = 'VV009', DETAIL = 'More than one person granted you a construct of this name.',
                  HINT = 'Name it by its id; see vvault.list_constructs().';
    END IF;
    IF vvault.access_level(hit.owner_id, hit.id) < level THEN
        RAISE EXCEPTION 'not permitted on this construct'
            USING ERRCODE = '42501', DETAIL = format('Your role on "%s" does not allow it.', hit.name),
                  HINT = 'Ask its owner for a stronger role.';
    END IF;
    RETURN hit;
END
$$;
COMMENT ON FUNCTION vvault._find_construct(text, integer)
    IS 'the construct of that name or id, null if there is none, 42501 below the access level';

CREATE FUNCTION vvault._need_construct(name text, level integer) RETURNS vvault.construct
    LANGUAGE plpgsql STABLE PARALLEL SAFE SET search_path = pg_catalog, pg_temp
    AS $$
DECLARE
    hit vvault.construct := vvault._find_construct(name, level);
BEGIN
    IF hit.id IS NULL THEN
        RAISE EXCEPTION 'construct not found'
            USING ERRCODE = 'P0002', DETAIL = 'Argument "construct" names none of yours or granted to you.',
                  HINT = 'See vvault.list_constructs(), or make it with vvault.create_construct(name).';
    END IF;
    RETURN hit;
END
$$;
COMMENT ON FUNCTION vvault._need_construct(text, integer) IS 'the construct of that name, or P0002';

-- One answer whether the construct is there or not: the token is not told.
CREATE FUNCTION vvault._refuse_outside(argument text) RETURNS void
    LANGUAGE plpgsql STABLE PARALLEL SAFE SET search_path = pg_catalog, pg_temp
    AS $$
BEGIN
    IF vvault.current_owner_id() IS NULL THEN
        RAISE EXCEPTION 'outside of the runtime environment of this token'
            USING ERRCODE = '42501',
                  DETAIL = format('Argument "%s" is of no construct in it that may be written.', argument),
                  HINT = 'Its owner widens it with vvault.add_to_runtime(runtime, construct).';
    END IF;
END
$$;
COMMENT ON FUNCTION vvault._refuse_outside(text)
    IS '42501 for a token that is bound to a runtime environment, nothing for others';

-- The caller's own construct of that callsign, made if it is not there.
CREATE FUNCTION vvault._ensure_construct(me uuid, name text) RETURNS uuid
    LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE SET search_path = pg_catalog, pg_temp
    AS $$
DECLARE
    callsign text := vvault._check_callsign(name);
    found_id uuid;
BEGIN
    FOR look IN 1 .. 2 LOOP
        SELECT c.id INTO found_id FROM vvault.constructs c
         WHERE c.owner_id = me AND c.name = callsign;
        IF FOUND THEN
            RETURN found_id;
        END IF;
        PERFORM vvault._refuse_outside('construct');
        INSERT INTO vvault.constructs (owner_id, name, title)
        VALUES (me, callsign, initcap(regexp_replace(callsign, '-[0-9]+$', '')))
        ON CONFLICT DO NOTHING
        RETURNING constructs.id INTO found_id;
        IF FOUND THEN
            RETURN found_id;
        END IF;
    END LOOP;
    RAISE EXCEPTION 'not permitted on this construct'
        USING ERRCODE = '42501', DETAIL = 'Its row is hidden from you.',
              HINT = 'Ask the construct''s owner for a role on it.';
END
$$;
COMMENT ON FUNCTION vvault._ensure_construct(uuid, text)
    IS 'the id of the user''s construct of that callsign, made where it is missing';

CREATE FUNCTION vvault.create_construct(name text, title text DEFAULT NULL)
    RETURNS vvault.construct
    LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
    SECURITY DEFINER SET search_path = pg_catalog, pg_temp
    AS $$
DECLARE
    me uuid := vvault._require('constructs:write');
    callsign text := vvault._check_callsign(name);
    made vvault.construct;
BEGIN
    IF title IS NOT NULL THEN
        PERFORM vvault._check_text('title', title, 400);
    END IF;
    INSERT INTO vvault.constructs AS c (owner_id, name, title)
    VALUES (me, callsign,
            coalesce(create_construct.title, initcap(regexp_replace(callsign, '-[0-9]+$', ''))))
    ON CONFLICT DO NOTHING
    RETURNING c.id, c.owner_id, c.name, c.title, c.created_at, c.retired_at, 'owner' INTO made;
    IF made.id IS NULL THEN
        RAISE EXCEPTION 'construct "%" exists already', callsign
            USING ERRCODE = '23505', DETAIL = 'Argument "name" is taken by one of your constructs.',
                  HINT = 'Use it as it is, or choose another number.';
    END IF;
    RETURN made;
END
$$;
COMMENT ON FUNCTION vvault.create_construct(text, text)
    IS 'a new construct of the current user; the name becomes a callsign such as zen-001';

CREATE FUNCTION vvault.list_constructs() RETURNS SETOF vvault.construct
    LANGUAGE plpgsql STABLE PARALLEL SAFE
    SECURITY DEFINER SET search_path = pg_catalog, pg_temp
    AS $$
BEGIN
    PERFORM vvault._require('constructs:read');
    RETURN QUERY
        SELECT c.id, c.owner_id, c.name, c.title, c.created_at, c.retired_at,
               (ARRAY['reader', 'writer', 'manager', 'owner'])[vvault.access_level(c.owner_id, c.id)]
          FROM vvault.constructs c
         WHERE c.owner_id = ANY (vvault._visible_owners())
         ORDER BY c.owner_id <> vvault.current_user_id(), c.name, c.owner_id;
END
$$;
COMMENT ON FUNCTION vvault.list_constructs()
    IS 'the current user''s constructs, then those granted by others, with the role on each';

CREATE FUNCTION vvault._check_role(role text) RETURNS void
    LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE SET search_path = pg_catalog, pg_temp
    AS $$
BEGIN
    IF role IS NULL OR role <> ALL (ARRAY['reader', 'writer', 'manager']) THEN
        RAISE EXCEPTION 'unknown role'
            USING ERRCODE = '22023', DETAIL = 'Argument "role" is reader, writer or manager.',
                  HINT = 'reader sees, writer adds, manager also grants.';
    END IF;
END
$$;
COMMENT ON FUNCTION vvault._check_role(text) IS '22023 unless it is a role that can be granted';

CREATE FUNCTION vvault._check_until(until timestamptz) RETURNS void
    LANGUAGE plpgsql STABLE PARALLEL SAFE SET search_path = pg_catalog, pg_temp
    AS $$
BEGIN
    IF until <= now() THEN
        RAISE EXCEPTION 'the grant would have ended already'
            USING ERRCODE = '22023', DETAIL = 'Argument "until" lies in the past.',
                  HINT = 'Give a later time, or null for a grant without end.';
    END IF;
END
$$;
COMMENT ON FUNCTION vvault._check_until(timestamptz) IS '22023 for a grant that would have ended already';

CREATE FUNCTION vvault.grant_construct(name text, email text, role text DEFAULT 'reader',
                                       until timestamptz DEFAULT NULL) RETURNS void
    LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
    SECURITY DEFINER SET search_path = pg_catalog, pg_temp
    AS $$
DECLARE
    me uuid := vvault._require('constructs:write');
    target vvault.construct := vvault._need_construct(name, 3);
    grantee uuid;
BEGIN
    PERFORM vvault._check_role(role);
    IF role = 'manager' AND target.owner_id <> me THEN
        RAISE EXCEPTION 'only the owner names managers'
            USING ERRCODE = '42501', DETAIL = 'Argument "role" is manager.',
                  HINT = 'Grant reader or writer, or ask the owner.';
    END IF;
    PERFORM vvault._check_until(until);
    SELECT e.user_id INTO grantee FROM vvault.user_emails e
     WHERE e.email = lower(grant_construct.email);
    IF grantee IS NULL THEN
        RAISE EXCEPTION 'no such person in this vault'
            USING ERRCODE = 'P0002', DETAIL = 'Argument "email" belongs to nobody here.',
                  HINT = 'Ask an administrator to add the person first.';
    END IF;
    IF grantee = target.owner_id THEN
        RAISE EXCEPTION 'the owner needs no grant'
            USING ERRCODE = '22023', DETAIL = 'Argument "email" is the owner''s.',
                  HINT = 'Name another person.';
    END IF;
    -- The ticket carries every grant of a person, so their number has a limit.
    PERFORM vvault._refuse_many_grants(vvault._count_grants(grantee) + 1);
    INSERT INTO vvault.construct_grants AS g
           (owner_id, construct_id, grantee_id, grantee_email, role, until, granted_by)
    VALUES (target.owner_id, target.id, grantee, lower(grant_construct.email),
            grant_construct.role, grant_construct.until, me)
    ON CONFLICT (owner_id, construct_id, grantee_id)
        DO UPDATE SET role = excluded.role, until = excluded.until, granted_by = excluded.granted_by,
                      granted_at = now()
            WHERE (g.role, g.until) IS DISTINCT FROM (excluded.role, excluded.until);
END
$$;
COMMENT ON FUNCTION vvault.grant_construct(text, text, text, timestamptz)
    IS 'let another person read, write or manage a construct and all that belongs to it, until a time or for good';

CREATE FUNCTION vvault.revoke_construct(name text, email text) RETURNS boolean
    LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
    SECURITY DEFINER SET search_path = pg_catalog, pg_temp
    AS $$
DECLARE
    me uuid := vvault._require('constructs:write');
    target vvault.construct := vvault._need_construct(name, 3);
BEGIN
    DELETE FROM vvault.construct_grants g
     WHERE g.owner_id = target.owner_id AND g.construct_id = target.id
       AND g.grantee_email = lower(revoke_construct.email)
       AND (g.role <> 'manager' OR target.owner_id = me);
    RETURN FOUND;
END
$$;
COMMENT ON FUNCTION vvault.revoke_construct(text, text)
    IS 'end a person''s grant with the next transaction; false where there was none to end';

CREATE FUNCTION vvault.list_grants(name text)
    RETURNS TABLE (email text, role text, until timestamptz, granted_at timestamptz)
    LANGUAGE plpgsql STABLE PARALLEL SAFE
    SECURITY DEFINER SET search_path = pg_catalog, pg_temp
    AS $$
DECLARE
    target vvault.construct;
BEGIN
    PERFORM vvault._require('constructs:read');
    target := vvault._need_construct(name, 3);
    RETURN QUERY
        SELECT g.grantee_email, g.role, g.until, g.granted_at
          FROM vvault.construct_grants g
         WHERE g.owner_id = target.owner_id AND g.construct_id = target.id
         ORDER BY g.grantee_email;
END
$$;
COMMENT ON FUNCTION vvault.list_grants(text) IS 'who may use a construct besides its owner';
