"""PDF files of documents: byte-identical for the same document, whenever and wherever they are made."""

import json
import subprocess
import sys
from types import TracebackType
from typing import Any, Self

from billing.documents.compose import LENGTH
from billing.documents.content import Document
from billing.documents.layout import layout
from outbound.errors import OutboundError


class NotTypeset(OutboundError):
    """A document's pages could not be made: of which one, and what the typesetter said."""


class Typesetter:
    """Makes pages, one document after another; a `with` block ends its process."""

    def __init__(self) -> None:
        self._process: subprocess.Popen[bytes] | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._process is not None:
            self._process.kill()
            self._process.wait()
            for pipe in (self._process.stdin, self._process.stdout):
                if pipe is not None:
                    pipe.close()
            self._process = None

    def pdf(self, document: Document, language: str | None = None) -> bytes:
        """language: en, ar or both; default: the buyer's. Raises NotTypeset."""
        return self.make(document.label, layout(document, language), "pdf")

    def make(self, label: str, data: dict[str, Any], form: str) -> bytes:
        process = self._running()
        assert process.stdin is not None  # noqa: S101  both are pipes
        assert process.stdout is not None  # noqa: S101
        try:
            process.stdin.write(json.dumps({"data": data, "form": form}).encode() + b"\n")
            process.stdin.flush()
        except BrokenPipeError:
            raise NotTypeset(f"{label}: the typesetter has ended; run the command again") from None
        head = process.stdout.read(LENGTH.size)
        if len(head) < LENGTH.size:
            raise NotTypeset(f"{label}: the typesetter has ended with status {process.wait()}; run the command again")
        (length,) = LENGTH.unpack(head)
        made = process.stdout.read(abs(length))
        if length < 0:
            raise NotTypeset(
                f"{label}: {made.decode(errors='replace')}. `make setup` installs the typesetter and its fonts"
            )
        return made

    def _running(self) -> subprocess.Popen[bytes]:
        if self._process is None:
            self._process = subprocess.Popen(
                [sys.executable, "-m", "billing.documents.compose"], stdin=subprocess.PIPE, stdout=subprocess.PIPE
            )
        return self._process
