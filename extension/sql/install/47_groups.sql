-- Groups: a grant to a group is a grant to each of its members while a member. Whoever is asked
-- for rights has them all in the ticket, so that nothing else knows of groups.

CREATE FUNCTION vvault._count_grants(person uuid) RETURNS bigint
    LANGUAGE sql STABLE PARALLEL SAFE SET search_path = pg_catalog, pg_temp
    AS $$
    SELECT (SELECT count(*) FROM vvault.construct_grants g WHERE g.grantee_id = person)
         + (SELECT count(*) FROM vvault.group_members m
              JOIN vvault.group_grants g ON g.user_id = m.user_id AND g.group_id = m.group_id
             WHERE m.member_id = person)
$$;
COMMENT ON FUNCTION vvault._count_grants(uuid) IS 'how many grants a person holds, those of groups counted';

CREATE FUNCTION vvault._refuse_many_grants(wanted bigint) RETURNS void
    LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE SET search_path = pg_catalog, pg_temp
    AS $$
BEGIN
    IF wanted > 500 THEN
        RAISE EXCEPTION 'this person holds too many grants'
            USING ERRCODE = '54000', DETAIL = 'At most 500 grants to one person, those of groups counted.',
                  HINT = 'Revoke grants that are no longer used.';
    END IF;
END
$$;
COMMENT ON FUNCTION vvault._refuse_many_grants(bigint) IS '54000 for more grants than a ticket is to carry';

CREATE FUNCTION vvault._need_group(name text) RETURNS uuid
    LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE SET search_path = pg_catalog, pg_temp
    AS $$
DECLARE
    found_id uuid;
BEGIN
    -- Locked, so that members and grants that are added at once are counted with each other.
    PERFORM pg_advisory_xact_lock(hashtextextended('vvault.group ' || vvault.current_owner_id(), 0));
    SELECT g.id INTO found_id FROM vvault.groups g
     WHERE g.user_id = vvault.current_owner_id() AND g.name = _need_group.name;
    IF NOT FOUND THEN
        RAISE EXCEPTION 'group not found'
            USING ERRCODE = 'P0002', DETAIL = 'Argument "group" names none of yours.',
                  HINT = 'See vvault.list_groups(), or make it with vvault.create_group(name).';
    END IF;
    RETURN found_id;
END
$$;
COMMENT ON FUNCTION vvault._need_group(text) IS 'the id of the current user''s group of that name, or P0002';

CREATE FUNCTION vvault.create_group(name text) RETURNS uuid
    LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
    SECURITY DEFINER SET search_path = pg_catalog, pg_temp
    AS $$
DECLARE
    me uuid := vvault._require('constructs:write');
    made uuid;
BEGIN
    PERFORM vvault._check_text('name', name, 200);
    INSERT INTO vvault.groups AS g (user_id, name) VALUES (me, create_group.name)
    ON CONFLICT DO NOTHING
    RETURNING g.id INTO made;
    IF made IS NULL THEN
        RAISE EXCEPTION 'a group of this name exists already'
            USING ERRCODE = '23505', DETAIL = 'Argument "name" is taken by one of yours.',
                  HINT = 'Add to it with vvault.add_member(group, email).';
    END IF;
    RETURN made;
END
$$;
COMMENT ON FUNCTION vvault.create_group(text) IS 'a new group of the current user''s own, with nobody in it';

CREATE FUNCTION vvault.drop_group(name text) RETURNS void
    LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
    SECURITY DEFINER SET search_path = pg_catalog, pg_temp
    AS $$
DECLARE
    me uuid := vvault._require('constructs:write');
    home uuid := vvault._need_group(name);
BEGIN
    -- Grants first, while there are members to tell of it.
    DELETE FROM vvault.group_grants g WHERE g.user_id = me AND g.group_id = home;
    DELETE FROM vvault.group_members m WHERE m.user_id = me AND m.group_id = home;
    DELETE FROM vvault.groups g WHERE g.user_id = me AND g.id = home;
END
$$;
COMMENT ON FUNCTION vvault.drop_group(text) IS 'end a group, and with it all that it was granted';

CREATE FUNCTION vvault.add_member("group" text, email text, until timestamptz DEFAULT NULL)
    RETURNS void
    LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
    SECURITY DEFINER SET search_path = pg_catalog, pg_temp
    AS $$
DECLARE
    me uuid := vvault._require('constructs:write');
    home uuid := vvault._need_group("group");
    person uuid := (SELECT e.user_id FROM vvault.user_emails e WHERE e.email = lower(add_member.email));
BEGIN
    IF person IS NULL THEN
        RAISE EXCEPTION 'no such person in this vault'
            USING ERRCODE = 'P0002', DETAIL = 'Argument "email" belongs to nobody here.',
                  HINT = 'Ask an administrator to add the person first.';
    END IF;
    IF person = me THEN
        RAISE EXCEPTION 'the owner needs no grant'
            USING ERRCODE = '22023', DETAIL = 'Argument "email" is the group''s owner''s.',
                  HINT = 'Name another person.';
    END IF;
    IF until <= now() THEN
        RAISE EXCEPTION 'the membership would have ended already'
            USING ERRCODE = '22023', DETAIL = 'Argument "until" lies in the past.',
                  HINT = 'Give a later time, or null for a membership without end.';
    END IF;
    INSERT INTO vvault.group_members AS m (user_id, group_id, member_id, member_email, until)
    VALUES (me, home, person, lower(add_member.email), add_member.until)
    ON CONFLICT (user_id, group_id, member_id)
        DO UPDATE SET until = excluded.until, added_at = now()
            WHERE m.until IS DISTINCT FROM excluded.until;
    PERFORM vvault._refuse_many_grants(vvault._count_grants(person));
END
$$;
COMMENT ON FUNCTION vvault.add_member(text, text, timestamptz)
    IS 'put a person into a group, until a time or for good: from the next transaction on that person may what the group may';

CREATE FUNCTION vvault.remove_member("group" text, email text) RETURNS boolean
    LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
    SECURITY DEFINER SET search_path = pg_catalog, pg_temp
    AS $$
DECLARE
    me uuid := vvault._require('constructs:write');
    home uuid := vvault._need_group("group");
BEGIN
    DELETE FROM vvault.group_members m
     WHERE m.user_id = me AND m.group_id = home AND m.member_email = lower(remove_member.email);
    RETURN FOUND;
END
$$;
COMMENT ON FUNCTION vvault.remove_member(text, text)
    IS 'take a person out of a group, with the next transaction; false where that person was not in it';

CREATE FUNCTION vvault.grant_group(construct text, "group" text, role text DEFAULT 'reader',
                                   until timestamptz DEFAULT NULL) RETURNS void
    LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
    SECURITY DEFINER SET search_path = pg_catalog, pg_temp
    AS $$
DECLARE
    owner_level CONSTANT integer := 4;
    me uuid := vvault._require('constructs:write');
    target vvault.construct := vvault._need_construct(construct, owner_level);
    home uuid := vvault._need_group("group");
BEGIN
    PERFORM vvault._check_role(role);
    PERFORM vvault._check_until(until);
    INSERT INTO vvault.group_grants AS g (user_id, group_id, construct_id, role, until)
    VALUES (me, home, target.id, grant_group.role, grant_group.until)
    ON CONFLICT (user_id, group_id, construct_id)
        DO UPDATE SET role = excluded.role, until = excluded.until, granted_at = now()
            WHERE (g.role, g.until) IS DISTINCT FROM (excluded.role, excluded.until);
    PERFORM vvault._refuse_many_grants(
        (SELECT max(vvault._count_grants(m.member_id)) FROM vvault.group_members m
          WHERE m.user_id = me AND m.group_id = home));
END
$$;
COMMENT ON FUNCTION vvault.grant_group(text, text, text, timestamptz)
    IS 'let everybody in a group of one''s own read, write or manage a construct of one''s own, until a time or for good';

CREATE FUNCTION vvault.revoke_group(construct text, "group" text) RETURNS boolean
    LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
    SECURITY DEFINER SET search_path = pg_catalog, pg_temp
    AS $$
DECLARE
    owner_level CONSTANT integer := 4;
    me uuid := vvault._require('constructs:write');
    target vvault.construct := vvault._need_construct(construct, owner_level);
    home uuid := vvault._need_group("group");
BEGIN
    DELETE FROM vvault.group_grants g
     WHERE g.user_id = me AND g.group_id = home AND g.construct_id = target.id;
    RETURN FOUND;
END
$$;
COMMENT ON FUNCTION vvault.revoke_group(text, text)
    IS 'end a grant to a group with the next transaction; false where there was none to end';

CREATE FUNCTION vvault.list_groups()
    RETURNS TABLE (id uuid, name text, created_at timestamptz, members jsonb, constructs jsonb)
    LANGUAGE plpgsql STABLE PARALLEL SAFE
    SECURITY DEFINER SET search_path = pg_catalog, pg_temp
    AS $$
DECLARE
    me uuid := vvault._require('constructs:read');
BEGIN
    RETURN QUERY
        SELECT g.id, g.name, g.created_at,
               (SELECT coalesce(jsonb_agg(jsonb_build_object(
                           'email', m.member_email, 'until', vvault._format_timestamp(m.until))
                                          ORDER BY m.member_email), '[]')
                  FROM vvault.group_members m WHERE m.user_id = me AND m.group_id = g.id),
               (SELECT coalesce(jsonb_agg(jsonb_build_object(
                           'name', c.name, 'role', a.role,
                           'until', vvault._format_timestamp(a.until)) ORDER BY c.name), '[]')
                  FROM vvault.group_grants a
                  JOIN vvault.constructs c ON c.owner_id = a.user_id AND c.id = a.construct_id
                 WHERE a.user_id = me AND a.group_id = g.id)
          FROM vvault.groups g WHERE g.user_id = me ORDER BY g.name;
END
$$;
COMMENT ON FUNCTION vvault.list_groups()
    IS 'the current user''s groups, who is in each, and what each was granted';
