"""A file that cannot be used as a whole: which rule it breaks, and where."""

from outbound.errors import OutboundError


class Unusable(OutboundError):
    """The file is answered with this code; nothing of it is sent.

    code: of INTAKE. detail: what exactly, without a number or a text of a row. line, byte: where, if one can say.
    """

    def __init__(self, code: str, detail: str, *, line: int | None = None, byte: int | None = None) -> None:
        place = f" (line {line})" if line is not None else f" (byte {byte})" if byte is not None else ""
        super().__init__(f"{code}{place}: {detail}")
        self.code = code
        self.detail = detail
        self.line = line
        self.byte = byte

    def as_code(self) -> dict[str, str | int]:
        """As it stands among the codes of an acknowledgement."""
        place = {"line": self.line, "byte": self.byte}
        return {"code": self.code, "detail": self.detail} | {k: v for k, v in place.items() if v is not None}
