#!/usr/bin/env bash
# Seals anew what retired data keys have sealed, until nothing is left: one vvault.reencrypt()
# after the other, each a transaction of its own. May be stopped and started again at any time.
# Connects as psql does (PGHOST, PGDATABASE, …), as a member of vvault_admin.
#
#   tools/reencrypt.sh [ROWS A BATCH [SECONDS BETWEEN]]
set -euo pipefail

# shellcheck source=lib/common.sh
. "$(dirname "${BASH_SOURCE[0]}")/lib/common.sh"

batch=${1:-1000} pause=${2:-0.1}
[[ $batch =~ ^[1-9][0-9]*$ ]] || fail "rows a batch: a whole number, not \"$batch\""
[[ $pause =~ ^[0-9]+(\.[0-9]+)?$ ]] || fail "seconds between batches: a number, not \"$pause\""

ask() { psql -XAtq -v ON_ERROR_STOP=1 -c "$1"; }

# Where nothing gets less, somebody is writing there, or has a transaction that is older than
# the last batch: asking again at once would not help.
main() {
    local left before=''
    while left=$(ask "SELECT vvault.reencrypt($batch)") && [ "$left" -gt 0 ]; do
        if [ "$left" != "$before" ]; then
            say "$left left"
            sleep "$pause"
        else
            [ "$(ask 'SELECT bool_and(waits_for_readers) FROM vvault.reencryption_progress')" != t ] ||
                say "done but for older transactions, which are waited for"
            sleep 1
        fi
        before=$left
    done
    [ "$left" = 0 ] || fail "not done: it can be started again"
    say "nothing is left under an old key"
}

main
