"""The files that the customers of the story send, the same ones in every run, and what must come of each of them.

What must come of a file is known from how it was made, not from the platform.
"""

import json
import random
from collections.abc import Iterable
from dataclasses import dataclass, field

ACCOUNTS = ("amber", "basalt", "coral", "dune", "ember")
TEMPLATE = "Dear {name}, your order {code} is on its way. It will be with you on Sunday."
_FIRST = 201_000_000_000
_APART = 10_000_000  # between the numbers of one account and those of the next
_SPARE = 1.25  # members of a base for each row of a file
_NAMES = ("Mona", "Karim", "Salma", "Youssef", "Laila", "Omar")


@dataclass(frozen=True)
class File:
    """refused: how many rows must be rejected, by reason."""

    account: str
    folder: str
    name: str
    content: bytes
    rows: int
    refused: dict[str, int] = field(default_factory=dict)
    manifest: bytes | None = None

    @property
    def accepted(self) -> int:
        return self.rows - sum(self.refused.values())

    @property
    def status(self) -> str:
        return "partial" if self.refused else "accepted"


def bases(rows: int) -> list[File]:
    """One an account, large enough for files of so many rows; no number is in two of them."""
    return [
        File(account, "bases", "base.csv", _csv("msisdn", map(str, members)), len(members))
        for account in ACCOUNTS
        for members in [_members(account, rows)]
    ]


def campaigns(files: int, rows: int) -> list[File]:
    """So many of each account. In the first all rows can be sent; in the others some are to be refused."""
    return [_campaign(account, n, rows) for account in ACCOUNTS for n in range(1, files + 1)]


def _campaign(account: str, n: int, rows: int) -> File:
    rng = random.Random(f"{account} {n}")
    refused = {} if n == 1 else {"NOT_IN_BASE": rows // 50, "NUMBER_UNPARSABLE": rows // 100, "DUPLICATE": rows // 100}
    recipients = rng.sample(_members(account, rows), rows - sum(refused.values()))
    written = [f"0{member - 20 * 10**10}" if rng.random() < 0.3 else str(member) for member in recipients]
    written += [str(stranger) for stranger in rng.sample(_strangers(account, rows), refused.get("NOT_IN_BASE", 0))]
    written += ["no number"] * refused.get("NUMBER_UNPARSABLE", 0)
    rng.shuffle(written)
    written += [f"+{member}" for member in rng.sample(recipients, refused.get("DUPLICATE", 0))]
    lines = (f"{number},{rng.choice(_NAMES)},{rng.randrange(10**6)}" for number in written)
    return File(
        account,
        "campaigns",
        f"orders-{n}.csv",
        _csv("msisdn,name,code", lines),
        rows,
        refused,
        json.dumps({"template": TEMPLATE, "rows": rows}).encode(),
    )


def _members(account: str, rows: int) -> range:
    first = _FIRST + ACCOUNTS.index(account) * _APART
    return range(first, first + int(rows * _SPARE))


def _strangers(account: str, rows: int) -> range:
    """Members of another account's base."""
    return _members(ACCOUNTS[ACCOUNTS.index(account) - 1], rows)


def _csv(header: str, lines: Iterable[str]) -> bytes:
    return "".join(f"{line}\n" for line in [header, *lines]).encode()
