#!/usr/bin/env python3
"""Brings a person's archive into VVAULT, through the gateway or straight into its database.

Every file below users/<shard>/<person>/ is stored byte for byte under the path behind that
folder, and every turn of a transcript becomes a message, once. Running it again changes nothing
that has not changed on the disk; at the end every byte is read back and compared. The table
vault_files of the old system is read from an export or a live connection (--vault-files). With
--seal-to the server gets nothing that it could read; `vvault_migrate.py open --key FILE …` opens
what was sealed, as vvault_seal.py does. See doc/importing.md.
"""

import sys

sys.dont_write_bytecode = True

from migrate import command  # noqa: E402


def main() -> int:
    if sys.argv[1:2] == ["open"] and "--key" in sys.argv:
        import vvault_seal
        return vvault_seal.main()
    return command.main()


if __name__ == "__main__":
    sys.exit(main())
