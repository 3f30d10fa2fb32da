"""A mirror in an S3 bucket, Amazon's or any server's that speaks its protocol. Access is what every
AWS tool finds in the environment or in ~/.aws; nothing of it is an argument here."""

import os

import boto3
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError, NoCredentialsError

from .store import Refused, Store, Unavailable

ENDPOINT = "VVAULT_MIRROR_S3_ENDPOINT"
MISSING = ("NoSuchKey", "404", "NoSuchVersion")
PERMANENT = ("NoSuchBucket", "AccessDenied", "InvalidAccessKeyId", "SignatureDoesNotMatch", "403",
             "AuthorizationHeaderMalformed", "InvalidBucketName", "AllAccessDisabled")
UNVERSIONED = ("NotImplemented", "MethodNotAllowed", "501", "405")


def _client(endpoint: str):
    """Retries are short: a round that fails is tried again as a whole, and the database waits."""
    return boto3.client(
        "s3", endpoint_url=endpoint or None,
        config=Config(connect_timeout=10, read_timeout=60, signature_version="s3v4",
                      retries={"mode": "standard", "total_max_attempts": 3},
                      s3={"addressing_style": "path"} if endpoint else {}))


class BucketStore(Store):
    def __init__(self, bucket: str, prefix: str):
        if not bucket:
            raise Refused("s3:// is followed by a bucket's name")
        self.bucket, self.prefix = bucket, f"{prefix}/" if prefix else ""
        self._s3 = _client(os.environ.get(ENDPOINT))
        self._has_versions = True

    def _ask(self, operation: str, **arguments):
        """None where the object is not there."""
        try:
            return getattr(self._s3, operation)(Bucket=self.bucket, **arguments)
        except ClientError as error:
            code = error.response.get("Error", {}).get("Code", "")
            if code in MISSING:
                return None
            told = f"S3 {operation} in {self.bucket}: {code} {error.response['Error'].get('Message', '')}"
            raise (Refused if code in PERMANENT else Unavailable)(told) from None
        except NoCredentialsError:
            raise Refused("there is no access key for S3: see AWS_ACCESS_KEY_ID") from None
        except (BotoCoreError, OSError, ValueError) as error:
            raise Unavailable(f"S3 {operation} in {self.bucket}: {error}") from None

    def get(self, name: str) -> bytes:
        answer = self._ask("get_object", Key=self.prefix + name)
        if answer is None:
            return None
        try:
            return answer["Body"].read()
        except Exception as error:  # what urllib3 and http.client raise when a server goes away
            raise Unavailable(f"S3 get_object in {self.bucket}: {error}") from None

    def put(self, name: str, content: bytes) -> None:
        if self._ask("put_object", Key=self.prefix + name, Body=content,
                     ContentType="application/octet-stream") is None:
            raise Unavailable(f"S3 put_object in {self.bucket}: the bucket gave no answer")

    def delete(self, name: str) -> None:
        """With versions a plain delete would only put a marker over them."""
        versions = self._versions(name)
        for version in versions:
            self._ask("delete_object", Key=self.prefix + name, VersionId=version["VersionId"])
        # A bucket that never had versions calls its only one "null", and may not know it by that.
        if not versions or (any(each["VersionId"] == "null" for each in versions)
                            and self._ask("head_object", Key=self.prefix + name) is not None):
            self._ask("delete_object", Key=self.prefix + name)

    def drop_older(self, name: str) -> None:
        for version in self._versions(name):
            if not version["IsLatest"]:
                self._ask("delete_object", Key=self.prefix + name, VersionId=version["VersionId"])

    def _versions(self, name: str) -> list:
        """Of that one name, markers of deletion among them; none where the bucket has no versions."""
        if not self._has_versions:
            return []
        key, found, marker = self.prefix + name, [], {}
        while True:
            try:
                answer = self._ask("list_object_versions", Prefix=key, **marker) or {}
            except Unavailable as error:
                if any(code in str(error) for code in UNVERSIONED):
                    self._has_versions = False
                    return []
                raise
            for each in answer.get("Versions", []) + answer.get("DeleteMarkers", []):
                if each["Key"] == key and each.get("VersionId"):
                    found.append(each)
            if not answer.get("IsTruncated"):
                return found
            marker = {"KeyMarker": answer["NextKeyMarker"],
                      "VersionIdMarker": answer.get("NextVersionIdMarker", "")}

    def names(self) -> list:
        found, more = [], {}
        while True:
            answer = self._ask("list_objects_v2", Prefix=self.prefix, **more) or {}
            found += [each["Key"][len(self.prefix):] for each in answer.get("Contents", [])]
            if not answer.get("IsTruncated"):
                return found
            more = {"ContinuationToken": answer["NextContinuationToken"]}
