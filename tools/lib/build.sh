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
# programs, which look for their files relative to themselves, and links to everything else.
# `make install DESTDIR=…` then puts the extension there, and the system stays as it is.
install_for_tests() {
    if is_root || [ -w "$(pg_config --pkglibdir)" ]; then
        install_extension
        return
    fi
    local tree=$1 bin library share
    bin=$(pg_config --bindir) library=$(pg_config --pkglibdir) share=$(pg_config --sharedir)
    mkdir -p "$tree$bin" "$tree$library" "$tree$share/extension"
    cp "$bin"/* "$tree$bin"
    ln -s "$library"/* "$tree$library"
    find "$share" -mindepth 1 -maxdepth 1 ! -name extension -exec ln -s -t "$tree$share" {} +
    ln -s "$share/extension"/* "$tree$share/extension"
    export VVAULT_TEST_BINDIR=$tree$bin VVAULT_TEST_DESTDIR=$tree
    quietly make -s -C "$repository" install DESTDIR="$tree" || fail "the extension does not install"
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
