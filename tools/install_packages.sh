#!/usr/bin/env bash
# Sees to it that every package of packages.txt is there. Root installs what is missing; anyone
# else is told the one line to run. Nothing is fetched when nothing is missing.
set -euo pipefail

directory=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)

listed_packages() {
    sed -e 's/#.*//' -e 's/[[:space:]]*$//' -e '/^$/d' "$directory/packages.txt"
}

# What is installed and what that provides: a nodejs from elsewhere brings npm along, and then
# Debian's own could not be installed beside it.
present_packages() {
    # shellcheck disable=SC2016  # dpkg-query's variables
    dpkg-query -W -f '${db:Status-Status}, ${Package}, ${Provides}\n' |
        sed -n -e 's/([^)]*)//g' -e 's/^installed, //p' | grep -oE '[^, ]+'
}

missing_packages() {
    comm -23 <(listed_packages | sort -u) <(present_packages | sort -u)
}

install() {
    export DEBIAN_FRONTEND=noninteractive
    apt-get update -q
    apt-get install -y -q --no-install-recommends "$@"
}

main() {
    local missing
    if ! command -v dpkg-query >/dev/null; then
        echo "vvault: this is not Debian; install the counterparts of $directory/packages.txt" >&2
        return 0
    fi
    mapfile -t missing < <(missing_packages)
    [ "${#missing[@]}" -gt 0 ] || return 0
    if [ "$(id -u)" -ne 0 ]; then
        echo "vvault: packages are missing. As root, run:" >&2
        echo "  apt-get update && apt-get install -y --no-install-recommends ${missing[*]}" >&2
        return 1
    fi
    echo "vvault: installing ${missing[*]}" >&2
    install "${missing[@]}"
}

main
