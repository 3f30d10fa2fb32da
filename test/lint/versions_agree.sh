#!/usr/bin/env bash
# One version: what vvault.control says, META.json, the npm packages and the newest heading of
# CHANGELOG.md repeat.
set -euo pipefail

cd "$(dirname "$0")/../.."
bad=0
for file in vvault.control META.json CHANGELOG.md verifier/ts/package.json \
    clients/typescript/package.json clients/demo/package.json; do
    if [ ! -f "$file" ]; then
        echo "$file is missing"
        bad=1
    fi
done
[ $bad -eq 0 ] || exit 1

version=$(sed -n "s/^default_version = '\(.*\)'$/\1/p" vvault.control)
if [[ ! $version =~ ^[0-9]+\.[0-9]+\.[0-9]+$ ]]; then
    echo "vvault.control: default_version is \"$version\""
    exit 1
fi

# agree WHERE VALUE
agree() {
    if [ "$2" != "$version" ]; then
        echo "$1 says \"$2\", vvault.control says \"$version\""
        bad=1
    fi
}

meta() {
    python3 -c 'import json, sys
value = json.load(open("META.json", encoding="utf-8"))
for key in sys.argv[1:]:
    value = value.get(key, {})
print(value or "nothing")' "$@"
}

agree "META.json" "$(meta version)"
agree "META.json, provides.vvault" "$(meta provides vvault version)"
agree "META.json, provides.vvault.file" "$(meta provides vvault file | sed -n 's/^vvault--\(.*\)\.sql$/\1/p')"
for package in verifier/ts clients/typescript clients/demo; do
    agree "$package/package.json" "$(sed -n 's/^  "version": "\(.*\)",$/\1/p' "$package/package.json")"
done
agree "CHANGELOG.md" "$(sed -n 's/^## \[\{0,1\}\([^] ]*\)\]\{0,1\}.*$/\1/p' CHANGELOG.md | sed -n 1p)"
exit $bad
