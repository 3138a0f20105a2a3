"""Which carrier a number goes to: the longest prefix that matches wins."""

from collections.abc import Iterable, Mapping


class Routes:
    """prefixes: connector id -> prefixes of E.164 digits; of connectors with the same prefix the first listed wins."""

    def __init__(self, prefixes: Mapping[int, Iterable[str]]) -> None:
        self._connectors: dict[str, int] = {}
        for connector, served in prefixes.items():
            for prefix in served:
                self._connectors.setdefault(prefix, connector)
        self._lengths = sorted({len(prefix) for prefix in self._connectors}, reverse=True)

    def connector(self, msisdn: int) -> int | None:
        """None where no connector goes there."""
        digits = str(msisdn)
        for length in self._lengths:
            connector = self._connectors.get(digits[:length])
            if connector is not None:
                return connector
        return None
