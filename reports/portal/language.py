"""The portal's languages: English is written in the pages, Arabic in gettext catalogues, one a group of pages."""

import gettext
import io
from functools import cache
from pathlib import Path
from typing import Any

from babel.messages.catalog import Catalog
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po
from markupsafe import Markup, escape

from reports.portal.places import LOCALE

LANGUAGES = {"en": "English", "ar": "العربية"}
_RIGHT_TO_LEFT = frozenset({"ar"})


def direction(language: str) -> str:
    return "rtl" if language in _RIGHT_TO_LEFT else "ltr"


def catalogue(language: str, folder: Path = LOCALE) -> Catalog:
    """All of a language's catalogues as one."""
    whole = Catalog(locale=language)
    for file in sorted((folder / language).glob("*.po")):
        with file.open("rb") as source:
            for message in read_po(source, locale=language):
                if message.id:
                    whole.add(message.id, message.string, context=message.context)
    return whole


class Words:
    """What `_()` and `ngettext()` say in one language. Values are put in escaped, for pages are made of the result."""

    def __init__(self, language: str) -> None:
        self._known = _translations(language)

    def gettext(self, text: str, **values: Any) -> Markup:
        said = escape(self._known.gettext(text))
        return said % values if values else said

    def ngettext(self, singular: str, plural: str, num: int, **values: Any) -> Markup:
        return escape(self._known.ngettext(singular, plural, num)) % {"num": num, **values}


@cache
def _translations(language: str) -> gettext.NullTranslations:
    """English is as written. The catalogues are read once a process."""
    if language == "en":
        return gettext.NullTranslations()
    compiled = io.BytesIO()
    write_mo(compiled, catalogue(language))
    compiled.seek(0)
    return gettext.GNUTranslations(compiled)
