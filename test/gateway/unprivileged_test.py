"""The gateway needs nothing: no root, no capability, and of the database what any caller may."""

import os
import unittest
from pathlib import Path

from gateway_case import GatewayCase


class UnprivilegedTest(GatewayCase):
    needs_servers = True

    def status(self) -> dict:
        text = Path(f"/proc/{self.gateway.process.pid}/status").read_text(encoding="ascii")
        return dict(line.split(":\t", 1) for line in text.splitlines() if ":\t" in line)

    def test_it_runs_as_nobody_in_particular(self):
        self.assertEqual(self.ada.get("/whoami").status, 200)
        status = self.status()
        self.assertNotIn("0", status["Uid"].split())
        self.assertNotIn("0", status["Gid"].split())
        self.assertEqual(int(status["CapEff"], 16) | int(status["CapPrm"], 16), 0)

    def test_it_opens_nothing_but_sockets_and_its_log(self):
        self.ada.put("/files/library/a.bin", os.urandom(3_000_000))
        self.ada.get("/files/library/a.bin")
        files = []
        for entry in Path(f"/proc/{self.gateway.process.pid}/fd").iterdir():
            target = os.readlink(entry)
            if target.startswith("/") and target != "/dev/null":
                files.append(target)
        self.assertEqual(set(files), {str(self.gateway.log_path)})

    def test_its_database_user_has_no_right_of_its_own(self):
        row = self.cluster.psql("""
            SELECT rolsuper, rolcreatedb, rolcreaterole, rolreplication, rolbypassrls,
                   (SELECT array_agg(g.rolname::text) FROM pg_auth_members m
                      JOIN pg_roles g ON g.oid = m.roleid WHERE m.member = r.oid),
                   EXISTS (SELECT FROM pg_shdepend d WHERE d.refobjid = r.oid AND d.deptype = 'o'),
                   EXISTS (SELECT FROM pg_auth_members m WHERE m.member = r.oid AND m.admin_option)
              FROM pg_roles r WHERE rolname = 'chatty_gateway'""")
        self.assertEqual(row, "f|f|f|f|f|{vvault_gateway}|f|f")

    def test_it_sees_nothing_without_a_token(self):
        self.conversation()
        tables = self.cluster.psql(
            "SELECT format('%I.%I', schemaname, tablename) FROM pg_tables"
            " WHERE schemaname = 'vvault'").splitlines()
        self.assertGreater(len(tables), 10)
        shown = set()
        for table in tables:
            try:
                if self.cluster.psql(f"SELECT count(*) FROM {table}", "chatty_gateway") != "0":
                    shown.add(table)
            except RuntimeError as refused:
                self.assertIn("42501", str(refused), table)
        self.assertEqual(shown, {"vvault.installation"})  # which version this is


if __name__ == "__main__":
    unittest.main()
