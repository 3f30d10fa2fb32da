"""Large files go up and down in little memory, and hold up nobody.

VVAULT_TEST_LARGE_MB says how large the largest is: 256 without it.
"""

import hashlib
import http.client
import os
import time
import unittest

from gateway_case import GatewayCase, fresh
from harness.processes import wait_until
from raw import RawConnection, request

MIB = 1 << 20
LARGE = int(os.environ.get("VVAULT_TEST_LARGE_MB", "256")) * MIB


def peak_kb(pid: int) -> int:
    with open(f"/proc/{pid}/status", encoding="ascii") as status:
        return next(int(line.split()[1]) for line in status if line.startswith("VmHWM"))


class Content:
    """So many random bytes, a MiB at a time, and the hash of what was given out."""

    def __init__(self, size: int):
        self.size = size
        self.hash = hashlib.sha256()

    def __iter__(self):
        for _ in range(0, self.size, MIB):
            block = os.urandom(min(MIB, self.size))
            self.hash.update(block)
            yield block


class LargeFilesTest(GatewayCase):
    needs_servers = True
    settings = {"shared_buffers": "16MB"}  # counted in each backend's peak
    environment = {"VVAULT_WORKERS": "2"}

    def path(self) -> str:
        return f"/files/library/{fresh('d')}/large.bin"

    def backends(self) -> list:
        return [int(pid) for pid in self.cluster.psql(
            "SELECT pid FROM pg_stat_activity WHERE application_name = 'vvault-gateway'").split()]

    def reading(self, path: str, **headers) -> http.client.HTTPResponse:
        """An answer whose body is still to be read."""
        client = self.client(self.token)
        connection = client.connect()
        connection.request("GET", path, headers={**client.credentials(), **headers})
        return connection.getresponse()

    def test_a_large_file_passes_in_little_memory(self):
        path, content = self.path(), Content(LARGE)
        began = time.monotonic()
        made = self.ada.put(path, iter(content), {"Content-Length": str(LARGE)})
        up = time.monotonic() - began
        self.assertEqual((made.status, made.headers["ETag"]), (201, '"1"'), made)
        began, response, got, size = time.monotonic(), self.reading(path), hashlib.sha256(), 0
        while block := response.read(MIB):
            got.update(block)
            size += len(block)
        down = time.monotonic() - began
        self.assertEqual((size, got.hexdigest()), (LARGE, content.hash.hexdigest()))
        self.assertEqual(response.headers["X-Content-SHA256"], got.hexdigest())
        gateway = peak_kb(self.gateway.process.pid) // 1024
        backend = max(peak_kb(pid) for pid in self.backends()) // 1024
        print(f"\n{LARGE // MIB} MiB: up {up:.1f} s, down {down:.1f} s; "
              f"peak of the gateway {gateway} MiB, of a backend {backend} MiB", flush=True)
        self.assertLess(gateway, 64)
        self.assertLess(backend, 96)
        # The same again is the same version, and stores nothing.
        listed = self.ada.get(path + "?history").json["versions"]
        self.assertEqual([(v["size"], v["sha256"]) for v in listed], [(LARGE, got.hexdigest())])

    def test_its_head_is_told_without_its_content(self):
        path = self.path()
        self.ada.put(path, bytes(5 * MIB))
        head = self.ada.request("HEAD", path)
        self.assertEqual((head.status, head.headers["Content-Length"], head.body),
                         (200, str(5 * MIB), b""))
        self.assertEqual(head.headers["X-Content-SHA256"], hashlib.sha256(bytes(5 * MIB)).hexdigest())
        self.assertEqual(self.ada.get(path, {"If-None-Match": '"1"'}).status, 304)

    def test_slow_senders_hold_no_worker(self):
        content = os.urandom(5 * MIB)
        head = ["Authorization: Bearer " + self.token, f"Content-Length: {len(content)}"]
        slow = [(RawConnection(self.port, 60), self.path()) for _ in range(12)]
        for connection, path in slow:
            self.addCleanup(connection.close)
            connection.send(request(f"PUT {path} HTTP/1.1", *head, body=content[:3 * MIB]))
        wait_until(lambda: self.kept() == 12, 20, "all uploads to have begun")
        name, began = self.conversation(), time.monotonic()
        for number in range(20):
            self.assertEqual(self.ada.post(f"/conversations/{name}/messages",
                                           {"role": "user", "content": str(number)}).status, 201)
        self.assertLess(time.monotonic() - began, 5)
        # In the database none of them has a transaction open.
        self.assertEqual(self.cluster.psql("SELECT count(*) FROM pg_stat_activity WHERE state LIKE"
                                           " 'idle in%' AND application_name = 'vvault-gateway'"), "0")
        for connection, path in slow:
            self.assertEqual(connection.send(content[3 * MIB:]).response().status, 201)
        self.assertTrue(all(self.ada.get(path).body == content for _, path in slow[:2]))

    def kept(self) -> int:
        return int(self.cluster.psql("SELECT count(*) FROM vvault.vault_uploads WHERE version IS NULL"))

    def test_slow_readers_hold_no_worker(self):
        path, content = self.path(), os.urandom(24 * MIB)
        self.ada.put(path, content)
        slow = [self.reading(path) for _ in range(12)]
        name, began = self.conversation(), time.monotonic()
        for number in range(20):
            self.assertEqual(self.ada.post(f"/conversations/{name}/messages",
                                           {"role": "user", "content": str(number)}).status, 201)
        self.assertLess(time.monotonic() - began, 5)
        self.assertLess(peak_kb(self.gateway.process.pid) // 1024, 96)
        for response in slow:
            self.assertTrue(response.read() == content)

    def test_all_that_is_read_is_of_one_version(self):
        path, old, new = self.path(), os.urandom(24 * MIB), os.urandom(3 * MIB)
        self.ada.put(path, old)
        response = self.reading(path)
        part = self.reading(path, Range=f"bytes=5-{20 * MIB}")
        begun = response.read(10)
        self.ada.put(path, new)
        self.assertTrue(begun + response.read() == old)
        self.assertEqual(response.headers["ETag"], '"1"')
        self.assertTrue(part.read() == old[5:20 * MIB + 1])
        self.assertTrue(self.ada.get(path).body == new)
        # Also when it is deleted meanwhile: its versions are kept.
        response = self.reading(path + "?version=1")
        self.ada.delete(path)
        self.assertTrue(response.read() == old)

    def test_what_is_removed_meanwhile_ends_early(self):
        path, content = self.path(), os.urandom(24 * MIB)
        self.ada.put(path, content)
        response = self.reading(path)
        self.ada.delete(path)
        self.cluster.psql(
            "BEGIN; SELECT vvault.authenticate('" + self.token + "');"
            " SELECT vvault.purge_file('" + path.removeprefix("/files/") + "'); COMMIT")
        with self.assertRaises(http.client.IncompleteRead) as ended:
            response.read()
        self.assertTrue(content.startswith(ended.exception.partial))
        events = [line for line in self.log_lines() if line.get("event") == "a download ended early"]
        self.assertEqual([line["detail"] for line in events], ["VV011"])

    def test_many_answers_on_one_connection(self):
        path, content = self.path(), os.urandom(3 * MIB)
        for _ in range(3):
            self.ada.put(path, content)
            self.assertTrue(self.ada.get(path).body == content)
            self.assertEqual(self.ada.get("/whoami").status, 200)


if __name__ == "__main__":
    unittest.main()
