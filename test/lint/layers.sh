#!/usr/bin/env bash
# Arrows never point up: core knows no Postgres, the gateway nothing of the extension, the ledger's
# verifier core alone. Jumps of the backend are met in the boundary alone, and so are exceptions.
set -euo pipefail

cd "$(dirname "$0")/../.."
shopt -s nullglob
bad=0

# refuse "what is so" PATTERN FILE…: the pattern stands in none of the files, comments left out.
refuse() {
    local what=$1 pattern=$2
    shift 2
    what=$what pattern=$pattern awk '
        { line = $0; sub(/\/\/.*/, "", line) }
        line ~ ENVIRON["pattern"] { print FILENAME ":" FNR ": " $0 "  (" ENVIRON["what"] ")"; bad = 1 }
        END { exit bad }
    ' "$@" || bad=1
}

# The files of a folder, without those that the rule does not hold for.
sources() {
    local folder=$1 except=${2:-^$}
    git ls-files -co --exclude-standard -- "$folder" | grep -E '\.(cpp|hpp)$' | grep -vE "$except" |
        while read -r file; do [ ! -e "$file" ] || printf '%s\n' "$file"; done
}

mapfile -t core < <(sources extension/core)
mapfile -t gateway < <(sources gateway)
mapfile -t verifier < <(sources verifier)
mapfile -t outside_boundary < <(sources extension '^extension/pg/boundary\.'; sources gateway)
mapfile -t catching_nothing < <(sources extension '^extension/(pg/boundary\.cpp|core/transcript.*\.cpp)$')
mapfile -t raising_nothing < <(sources extension '^extension/(pg/(boundary|log_guard)\.cpp|module\.cpp)$')
if [ ${#core[@]} -eq 0 ] || [ ${#gateway[@]} -eq 0 ] || [ ${#verifier[@]} -eq 0 ] ||
    [ ! -e extension/pg/boundary.cpp ]; then
    echo "extension/core, gateway, verifier or extension/pg/boundary.cpp is not there"
    exit 1
fi

refuse "core knows no Postgres" \
    '^[[:space:]]*#[[:space:]]*include[[:space:]]*["<](pg/|functions/|gateway/|\.\./|postgres|fmgr|libpq|utils/|access/|catalog/|executor/|storage/|miscadmin|funcapi)' \
    "${core[@]}"
refuse "the gateway knows nothing of the extension" \
    '^[[:space:]]*#[[:space:]]*include[[:space:]]*["<](core/|pg/|functions/|.*extension/)' "${gateway[@]}"
refuse "the verifier knows core alone, and no network" \
    '^[[:space:]]*#[[:space:]]*include[[:space:]]*["<](pg/|functions/|gateway/|\.\./|postgres|libpq|httplib|sys/socket|netdb)' \
    "${verifier[@]}"
refuse "jumps are met in extension/pg/boundary.* alone" \
    'PG_exception_stack|PG_TRY|PG_CATCH|PG_FINALLY|PG_RE_THROW|sigsetjmp|siglongjmp' \
    "${outside_boundary[@]}"
refuse "exceptions are caught in extension/pg/boundary.cpp alone, but for an Error of ours" \
    '(^|[^[:alnum:]_])catch[[:space:]]*\(([^c]|const [^E])' "${catching_nothing[@]}"
refuse "errors are raised in extension/pg/boundary.cpp alone; throw an Error (pg/log_guard writes an entry, and raises none)" \
    '(^|[^[:alnum:]_])(ereport|elog)[[:space:]]*\(' "${raising_nothing[@]}"
exit $bad
