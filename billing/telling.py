"""What a command does, or would do, to lots, dates and money, in sentences that a person reads before saying yes."""

from collections.abc import Iterable, Sequence
from decimal import ROUND_CEILING, Decimal
from typing import Any, NamedTuple

from billing.balances import Lot, Movement
from outbound.money import currency_digits


class Speaker(NamedTuple):
    """Writes amounts with the digits of a currency; the last one of a sentence names it."""

    currency: str

    @property
    def digits(self) -> int:
        return currency_digits(self.currency)

    def money(self, amount: Decimal | int) -> str:
        return f"{amount:,.{self.digits}f}"

    def sum(self, amount: Decimal | int) -> str:
        return f"{self.money(amount)} {self.currency}"

    def price(self, rate: Decimal) -> str:
        """At least the currency's digits: 0.10, 0.0825."""
        written = f"{rate.normalize():f}"
        return written if len(written.partition(".")[2]) >= self.digits else f"{rate:.{self.digits}f}"

    def invoiced(self, net: Decimal, vat: Decimal) -> str:
        return f"net {self.money(net)}, VAT {self.money(vat)}, receivable {self.sum(net + vat)}"

    def credited(self, line: int, invoice: str, note: str, net: Decimal, vat: Decimal) -> str:
        money = f"net {self.money(net)}, VAT {self.money(vat)}, receivable {self.sum(-net - vat)}"
        return f"credits line {line} of {invoice} as {note}: {money}"

    def held(self, lot: Lot) -> str:
        return f"{units(lot.remaining)} at {self.price(lot.rate)} until {lot.last_valid_day}"


def units(count: int) -> str:
    return f"{count:,} unit" + ("" if count == 1 else "s")


def purchase(
    speaker: Speaker, key: str, bought: int, tolerance: Decimal, before: Sequence[Lot], after: Sequence[Lot],
    done: Sequence[Movement],
) -> list[str]:  # fmt: skip
    """What a purchase makes of the units that remain (CHARGING 7-11, 15, 19).

    before, after: the lots that hold units, just before it and right after it.
    """
    sold = next(one for one in done if one.kind == "purchase")
    money = speaker.invoiced(sold.against, sold.vat)
    rollover = next((one for one in done if one.kind == "rollover"), None)
    own = next((lot for lot in after if lot.lot == key), None)
    until = f" to {own.last_valid_day} at {speaker.price(own.rate)}" if own else ", and the shortfall takes all of it"
    if rollover:
        said = f"extends {units(rollover.units)}{until}: revaluation {speaker.money(rollover.deferred)}; {money}"
    elif before:
        remained = sum(lot.remaining for lot in before)
        enough = int((remained * (1 - tolerance)).to_integral_value(ROUND_CEILING))
        stay = " and ".join(speaker.held(lot).replace(" at ", " stay at ", 1) for lot in before)
        said = f"is a lot of its own: {stay}; buy at least {enough:,} to extend; {money}"
    else:
        said = (
            f"opens a lot of {units(bought)}{until.replace(' to ', ' until ', 1)}: nothing remained to extend; {money}"
        )
    return [said, *_served(speaker, done)]


def order(speaker: Speaker, ordered: int, rate: Decimal, net: Decimal, vat: Decimal) -> list[str]:
    """Units that come with their payment (CHARGING 12)."""
    total = f"net {speaker.money(net)}, VAT {speaker.money(vat)}, total {speaker.sum(net + vat)}"
    return [
        (
            f"orders {units(ordered)} at {speaker.price(rate)}: {total}; the units come with the payment that covers it, and R,"
            " rate and VAT are those of then"
        )
    ]


def grant(speaker: Speaker, given: int, after: Sequence[Lot], done: Sequence[Movement]) -> list[str]:
    """A lot without a rate, and whom it serves at once (CHARGING 15, 22)."""
    opened = next(one.lot for one in done if one.kind == "grant")
    lot = next((lot for lot in after if lot.lot == opened), None)
    until = f" until {lot.last_valid_day}" if lot else ", and the shortfall takes all of it"
    return [f"opens a lot of {units(given)} at {speaker.price(Decimal(0))}{until}", *_served(speaker, done)]


def refund(speaker: Speaker, before: Iterable[Lot], done: Sequence[Movement]) -> list[str]:
    """Which lots give how many units, and what is paid back of their value (CHARGING 21)."""
    lots = {lot.lot: lot for lot in before}
    said = [
        f"takes {units(-one.units)} of lot {one.lot} ({speaker.held(lots[str(one.lot)])}): {speaker.sum(one.against)} back"
        for one in done
        if one.kind == "refund"
    ]
    for one in done:
        if one.kind == "credit":
            whose = (
                f"credits purchase {one.lot}"
                if one.lot
                else "pays back what another system sold, without a credit note"
            )
            said.append(f"{whose}: net {speaker.money(one.against)}, VAT {speaker.sum(one.vat)}")
    unpaid = -sum((one.deferred + one.against for one in done if one.kind == "refund"), Decimal(0))
    if unpaid:
        said.append(f"revaluation {speaker.sum(-unpaid)}: nobody is paid back what nobody paid")
    return said


def reversal(speaker: Speaker, done: Sequence[Movement], after: Iterable[Lot]) -> list[str]:
    """Where a usage's units go (CHARGING 23)."""
    lots = {lot.lot: lot for lot in after}
    said = []
    for one in done:
        if one.kind == "reversal":
            held = f" ({speaker.held(lots[one.lot])} then)" if one.lot in lots else ""
            said.append(
                f"gives {units(one.units)} back to lot {one.lot}{held}: usage revenue {speaker.money(-one.against)},"
                f" deferred revenue {speaker.sum(one.deferred)}"
            )
        elif one.kind == "lapsed_reversal":
            said.append(
                f"lot {one.lot} has lapsed: {units(one.units)} stay lapsed, {speaker.sum(one.against)} go from usage"
                " revenue to breakage"
            )
        elif one.kind == "shortfall_reversal":
            said.append(f"ends a shortfall of {units(-one.units)}, which was not charged yet")
    return said + _taken_back(speaker, done)


def payment(
    speaker: Speaker, payer: str, amount: Decimal, withheld: Decimal, certificate: str | None, names: str | None, owed: Decimal
) -> list[str]:  # fmt: skip
    """What came in, what it is for, and what is owed after it (CHARGING 25)."""
    parts = [f"{speaker.sum(amount)} from {payer}"] if amount else []
    if withheld:
        parts.append(f"{speaker.sum(withheld)} of tax withheld by {payer}, certificate {certificate}")
    return [f"records {' and '.join(parts)}, for {names or 'what is oldest'}: {_standing(speaker, owed)}"]


def receivable_change(speaker: Speaker, kind: str, who: str, words: str, amount: Decimal, owed: Decimal) -> list[str]:
    """What goes back or is given up, and what is owed after it (CHARGING 25)."""
    done = {
        "payment_reversal": f"takes back {words} of {who}, {speaker.sum(amount)}: what it settled is open again",
        "payout": f"pays {speaker.sum(amount)} back to {who}",
        "write_off": f"gives up {speaker.sum(amount)} that {who} owes, of {words}",
    }[kind]
    return [f"{done}; {_standing(speaker, owed)}"]


def _standing(speaker: Speaker, owed: Decimal) -> str:
    left = f"{speaker.sum(owed)} owed after it" if owed > 0 else "nothing owed after it"
    return left + (f", {speaker.sum(-owed)} on account" if owed < 0 else "")


def _served(speaker: Speaker, done: Sequence[Movement]) -> list[str]:
    served = [one for one in done if one.kind == "served"]
    said = []
    if served:
        count, charged = -sum(one.units for one in served), sum((one.against for one in served), Decimal(0))
        said.append(f"serves a shortfall of {units(count)}: usage revenue {speaker.sum(charged)}")
    return said + _taken_back(speaker, done)


def _taken_back(speaker: Speaker, done: Sequence[Movement]) -> list[str]:
    """What a refund still had to take: it was paid then, and is revaluation now (CHARGING 21)."""
    late = [one for one in done if one.kind == "late_refund"]
    if not late:
        return []
    count, worth = -sum(one.units for one in late), -sum((one.deferred for one in late), Decimal(0))
    return [f"takes {units(count)} that were paid back before and had been used: revaluation {speaker.sum(worth)}"]


def month(speaker: Speaker, closed: dict[str, Any], *, posts: str | None) -> list[str]:
    """What closing a month freezes (CHARGING 16, 24, 26). posts: the valuation, of a prepaid month."""
    where = f"{closed['account']} {closed['month']}"
    since = f"from then on nothing but late usage is recorded before {closed['ends_at']:%Y-%m-%d %H:%M}"
    if posts is None:
        count = closed["lines"]
        return [
            (
                f"freezes {where}: {count} line{'' if count == 1 else 's'}, net {speaker.money(closed['net'])},"
                f" VAT {speaker.money(closed['vat'])}, total {speaker.sum(closed['total'])}; unbilled until it is issued; {since}"
            )
        ]
    if "closing" not in closed:
        return [f"freezes {where}: no deferred revenue; {posts} posts from its first close on; {since}"]
    value = {name: speaker.money(closed[name]) for name in closed if isinstance(closed[name], Decimal | int)}
    flow = ", ".join(
        f"{name.replace('_', ' ')} {value[name]}"
        for name in ("opening", "brought_in", "sold", "used", "given_back", "lapsed", "refunded", "revalued", "closing")
        if closed.get(name) or name in ("opening", "closing")
    )
    return [
        f"freezes {where}: deferred revenue {flow} {speaker.currency}",
        (
            f"values: rerate {value['rerate_value']}, blended {value['blended_value']}, difference {value['difference']} {speaker.currency};"
            f" {posts} posts, which the first close fixed; {since}"
        ),
    ]
