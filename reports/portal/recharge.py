"""What a purchase would do to a prepaid balance, from what its command says in a dry run."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any


@dataclass(frozen=True)
class Recharge:
    """left: units before it. extended: of these, those that it extends and re-rates. rate: a unit's, without VAT.

    total: net and vat.
    """

    units: int
    left: int
    extended: int
    rate: Decimal
    last_valid_day: date
    net: Decimal
    vat: Decimal
    total: Decimal
    currency: str


def recharge(told: Mapping[str, Any]) -> Recharge | None:
    """told: what `outbound purchase --dry-run --json` printed. None where the units come later, with their payment."""
    lots = {one["lot"]: one for one in told.get("lots", ())}
    bought = lots.get(told.get("order"))
    if bought is None:
        return None
    return Recharge(
        units=told["units"], left=sum(one["units"] for one in lots.values()) - told["units"],
        extended=told["extended_units"], rate=Decimal(told["rate"]),
        last_valid_day=date.fromisoformat(bought["last_valid_day"]),
        net=Decimal(told["net"]), vat=Decimal(told["vat"]), total=Decimal(told["total"]), currency=told["currency"],
    )  # fmt: skip
