"""The gateway starts only with settings that can be meant, and says which is wrong."""

import subprocess
import tempfile
import unittest
from pathlib import Path

from harness.gateway import binary
from harness.processes import clean_environment


def check(*flags, **environment) -> subprocess.CompletedProcess:
    return subprocess.run([binary(), "--check-config", *flags], check=False, text=True,
                          stdout=subprocess.PIPE, stderr=subprocess.PIPE, timeout=10,
                          env=clean_environment(**environment))


class ConfigTest(unittest.TestCase):
    def assertGood(self, *flags, **environment):
        done = check(*flags, **environment)
        self.assertEqual((done.returncode, done.stderr), (0, ""))

    def assertRefused(self, name: str, *flags, **environment):
        done = check(*flags, **environment)
        self.assertEqual(done.returncode, 2, done)
        self.assertIn(name, done.stderr)
        self.assertEqual(done.stderr.count("\n"), 1)

    def test_the_defaults_are_good(self):
        self.assertGood()

    def test_good_values(self):
        self.assertGood(VVAULT_PORT="0", VVAULT_LISTEN="::1", VVAULT_WORKERS="2",
                        VVAULT_MAX_BODY_BYTES="1048576", VVAULT_GET_OUTAGE_STATUS="503")
        self.assertGood(VVAULT_LISTEN="127.9.9.9", VVAULT_PORT="")
        self.assertGood(VVAULT_LISTEN="0.0.0.0", VVAULT_INSECURE_PUBLIC="1")
        for metrics in ("off", "loopback", "public", "127.0.0.1:0", "[::1]:9187", "10.1.2.3:9187"):
            self.assertGood(VVAULT_METRICS=metrics)
        self.assertGood(VVAULT_TRUSTED_PROXIES="127.0.0.1, 2001:db8::7")
        self.assertGood(VVAULT_TOKEN_RATE="0", VVAULT_FAILURE_RATE="0")
        self.assertGood(VVAULT_TOKEN_RATE="50/200", VVAULT_FAILURE_RATE="60")
        self.assertGood(VVAULT_COOKIE_SECURE="0", VVAULT_KEYS_USER="chatty_keys",
                        VVAULT_ONLY_KEYS="1")
        self.assertGood("--port", "9000", "--workers=3", VVAULT_WORKERS="4")

    def test_bad_values(self):
        for name, values in (("VVAULT_PORT", ("-1", "65536", "x", "80a", "8 0")),
                             ("VVAULT_WORKERS", ("0", "-3", "1000000", "many")),
                             ("VVAULT_MAX_BODY_BYTES", ("0", "12", "9999999999", "50MB")),
                             ("VVAULT_MAX_FILE_BYTES", ("0", "1e9")),
                             ("VVAULT_GET_OUTAGE_STATUS", ("200", "499", "600")),
                             ("VVAULT_IDLE_TIMEOUT", ("0", "forever")),
                             ("VVAULT_ALLOWED_ORIGINS", ("chat.example", "https://a/", "*")),
                             ("VVAULT_METRICS", ("on", "9187", ":9187", "localhost:9187",
                                                 "127.0.0.1:", "127.0.0.1:99999", "::1")),
                             ("VVAULT_TOKEN_RATE", ("-1", "5/0", "5/", "/5", "5/5/5", "many")),
                             ("VVAULT_TRUSTED_PROXIES", ("proxy.example", "127.0.0.1:80",
                                                         "10.0.0.0/8", "1.2.3.4,,5.6.7.8")),
                             ("VVAULT_FAILURE_RATE", ("-1", "1.5", "60/x")),
                             ("VVAULT_INSECURE_PUBLIC", ("perhaps",)),
                             ("VVAULT_LISTEN", ("not an address", "127.0.0.1:80", "256.0.0.1"))):
            for value in values:
                with self.subTest(name=name, value=value):
                    self.assertRefused(name, **{name: value})

    def test_a_public_address_must_be_meant(self):
        for address in ("0.0.0.0", "::", "10.0.0.1", "192.168.1.5"):
            self.assertRefused("VVAULT_INSECURE_PUBLIC", VVAULT_LISTEN=address)
            self.assertRefused("VVAULT_INSECURE_PUBLIC", "--listen", address)

    def test_a_cookie_in_the_clear_stays_on_the_machine(self):
        self.assertRefused("VVAULT_COOKIE_SECURE", VVAULT_COOKIE_SECURE="0", VVAULT_LISTEN="0.0.0.0",
                           VVAULT_INSECURE_PUBLIC="1")

    def test_keys_need_a_user_that_stores_them(self):
        self.assertRefused("VVAULT_KEYS_USER", VVAULT_ONLY_KEYS="1")

    def test_flags(self):
        self.assertRefused("--nonsense", "--nonsense")
        self.assertRefused("--port", "--port")
        self.assertRefused("--port", "--port", "x")
        done = subprocess.run([binary(), "--help"], check=False, text=True,
                              stdout=subprocess.PIPE, timeout=10, env=clean_environment())
        self.assertEqual(done.returncode, 0)
        for word in ("VVAULT_PORT", "--port", "PGHOST"):
            self.assertIn(word, done.stdout)

    def test_a_port_that_is_taken_is_told(self):
        with tempfile.TemporaryDirectory() as directory:
            first = subprocess.Popen([binary()], stdout=subprocess.PIPE, text=True,
                                     env=clean_environment(VVAULT_PORT="0", PGHOST=directory))
            try:
                # Another line may tell before it that there is no database.
                line = next(line for line in first.stdout if '"listening"' in line)
                port = line.partition("127.0.0.1:")[2].rstrip('"}\n')
                second = subprocess.run([binary()], check=False, text=True, timeout=10,
                                        stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                                        env=clean_environment(VVAULT_PORT=port,
                                                              PGHOST=directory))
                self.assertEqual(second.returncode, 1)
                self.assertIn("bind", second.stderr)
            finally:
                first.terminate()
                first.stdout.close()
                self.assertEqual(first.wait(timeout=15), 0)
        self.assertFalse(Path(directory).exists())


if __name__ == "__main__":
    unittest.main()
