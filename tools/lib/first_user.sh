# shellcheck shell=bash
# The first person and the API key, which the database shows once. To be sourced after cluster.sh.

# Whether a file holds a key that the database knows.
api_key_opens() {
    [ -s "$1" ] || return 1
    VVAULT_KEY_FILE=$1 administer vvault >/dev/null 2>&1 <<'END'
\set token `cat "$VVAULT_KEY_FILE"`
SELECT vvault.authenticate(:'token');
END
}

count_users() { administer vvault <<<'SELECT count(*) FROM vvault.users'; }

# Runs the SELECT that gives a key, and keeps the key. It is on the disk before the transaction
# commits, so that a kill in between leaves both or neither: a file without its commit opens
# nothing, and the next run sees that.
keep_key_of() {
    export VVAULT_KEY_FILE=$home/api-key.new
    (umask 077 && : >"$VVAULT_KEY_FILE")
    administer vvault >"$VVAULT_KEY_FILE" <<END || fail "no API key could be made"
\\getenv email VVAULT_FIRST_EMAIL
\\getenv name VVAULT_FIRST_NAME
BEGIN;
$1;
\\! sync "\$VVAULT_KEY_FILE"
COMMIT;
END
    mv "$VVAULT_KEY_FILE" "$home/api-key"
}

ensure_first_user() {
    export VVAULT_FIRST_EMAIL=${VVAULT_EMAIL:-owner@localhost} VVAULT_FIRST_NAME
    VVAULT_FIRST_NAME=${VVAULT_NAME:-${VVAULT_FIRST_EMAIL%%@*}}
    [ ! -s "$home/api-key" ] || return 0
    if api_key_opens "$home/api-key.new"; then
        mv "$home/api-key.new" "$home/api-key"
    elif [ "$(count_users)" -eq 0 ]; then
        keep_key_of "SELECT api_key FROM vvault.create_user(:'email', :'name')"
        say "made the first user, $VVAULT_FIRST_EMAIL"
    else
        # The database has only a hash of the lost one.
        VVAULT_FIRST_EMAIL=$(administer vvault <<<"SELECT email FROM vvault.users
            ORDER BY email <> lower('${VVAULT_FIRST_EMAIL//\'/\'\'}'), created_at LIMIT 1")
        keep_key_of "SELECT vvault.issue_token(:'email', 'issued by make run')"
        say "$home/api-key was gone: issued a new key for $VVAULT_FIRST_EMAIL"
    fi
}

# A vault whose root key is not the right one, or is refused, starts all the same and serves
# metadata. Whoever started it is told why; the trial leaves nothing.
report_root_key() {
    local answer
    api_key_opens "$home/api-key" || return 0
    answer=$(VVAULT_KEY_FILE=$home/api-key administer vvault 2>&1 <<'END'
\set token `cat "$VVAULT_KEY_FILE"`
BEGIN;
SELECT vvault.authenticate(:'token');
SELECT vvault.put_file('trial', 'rolled back');
ROLLBACK;
END
    ) || say "nothing can be sealed or opened with $state/root-key: ${answer#*ERROR:  }"
}
