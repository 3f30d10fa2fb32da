"""In a bucket with versions an object is gone only when all its versions are: what BucketStore asks
for is compared with what S3 is documented to need."""

import os
import sys
import unittest
from pathlib import Path
from unittest import mock

sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "tools"))

from botocore.stub import Stubber  # noqa: E402
from mirror.s3 import BucketStore  # noqa: E402

ACCESS = {"AWS_ACCESS_KEY_ID": "a", "AWS_SECRET_ACCESS_KEY": "b", "AWS_DEFAULT_REGION": "us-east-1"}


def version(key: str, number: str, latest: bool = False) -> dict:
    return {"Key": key, "VersionId": number, "IsLatest": latest}


class Versions(unittest.TestCase):
    def setUp(self):
        with mock.patch.dict(os.environ, ACCESS):
            self.store = BucketStore("b", "p")
        self.s3 = Stubber(self.store._s3)
        self.s3.activate()
        self.addCleanup(self.s3.assert_no_pending_responses)

    def expect(self, operation: str, answer: dict, **asked) -> None:
        self.s3.add_response(operation, answer, {"Bucket": "b", **asked})

    def test_every_version_and_marker_of_that_name_goes(self):
        self.expect("list_object_versions", {
            "IsTruncated": True, "NextKeyMarker": "p/keys/1", "NextVersionIdMarker": "v2",
            "Versions": [version("p/keys/1", "v3", True), version("p/keys/1", "v2")]},
            Prefix="p/keys/1")
        self.expect("list_object_versions", {
            "IsTruncated": False, "Versions": [version("p/keys/10", "other", True)],
            "DeleteMarkers": [version("p/keys/1", "m1")]},
            Prefix="p/keys/1", KeyMarker="p/keys/1", VersionIdMarker="v2")
        for number in ("v3", "v2", "m1"):
            self.expect("delete_object", {}, Key="p/keys/1", VersionId=number)
        self.store.delete("keys/1")

    def test_one_from_before_the_bucket_had_versions_goes_too(self):
        self.expect("list_object_versions", {"Versions": [version("p/k", "null", True)]}, Prefix="p/k")
        self.expect("delete_object", {}, Key="p/k", VersionId="null")
        self.s3.add_client_error("head_object", "404", http_status_code=404)
        self.store.delete("k")

    def test_a_bucket_without_versions_is_asked_once(self):
        self.s3.add_client_error("list_object_versions", "NotImplemented", http_status_code=501)
        self.expect("delete_object", {}, Key="p/one")
        self.expect("delete_object", {}, Key="p/two")
        self.store.delete("one")
        self.store.delete("two")

    def test_older_heads_go_and_the_newest_stays(self):
        self.expect("list_object_versions", {
            "Versions": [version("p/head", "v2", True), version("p/head", "v1")]}, Prefix="p/head")
        self.expect("delete_object", {}, Key="p/head", VersionId="v1")
        self.store.drop_older("head")


if __name__ == "__main__":
    unittest.main()
