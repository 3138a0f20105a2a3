"""A message's text from a template and a row: each `{column}` is filled once, literally (INTAKE)."""

import re
from collections.abc import Sequence

from ingest import columns
from ingest.refusal import Unusable

_PLACEHOLDER = re.compile(r"\{([^{}]*)\}")


class Template:
    """A template, bound to the columns of a file. needs: the places of the columns that it takes values from."""

    def __init__(self, template: str, header: Sequence[str]) -> None:
        pieces = _PLACEHOLDER.split(template)
        self._texts, names = pieces[::2], pieces[1::2]
        self._places = [_place(name, header) for name in names]
        self.needs = tuple(dict.fromkeys(self._places))

    def fill(self, fields: Sequence[str]) -> str:
        parts = [self._texts[0]]
        for place, text in zip(self._places, self._texts[1:], strict=True):
            parts += (fields[place], text)
        return "".join(parts)


def _place(name: str, header: Sequence[str]) -> int:
    wanted = columns.plain(name)
    found = [place for place, column in enumerate(header) if columns.plain(column) == wanted]
    if len(found) != 1 or not wanted:
        why = "several columns are" if found else "no column is"
        raise Unusable("UNKNOWN_PLACEHOLDER", f"the template names {{{name}}}, and {why} called so")
    return found[0]
