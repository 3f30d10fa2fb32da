"""Parts of files: one range of bytes, of the version that is meant."""

import os
import unittest

from gateway_case import GatewayCase, fresh


class RangesTest(GatewayCase):
    def setUp(self):
        super().setUp()
        self.path = f"/files/library/{fresh('d')}/film.bin"
        self.content = os.urandom(300_000)
        self.assertEqual(self.ada.put(self.path, self.content).status, 201)

    def part(self, range_, **headers):
        return self.ada.get(self.path, {"Range": range_,
                                        **{k.replace("_", "-"): v for k, v in headers.items()}})

    def test_one_range_of_bytes(self):
        size = len(self.content)
        for asked, first, last in (("bytes=0-0", 0, 0), ("bytes=100-70000", 100, 70000),
                                   ("bytes=299999-", 299999, 299999), ("bytes=-500", size - 500, size - 1),
                                   ("bytes=-999999", 0, size - 1), ("Bytes=5-999999999", 5, size - 1)):
            got = self.part(asked)
            self.assertEqual(got.status, 206, (asked, got))
            self.assertEqual(got.headers["Content-Range"], f"bytes {first}-{last}/{size}")
            self.assertEqual(got.body, self.content[first:last + 1], asked)
            self.assertEqual(got.headers["ETag"], '"1"')
            self.assertEqual(got.headers["Accept-Ranges"], "bytes")
            self.assertIn("sandbox", got.headers["Content-Security-Policy"])

    def test_the_whole_is_sent_for_what_is_no_single_range(self):
        for asked in ("bytes=0-1,4-5", "bytes=5-2", "bytes=a-b", "bytes=-", "bytes=+1-2", "lines=1-2",
                      "bytes", "bytes=1", "bytes= 1-2x", "bytes=99999999999999999999-"):
            got = self.part(asked)
            self.assertEqual((got.status, got.body), (200, self.content), asked)
            self.assertEqual(got.headers["Accept-Ranges"], "bytes")
            self.assertIsNone(got.headers["Content-Range"])

    def test_a_part_that_is_not_there(self):
        for asked in ("bytes=300000-", "bytes=400000-500000", "bytes=-0"):
            got = self.part(asked)
            self.assertProblem(got, 416)
            self.assertEqual(got.headers["Content-Range"], "bytes */300000")
        self.ada.put(self.path, b"")
        self.assertProblem(self.part("bytes=0-"), 416)
        self.assertProblem(self.ada.get(f"/files/{fresh('none')}", {"Range": "bytes=0-1"}), 404)
        self.assertProblem(self.grace.get(self.path, {"Range": "bytes=0-1"}), 404)

    def test_if_range_is_a_part_of_that_version_or_all_of_the_new_one(self):
        got = self.part("bytes=0-9", If_Range='"1"')
        self.assertEqual((got.status, got.body), (206, self.content[:10]))
        self.ada.put(self.path, b"another")
        for given in ('"1"', 'W/"2"', "Tue, 24 Nov 2026 10:00:00 GMT"):
            got = self.part("bytes=0-9", If_Range=given)
            self.assertEqual((got.status, got.body), (200, b"another"), given)
        self.assertEqual(self.part("bytes=0-2", If_Range='"2"').body, b"ano")
        self.assertEqual(self.part("bytes=0-2", If_None_Match='"2"').status, 304)

    def test_an_old_version_has_parts_too(self):
        self.ada.put(self.path, b"new")
        got = self.ada.get(self.path + "?version=1", {"Range": "bytes=10-19"})
        self.assertEqual((got.status, got.body), (206, self.content[10:20]))
        self.assertEqual(got.headers["ETag"], '"1"')

    def test_head_has_the_whole_length(self):
        got = self.ada.request("HEAD", self.path, headers={"Range": "bytes=0-9"})
        self.assertEqual((got.status, got.headers["Content-Length"]), (200, "300000"))

    def test_a_part_may_be_large(self):
        content = os.urandom(1 << 20) * 5 + b"end"
        self.ada.put(self.path, content)
        size = len(content)
        for asked, first, last in (("bytes=0-", 0, size - 1), ("bytes=7-4194310", 7, 4194310),
                                   ("bytes=-3000000", size - 3000000, size - 1),
                                   ("bytes=1048576-2097151", 1 << 20, (2 << 20) - 1)):
            got = self.part(asked, If_Range='"2"')
            self.assertEqual((got.status, got.headers["Content-Range"]),
                             (206, f"bytes {first}-{last}/{size}"))
            self.assertEqual(got.headers["Content-Length"], str(last - first + 1))
            self.assertTrue(got.body == content[first:last + 1], asked)


if __name__ == "__main__":
    unittest.main()
