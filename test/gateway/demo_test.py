"""/demo/ is the folder that was configured and nothing else: no path leads out of it, browsers are
told to trust nothing but its files, and without the setting there is no such route.
"""

import http.client
import subprocess
import unittest

from gateway_case import GatewayCase
from harness.client import Client
from harness.gateway import Gateway, binary
from harness.paths import fresh_directory
from harness.processes import free_port


def make_site():
    folder = fresh_directory("site")
    folder.chmod(0o755)
    site = folder / "site"
    (site / "deeper").mkdir(parents=True)
    (folder / "secret.txt").write_text("outside", encoding="utf-8")
    (site / "index.html").write_text("<!doctype html><title>Page</title>", encoding="utf-8")
    (site / "app.js").write_text("export {};", encoding="utf-8")
    (site / "style.css").write_text("body {}", encoding="utf-8")
    (site / "deeper" / "data.json").write_text("{}", encoding="utf-8")
    (site / ".hidden").write_text("hidden", encoding="utf-8")
    (site / "odd.xyz").write_bytes(b"\x00\xff")
    (site / "link.txt").symlink_to(folder / "secret.txt")
    return site


class DemoTest(GatewayCase):
    needs_servers = True

    @classmethod
    def setUpClass(cls):
        cls.site = make_site()
        cls.metrics_port = free_port()
        cls.environment = {"VVAULT_DEMO_DIR": str(cls.site),
                           "VVAULT_METRICS": f"127.0.0.1:{cls.metrics_port}"}
        super().setUpClass()

    def raw(self, target: str):
        """As it is: no client in between that tidies the path."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=20)
        self.addCleanup(connection.close)
        connection.putrequest("GET", target, skip_host=False)
        connection.endheaders()
        answer = connection.getresponse()
        return answer.status, answer.read()

    def test_files_have_their_types(self):
        for path, kind in (("", "text/html; charset=utf-8"), ("index.html", "text/html; charset=utf-8"),
                           ("app.js", "text/javascript; charset=utf-8"),
                           ("style.css", "text/css; charset=utf-8"),
                           ("deeper/data.json", "application/json"),
                           ("odd.xyz", "application/octet-stream")):
            answer = self.nobody.get(f"/demo/{path}")
            self.assertEqual((answer.status, answer.headers["Content-Type"]), (200, kind), path)
            self.assertEqual(answer.body, (self.site / (path or "index.html")).read_bytes())
            self.assertEqual(answer.headers["X-Content-Type-Options"], "nosniff")
            policy = answer.headers["Content-Security-Policy"]
            for rule in ("default-src 'none'", "script-src 'self'", "frame-ancestors 'none'",
                         "base-uri 'none'", "require-trusted-types-for 'script'"):
                self.assertIn(rule, policy)
            self.assertNotIn("unsafe", policy)

    def test_the_page_is_never_cached_and_the_rest_is_asked_for_anew(self):
        page = self.nobody.get("/demo/")
        self.assertEqual((page.headers["Cache-Control"], page.headers["ETag"]), ("no-store", None))
        script = self.nobody.get("/demo/app.js")
        self.assertEqual(script.headers["Cache-Control"], "private, no-cache")
        again = self.nobody.get("/demo/app.js", {"If-None-Match": script.headers["ETag"]})
        self.assertEqual((again.status, again.body), (304, b""))

    def test_the_way_to_it(self):
        answer = self.nobody.get("/demo")
        self.assertEqual((answer.status, answer.headers["Location"]), (308, "/demo/"))
        head = self.nobody.request("HEAD", "/demo/app.js")
        self.assertEqual((head.status, head.body, head.headers["Content-Length"]), (200, b"", "10"))
        self.assertProblem(self.nobody.post("/demo/app.js", {}), 405)

    def test_no_path_leads_out(self):
        for path in ("../secret.txt", "%2e%2e/secret.txt", "..%2fsecret.txt", "deeper/../../secret.txt",
                     "/etc/passwd", "%2fetc%2fpasswd", "..\\secret.txt", "link.txt", ".hidden",
                     "deeper", "deeper/", "./app.js", "app.js/", "app.js%00", "APP.JS", "no-such.js"):
            status, body = self.raw(f"/demo/{path}")
            self.assertIn(status, (400, 404), path)
            self.assertNotIn(b"outside", body, path)
            self.assertNotIn(b"root:", body, path)

    def test_the_listener_of_the_metrics_has_no_page(self):
        door = Client(self.metrics_port)
        self.addCleanup(door.close)
        self.assertEqual(door.get("/healthz").status, 200)
        for path in ("/demo", "/demo/", "/demo/app.js"):
            self.assertProblem(door.get(path), 404, "NO_ROUTE")

    def test_without_the_setting_there_is_no_page(self):
        with Gateway(self.cluster) as bare:
            client = bare.client()
            self.addCleanup(client.close)
            for path in ("/demo", "/demo/", "/demo/index.html"):
                self.assertProblem(client.get(path), 404, "NO_ROUTE")

    def test_a_folder_that_cannot_be_meant_ends_the_start(self):
        empty = fresh_directory("empty")
        for folder in (empty, empty / "none", self.site / "app.js"):
            done = subprocess.run([binary(), "--port", "0", "--demo-dir", folder], text=True,
                                  capture_output=True, timeout=20, check=False)
            self.assertEqual(done.returncode, 2, done)
            self.assertIn("VVAULT_DEMO_DIR", done.stderr)


if __name__ == "__main__":
    unittest.main()
