"""The portal's menu: each module of pages says what it adds, and for whom."""

from dataclasses import dataclass

from reports.portal.visitor import Role, Visitor


@dataclass(frozen=True)
class Entry:
    """title: in English, to be translated (mark it with N_). group: entries of one group stand together, under its title."""

    title: str
    url: str
    roles: tuple[Role, ...]
    group: str | None = None


@dataclass(frozen=True)
class Group:
    title: str | None
    entries: list[Entry]


def menu(entries: list[Entry], visitor: Visitor) -> list[Group]:
    """What this visitor may open, in the order in which the modules bring it."""
    groups: dict[str | None, list[Entry]] = {}
    for entry in entries:
        if visitor.role in entry.roles:
            groups.setdefault(entry.group, []).append(entry)
    return [Group(title, found) for title, found in groups.items()]
