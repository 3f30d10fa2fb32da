-- The table whose INSERT is measured, once for each way of recording it. A row is what a file's
-- version without content would be; every client writes to files of its own.
CREATE TABLE public.:name (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    user_id uuid NOT NULL,
    file_id uuid NOT NULL,
    path text NOT NULL,
    version bigint NOT NULL,
    content_hash bytea NOT NULL,
    size bigint NOT NULL,
    created_at timestamptz NOT NULL DEFAULT now()
);
