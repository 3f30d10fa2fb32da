# shellcheck shell=bash
# Where a vault lives: $home (VVAULT_HOME, by default .vvault/ of the checkout) is the caller's
# and holds api-key, env and url; $state holds what the servers own: data, socket, log, root-key.
# Both are one directory wherever the servers' user can reach it. To be sourced after common.sh.

home=''
state=''

prepare_home() {
    home=${VVAULT_HOME:-$repository/.vvault}
    mkdir -p "$home"
    home=$(cd "$home" && pwd -P)
}

short_hash() { printf '%s' "$1" | sha256sum | cut -c1-12; }

# One instance a home. The servers do not inherit the descriptor, so the lock is free as soon as
# this script is gone, however it went.
take_lock() {
    exec 9>>"$home/lock"
    flock -n 9 && return 0
    # Perhaps it is on its way out; one that answers is not.
    if ! curl -s -o /dev/null --max-time 2 "$(recorded url)/healthz"; then
        flock -w 20 9 && return 0
    fi
    fail "already running in $home: process $(recorded run.pid), $(recorded url);" \
        "stop that one first (kill $(recorded run.pid)), or choose another VVAULT_HOME"
}

recorded() { cat "$home/$1" 2>/dev/null || true; }

# A checkout in /root or below mktemp -d is closed to the servers' user. The cluster then lives
# where it can be reached, and the home holds links to it.
place_state() {
    if [ -L "$home/data" ]; then
        state=$(dirname "$(readlink "$home/data")")
    elif as_server test -x "$home"; then
        state=$home
    elif [ -d "$home/data" ]; then
        fail "$(server_user) can no longer reach $home/data; open the way to it (chmod o+x)"
    else
        state=/var/lib/vvault/$(short_hash "$home")
        say "$(server_user) cannot reach $home: the cluster is in $state, linked from there"
    fi
    mkdir -p "$state"
    as_server test -x "$state" || fail "$(server_user) cannot reach $state"
    make_server_directory "$state/log"
    place_socket
    link_state
}

make_server_directory() {
    local directory
    for directory in "$@"; do
        [ -d "$directory" ] || (umask 077 && mkdir -p "$directory")
        give_to_server "$directory"
        chmod 0700 "$directory"
    done
}

# A socket's path has at most 107 bytes. A short one elsewhere is made anew, or is already ours.
socket=''
place_socket() {
    socket=$state/socket
    if [ "${#socket}" -gt 85 ] && is_root; then
        socket=/var/lib/vvault/$(short_hash "$state")/socket
        mkdir -p "$(dirname "$socket")"
    elif [ "${#socket}" -gt 85 ]; then
        socket=${XDG_RUNTIME_DIR:-/tmp}/vvault-$(id -u)-$(short_hash "$state")
        mkdir -m 0700 "$socket" 2>/dev/null || { [ -O "$socket" ] && [ ! -L "$socket" ]; } ||
            fail "$socket belongs to someone else"
    fi
    make_server_directory "$socket"
}

link_state() {
    local name
    if [ "$state" != "$home" ]; then
        for name in data log root-key; do
            ln -sfn "$state/$name" "$home/$name"
        done
    fi
    [ "$socket" = "$home/socket" ] || ln -sfn "$socket" "$home/socket"
}

cluster_exists() { [ -s "$state/data/PG_VERSION" ]; }

# make_key FILE COMMENT: a ring of one new key for the server to read, whole or not there at all.
make_key() {
    local key=$1 made=$1.new
    (
        umask 077
        rm -f "$made"
        {
            printf '# %s\n1 ' "$2"
            od -An -v -tx1 -N32 /dev/urandom | tr -d ' \n'
            printf '\n'
        } >"$made"
    )
    give_to_server "$made"
    chmod 0400 "$made"
    sync "$made"
    mv -n "$made" "$key"
}

# Made once and never again: without the key that the data was sealed with, nothing opens.
ensure_root_key() {
    local key=$state/root-key
    [ ! -e "$key" ] || return 0
    if cluster_exists; then
        fail "the root key file $key is gone, and everything in $state/data is sealed with it." \
            "Put it back from your backup; a new one would not open anything, and is not made"
    fi
    make_key "$key" 'root keys of this vault: keep a copy, somewhere else than the data'
    say "a new root key is in $key: keep a copy of it in a safe place"
}

# Signs the ledger's checkpoints. A new one is announced in the ledger, so one that was lost is
# made anew; old checkpoints stay verifiable by the public keys that the vault keeps.
ensure_ledger_key() {
    local key=$state/ledger-key
    [ ! -e "$key" ] || return 0
    make_key "$key" "seeds of the keys that sign this vault's ledger; the highest number signs"
}

# A port that stays the same from run to run, unless someone else has taken it meanwhile. Below
# the range that the kernel gives to outgoing connections.
port=''
choose_port() {
    port=$(recorded port)
    port=${port:-25432}
    while port_is_taken "$port"; do port=$((port + 1)); done
    printf '%s\n' "$port" >"$home/port"
}

choose_another_port() {
    printf '%s\n' $((port + 1)) >"$home/port"
    choose_port
}

write_env() {
    {
        printf '# psql and every libpq client: . %q\n' "$home/env"
        printf 'export PGHOST=%q PGPORT=%q PGDATABASE=vvault PGUSER=vvault\n' "$socket" "$port"
    } >"$home/env"
}
