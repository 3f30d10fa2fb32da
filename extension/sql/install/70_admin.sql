-- For those who run the vault.

CREATE FUNCTION vvault._add_token(user_id uuid, name text) RETURNS text
    LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE SET search_path = pg_catalog, pg_temp
    AS $$
BEGIN
    RETURN (vvault._add_key(user_id, name, '{*}', NULL, NULL, NULL)).token;
END
$$;
COMMENT ON FUNCTION vvault._add_token(uuid, text) IS 'a full token for the user that is acted for';

-- Leaves the transaction acting for the new person.
CREATE FUNCTION vvault._add_person(email text, display_name text) RETURNS uuid
    LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE SET search_path = pg_catalog, pg_temp
    AS $$
DECLARE
    new_user uuid := vvault.uuidv7();
BEGIN
    PERFORM vvault._act_as(new_user);
    INSERT INTO vvault.users (id, email, display_name)
    VALUES (new_user, _add_person.email, _add_person.display_name);
    INSERT INTO vvault.user_emails (email, user_id) VALUES (_add_person.email, new_user);
    RETURN new_user;
END
$$;
COMMENT ON FUNCTION vvault._add_person(text, text)
    IS 'a new person; the arguments have been checked';

CREATE FUNCTION vvault.create_user(email text, display_name text DEFAULT NULL)
    RETURNS vvault.new_user
    LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
    -- Definer: nobody else may add rows; EXECUTE is vvault_admin's.
    SECURITY DEFINER SET search_path = pg_catalog, pg_temp
    AS $$
DECLARE
    address text := lower(create_user.email);
    new_user uuid;
    ticket text := vvault._ticket();
    key text;
BEGIN
    PERFORM vvault._check_text('email', address, 320);
    IF address !~ '^[^@\s]+@[^@\s]+$' THEN
        RAISE EXCEPTION 'this is no e-mail address'
            USING ERRCODE = '22023', DETAIL = 'Argument "email" is written name@domain.',
                  HINT = 'Give the person''s address.';
    END IF;
    IF create_user.display_name IS NOT NULL THEN
        PERFORM vvault._check_text('display_name', create_user.display_name, 400);
    END IF;
    IF EXISTS (SELECT FROM vvault.user_emails e WHERE e.email = address) THEN
        RAISE EXCEPTION 'a user with this e-mail exists already'
            USING ERRCODE = '23505', DETAIL = 'Argument "email" is taken.',
                  HINT = 'Each person has one user.';
    END IF;
    new_user := vvault._add_person(address, create_user.display_name);
    key := vvault._add_token(new_user, 'first key');
    PERFORM vvault._act_again(ticket);
    RETURN (new_user, address, vvault.shard_of(new_user), key);
END
$$;
COMMENT ON FUNCTION vvault.create_user(text, text)
    IS 'add a person and give out the first API key, shown this once';

CREATE FUNCTION vvault.issue_token(email text, name text DEFAULT 'issued key') RETURNS text
    LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
    -- Definer: as above; EXECUTE is nobody's, so only a superuser gets in.
    SECURITY DEFINER SET search_path = pg_catalog, pg_temp
    AS $$
DECLARE
    owner uuid;
    ticket text := vvault._ticket();
    key text;
BEGIN
    PERFORM vvault._check_text('name', name, 200);
    SELECT e.user_id INTO owner FROM vvault.user_emails e WHERE e.email = lower(issue_token.email);
    IF owner IS NULL THEN
        RAISE EXCEPTION 'no such person in this vault'
            USING ERRCODE = 'P0002', DETAIL = 'Argument "email" belongs to nobody here.',
                  HINT = 'Add the person with vvault.create_user(email).';
    END IF;
    PERFORM vvault._act_as(owner);
    key := vvault._add_token(owner, name);
    PERFORM vvault._act_again(ticket);
    RETURN key;
END
$$;
COMMENT ON FUNCTION vvault.issue_token(text, text)
    IS 'a new API key for somebody who lost theirs; for superusers only, as it opens that person''s vault, and the ledger shows it';
