#!/bin/sh
# Puts the install script together: assemble.sh "TABLE FILES" "RULE FILES" INSTALL FILES…
# The schema's files become the bodies of two functions, in front of the file that calls
# them; the others follow each other by name.
set -eu
tables=$1
rules=$2
shift 2

embed() {
    echo
    echo "CREATE FUNCTION vvault.$1() RETURNS text"
    echo "    LANGUAGE sql IMMUTABLE PARALLEL SAFE SET search_path = pg_catalog, pg_temp"
    echo "    AS \$function\$ SELECT \$schema\$"
    shift 2
    cat "$@"
    echo "\$schema\$::text \$function\$;"
}

for file in "$@"; do
    case $file in
        */75_install.sql)
            # shellcheck disable=SC2086  # lists of files
            embed _schema_tables - $tables
            echo "COMMENT ON FUNCTION vvault._schema_tables() IS 'the text that makes the tables';"
            # shellcheck disable=SC2086
            embed _schema_rules - $rules
            echo "COMMENT ON FUNCTION vvault._schema_rules()"
            echo "    IS 'the text that sets triggers, policies and privileges';"
            echo
            ;;
    esac
    cat "$file"
    echo
done
