"""The process that sets pages: a JSON line in, the length and the bytes of a file out, until the input ends.

typst runs threads of its own, which a forked pool does not survive, so that it lives in a process by itself. Fonts come from
the locked packages alone: whatever else is installed on the machine, the same document is the same bytes.
"""

import json
import struct
import sys
from importlib.resources import files
from pathlib import Path
from typing import Any, Literal

FONTS = ("fontpkg_noto_sans", "fontpkg_noto_sans_arabic")
LENGTH = struct.Struct(">q")  # negative: what follows is an error's text


def compiled(template: Path, data: dict[str, Any], form: Literal["pdf", "png"] = "pdf") -> bytes:
    """form: pdf, or png to look at; then the pages have to be one. The template finds `data` as JSON in its inputs."""
    import typst

    return typst.compile(
        str(template),
        root=str(template.parent),
        font_paths=[str(files(package) / "files") for package in FONTS],
        ignore_system_fonts=True,
        format=form,
        ppi=110.0,
        sys_inputs={"data": json.dumps(data, ensure_ascii=False)},
    )


def main() -> None:
    for line in sys.stdin.buffer:
        asked = json.loads(line)
        try:
            answer, sign = compiled(Path(asked["template"]), asked["data"], asked["form"]), 1
        except Exception as error:  # noqa: BLE001  whatever it is, the other process tells it
            answer, sign = f"{type(error).__name__}: {error}".encode(), -1
        sys.stdout.buffer.write(LENGTH.pack(sign * len(answer)) + answer)
        sys.stdout.buffer.flush()


if __name__ == "__main__":
    main()
