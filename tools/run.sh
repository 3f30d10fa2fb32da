#!/usr/bin/env bash
# `make run`: from a bare Debian machine and a fresh clone to a gateway that answers. Installs
# packages, builds, makes or reuses the private cluster below VVAULT_HOME, and keeps Postgres and
# the gateway in the foreground: SIGINT and SIGTERM stop both; if one dies, so does the other.
#
# VVAULT_HOME   where the vault lives (.vvault of the checkout)
# VVAULT_PORT   the gateway's port on 127.0.0.1 (8787)
# VVAULT_EMAIL, VVAULT_NAME   the first user, on the first run (owner@localhost)
set -euo pipefail

directory=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd -P)

# Two things a script cannot do for itself. A shell that starts a job with & makes it ignore
# SIGINT, and what is ignored cannot be trapped, so it is set back. And a make that is killed
# cannot pass that on, so the kernel is asked to; only below make, for whoever starts this script
# directly may leave it running.
if [ -z "${VVAULT_RUN_GUARDED:-}" ]; then
    guard=(env --default-signal=INT VVAULT_RUN_GUARDED=1)
    [ "$(cat "/proc/$PPID/comm")" != make ] || guard+=(setpriv --pdeathsig TERM --)
    exec "${guard[@]}" "$0" "$@"
fi
unset VVAULT_RUN_GUARDED

# shellcheck source=lib/common.sh
. "$directory/lib/common.sh"
# shellcheck source=lib/build.sh
. "$directory/lib/build.sh"
# shellcheck source=lib/home.sh
. "$directory/lib/home.sh"
# shellcheck source=lib/cluster.sh
. "$directory/lib/cluster.sh"
# shellcheck source=lib/first_user.sh
. "$directory/lib/first_user.sh"
# shellcheck source=lib/gateway.sh
. "$directory/lib/gateway.sh"

# Gateway first: it may still be answering requests that need Postgres.
stop_all() {
    trap '' INT TERM HUP
    if [ -n "$gateway_pid" ]; then stop_process "$gateway_pid" TERM 30 KILL; fi
    if [ -n "$postgres_pid" ]; then stop_process "$postgres_pid" INT 60 QUIT; fi
    if [ -n "$home" ]; then rm -f "$home/run.pid" "$home/url"; fi
}

stop_process() {
    kill -s "$2" "$1" 2>/dev/null || return 0
    # A zombie keeps its /proc entry until it is waited for, so jobs are asked instead.
    local tries=$(($3 * 10))
    while jobs -pr | grep -qx "$1"; do
        tries=$((tries - 1))
        if [ "$tries" -eq 0 ]; then kill -s "$4" "$1" 2>/dev/null || true; fi
        sleep 0.1
    done
    wait "$1" 2>/dev/null || true
}

announce() {
    say "ready at $gateway_url; API key in $home/api-key; psql: $(printf '. %q' "$home/env") && psql"
}

# Returns when one of the two has died; a signal ends the script from its trap. It looks twice a
# second rather than `wait`: a signal in the instant before wait begins would be seen only after
# it ends, which is never. Reading from a pipe that nobody writes to is a sleep without a process.
supervise() {
    local pipe
    exec {pipe}<> <(:)
    while kill -0 "$gateway_pid" 2>/dev/null && kill -0 "$postgres_pid" 2>/dev/null; do
        read -r -t 0.5 -u "$pipe" || true
    done
    if kill -0 "$postgres_pid" 2>/dev/null; then
        say "the gateway has died; stopping Postgres"
    else
        say "Postgres has died (log: $state/log/postgres.log); stopping the gateway"
    fi
    return 1
}

main() {
    clean_environment
    # A core dump of a server would hold what people said lately.
    ulimit -c 0
    trap 'exit 0' INT TERM HUP
    "$directory/install_packages.sh"
    prepare_home
    take_lock
    check_gateway_port
    trap stop_all EXIT
    printf '%s\n' "$$" >"$home/run.pid"
    say "building"
    build_extension
    install_extension
    build_gateway
    place_state
    choose_port
    ensure_root_key
    ensure_ledger_key
    ensure_cluster
    start_postgres
    write_env
    ensure_database
    ensure_first_user
    report_root_key
    start_gateway
    report_readiness
    announce
    supervise
}

main
