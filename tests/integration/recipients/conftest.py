"""The fixtures `platform` and `mobile`: see two_accounts."""

from tests.integration.ingest.two_accounts import mobile, platform

__all__ = ["mobile", "platform"]
