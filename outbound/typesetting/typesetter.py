"""PDF files: byte-identical for the same data and template, whenever and wherever they are made."""

import json
import subprocess
import sys
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from outbound.errors import OutboundError
from outbound.typesetting.compose import LENGTH


class NotTypeset(OutboundError):
    """A document's pages could not be made: of which one, and what the typesetter said."""


class Typesetter:
    """Makes pages, one document after another; a `with` block ends its process."""

    def __init__(self, template: Path) -> None:
        self._template = template
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

    def make(self, label: str, data: dict[str, Any], form: str = "pdf") -> bytes:
        """label: what the pages are of, for errors. form: pdf or png. Raises NotTypeset."""
        process = self._running()
        assert process.stdin is not None  # noqa: S101  both are pipes
        assert process.stdout is not None  # noqa: S101
        try:
            process.stdin.write(
                json.dumps({"template": str(self._template), "data": data, "form": form}).encode() + b"\n"
            )
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
                [sys.executable, "-m", "outbound.typesetting.compose"], stdin=subprocess.PIPE, stdout=subprocess.PIPE
            )
        return self._process
