"""The files that the demo drops, made anew and the same in every run, and what must come of each of them.

What must come of a file is known from how it was made, not from the platform: the demo's judge uses nothing else.
"""

import csv
import io
import json
import random
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field, replace

from local.demo import people
from local.demo.people import ARABIC_NAMES, ENGLISH_NAMES, Base

EID = (
    "عيد مبارك يا {name}! خصم ٢٠٪ على كل منتجات النيل حتى نهاية الأسبوع."
    " أظهر هذه الرسالة في أي فرع من فروعنا. نتمنى لكم عيدا سعيدا."
)
STATEMENT = "Dear {name}, your Delta Bank statement of {period} is ready. Balance: EGP {balance}. Thank you."
LOYALTY = (
    "Dear {name}, your Nile points of this year are about to lapse. Until Thursday each of them counts twice in all our"
    " branches and in the app, on top of every other offer. Show this message when you pay."
)
OFFERS = (
    "Flash sale: {percent}% off today only. Reply STOP to opt out.",
    "Your parcel {code} is out for delivery between 14:00 and 18:00. Track it in the app.",
    "Your code is {code}. Never share it; our staff will not ask for it.",
    "خصم {percent}٪ اليوم فقط في كل الفروع",
    (
        "Thank you for your order {code}. We have packed it with care and it leaves our warehouse tonight; the driver"
        " calls you half an hour before he arrives. Price: {percent} € [incl. VAT]. Questions? Answer this message any"
        " time."
    ),
)


@dataclass(frozen=True)
class Drop:
    """A file for a landing zone. sends: (msisdn, text) of every message that must go out, in file order.

    refused: how many rows must be rejected, by reason. outcome: of the whole file; of one that is held nothing goes out
    until it is released.
    """

    account: str
    kind: str
    name: str
    content: bytes
    rows: int
    manifest: dict[str, str] | None = None
    sender: str = ""
    outcome: str = "accepted"
    sends: tuple[tuple[int, str], ...] = ()
    refused: dict[str, int] = field(default_factory=dict)


def base_files(bases: dict[str, Base]) -> Iterator[Drop]:
    """Each account's base and opt-outs, to be loaded before its campaigns; the wholesaler's export has semicolons."""
    for base in bases.values():
        mark = ";" if base.account == "sahara" else ","
        members = [(_plain(one), f"2025-{1 + n % 12:02d}-{1 + n % 28:02d}") for n, one in enumerate(base.members)]
        yield Drop(base.account, "base", "base.csv", _csv(("msisdn", "consent_date"), members, mark), len(members))
        left = [(_plain(member),) for member in sorted(base.opted_out)]
        yield Drop(base.account, "optout", "optouts.csv", _csv(("msisdn",), left, mark), len(left))


def _plain(msisdn: int) -> str:
    """As digits; a number of another country than the account's needs its + to be read as what it is."""
    return str(msisdn) if str(msisdn).startswith("20") else f"+{msisdn}"


def campaign_files(bases: dict[str, Base]) -> dict[str, Drop]:
    """The five campaigns, 25,000 recipients together, by the name that the summary gives them."""
    return {
        "eid-offer": _eid_offer(bases["nile"]),
        "statements": _statements(bases["delta"]),
        "reseller": _reseller(bases["sahara"]),
        "broken": _broken(bases["delta"]),
        "too-large": _too_large(bases["nile"]),
    }


def _eid_offer(base: Base) -> Drop:
    """Arabic, a template, two segments each."""
    batch = _Batch(base, "eid-offer", lambda rng: {"name": rng.choice(ARABIC_NAMES)}, EID, "name")
    batch.fill(7_412, strangers=210, opted_out=150, unusable=86, duplicates=72, uncovered=40, blank=30)
    return batch.drop(("الجوال", "name"), sender="NILE", manifest={"template": EID})


def _statements(base: Base) -> Drop:
    """English, a template, one segment each; a spreadsheet's export with a byte order mark and CRLF."""

    def values(rng: random.Random) -> dict[str, str]:
        return {
            "name": rng.choice(ENGLISH_NAMES),
            "period": "last month",
            "balance": f"{rng.randrange(100, 90_000):,}.{rng.randrange(100):02d}",
        }

    batch = _Batch(base, "statements", values, STATEMENT, "balance")
    batch.fill(5_731, strangers=101, opted_out=64, unusable=51, duplicates=31, uncovered=12, blank=10)
    return batch.drop(
        ("Mobile", "name", "period", "balance"),
        sender="DELTA",
        manifest={"template": STATEMENT},
        encode=lambda text: text.replace("\n", "\r\n").encode("utf-8-sig"),
    )


def _reseller(base: Base) -> Drop:
    """A wholesaler's own texts, a column of them: one to three segments, two alphabets, three countries; semicolons."""

    def values(rng: random.Random) -> dict[str, str]:
        offer = rng.choices(OFFERS, (30, 25, 20, 15, 10))[0]
        code = f"{rng.randrange(10**6):06d}"
        return {"text": offer.format(percent=rng.randrange(10, 60), code=code)}

    batch = _Batch(base, "reseller", values, "{text}", "text")
    batch.fill(8_604, strangers=180, opted_out=100, unusable=56, duplicates=40, uncovered=20, blank=0)
    return batch.drop(("msisdn", "text"), sender="SAHARA", manifest={"template": "{text}"}, delimiter=";")


def _broken(base: Base) -> Drop:
    """A quote that is opened in line 312 and never closed: nothing of the file may be sent."""
    lines = ["msisdn,name"] + [f"{member},Customer {n}" for n, member in enumerate(base.willing[:500], start=1)]
    lines[311] = lines[311].replace(",", ',"')
    content = ("\n".join(lines) + "\n").encode()
    return Drop(
        base.account, "campaign", "broken.csv", content, 500, {"template": "Hello {name}"}, "DELTA", "rejected"
    )  # fmt: skip


def _too_large(base: Base) -> Drop:
    """Two segments each, 3,000 in all: more than the balance that the first campaign leaves."""
    batch = _Batch(base, "too-large", lambda rng: {"name": rng.choice(ENGLISH_NAMES)}, LOYALTY, "name")
    batch.fill(1_500)
    made = batch.drop(("number", "name"), sender="NILE", manifest={"template": LOYALTY})
    return replace(made, outcome="held")


class _Batch:
    """Rows of one campaign in the making."""

    def __init__(
        self, base: Base, name: str, values: Callable[[random.Random], dict[str, str]], template: str, needed: str
    ) -> None:
        self._rng = random.Random(name)  # noqa: S311 - a made-up campaign, the same in every run
        self._base, self._name, self._values, self._template, self._needed = base, name, values, template, needed
        self._rows: list[tuple[str, dict[str, str], int | None]] = []  # number as written, values, whom it reaches
        self.refused: dict[str, int] = {}

    def fill(
        self, sent: int, strangers: int = 0, opted_out: int = 0, unusable: int = 0, duplicates: int = 0,
        uncovered: int = 0, blank: int = 0,
    ) -> None:  # fmt: skip
        """So many rows that are sent, and so many that are refused for each reason, in any order."""
        rng = self._rng
        willing = rng.sample(self._base.willing, sent + blank)
        for member in willing[:sent]:
            self._add(people.written(member, rng), member)
        for member in willing[sent:]:
            self._add(people.written(member, rng), None, {self._needed: rng.choice(("", "  "))})
        for number in self._base.strangers[:strangers]:
            self._add(people.written(number, rng), None)
        for number in rng.sample(sorted(self._base.opted_out), opted_out):
            self._add(people.written(number, rng), None)
        for number in people.uncovered(uncovered):
            self._add(people.written(number, rng), None)
        for _ in range(unusable):
            self._add(people.unusable(rng), None)
        rng.shuffle(self._rows)
        for member in rng.sample(willing[:sent], duplicates):  # below the row that they repeat
            self._add(people.written(member, rng), None)
        counts = {
            "NOT_IN_BASE": strangers, "OPTED_OUT": opted_out, "NOT_COVERED": uncovered, "MISSING_VALUE": blank,
            "DUPLICATE": duplicates, "unusable": unusable,
        }  # fmt: skip
        self.refused = {reason: count for reason, count in counts.items() if count}

    def drop(
        self, header: tuple[str, ...], sender: str, manifest: dict[str, str], delimiter: str = ",",
        encode: Callable[[str], bytes] = str.encode,
    ) -> Drop:  # fmt: skip
        lines = [(number, *(values[column] for column in header[1:])) for number, values, _ in self._rows]
        return Drop(
            account=self._base.account,
            kind="campaign",
            name=f"{self._name}.csv",
            content=_csv(header, lines, delimiter, encode),
            rows=len(lines),
            manifest=manifest,
            sender=sender,
            outcome="partial" if self.refused else "accepted",
            sends=tuple((reached, self._text(values)) for _, values, reached in self._rows if reached is not None),
            refused=self.refused,
        )

    def _add(self, number: str, reaches: int | None, changed: dict[str, str] | None = None) -> None:
        self._rows.append((number, {**self._values(self._rng), **(changed or {})}, reaches))

    def _text(self, values: dict[str, str]) -> str:
        text = self._template
        for column, value in values.items():
            text = text.replace(f"{{{column}}}", value)
        return text


def _csv(
    header: Iterable[str], lines: Iterable[Iterable[str]], delimiter: str = ",",
    encode: Callable[[str], bytes] = str.encode,
) -> bytes:  # fmt: skip
    text = io.StringIO()
    writer = csv.writer(text, delimiter=delimiter, lineterminator="\n")
    writer.writerow(header)
    writer.writerows(lines)
    return encode(text.getvalue())


def sidecar(drop: Drop, batch: int) -> str | None:
    """The options that go with a file; from the second batch on a reference that makes the same bytes new."""
    options = {**(drop.manifest or {}), **({"batch_ref": f"demo-{batch}-{drop.name}"} if batch > 1 else {})}
    return json.dumps(options, ensure_ascii=False) if options else None
