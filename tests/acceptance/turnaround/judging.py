"""Whether the story ended as it must: what each file was made for, and nothing besides."""

from collections.abc import Iterator
from typing import Any

from tests.acceptance.turnaround.made import ACCOUNTS, File
from tests.acceptance.turnaround.story import Answer, Told


def allowed_seconds(file: File) -> float:
    """Five minutes for each 100,000 rows, at least five (SLA S13)."""
    return 300.0 * max(file.rows / 100_000, 1)


def is_in_time(answer: Answer) -> bool:
    return answer.seconds <= allowed_seconds(answer.file)


def differences(told: Told) -> list[str]:
    """What is not as it must be, a line each."""
    return [*_answers(told), *_books(told), *_folders(told), *_turnaround(told)]


def _answers(told: Told) -> Iterator[str]:
    for file, ack, _ in told.bases + told.campaigns:
        wanted: dict[str, Any] = {
            "file": file.name, "account": file.account, "status": file.status, "rows": file.rows,
            "accepted": file.accepted, "reasons": file.refused,
            "segments": file.accepted if file.folder == "campaigns" else 0,
        }  # fmt: skip
        yield from (
            f"{_name(file)}: {key} {ack[key]}, not {value}" for key, value in wanted.items() if ack[key] != value
        )
    ids = [answer.ack["campaign_id"] for answer in told.campaigns]
    if None in ids or len(set(ids)) < len(ids):
        yield f"not one campaign a file: {ids}"


def _books(told: Told) -> Iterator[str]:
    """One campaign and one reservation a file, all messages queued, none to anybody outside the account's own base."""
    accepted = {(file.account, file.name): file.accepted for file, _, _ in told.campaigns}
    found = {(row["account"], row["file"]): row for row in told.books if row["kind"] == "campaign"}
    if len(told.books) != len(told.bases) + len(told.campaigns) or found.keys() != accepted.keys():
        yield f"{len(told.books)} files were claimed, not {len(told.bases) + len(told.campaigns)}"
    yield from (
        f"{row['account']}/{row['file']}: by {row['completed_by']}" for row in told.books if not _was_renamed(row)
    )
    for key, row in found.items():
        messages = accepted.get(key)
        wanted = {"campaigns": 1, "reservations": 1, "messages": messages, "reserved": messages, "queued": messages}
        yield from (f"{'/'.join(key)}: {row[of]} {of}, not {one}" for of, one in wanted.items() if row[of] != one)
    if told.outside:
        yield f"{told.outside} messages to others than the members of the account's own base"


def _folders(told: Told) -> Iterator[str]:
    """The inbox is empty, the archive has each file with its options, and results/ has the account's own answers alone."""
    for account in ACCOUNTS:
        folders = told.folders[account]
        own = [answer for answer in told.bases + told.campaigns if answer.file.account == account]
        ids = {answer.file.name: f"{answer.file.name}.{answer.ack['file_id']}" for answer in own}
        manifests = [f"{ids[file.name]}.manifest.json" for file, _, _ in own if file.manifest is not None]
        rejects = [f"{ids[file.name]}.rejects.csv" for file, _, _ in own if file.refused]
        wanted = {
            "campaigns": [],
            "bases": [],
            "archive": sorted([*ids.values(), *manifests]),
            "results": sorted([f"{stem}.ack.json" for stem in ids.values()] + rejects),
        }
        yield from (
            f"{account}/{of}: {folders[of]}, not {names}" for of, names in wanted.items() if folders[of] != names
        )


def _turnaround(told: Told) -> Iterator[str]:
    """S13 counts every file of an account, bases too; in time are those that their customer had in time."""
    for account in ACCOUNTS:
        own = [answer for answer in told.bases + told.campaigns if answer.file.account == account]
        wanted = {"counted": len(own), "good": sum(map(is_in_time, own)), "excluded": 0}
        row = told.sla.get(account, {})
        yield from (f"{account}: S13 {of} {row.get(of)}, not {n}" for of, n in wanted.items() if row.get(of) != n)


def _was_renamed(row: dict[str, Any]) -> bool:
    """The platform saw it on its way as X.part, and took it at the next look."""
    return bool(row["completed_by"] == "rename")


def _name(file: File) -> str:
    return f"{file.account}/{file.name}"
