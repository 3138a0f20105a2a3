"""A landing zone in an S3 bucket, of Amazon or of any other store that speaks its protocol."""

import tempfile
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import boto3
from boto3.exceptions import Boto3Error
from boto3.s3.transfer import TransferConfig
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError, EndpointConnectionError, NoCredentialsError

from outbound.errors import OutboundError
from outbound.landing.address import Bucket
from outbound.landing.login import Login, variable
from outbound.landing.zone import ARCHIVE, BLOCK, Found, Gone, NotTaken, StillChanging, Unreachable, Zone, store

CONNECT_SECONDS = 10.0
STEP_SECONDS = 30.0
_IN_MEMORY = 8 << 20
_ONE_COPY = 5 << 30  # the largest object that one request copies
_LONGEST_KEY = 1024  # bytes
_GONE = ("NoSuchKey", "404")
_CHANGED = ("PreconditionFailed", "412", "ConditionalRequestConflict", "409")
_REFUSED = ("InvalidAccessKeyId", "SignatureDoesNotMatch", "ExpiredToken", "InvalidToken")
_DENIED = ("AccessDenied", "403", "AllAccessDisabled")


class S3(Zone):
    """An object appears whole, and is known by its ETag. Folders are prefixes of keys; all that follows is the name."""

    is_atomic = True

    def __init__(self, account: str, where: Bucket, login: Login) -> None:
        self._account = account
        self._where = where
        self._label = f"account {account}: landing zone s3://{where.name}/{where.prefix}"
        self._keys = f"{variable(account, 'access_key_id')} and ..._SECRET_ACCESS_KEY, or AWS_..."
        self._once = TransferConfig(multipart_threshold=_ONE_COPY, use_threads=False)
        with self._speaking():
            self._client = boto3.session.Session().client(
                "s3",
                endpoint_url=login.endpoint or None,
                region_name=login.region or None,
                aws_access_key_id=login.access_key_id or None,
                aws_secret_access_key=login.secret_access_key or None,
                config=Config(
                    connect_timeout=CONNECT_SECONDS,
                    read_timeout=STEP_SECONDS,
                    retries={"total_max_attempts": 2},
                    s3={"addressing_style": "path"} if login.endpoint else None,
                ),
            )

    def close(self) -> None:
        self._client.close()

    def prepare(self) -> None:
        """A bucket has no folders; that it is there is seen by looking."""

    def look(self, folder: str) -> list[Found]:
        prefix = self._key(folder, "")
        found = []
        with self._speaking():
            for page in self._client.get_paginator("list_objects_v2").paginate(Bucket=self._where.name, Prefix=prefix):
                for entry in page.get("Contents", ()):
                    name = entry["Key"].removeprefix(prefix)
                    if name and not name.endswith("/"):  # what consoles make for a folder
                        found.append(_found(folder, name, entry["Size"], entry["LastModified"], entry["ETag"]))
        return found

    def find(self, folder: str, name: str) -> Found | None:
        if len(self._key(folder, name).encode()) > _LONGEST_KEY:
            return None
        with self._speaking():
            try:
                head = self._client.head_object(Bucket=self._where.name, Key=self._key(folder, name))
            except ClientError as error:
                if _code(error) in _GONE:
                    return None
                raise
        return _found(folder, name, head["ContentLength"], head["LastModified"], head["ETag"])

    def copy(self, found: Found, target: Path) -> bytes:
        with self._speaking(found):
            answer = self._client.get_object(**self._object(found), IfMatch=found.version)
            sha256, size = store(answer["Body"].iter_chunks(BLOCK), target)
        if size != found.size:
            target.unlink()
            raise StillChanging(f"{self._name(found)} was not read whole: it is tried again")
        return sha256

    def read(self, found: Found, most: int) -> bytes:
        with self._speaking(found):
            content: bytes = self._client.get_object(**self._object(found))["Body"].read(most)
        return content

    def write(self, folder: str, name: str, blocks: Iterable[bytes]) -> None:
        """Gathered here first: what is uploaded is known whole, and a broken upload leaves nothing."""
        with tempfile.SpooledTemporaryFile(_IN_MEMORY) as whole:
            whole.writelines(blocks)
            whole.seek(0)
            with self._speaking():
                self._client.upload_fileobj(
                    whole, self._where.name, self._key(folder, name), Config=TransferConfig(use_threads=False)
                )

    def archive(self, found: Found, name: str) -> bool:
        """Copied, then deleted: each under the condition that it is still what was found. Of a store that does not know
        conditional deletes the look just before has to do."""
        now = self.find(found.folder, found.name)
        if now is None or now.version != found.version:
            return now is None
        source = self._object(found)
        try:
            with self._speaking(found):
                self._client.copy(
                    source, self._where.name, self._key(ARCHIVE, name),
                    ExtraArgs={"CopySourceIfMatch": found.version}, Config=self._once,
                )  # fmt: skip
                now = self.find(found.folder, found.name)
                if now is None or now.version != found.version:
                    return now is None
                self._delete(source, str(found.version))
        except StillChanging:
            return False
        except Gone:
            return True
        return True

    def place(self, folder: str, name: str = "") -> str:
        return f"s3://{self._where.name}/{self._key(folder, name)}"

    def _delete(self, source: dict[str, str], version: str) -> None:
        try:
            self._client.delete_object(**source, IfMatch=version)
        except ClientError as error:
            if _code(error) not in ("NotImplemented", "501", "InvalidArgument"):
                raise
            self._client.delete_object(**source)

    def _key(self, folder: str, name: str) -> str:
        return f"{self._where.prefix}{folder}/{name}"

    def _object(self, found: Found) -> dict[str, str]:
        return {"Bucket": self._where.name, "Key": self._key(found.folder, found.name)}

    def _name(self, found: Found) -> str:
        return f"account {self._account}: {found.folder}/{found.name!r}"

    def _explained(self, code: str, found: Found | None) -> OutboundError:
        """What a refusal means, and what to do."""
        if found is not None and code in _GONE:
            return Gone(f"{self._name(found)} is not there any more")
        if found is not None and code in _CHANGED:
            return StillChanging(f"{self._name(found)} changed since it was seen: the next look takes it")
        if code == "NoSuchBucket":
            return Unreachable(f"{self._label}: there is no such bucket; make it, or correct the URL")
        if code in _REFUSED:
            return Unreachable(f"{self._label}: the store refuses the keys ({code}): correct {self._keys}")
        if code in _DENIED:
            return Unreachable(
                f"{self._label}: access denied: allow these keys to list the bucket, and to get, put and delete objects"
            )
        return Unreachable(f"{self._label}: the store says {code}")

    @contextmanager
    def _speaking(self, found: Found | None = None) -> Iterator[None]:
        """One clear error for whatever goes wrong."""
        try:
            yield
        except ClientError as error:
            raise self._explained(_code(error), found) from None
        except NoCredentialsError:
            raise Unreachable(
                f"{self._label}: no keys; set {self._keys}, or the account's Airflow connection"
            ) from None
        except EndpointConnectionError as error:
            raise Unreachable(
                f"{self._label}: no connection to {error.kwargs['endpoint_url']}; check"
                f" {variable(self._account, 'endpoint')} and the way there"
            ) from None
        except Boto3Error as error:
            raise Unreachable(f"{self._label}: a transfer failed: {error}") from None
        except (BotoCoreError, ValueError) as error:
            raise Unreachable(f"{self._label}: {type(error).__name__}: {error}") from None
        except OSError as error:
            if found is None:
                raise
            raise NotTaken(
                f"{self._name(found)} was not read whole ({type(error).__name__}): it is tried again"
            ) from None


def _found(folder: str, name: str, size: int, modified: Any, etag: str) -> Found:
    return Found(folder, name, size, int(modified.timestamp()) * 1_000_000_000, etag)


def _code(error: ClientError) -> str:
    return str(error.response.get("Error", {}).get("Code", "unknown"))
