-- Mirrors: where copies of the vault are kept, and how far each is. user_id is the
-- installation's: a mirror is nobody's own. Its key is wrapped as data keys are.
CREATE TABLE vvault.mirrors (
    user_id uuid NOT NULL,
    id uuid NOT NULL,
    name text NOT NULL,
    contents text[] NOT NULL,
    created_at timestamptz NOT NULL DEFAULT now(),
    root_key_id integer NOT NULL REFERENCES vvault.root_keys (id),
    wrapped bytea NOT NULL,
    generation bigint NOT NULL DEFAULT 0,
    head_digest text,
    size bigint NOT NULL DEFAULT 0,
    checkpoint text,
    mirrored_at timestamptz,
    reported_at timestamptz,
    error text,
    PRIMARY KEY (user_id, id),
    UNIQUE (user_id, name)
);
COMMENT ON TABLE vvault.mirrors
    IS 'copies of the vault outside of it: the key that seals each, and how far it is (doc/mirror.md)';
COMMENT ON COLUMN vvault.mirrors.contents
    IS 'patterns of paths, * and ?; of other files the mirror has everything but their chunks';
COMMENT ON COLUMN vvault.mirrors.generation IS 'of the newest head that the mirror''s process has told of';
COMMENT ON COLUMN vvault.mirrors.head_digest IS 'SHA-256 of that head, in hexadecimal';
COMMENT ON COLUMN vvault.mirrors.size IS 'how many sealed entries the mirror has, with all that they tell of';
