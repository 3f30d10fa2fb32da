-- Signing in: whom the vault believes about who somebody is, and who that made of whom. What
-- is unique across people stands in small tables of its own, keyed by what is unique. Rows
-- that are nobody's belong to the vault: their user_id is the installation's id.

CREATE TABLE vvault.issuers (
    issuer text PRIMARY KEY,
    user_id uuid NOT NULL,
    id uuid NOT NULL,
    client_ids text[] NOT NULL,
    jwks_url text,
    allowed_emails text[] NOT NULL,
    allowed_domains text[] NOT NULL,
    linked_domains text[] NOT NULL,
    needs_nonce boolean NOT NULL,
    needs_hosted_domain boolean NOT NULL,
    session_seconds integer NOT NULL CHECK (session_seconds > 0),
    longest_session_seconds integer NOT NULL CHECK (longest_session_seconds >= session_seconds),
    created_at timestamptz NOT NULL DEFAULT now()
);
COMMENT ON TABLE vvault.issuers
    IS 'OpenID Connect issuers that people may sign in with, and what each is believed about';
COMMENT ON COLUMN vvault.issuers.jwks_url
    IS 'where its keys are; null: where its discovery document says';
COMMENT ON COLUMN vvault.issuers.allowed_domains
    IS 'whose verified address is in one of these, or is one of allowed_emails, gets a user at the first sign-in; * is any';
COMMENT ON COLUMN vvault.issuers.linked_domains
    IS 'for verified addresses in these the issuer is believed about people who are there already; * is any';
COMMENT ON COLUMN vvault.issuers.needs_hosted_domain
    IS 'an address counts for a domain only if the token''s claim hd says so too (Google), or it is of gmail.com';

CREATE TABLE vvault.issuer_keys (
    issuer text PRIMARY KEY,
    user_id uuid NOT NULL,
    id uuid NOT NULL,
    jwks text NOT NULL
);
COMMENT ON TABLE vvault.issuer_keys IS 'the public keys of each issuer, as it published them';

CREATE TABLE vvault.issuer_fetches (
    issuer text PRIMARY KEY,
    etag text,
    fetched_at timestamptz NOT NULL,
    expires_at timestamptz NOT NULL
);
COMMENT ON TABLE vvault.issuer_fetches
    IS 'when each issuer''s keys were last read; apart from the keys, because it is no change of anything';

CREATE TABLE vvault.identities (
    user_id uuid NOT NULL REFERENCES vvault.users (id),
    id uuid NOT NULL,
    issuer text NOT NULL,
    subject text NOT NULL,
    created_at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (user_id, id)
);
COMMENT ON TABLE vvault.identities IS 'as whom a person is known to an issuer';

CREATE TABLE vvault.identity_subjects (
    issuer text NOT NULL,
    subject text NOT NULL,
    user_id uuid NOT NULL,
    identity_id uuid NOT NULL,
    PRIMARY KEY (issuer, subject)
);
COMMENT ON TABLE vvault.identity_subjects
    IS 'which person an issuer''s subject means; apart from identities, because it is unique across people';

CREATE TABLE vvault.used_id_tokens (
    digest bytea PRIMARY KEY,
    expires_at timestamptz NOT NULL
);
CREATE INDEX used_id_tokens_expiry ON vvault.used_id_tokens (expires_at);
COMMENT ON TABLE vvault.used_id_tokens
    IS 'ID tokens that were exchanged, until they expire: each is good once';

CREATE TABLE vvault.token_uses (
    user_id uuid NOT NULL,
    token_id uuid NOT NULL,
    last_used_at timestamptz NOT NULL,
    PRIMARY KEY (user_id, token_id),
    FOREIGN KEY (user_id, token_id) REFERENCES vvault.tokens (user_id, id)
);
COMMENT ON TABLE vvault.token_uses
    IS 'when a token was last used, to the hour; apart from tokens, whose every change is told to all sessions';
