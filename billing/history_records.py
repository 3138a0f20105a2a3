"""The records of a history file: one JSON object a line, each of a type with its own fields."""

import json
from collections.abc import Iterable, Iterator
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Annotated, Any, Literal

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    RootModel,
    ValidationError,
    model_validator,
)

MOST = 2**63 - 1  # what a bigint holds


def _instant(value: Any) -> datetime:
    if not isinstance(value, str):
        raise ValueError("write an instant like 2026-03-15T10:00:00.000000+02:00")  # noqa: TRY004  pydantic's way
    head, _, fraction = value.partition(".")
    if len(fraction.rstrip("Zz").partition("+")[0].partition("-")[0]) > 6:
        raise ValueError("an instant has microseconds, no finer ones")
    try:
        read = datetime.fromisoformat(value)
    except ValueError as error:
        raise ValueError(f"{value!r} is no instant: write it like 2026-03-15T10:00:00.000000+02:00") from error
    if len(head) < len("2026-03-15T10:00"):
        raise ValueError(f"{value!r} is a day, not an instant: write it like 2026-03-15T10:00:00+02:00")
    return (read if read.tzinfo else read.replace(tzinfo=UTC)).astimezone(UTC)


def _not_boolean(value: Any) -> Any:
    if isinstance(value, bool):
        raise ValueError("is true or false, not a number")  # noqa: TRY004
    return value


def _whole(value: Any) -> Any:
    if isinstance(_not_boolean(value), str):
        raise ValueError("is a text, not a whole number")  # noqa: TRY004
    return value


def _no_nul(value: str) -> str:
    if "\0" in value:
        raise ValueError("has a NUL character")
    return value


Instant = Annotated[datetime, BeforeValidator(_instant)]
Text = Annotated[str, Field(min_length=1, max_length=200), AfterValidator(_no_nul)]
Units = Annotated[int, BeforeValidator(_whole), Field(gt=0, le=MOST)]
Rate = Annotated[Decimal, BeforeValidator(_not_boolean), Field(ge=0, max_digits=14, decimal_places=6)]
Money = Annotated[Decimal, BeforeValidator(_not_boolean), Field(max_digits=18, decimal_places=3)]


class Record(BaseModel):
    """What every record has; `account` where the command names none."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    id: Text
    at: Instant
    account: Text | None = None


class OpeningLot(BaseModel):
    """A lot as the former system left it: what is left of it, and what it is worth."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    units: Units
    rate: Rate
    carrying_value: Annotated[Money, Field(ge=0)]
    last_valid_day: date
    opened_at: Instant | None = None


class Opening(Record):
    """deferred_revenue: what the former system's books say of all lots together; the carrying values have to sum to it."""

    type: Literal["opening"]
    lots: list[OpeningLot] = []
    receivable: Money = Decimal(0)
    deferred_revenue: Annotated[Money, Field(ge=0)] | None = None
    next_invoice_number: Annotated[int, BeforeValidator(_whole), Field(gt=0, le=MOST)] | None = None


class Purchase(Record):
    """rate: the one agreed on; without it the card's of that day. zone: which card, where the account has several."""

    type: Literal["purchase"]
    units: Units
    rate: Rate | None = None
    zone: Text | None = None


class Payment(Record):
    """withheld: tax that the payer kept back, by the number of its certificate (CHARGING 25)."""

    type: Literal["payment"]
    amount: Annotated[Money, Field(ge=0)] = Decimal(0)
    withheld: Annotated[Money, Field(ge=0)] = Decimal(0)
    certificate: Text | None = None
    reference: Text | None = None

    @model_validator(mode="after")
    def _is_of_something(self) -> "Payment":
        if self.amount + self.withheld == 0:
            raise ValueError("a payment is of something: give amount, or withheld with its certificate")
        if (self.withheld > 0) != (self.certificate is not None):
            raise ValueError("withheld and certificate go together: tax withheld settles with its certificate")
        return self


class Grant(Record):
    type: Literal["grant"]
    units: Units
    reason: Text | None = None


class Refund(Record):
    type: Literal["refund"]
    units: Units
    reason: Text | None = None


class Reversal(Record):
    type: Literal["reversal"]
    usage_id: Text
    reason: Text | None = None


class Usage(Record):
    type: Literal["usage"]
    units: Units
    zone: Annotated[str, Field(max_length=200), AfterValidator(_no_nul)]


AnyRecord = Opening | Purchase | Payment | Grant | Refund | Reversal | Usage


class _Line(RootModel[AnyRecord]):
    root: AnyRecord = Field(discriminator="type")


def read(lines: Iterable[bytes], errors: list[tuple[int, str]]) -> Iterator[tuple[int, AnyRecord]]:
    """(line number, record); what cannot be read is told in `errors` by its line. Empty lines are left out."""
    for number, line in enumerate(lines, start=1):
        text = line.strip().removeprefix(b"\xef\xbb\xbf")
        if not text:
            continue
        try:
            yield number, _Line.model_validate(json.loads(text, parse_float=Decimal, parse_constant=_no_number)).root
        except ValidationError as error:
            errors.extend((number, _told(detail)) for detail in error.errors())
        except (ValueError, RecursionError) as error:
            errors.append((number, f"is no JSON object: {error}"))


def _no_number(text: str) -> Any:
    raise ValueError(f"{text} is no number")


def _told(detail: Any) -> str:
    place = ".".join(str(part) for part in detail["loc"][1:])
    message = detail["msg"].removeprefix("Value error, ")
    if detail["type"] in ("union_tag_invalid", "union_tag_not_found"):
        return "type must be opening, purchase, payment, grant, refund, reversal or usage"
    if detail["type"] == "extra_forbidden":
        return f"{place}: no such field"
    return f"{place}: {message}" if place else message
