"""The fixtures `platform` and `carrier`: see platform_by_hand."""

from tests.integration.dispatch.platform_by_hand import carrier, platform

__all__ = ["carrier", "platform"]
