# shellcheck shell=bash
# The private cluster: initdb, settings, start and stop, and what is in it. To be sourced after
# common.sh and home.sh.

postgres_pid=''

ensure_cluster() {
    cluster_exists && return 0
    say "making a cluster in $state/data"
    # A killed initdb leaves only the .new directory behind.
    rm -rf "$state/data.new"
    make_server_directory "$state/data.new"
    quietly as_server "$(postgres_program initdb)" -D "$state/data.new" -U vvault -E UTF8 \
        --locale=C.UTF-8 --auth-local=trust --auth-host=scram-sha-256 --data-checksums ||
        fail "initdb failed"
    printf "include 'vvault.conf'\n" >>"$state/data.new/postgresql.conf"
    write_settings "$state/data.new"
    mv -T "$state/data.new" "$state/data"
}

# Written at every start: the home may have moved, the port may have changed. Everyone who can
# enter the socket's directory (mode 0700) is trusted; over TCP a password is asked for.
write_settings() {
    local settings=$1/vvault.conf
    local quoted_socket=${socket//\'/\'\'} quoted_key=${state//\'/\'\'}/root-key
    local quoted_ledger_key=${state//\'/\'\'}/ledger-key
    cat >"$settings" <<END
listen_addresses = '127.0.0.1'
port = $port
unix_socket_directories = '$quoted_socket'
unix_socket_permissions = 0700
password_encryption = 'scram-sha-256'
fsync = on
full_page_writes = on
synchronous_commit = on
vvault.root_key_file = '$quoted_key'
vvault.ledger_key_file = '$quoted_ledger_key'
# What people say to their vault stays out of the log.
log_statement = 'none'
log_min_duration_statement = -1
log_min_error_statement = 'panic'
log_error_verbosity = 'terse'
log_parameter_max_length = 0
shared_preload_libraries = 'vvault'
log_parameter_max_length_on_error = 0
log_line_prefix = '%m [%p] %q%u '
END
    give_to_server "$settings"
    chmod 0600 "$settings"
}

# The process that postmaster.pid names, if it is a server of this very data directory.
running_postmaster() {
    local pid
    pid=$(head -n 1 "$state/data/postmaster.pid" 2>/dev/null) || return 1
    [ -n "$pid" ] && [ "$(readlink "/proc/$pid/cwd" 2>/dev/null)" = "$(realpath "$state/data")" ] &&
        printf '%s\n' "$pid"
}

# What a killed run left behind: a server that is still going down, or lock files whose number
# now belongs to another process or to a zombie, which Postgres cannot tell from a live server.
clear_leftovers() {
    local pid
    if pid=$(running_postmaster); then
        say "stopping the Postgres that an earlier run left behind (process $pid)"
        kill -INT "$pid" 2>/dev/null || true
        wait_for_end 60 || fail "process $pid does not stop"
    fi
    rm -f "$state/data/postmaster.pid" "$socket"/.s.PGSQL.*
}

wait_for_end() {
    local tries=$(($1 * 10))
    while running_postmaster >/dev/null; do
        tries=$((tries - 1))
        [ "$tries" -gt 0 ] || return 1
        sleep 0.1
    done
}

launch_postgres() {
    local log=$state/log/postgres.log
    [ -e "$log" ] || (umask 077 && : >"$log")
    give_to_server "$log"
    # A session of its own: Ctrl-C reaches this script alone, which stops the gateway first.
    find_server_prefix INT
    (cd / && exec setsid "${server_prefix[@]}" -- "$(postgres_program postgres)" \
        -D "$state/data") </dev/null >>"$log" 2>&1 9>&- &
    postgres_pid=$!
}

postgres_answers() {
    "$(postgres_program pg_isready)" -q -h "$socket" -p "$port" -U vvault -d postgres
}

# True once Postgres answers, false once it has ended. Recovery may take as long as it takes.
launch_and_wait() {
    launch_postgres
    while kill -0 "$postgres_pid" 2>/dev/null; do
        postgres_answers && return 0
        sleep 0.1
    done
    wait "$postgres_pid" || true
    postgres_pid=''
    return 1
}

# Two reasons to try again: after kill -9 the last backends may hold the old shared memory for a
# moment, and a port can be in use although nothing answers on it.
start_postgres() {
    local attempt
    clear_leftovers
    for attempt in {1..20}; do
        write_settings "$state/data"
        launch_and_wait && return 0
        case $(tail -n 5 "$state/log/postgres.log") in
            *"Address already in use"*) choose_another_port ;;
            *"still in use"*) sleep 1 ;;
            *) break ;;
        esac
    done
    tail -n 20 "$state/log/postgres.log" >&2
    fail "Postgres does not start, tried $attempt times; its log is $state/log/postgres.log"
}

# psql as the cluster's superuser, reading a script.
administer() {
    "$(postgres_program psql)" -X -q -A -t -v ON_ERROR_STOP=1 \
        -h "$socket" -p "$port" -U vvault -d "$1"
}

ensure_database() {
    administer postgres <<'END' || fail "the database could not be made"
SELECT 'CREATE DATABASE vvault'
 WHERE NOT EXISTS (SELECT FROM pg_catalog.pg_database WHERE datname = 'vvault') \gexec
END
    administer vvault >/dev/null <<'END' || fail "VVAULT could not be installed in the database"
SET client_min_messages = warning;
CREATE EXTENSION IF NOT EXISTS vvault CASCADE;
ALTER EXTENSION vvault UPDATE;
SELECT vvault.install();
SELECT format('CREATE ROLE %I LOGIN IN ROLE %I', login, role)
  FROM (VALUES ('chatty_gateway', 'vvault_gateway'), ('chatty_keys', 'vvault_key_fetcher'),
               ('person', 'vvault_user')) AS wanted (login, role)
 WHERE login NOT IN (SELECT rolname FROM pg_catalog.pg_roles) \gexec
END
}
