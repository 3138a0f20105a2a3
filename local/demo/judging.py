"""Judges a run by the carrier's own record and the files' own lists; the platform says what it logged and charged.

Pure: everything comes in as values.
"""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from local.carrier.witness import Accepted, texts_of
from local.demo.campaigns import Drop
from local.demo.facts import Facts
from local.demo.people import Base
from smpp import text
from smpp.receipt import State

UNUSABLE = ("NUMBER_UNPARSABLE", "NUMBER_INVALID", "NOT_MOBILE", "NUMBER_MANGLED")
SENDERS = {"NILE": "nile", "DELTA": "delta", "SAHARA": "sahara"}


@dataclass(frozen=True)
class Finding:
    """One thing that the books must show: whether they do, and the figures."""

    holds: bool
    says: str


def judge(
    everything: Sequence[Accepted], before: int, expected: Iterable[tuple[int, str]], bases: Mapping[str, Base],
    drops: Mapping[str, Drop], acks: Mapping[str, Mapping[str, Any]], facts: Facts,
) -> list[Finding]:  # fmt: skip
    """everything: all that the carrier accepted, the first `before` in earlier runs. expected: what this run sends."""
    ours = [record for record in everything if record.source in SENDERS]
    new = [record for record in everything[before:] if record.source in SENDERS]
    return [
        segments(len(ours), facts),
        recipients(new, list(expected), bases),
        deferred(facts),
        *answers(drops, acks),
    ]


def segments(carrier: int, facts: Facts) -> Finding:
    """The carrier's count, the log's and the bill's are one number, and nothing is left open."""
    says = f"segments: carrier {carrier:,} = logged {facts.logged:,} = charged {facts.charged:,}"
    if facts.unsettled:
        says += f", {facts.unsettled:,} in doubt or unknown"
    agree = carrier == facts.logged == facts.logged_once == facts.charged
    return Finding(agree and not facts.unsettled, says if agree else says.replace(" =", ","))


def recipients(new: Sequence[Accepted], expected: Sequence[tuple[int, str]], bases: Mapping[str, Base]) -> Finding:
    """Who was sent what, by the carrier's record: exactly the expected texts, each once, and to nobody else."""
    outside = opted_out = 0
    members = {account: frozenset(base.members) for account, base in bases.items()}
    for record in new:
        account = SENDERS[record.source]
        outside += int(record.destination) not in members[account]
        opted_out += int(record.destination) in bases[account].opted_out
    wanted = Counter((str(msisdn), sent) for msisdn, sent in expected)
    arrived = Counter((to, sent) for to, texts in texts_of(new).items() for sent in texts)
    surplus = arrived - wanted
    twice = sum(count for message, count in surplus.items() if message in wanted)
    wrong = surplus.total() - twice
    missing = (wanted - arrived).total()
    twice += max(len(new) - segment_count(expected), 0) if not surplus else 0
    says = f"outside base {outside:,}, opted out {opted_out:,}, sent twice {twice:,}"
    says += f", wrong text {wrong:,}" if wrong else ""
    says += f", missing {missing:,}" if missing else ""
    return Finding(not (outside or opted_out or twice or wrong or missing), says)


def segment_count(messages: Iterable[tuple[int, str]]) -> int:
    return sum(text.count_segments(sent) for _, sent in messages)


def deferred(facts: Facts) -> Finding:
    agree = facts.deferred == facts.lots_worth
    sign = "=" if agree else "is not"
    return Finding(agree, f"deferred revenue {facts.deferred:,.2f} {sign} open lots {facts.lots_worth:,.2f}")


def answers(drops: Mapping[str, Drop], acks: Mapping[str, Mapping[str, Any]]) -> list[Finding]:
    """Each file's answer is what it was made to get; what is right is said in one line."""
    wrong = [Finding(False, said) for name in drops for said in _differences(name, drops[name], acks.get(name))]
    return wrong or [Finding(True, f"answers: {len(drops)} files, every rejected row for the reason it was made with")]


def _differences(name: str, drop: Drop, ack: Mapping[str, Any] | None) -> list[str]:
    if ack is None:
        return [f"{name}: no answer"]
    if ack["status"] != drop.outcome:
        return [f"{name}: answered {ack['status']}, not {drop.outcome}"]
    if drop.outcome == "rejected":
        return []
    reasons = by_reason(ack)
    wanted = Counter(drop.refused)
    different = [one for one in wanted | reasons if reasons[one] != wanted[one]]
    said = [f"{name}: {reasons[one]} {one}, not {wanted[one]}" for one in different]
    if ack["accepted"] != len(drop.sends):
        said.append(f"{name}: {ack['accepted']} accepted, not {len(drop.sends)}")
    return said


def by_reason(ack: Mapping[str, Any]) -> Counter[str]:
    """Rejected rows by reason; the ways in which a number can be unusable are one."""
    reasons: Counter[str] = Counter()
    for reason, rows in ack["reasons"].items():
        reasons["unusable" if reason in UNUSABLE else reason] += rows
    return reasons


def handsets_on(new: Sequence[Accepted], acknowledged: Mapping[int, Sequence[State]]) -> int:
    """Messages whose handset was off at first and that were delivered once it came on."""
    off = [
        record
        for record in new
        if State.ENROUTE in acknowledged.get(record.number, ())
        and State.DELIVERED in acknowledged.get(record.number, ())
    ]
    return sum(len(texts) for texts in texts_of(off).values())


def killed(pid: int | None, accepted: int, segments: int) -> Finding:
    """That the worker was killed in the middle, and the books are judged after that."""
    if pid is None:
        return Finding(False, "the worker was not killed: everything was sent before it could be")
    return Finding(accepted < segments, f"worker {pid} killed (-9) after {accepted:,} of {segments:,} segments")
