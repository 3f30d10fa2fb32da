#!/usr/bin/env bash
# The install script adopts nothing that somebody else made before it: no OR REPLACE, and IF NOT
# EXISTS only as a question in PL/pgSQL. Each function says its volatility and its parallel label,
# and has a comment.
set -euo pipefail

cd "$(dirname "$0")/../.."
shopt -s nullglob
files=(extension/sql/install/*.sql)
if [ ${#files[@]} -eq 0 ]; then
    echo "extension/sql/install has no files"
    exit 1
fi

awk '
    function complain(text) { print FILENAME ":" FNR ": " text; bad = 1 }
    # From CREATE FUNCTION to the body: where the labels stand.
    function check_head() {
        match(head, /FUNCTION +[a-z_.0-9]+/)
        name = substr(head, RSTART, RLENGTH)
        sub(/FUNCTION +/, "", name)
        if (head !~ /[ )](IMMUTABLE|STABLE|VOLATILE)( |$)/) complain(name " has no volatility")
        if (head !~ / PARALLEL (SAFE|RESTRICTED|UNSAFE)( |$)/) complain(name " has no parallel label")
        made[name]++
        where[name] = FILENAME ":" FNR
        head = ""
    }
    { sub(/(^|[ \t])--.*/, ""); gsub(/[ \t]+/, " ") }
    /OR REPLACE/ { complain("OR REPLACE takes over what is there already") }
    /IF NOT EXISTS/ && !/IF NOT EXISTS ?\(/ { complain("IF NOT EXISTS takes over what is there already") }
    /^ ?CREATE FUNCTION / { head = " " }
    head != "" {
        line = $0
        body = match(line, /(^| )AS (\$|\047)/)
        if (body) line = substr(line, 1, RSTART)
        head = head line " "
        if (body) check_head()
    }
    /^ ?COMMENT ON FUNCTION / {
        match($0, /FUNCTION +[a-z_.0-9]+/)
        name = substr($0, RSTART, RLENGTH)
        sub(/FUNCTION +/, "", name)
        told[name]++
    }
    END {
        for (name in made)
            if (told[name] < made[name]) { print where[name] ": " name " has no comment"; bad = 1 }
        if (length(made) == 0) { print "no function found: is this lint still reading the right files?"; bad = 1 }
        exit bad
    }
' "${files[@]}"
