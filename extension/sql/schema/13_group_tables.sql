-- Groups: people to whom a person grants constructs of that person's own at once. user_id is whose
-- group it is; who its members are is told to nobody else but each member of itself.

CREATE TABLE vvault.groups (
    user_id uuid NOT NULL REFERENCES vvault.users (id),
    id uuid NOT NULL,
    name text NOT NULL,
    created_at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (user_id, id),
    UNIQUE (user_id, name)
);
COMMENT ON TABLE vvault.groups IS 'groups of people, each of one person''s own';

CREATE TABLE vvault.group_members (
    user_id uuid NOT NULL,
    group_id uuid NOT NULL,
    member_id uuid NOT NULL,
    id uuid NOT NULL,
    member_email text NOT NULL,
    until timestamptz,
    added_at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (user_id, group_id, member_id),
    FOREIGN KEY (user_id, group_id) REFERENCES vvault.groups (user_id, id)
);
CREATE INDEX group_members_member ON vvault.group_members (member_id);
COMMENT ON TABLE vvault.group_members IS 'who is in a group, and until when';

CREATE TABLE vvault.group_grants (
    user_id uuid NOT NULL,
    group_id uuid NOT NULL,
    construct_id uuid NOT NULL,
    id uuid NOT NULL,
    role text NOT NULL CHECK (role = ANY (ARRAY['reader', 'writer', 'manager'])),
    until timestamptz,
    granted_at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (user_id, group_id, construct_id),
    FOREIGN KEY (user_id, group_id) REFERENCES vvault.groups (user_id, id),
    FOREIGN KEY (user_id, construct_id) REFERENCES vvault.constructs (owner_id, id)
);
COMMENT ON TABLE vvault.group_grants
    IS 'what a group may use: a grant to each of its members while a member';
