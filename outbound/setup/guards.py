"""What may no longer change of an account: closed months, its scheme while anything remains, its calendar."""

from collections.abc import Callable, Iterator, Mapping
from datetime import date
from typing import Any, NamedTuple

from outbound.setup.difference import Change, Row

Timeline = Mapping[tuple[Any, ...], Row]
JUDGED = {"vat_rate", "tax_treatment", "currency", "recharge_tolerance"}  # what an order is judged and invoiced by
HARMLESS = {"credit_limit", "monthly_cap"}  # of no figure in the books


class Past(NamedTuple):
    """What an account has been through. open_from: the first day that is in no closed month; None: none is closed.

    last_order: the last day on which units were bought or refunded here, with a document; None: on none.
    """

    account_id: int
    today: date
    open_from: date | None
    has_facts: bool
    last_order: date | None = None


class Remains(NamedTuple):
    units: int
    shortfall: int
    promised: int


def calendar_faults(changes: list[Change], past: Past) -> Iterator[tuple[str, str]]:
    """(key, why not): what dates every fact of the account cannot change once there are facts."""
    for change in changes:
        if change.verb == "changed" and past.has_facts:
            if "timezone" in change.after:
                yield "timezone", "cannot change any more: purchases, files or usage were dated by it"
            if "legal_entity_id" in change.after:
                yield "name", "cannot go to another legal entity any more: it has purchases, files or usage"


def term_faults(
    changes: list[Change], before: Timeline, wanted: Timeline, past: Past, remains: Callable[[date], Remains]
) -> Iterator[tuple[date, str]]:
    """(first day of the terms, why they cannot be so)."""
    if not before:
        return
    for change in changes:
        (day,) = change.key
        touched = _touched(change, before) - HARMLESS
        if past.open_from and day < past.open_from and touched:
            yield (
                day,
                (
                    f"{_listed(touched)} cannot change from {day} on: the months before {past.open_from} are closed;"
                    f" write the change under terms, from: {past.open_from} or later"
                ),
            )
        elif past.open_from and "valuation" in touched:
            yield day, "valuation cannot change: the first close fixed it (CHARGING 24)"
        elif past.last_order and day <= past.last_order and touched & JUDGED:
            yield (
                day,
                (
                    f"{_listed(touched & JUDGED)} cannot change from {day} on: units were invoiced by it until"
                    f" {past.last_order}; write the change under terms, from: a later day"
                ),
            )
    if past.has_facts:
        yield from _scheme_faults(before, wanted, past, remains)


def _touched(change: Change, before: Timeline) -> set[str]:
    """The columns that a change alters, against what held on that day until now."""
    if change.verb == "changed":
        return set(change.after)
    earlier = [day for day in before if day < change.key]
    held = before[max(earlier)] if earlier else {}
    row = change.after or change.before
    return {name for name in row if row[name] != held.get(name)}


def _scheme_faults(
    before: Timeline, wanted: Timeline, past: Past, remains: Callable[[date], Remains]
) -> Iterator[tuple[date, str]]:
    """CHARGING 30: at the start of a month to come, and only when nothing of the old scheme remains."""
    for (day,) in sorted({*before, *wanted}):
        old, new = _on(before, day), _on(wanted, day)
        what = next((name for name in ("scheme", "currency") if old[name] != new[name]), None)
        if what is None:
            continue
        change = f"{what} cannot change from {old[what]} to {new[what]} on {day}"
        if day.day != 1 or day <= past.today:
            when = "it takes effect at the start of a month to come (CHARGING 30)"
            yield day, f"{change}: {when}; write it under terms, from: the first day of one"
            return
        left = remains(day)
        if any(left):
            what_is_left = f"{left.units} units, {left.shortfall} of shortfall, {left.promised} promised or in doubt"
            yield day, f"{change} while anything remains (CHARGING 30): {what_is_left}; use or refund them first"
        return


def _on(timeline: Timeline, day: date) -> Row:
    return timeline[max(key for key in timeline if key[0] <= day)]


def rate_faults(changes: list[Change], before: Timeline, past: Past) -> Iterator[tuple[tuple[Any, ...], str]]:
    """(zone, first day, from_unit) and why: closed months keep their prices. A card for days without one is welcome."""
    if past.open_from is None:
        return
    cards = {key[:2] for key in before}
    for change in changes:
        _, since, _ = change.key
        is_new_card = change.verb == "added" and change.key[:2] not in cards
        if since < past.open_from and not is_new_card and not _only_ends(change, past.open_from):
            instead = f"keep it or end it with to: {past.open_from} or later, and add a new one from that day"
            yield change.key, f"the rate from {since}, {change.verb} here, is one that closed months used; {instead}"


def _only_ends(change: Change, open_from: date) -> bool:
    """Whether all that changes is the last day, and that in months still open."""
    ends = (change.before.get("effective_to"), change.after.get("effective_to"))
    return (
        change.verb == "changed"
        and set(change.after) == {"effective_to"}
        and all(day is None or day >= open_from for day in ends)
    )


def _listed(names: set[str]) -> str:
    return ", ".join(sorted(names))
