#!/usr/bin/env bash
# Every shell script of the repository passes shellcheck.
set -euo pipefail

cd "$(dirname "$0")/../.."
mapfile -t scripts < <(git ls-files -- '*.sh' .ci/run test/run tools/capsule_backup)
shellcheck -x "${scripts[@]}"
