# shellcheck shell=bash
# What every tool shares: speaking, the unprivileged user that servers run as, and the Postgres
# that belongs to the pg_config on the PATH. To be sourced.

repository=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd -P)

say() { printf 'vvault: %s\n' "$*" >&2; }

fail() {
    say "$@"
    exit 1
}

# Nothing of the caller's session may steer libpq, make or a server elsewhere.
clean_environment() {
    local name
    for name in $(compgen -e | grep -E '^(PG[A-Z]+|MAKEFLAGS|MFLAGS|MAKELEVEL|MAKEOVERRIDES)$'); do
        unset "$name"
    done
    export LC_ALL=C.UTF-8
    umask 022
}

is_root() { [ "$(id -u)" -eq 0 ]; }

# Postgres refuses to run as root, and the gateway need not.
server_user() {
    if is_root; then printf '%s\n' "${VVAULT_OS_USER:-postgres}"; else id -un; fi
}

# The words that, put before a command, run it as the servers' user and send it a signal when
# the shell that started it dies.
server_prefix=()
find_server_prefix() {
    local user
    user=$(server_user)
    id -u "$user" >/dev/null 2>&1 || fail "there is no user $user to run the servers as"
    server_prefix=(setpriv --pdeathsig "$1")
    if is_root; then
        server_prefix+=(--reuid="$(id -u "$user")" --regid="$(id -g "$user")" --init-groups)
    fi
}

as_server() {
    find_server_prefix KILL
    (cd / && "${server_prefix[@]}" -- "$@")
}

give_to_server() {
    if is_root; then chown "$(id -u "$(server_user)"):$(id -g "$(server_user)")" "$@"; fi
}

postgres_program() { printf '%s/%s\n' "$(pg_config --bindir)" "$1"; }

# Runs something noisy; what it said is shown only if it fails. The file has no name any more
# when that begins, so nothing stays behind however this ends.
quietly() {
    local file said code=0
    file=$(mktemp)
    exec {said}<>"$file"
    rm "$file"
    "$@" >&"$said" 2>&1 || code=$?
    [ "$code" -eq 0 ] || cat "/proc/$BASHPID/fd/$said" >&2
    exec {said}>&-
    return "$code"
}

port_is_taken() { (exec 3<>"/dev/tcp/127.0.0.1/$1") 2>/dev/null; }
