# shellcheck shell=bash
# The gateway in front of the private cluster. To be sourced after home.sh and build.sh.

gateway_pid=''
gateway_port=${VVAULT_PORT:-8787}
gateway_url=http://127.0.0.1:$gateway_port

# A gateway whose run was killed is told so by the kernel, and needs a moment to go.
check_gateway_port() {
    local tries=30
    [[ $gateway_port =~ ^[1-9][0-9]{0,4}$ ]] || fail "VVAULT_PORT is not a port: $gateway_port"
    while port_is_taken "$gateway_port"; do
        tries=$((tries - 1))
        [ "$tries" -gt 0 ] ||
            fail "port $gateway_port is taken by another program; choose one: VVAULT_PORT=8788"
        sleep 0.1
    done
}

# The binary itself, or a copy where the servers' user can reach one.
reachable_gateway() {
    if as_server test -x "$gateway_binary"; then
        printf '%s\n' "$gateway_binary"
    else
        install -D -m 0755 "$gateway_binary" "$state/bin/vvault-gateway"
        printf '%s\n' "$state/bin/vvault-gateway"
    fi
}

# The demo page, if `make demo` has built it: its folder, or a copy that the servers' user can read.
reachable_demo() {
    local built=$repository/clients/demo/dist
    [ -e "$built/index.html" ] || return 0
    if as_server test -r "$built/index.html"; then
        printf '%s\n' "$built"
    else
        rm -rf "$state/demo"
        cp -R "$built" "$state/demo"
        chmod -R a+rX "$state/demo"
        printf '%s\n' "$state/demo"
    fi
}

start_gateway() {
    local program demo
    program=$(reachable_gateway)
    demo=${VVAULT_DEMO_DIR-$(reachable_demo)}
    find_server_prefix TERM
    (
        cd /
        export PGHOST=$socket PGPORT=$port PGDATABASE=vvault PGUSER=chatty_gateway
        export VVAULT_PORT=$gateway_port
        export VVAULT_DEMO_DIR=$demo
        export VVAULT_KEYS_USER=${VVAULT_KEYS_USER-chatty_keys}
        # There is no TLS here, and some browsers drop a Secure cookie even on loopback.
        if [ -z "${VVAULT_LISTEN:-}" ]; then
            export VVAULT_COOKIE_SECURE=${VVAULT_COOKIE_SECURE-0}
        fi
        unset VVAULT_HOME VVAULT_EMAIL VVAULT_FIRST_EMAIL VVAULT_FIRST_NAME
        exec setsid "${server_prefix[@]}" -- "$program"
    ) </dev/null 9>&- &
    gateway_pid=$!
    wait_for_gateway
}

wait_for_gateway() {
    while kill -0 "$gateway_pid" 2>/dev/null; do
        if curl -s -f -o /dev/null --max-time 5 "$gateway_url/healthz"; then
            printf '%s\n' "$gateway_url" >"$home/url"
            return 0
        fi
        sleep 0.1
    done
    fail "the gateway does not start"
}

# Without its root key a vault still serves metadata; whoever started it is told.
report_readiness() {
    local answer
    answer=$(curl -s --max-time 20 -w '\n%{http_code}' "$gateway_url/readyz") || true
    [ "${answer##*$'\n'}" = 200 ] || say "running, but not ready: ${answer%$'\n'*}"
}
