"""The fixtures of `zones` and of `two_accounts`."""

from tests.integration.ingest.two_accounts import mobile, platform
from tests.integration.landing.zones import bucket, moto, ssh, store

__all__ = ["bucket", "mobile", "moto", "platform", "ssh", "store"]
