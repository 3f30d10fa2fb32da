# shellcheck shell=bash
# Builds and installs the extension and builds the gateway. To be sourced after common.sh.

gateway_binary="$repository/build/gateway/vvault-gateway"

build_extension() {
    quietly make -s -C "$repository" -j"$(nproc)" || fail "the extension does not build"
}

# True when what is installed is what was just built.
extension_is_installed() {
    cmp -s "$repository/vvault.so" "$(pg_config --pkglibdir)/vvault.so" || return 1
    local script
    for script in "$repository"/vvault.control "$repository"/vvault--*.sql; do
        [ -e "$script" ] || continue
        cmp -s "$script" "$(pg_config --sharedir)/extension/$(basename "$script")" || return 1
    done
}

install_extension() {
    extension_is_installed && return 0
    if ! is_root && [ ! -w "$(pg_config --pkglibdir)" ]; then
        fail "the extension must be installed once, as root: sudo make -C $repository install"
    fi
    quietly make -s -C "$repository" install || fail "the extension does not install"
}

configure_cmake() {
    quietly cmake -S "$repository" -B "$repository/build" -DCMAKE_BUILD_TYPE=RelWithDebInfo ||
        fail "cmake does not accept the project"
}

build_gateway() {
    configure_cmake
    quietly cmake --build "$repository/build" -j"$(nproc)" --target vvault-gateway ||
        fail "the gateway does not build"
}

build_everything() {
    configure_cmake
    quietly cmake --build "$repository/build" -j"$(nproc)" || fail "the C++ targets do not build"
}

# Where the extension may not be installed, the tests get a Postgres of their own: copies of its
# programs, which look for their files relative to themselves, links to everything else, and a
# pg_config that tells of them. The system stays as it is.
install_for_tests() {
    if ! is_root && [ ! -w "$(pg_config --pkglibdir)" ]; then
        make_own_postgres "$1"
        PATH=$1/bin:$PATH
    fi
    install_extension
}

make_own_postgres() {
    local tree=$1 bin library share
    bin=$(pg_config --bindir) library=$(pg_config --pkglibdir) share=$(pg_config --sharedir)
    mkdir -p "$tree/bin" "$tree$bin" "$tree$library" "$tree$share/extension"
    cp "$bin"/* "$tree$bin"
    link_all "$library" "$tree$library"
    link_all "$share" "$tree$share" ! -name extension
    link_all "$share/extension" "$tree$share/extension"
    cat >"$tree/bin/pg_config" <<END
#!/bin/sh
case "\$1" in --bindir | --pkglibdir | --sharedir) printf %s '$tree' ;; esac
exec '$(command -v pg_config)' "\$@"
END
    chmod +x "$tree/bin/pg_config"
}

# An installed vvault is not linked: this checkout's own takes its place.
link_all() {
    find "$1" -mindepth 1 -maxdepth 1 ! -name 'vvault*' "${@:3}" -exec ln -s -t "$2" {} +
}

# Debian's packages are for Debian's python3; the first on the PATH may be another.
find_python() {
    local python modules
    modules=$(IFS=,; printf '%s' "$*")
    for python in /usr/bin/python3 python3; do
        if "$python" -c "import $modules" 2>/dev/null; then
            printf '%s\n' "$python"
            return 0
        fi
    done
    fail "no python3 has the modules $modules; see tools/packages.txt"
}
