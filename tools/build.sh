#!/usr/bin/env bash
# Builds everything and installs the extension, unless that is done already: for whatever needs
# the real thing, such as the benchmark.
set -euo pipefail

directory=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd -P)
# shellcheck source=lib/common.sh
. "$directory/lib/common.sh"
# shellcheck source=lib/build.sh
. "$directory/lib/build.sh"

clean_environment
build_extension
install_extension
build_gateway
