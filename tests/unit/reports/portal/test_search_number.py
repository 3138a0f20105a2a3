"""A number is looked for only where the look stays short."""

from datetime import date
from types import SimpleNamespace

from reports.portal.pages import search_number
from reports.portal.pages.search_number import MOST, Asked

ASKED = Asked(201001234567, "nile", date(2026, 10, 1), date(2026, 10, 31))


class Reader:
    """Answers how many messages there are, and notes whether they are looked through."""

    def __init__(self, messages):
        self.messages = messages
        self.looked_for = []

    def rows(self, query, values):
        if query == search_number.Q.campaigns:
            return [SimpleNamespace(campaigns=[7], messages=self.messages)]
        self.looked_for.append(values)
        return ["a message"]


def test_as_many_messages_as_are_quickly_looked_through():
    reader = Reader(MOST)
    found = search_number._find(reader, ASKED)
    assert (found.looked_through, found.rows) == (MOST, ["a message"])
    assert reader.looked_for == [{"campaigns": [7], "number": 201001234567, "account": "nile"}]


def test_more_are_not_looked_through():
    reader = Reader(MOST + 1)
    found = search_number._find(reader, ASKED)
    assert (found.looked_through, found.rows, reader.looked_for) == (MOST + 1, None, [])
