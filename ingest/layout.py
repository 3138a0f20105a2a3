"""How to read a file, where its sender says so (INTAKE, Options)."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Layout:
    """encoding, delimiter: None is found from the content. names: the columns of a file without a header."""

    encoding: str | None = None
    delimiter: str | None = None
    has_header: bool = True
    names: tuple[str, ...] = ("msisdn", "text")
