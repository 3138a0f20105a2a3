"""The checker: judges a round by the carriers' own records and by what the platform exports. Knows no code of either.

A segment is (sender, recipient, part): each campaign has a sender of its own and each recipient one message of it.
"""

import csv
import io
import json
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

Segment = tuple[str, int, int]
CONCATENATED = 0x40  # bit of esm_class: a user data header comes first (SMPP 3.4 5.2.12)


class BooksDiffer(AssertionError):
    """A promise is broken: which one, and some of what breaks it."""


@dataclass(frozen=True, slots=True)
class Taken:
    """What the carriers took. times: how often each segment; texts: what stands in it, without its header."""

    times: Counter[Segment]
    texts: dict[Segment, str]

    @property
    def segments(self) -> set[Segment]:
        return set(self.times)


def taken(witnesses: Iterable[Path]) -> Taken:
    """The records of all carriers, a line a segment."""
    times: Counter[Segment] = Counter()
    texts: dict[Segment, str] = {}
    for witness in witnesses:
        for line in witness.read_text("ascii").splitlines() if witness.exists() else ():
            record = json.loads(line)
            body, part = bytes.fromhex(record["body"]), 1
            if record["esm_class"] & CONCATENATED:
                if body[:3] != b"\x05\x00\x03":
                    raise BooksDiffer(f"a part has another header than 8-bit concatenation: {body[:6].hex()}")
                part, body = body[5], body[6:]
            segment = (record["source"], int(record["destination"]), part)
            times[segment] += 1
            texts[segment] = body.decode("utf-16-be" if record["data_coding"] == 8 else "ascii")
    return Taken(times, texts)


def states(exported: str, senders: Mapping[int, str]) -> dict[Segment, str]:
    """The state of each segment that was tried, of `dispatch.submissions` as CSV: its best attempt's.

    senders: by campaign.
    """
    order = ("not_sent", "rejected", "unknown", "in_doubt", "accepted")
    best: dict[Segment, str] = {}
    for row in csv.DictReader(io.StringIO(exported.removeprefix("\ufeff"))):
        segment = (senders[int(row["campaign"])], int(row["msisdn"]), int(row["segment"]))
        best[segment] = max(best.get(segment, "not_sent"), row["state"], key=order.index)
    return best


def charged(exported: str, senders: Mapping[int, str]) -> Counter[Segment]:
    """How often each segment is charged, of `finance.charges` as CSV."""
    return Counter(
        (senders[int(row["campaign"])], int(row["msisdn"]), int(row["segment"]))
        for row in csv.DictReader(io.StringIO(exported.removeprefix("\ufeff")))
    )


def nobody_else_was_reached(took: Taken, due: Mapping[Segment, str]) -> None:
    """Promise 1: due holds every segment of every recipient who may be written to."""
    none("reached who is no member, opted out, or with another segment", took.segments - set(due))


def nothing_was_doubled(took: Taken) -> None:
    """Promise 2, the carriers' side."""
    none("accepted twice by the carrier", [segment for segment, times in took.times.items() if times > 1])


def silenced_stay_silent(took: Taken, silenced: Mapping[int, set[Segment]]) -> None:
    """Promise 1: silenced holds, for each recipient who opted out while nobody could send, what they had got by then."""
    late = {one for one in took.segments if one[1] in silenced and one not in silenced[one[1]]}
    none("sent after their recipients had opted out", late)


def texts_are_whole(took: Taken, due: Mapping[Segment, str]) -> None:
    """What a handset shows is the text: due has it with each segment, and a message's parts are cut from it in order."""
    parts: dict[tuple[str, int], dict[int, str]] = defaultdict(dict)
    for (sender, recipient, part), text in took.texts.items():
        parts[sender, recipient][part] = text
    wrong = []
    for (sender, recipient), found in parts.items():
        whole = due[sender, recipient, 1]
        size = (153 if whole.isascii() else 67) if (sender, recipient, 2) in due else len(whole)
        wrong += [
            (sender, recipient, part) for part, text in found.items() if text != whole[(part - 1) * size : part * size]
        ]
    none("with another text than it was given", wrong)


def nothing_was_lost(
    took: Taken, said: Mapping[Segment, str], progress: Mapping[str, int], due: Iterable[Segment]
) -> None:
    """Promise 2, the platform's side: each segment is exactly one of accepted, rejected, not sent, unknown, and what
    the carrier took is never said to be rejected or not sent."""
    due = set(due)
    none("tried, though nobody asked for it", set(said) - due)
    by_state = Counter(said.values())
    none("in doubt, though its time is over", [one for one, state in said.items() if state == "in_doubt"])
    none("accepted by the platform alone", {one for one, state in said.items() if state == "accepted"} - took.segments)
    lost = [one for one in took.segments if said.get(one) not in ("accepted", "unknown")]
    none("accepted by the carrier, and said to be rejected or not sent", lost)
    settled = {name: progress[name] for name in ("accepted", "unknown", "rejected", "dropped", "unsent", "in_doubt")}
    same("segments in the progress", sum(settled.values()), len(due))
    same("unsent and in doubt", settled["unsent"] + settled["in_doubt"], 0)
    same("accepted: progress and attempts", settled["accepted"], by_state["accepted"])
    same("unknown: progress and attempts", settled["unknown"], by_state["unknown"])
    same(
        "rejected and not sent",
        settled["rejected"] + settled["dropped"],
        len(due) - by_state["accepted"] - by_state["unknown"],
    )


def all_taken_is_known(took: Taken, said: Mapping[Segment, str]) -> None:
    """Where every accepted segment got its receipt, or a statement was loaded: accepted is what the carrier took."""
    none("accepted by the carrier and not known to be", {one for one in took.segments if said[one] != "accepted"})


def charges_are_what_was_taken(took: Taken, charges: Counter[Segment]) -> None:
    """Promise 3."""
    none("charged more than once", [one for one, times in charges.items() if times > 1])
    none("charged and not accepted", set(charges) - took.segments)
    none("accepted and not charged", took.segments - set(charges))


def none(what: str, segments: Iterable[Segment]) -> None:
    found = sorted(segments)
    if found:
        raise BooksDiffer(f"{len(found)} segments {what}: {found[:5]}")


def same(what: str, one: int, other: int) -> None:
    if one != other:
        raise BooksDiffer(f"{what}: {one}, not {other}")
