"""The kinds of landing zones, each as its customer sees it: puts, reads and lists what is there. Names are text."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from outbound.landing.opening import open_zone
from outbound.landing.zone import Zone

ACCOUNT = "nile"


@dataclass
class OnDisk:
    """What lies in a folder, however it is reached."""

    url: str
    root: Path

    def open(self) -> Zone:
        return open_zone(ACCOUNT, self.url)

    def put(self, folder: str, name: str, content: bytes) -> None:
        path = self.root / folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)

    def get(self, folder: str, name: str) -> bytes:
        return (self.root / folder / name).read_bytes()

    def names(self, folder: str) -> list[str]:
        return sorted(path.name for path in (self.root / folder).glob("*"))


@dataclass
class InBucket:
    """Objects below the prefix in/."""

    url: str
    client: Any
    bucket: str

    def open(self) -> Zone:
        return open_zone(ACCOUNT, self.url)

    def put(self, folder: str, name: str, content: bytes) -> None:
        self.client.put_object(Bucket=self.bucket, Key=f"in/{folder}/{name}", Body=content)

    def get(self, folder: str, name: str) -> bytes:
        content: bytes = self.client.get_object(Bucket=self.bucket, Key=f"in/{folder}/{name}")["Body"].read()
        return content

    def names(self, folder: str) -> list[str]:
        found = self.client.list_objects_v2(Bucket=self.bucket, Prefix=f"in/{folder}/").get("Contents", ())
        return sorted(entry["Key"].removeprefix(f"in/{folder}/") for entry in found)
