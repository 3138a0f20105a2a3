"""What a set-up file says of what carriers ask, and of what currencies are worth."""

from typing import Annotated, Literal

from pydantic import AfterValidator, Field, model_validator
from pydantic_core import PydanticCustomError

from outbound.setup import costs
from outbound.setup.values import Currency, Day, Exchange, Prefix, Rate, Strict, Text


class BuyRate(Strict):
    """What the carrier asks for a segment from a day on: of an operator's networks, of those of a prefix, or of all that
    nothing else names. per: each accepted segment costs, or each that was delivered. to is exclusive."""

    operator: Text | None = None
    prefix: Prefix | None = None
    per: Literal["submission", "delivery"] = "submission"
    currency: Currency
    since: Day = Field(alias="from")
    until: Day | None = Field(default=None, alias="to")
    rate: Rate

    @model_validator(mode="after")
    def _is_of_one_kind(self) -> "BuyRate":
        if self.operator is not None and self.prefix is not None:
            raise ValueError("give operator or prefix, or neither for all networks")
        if self.operator is not None and (self.operator == costs.EVERY or self.operator.startswith("+")):
            raise ValueError(
                f"operator {self.operator!r} would be taken for something else: leave out what it begins with"
            )
        return self

    @property
    def network(self) -> str:
        """As network.buy_rate has it."""
        return self.operator or (f"+{self.prefix}" if self.prefix else costs.EVERY)


def _priced(rates: list[BuyRate]) -> list[BuyRate]:
    found = costs.faults(rates)
    if found:
        raise PydanticCustomError("faults", "the buy rates contradict each other", {"faults": found})
    return rates


BuyRates = Annotated[list[BuyRate], AfterValidator(_priced)]


class FxRate(Strict):
    """What one unit of currency is worth in another, from a day on until the next one of the two."""

    currency: Currency
    into: Currency
    since: Day = Field(alias="from")
    rate: Exchange

    @model_validator(mode="after")
    def _exchanges_something(self) -> "FxRate":
        if self.currency == self.into:
            raise ValueError(f"{self.currency} into itself needs no rate: leave it out")
        return self


def _each_once(rates: list[FxRate]) -> list[FxRate]:
    keys = [(rate.currency, rate.into, rate.since) for rate in rates]
    found = [
        (n, f"{key[0]} into {key[1]} from {key[2]} stands here twice: keep one")
        for n, key in enumerate(keys)
        if key in keys[:n]
    ]
    if found:
        raise PydanticCustomError("faults", "the exchange rates contradict each other", {"faults": found})
    return rates


FxRates = Annotated[list[FxRate], AfterValidator(_each_once)]
