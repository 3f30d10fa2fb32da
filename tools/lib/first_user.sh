# shellcheck shell=bash
# The first person and the API key, which the database shows once. To be sourced after cluster.sh.

# The key is on the disk before the transaction that makes it commits, so that a kill in between
# leaves either both or neither; a file of a commit that did not happen opens nothing.
make_first_user() {
    export VVAULT_KEY_FILE=$home/api-key.new
    (umask 077 && : >"$VVAULT_KEY_FILE")
    administer vvault >"$VVAULT_KEY_FILE" <<'END' || fail "the first user could not be made"
\getenv email VVAULT_FIRST_EMAIL
\getenv name VVAULT_FIRST_NAME
BEGIN;
SELECT api_key FROM vvault.create_user(:'email', :'name');
\! sync "$VVAULT_KEY_FILE"
COMMIT;
END
    mv "$VVAULT_KEY_FILE" "$home/api-key"
    say "made the first user, $VVAULT_FIRST_EMAIL"
}

api_key_opens() {
    [ -s "$1" ] || return 1
    administer vvault >/dev/null 2>&1 <<END
\\set token \`cat '$1'\`
SELECT vvault.authenticate(:'token');
END
}

count_users() { administer vvault <<<'SELECT count(*) FROM vvault.users'; }

ensure_first_user() {
    export VVAULT_FIRST_EMAIL=${VVAULT_EMAIL:-owner@localhost} VVAULT_FIRST_NAME
    VVAULT_FIRST_NAME=${VVAULT_NAME:-${VVAULT_FIRST_EMAIL%%@*}}
    [ ! -s "$home/api-key" ] || return 0
    if api_key_opens "$home/api-key.new"; then
        mv "$home/api-key.new" "$home/api-key"
    elif [ "$(count_users)" -eq 0 ]; then
        make_first_user
    else
        say "there is no $home/api-key, and the database keeps only a hash of each key"
    fi
}
