-- Runtime environments: which constructs the tokens of a person's program reach. No foreign key
-- to constructs: they may be somebody else's, and keys begin with the person's own id.

CREATE TABLE vvault.runtimes (
    user_id uuid NOT NULL REFERENCES vvault.users (id),
    id uuid NOT NULL,
    name text NOT NULL,
    created_at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (user_id, id),
    UNIQUE (user_id, name)
);
COMMENT ON TABLE vvault.runtimes
    IS 'runtime environments; a token that names one reaches what is in it, and nothing else';

CREATE TABLE vvault.runtime_constructs (
    user_id uuid NOT NULL,
    runtime_id uuid NOT NULL,
    owner_id uuid NOT NULL,
    construct_id uuid NOT NULL,
    id uuid NOT NULL,
    role text NOT NULL CHECK (role = ANY (ARRAY['reader', 'writer'])),
    added_at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (user_id, runtime_id, owner_id, construct_id),
    FOREIGN KEY (user_id, runtime_id) REFERENCES vvault.runtimes (user_id, id)
);
COMMENT ON TABLE vvault.runtime_constructs
    IS 'what is in a runtime environment: one''s own constructs and granted ones, each to read or to write';

-- A token whose runtime environment is not there would reach nothing, or, one day, another's.
ALTER TABLE vvault.tokens ADD FOREIGN KEY (user_id, runtime) REFERENCES vvault.runtimes (user_id, name);
COMMENT ON COLUMN vvault.tokens.runtime
    IS 'the runtime environment that the token is bound to, null where it reaches all that its user does';
