"""Where a mirror is kept: names and bytes, no more. A place is a folder or an S3 bucket."""

from pathlib import Path


class Unavailable(Exception):
    """The store does not answer, or not now: later it may."""


class Refused(Exception):
    """What no waiting mends: a wrong address, a missing bucket, a right that is lacking."""


class Store:
    """put() is durable when it returns; delete() leaves no older version of that name."""

    def get(self, name: str) -> bytes:
        """The object, or None where there is none."""
        raise NotImplementedError

    def put(self, name: str, content: bytes) -> None:
        raise NotImplementedError

    def delete(self, name: str) -> None:
        raise NotImplementedError

    def names(self) -> list:
        raise NotImplementedError

    def drop_older(self, name: str) -> None:
        """Removes what a versioned store keeps of an object beside its newest version."""


def open_store(address: str) -> Store:
    """s3://BUCKET/PREFIX, or a folder."""
    if address.startswith("s3://"):
        from .s3 import BucketStore
        bucket, _, prefix = address[len("s3://"):].partition("/")
        return BucketStore(bucket, prefix.strip("/"))
    if "://" in address:
        raise Refused(f"{address} is neither s3://BUCKET/PREFIX nor a folder")
    from .directory import DirectoryStore
    return DirectoryStore(Path(address))
