#!/usr/bin/env bash
# What is in the repository stands without the machine it was written on: no path of that machine,
# no host of a package registry, nothing left to be done. Samples are other people's words and are
# left out. (The brackets keep the patterns from finding themselves.)
set -euo pipefail

cd "$(dirname "$0")/../.."
bad=0

# refuse "what is so" PATTERN
refuse() {
    if git grep -nIE -e "$2" -- . ':!test/samples' | cut -c1-160; then
        echo "  is $1"
        bad=1
    fi
}

if [ -z "$(git ls-files)" ]; then
    echo "no tracked files: this is no checkout"
    exit 1
fi

refuse "a path of one machine" '(^|[^[:alnum:]_.])/wor[k]/|/tmp/v[v](/|[^[:alnum:]]|$)|/home/[[:alnum:]]+/|/Users/[[:alnum:]]+/'
refuse "a folder outside the repository" '\.\./share[d]'
refuse "a host of a package registry" \
    'npmjs\.(or[g]|co[m])|pypi\.or[g]|pythonhosted\.or[g]|deb\.debian\.or[g]|snapshot\.debian\.or[g]|nodesource\.co[m]|crates\.i[o]|proxy\.golang\.or[g]|rubygems\.or[g]|repo\.maven'
refuse "something left undone" '(^|[^[:alnum:]_])(TO[D]O|FIX[M]E|XX[X]|HAC[K])([^[:alnum:]_]|$)'
exit $bad
