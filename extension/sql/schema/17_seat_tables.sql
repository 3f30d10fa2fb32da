-- What answered: one lean row for each attempt at a model, in the clear as a message's seat and
-- model are, so that a report opens nothing. The same chain is sealed and committed to with the
-- message that it led to, which is why these rows are not in the ledger; and an ordinary message
-- pays nothing for them.

CREATE TABLE vvault.seat_attempts (
    user_id uuid NOT NULL,
    session_id uuid NOT NULL,
    seq bigint NOT NULL,
    number integer NOT NULL,
    rank integer NOT NULL,
    latency_ms integer,
    construct_id uuid NOT NULL,
    made_at timestamptz NOT NULL DEFAULT now(),
    seat text,
    backend text,
    model text,
    error_class text,
    PRIMARY KEY (user_id, session_id, seq, number),
    FOREIGN KEY (user_id, session_id) REFERENCES vvault.sessions (user_id, id)
);
CREATE INDEX seat_attempts_made_at ON vvault.seat_attempts (user_id, made_at);
COMMENT ON TABLE vvault.seat_attempts
    IS 'each attempt at a model: of the question that was asked (seq), or of the answer that a client brought';
COMMENT ON COLUMN vvault.seat_attempts.rank
    IS 'its place in its own chain: 1 was tried first, above 1 is a fallback; number counts on where a question is asked again';
COMMENT ON COLUMN vvault.seat_attempts.error_class IS 'null where it answered';

CREATE TABLE vvault.seat_leases (
    user_id uuid NOT NULL,
    session_id uuid NOT NULL,
    seq bigint NOT NULL,
    construct_id uuid NOT NULL,
    claim uuid NOT NULL,
    expires_at timestamptz NOT NULL,
    PRIMARY KEY (user_id, session_id, seq),
    FOREIGN KEY (user_id, session_id) REFERENCES vvault.sessions (user_id, id)
);
COMMENT ON TABLE vvault.seat_leases
    IS 'questions that are being answered and by whom, so that no retry asks twice; who is gone loses its lease in seconds';
