"""The judge finds what it is there to find."""

import copy
from datetime import UTC, datetime

import pytest

from tests.acceptance.turnaround import made
from tests.acceptance.turnaround.judging import differences
from tests.acceptance.turnaround.made import ACCOUNTS, File
from tests.acceptance.turnaround.story import Answer, Told

RECEIVED = datetime(2026, 11, 26, 9, 0, tzinfo=UTC)


def answered(file: File, number: int) -> Answer:
    ack = {
        "file": file.name, "file_id": number, "account": file.account, "status": file.status, "rows": file.rows,
        "accepted": file.accepted, "reasons": dict(file.refused), "received_at": RECEIVED.isoformat(),
        "campaign_id": number if file.manifest else None, "segments": file.accepted if file.manifest else 0,
    }  # fmt: skip
    return Answer(file, ack, RECEIVED.timestamp() + 20)


@pytest.fixture
def told() -> Told:
    """A story that ended as it must."""
    files = enumerate(made.bases(100) + made.campaigns(2, 100), start=1)
    answers = [answered(file, number) for number, file in files]
    told = Told(bases=answers[:5], campaigns=answers[5:])
    for file, ack, _ in answers:
        stem = f"{file.name}.{ack['file_id']}"
        folders = told.folders.setdefault(
            file.account, {"campaigns": [], "bases": [], "archive": [], "results": []}
        )  # fmt: skip
        folders["archive"] += [stem, f"{stem}.manifest.json"] if file.manifest else [stem]
        folders["results"] += [f"{stem}.ack.json", *([f"{stem}.rejects.csv"] if file.refused else [])]
        row = {"account": file.account, "file": file.name, "kind": "base", "completed_by": "rename"}
        if file.manifest:
            row |= {"kind": "campaign", "campaigns": 1, "reservations": 1}
            row |= dict.fromkeys(("messages", "reserved", "queued"), file.accepted)
        told.books.append(row)
    told.sla = {account: {"good": 3, "counted": 3, "excluded": 0} for account in ACCOUNTS}
    return told


def test_a_story_that_ended_as_it_must(told: Told) -> None:
    assert differences(told) == []


def spoil(told: Told, what: str) -> None:
    ack, row, folders = told.campaigns[3].ack, told.books[-1], told.folders["coral"]
    match what:
        case "an answer of another kind":
            ack["status"] = "held"
        case "another count":
            ack["accepted"] -= 1
        case "another reason":
            ack["reasons"] = {"NOT_MOBILE": 4}
        case "two files are one campaign":
            ack["campaign_id"] = told.campaigns[0].ack["campaign_id"]
        case "two campaigns":
            row["campaigns"] = 2
        case "no reservation":
            row["reservations"] = 0
        case "a message is lost":
            row["queued"] -= 1
        case "a file is claimed twice":
            told.books.append(copy.copy(row))
        case "taken because it stood still":
            row["completed_by"] = "stability"
        case "somebody outside the base":
            told.outside = 1
        case "left in the inbox":
            folders["campaigns"].append("orders-1.csv")
        case "not archived":
            folders["archive"].pop()
        case "a second answer":
            folders["results"].append("orders-1.csv.99.ack.json")
        case "not counted":
            told.sla["dune"]["counted"] = 2
        case "late, and called in time":
            told.campaigns[3] = told.campaigns[3]._replace(seen_at=RECEIVED.timestamp() + 301)
        case "no figure at all":
            del told.sla["ember"]


@pytest.mark.parametrize(
    "what",
    [
        "an answer of another kind", "another count", "another reason", "two files are one campaign", "two campaigns",
        "no reservation", "a message is lost", "a file is claimed twice", "taken because it stood still",
        "somebody outside the base", "left in the inbox", "not archived", "a second answer",
        "not counted", "late, and called in time", "no figure at all",
    ],
)  # fmt: skip
def test_what_is_not_as_it_must_be_is_told(told: Told, what: str) -> None:
    spoil(told, what)
    assert differences(told)
