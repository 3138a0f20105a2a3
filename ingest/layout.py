"""How to read a file, where its sender says so (INTAKE, Options)."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Layout:
    """encoding, delimiter: None is found from the content. names: the columns of a file without a header.

    recipient: what its sender calls the column of numbers; None: one of the usual names. asks_for_recipient: False for whoever
    only looks at the columns: the first one stands in for that of the numbers where none is found.
    """

    encoding: str | None = None
    delimiter: str | None = None
    has_header: bool = True
    names: tuple[str, ...] = ("msisdn", "text")
    recipient: str | None = None
    asks_for_recipient: bool = True
