"""A run of the fuzz: every file from its own seed, through the real path, judged by what is in the database then."""

import faulthandler
import json
import re
from collections import Counter
from contextlib import AbstractContextManager, nullcontext
from typing import Any
from unittest.mock import patch

from ingest import gate
from ingest.foreground import ingest
from outbound.settings import ROOT, settings
from tests.fuzz_files.inputs import Input, spoilt
from tests.fuzz_files.stage import Stage
from tests.fuzz_files.tables import MEMBERS, OPTED_OUT

HANGS_AFTER = 120.0  # seconds for one file, which takes a few hundredths of one
GATED = 10  # of so many files one passes Great Expectations, which takes longer than everything else together
DOCUMENTED = frozenset(re.findall(r"`([A-Z]+(?:_[A-Z]+)*)`", (ROOT / "docs" / "reference" / "intake.md").read_text()))


class DoesNotHold(Exception):
    """A promise is broken by a file; `make fuzz-files SEED=... COUNT=1` tries that one again."""


def many(stage: Stage, first: int, count: int) -> Counter[str]:
    """The files of the seeds from `first` on; how many ended in which status and with which codes."""
    ended: Counter[str] = Counter()
    for seed in range(first, first + count):
        ended.update(outcome(stage, seed))
    return ended


def outcome(stage: Stage, seed: int) -> set[str]:
    """The status and the codes that the file of this seed ends with. A hang ends the process with its traceback."""
    faulthandler.dump_traceback_later(HANGS_AFTER, exit=True)
    try:
        with _gate(seed):
            ack = one(stage, spoilt(seed))
    except Exception as error:
        raise DoesNotHold(f"seed {seed}: {type(error).__name__}: {error}") from error
    finally:
        faulthandler.cancel_dump_traceback_later()
    return {ack["status"], *(code["code"] for code in ack["codes"])}


def _gate(seed: int) -> AbstractContextManager[Any]:
    return patch.object(gate, "evaluate", return_value=(True, [])) if seed % GATED else nullcontext()


def one(stage: Stage, file: Input) -> dict[str, Any]:
    """Takes a file in and holds the platform to its promises; the acknowledgement."""
    name = f"account-{file.name.split('.')[0]}"
    account_id = stage.account(name)
    path = stage.folder / file.name
    sidecar = stage.folder / f"{file.name}.manifest.json"
    path.write_bytes(file.content)
    if file.manifest is not None:
        sidecar.write_bytes(file.manifest)
    try:
        ack = ingest(path, name, file.kind)
        after = stage.after(account_id)
        _is_an_answer(ack, name)
        _is_whole(ack, after)
        {"campaign": _campaign, "base": _base, "optout": _optout}[file.kind](ack, after)
    finally:
        path.unlink()
        sidecar.unlink(missing_ok=True)
        stage.clear(account_id, name)
    return ack


def _is_an_answer(ack: dict[str, Any], name: str) -> None:
    """It says what is wrong, by documented codes, with places and without numbers, and lies in results/."""
    assert ack["status"] in ("accepted", "partial", "rejected", "held", "duplicate")
    assert ack["codes"] or ack["status"] == "accepted", "nothing says why"
    for code in ack["codes"]:
        assert code["code"] in DOCUMENTED, f"{code['code']} is not documented"
        assert code.get("rows") or code.get("detail"), "neither a count nor a sentence"
        assert code.get("line", 1) >= 1
        assert code.get("byte", 0) >= 0
    said = json.dumps(ack["codes"], ensure_ascii=False)
    assert not any(str(number)[2:] in said for number in MEMBERS), "a subscriber's number is told"
    results = settings().home / "zones" / name / "results"
    (written,) = results.glob("*.ack.json")
    assert json.loads(written.read_text()) == ack
    assert [path.name for path in results.glob("*.rejects.csv")] == (
        [ack["rejects_file"]] if ack["rejects_file"] else []
    )


def _is_whole(ack: dict[str, Any], after: dict[str, Any]) -> None:
    """Counts agree, and nothing half done is left."""
    assert after["files"] == ["answered"]
    assert ack["accepted"] + ack["rejected"] == ack["rows"]
    assert sum(ack["reasons"].values()) == ack["rejected"] == after["rejects"] or ack["status"] == "held"
    assert sorted(after["landings"] or []) == sorted(after["waiting"] or []), "a landing table is left over"
    assert after["unwilling"] == 0, "someone outside the base or opted out is queued"
    assert after["messages"] == after["numbers"] == after["batched"]
    assert after["segments"] == after["reserved"]


def _campaign(ack: dict[str, Any], after: dict[str, Any]) -> None:
    """All of it is queued, or nothing."""
    is_queued = ack["status"] in ("accepted", "partial")
    assert after["messages"] == (ack["accepted"] if is_queued else 0)
    assert after["segments"] == (ack["segments"] if is_queued else 0)
    states = {"accepted": ["accepted"], "partial": ["accepted"], "held": ["held"]}.get(ack["status"])
    assert after["campaigns"] == states if states else after["campaigns"] in (None, ["rejected"])
    _is_as_it_was(after, "members", MEMBERS)
    _is_as_it_was(after, "opted_out", OPTED_OUT)


def _base(ack: dict[str, Any], after: dict[str, Any]) -> None:
    """Loaded whole or not at all; nobody is opted in or out by it."""
    _is_as_it_was(after, "opted_out", OPTED_OUT)
    members = set(after["members"] or [])
    if ack["status"] not in ("accepted", "partial"):
        _is_as_it_was(after, "members", MEMBERS)
    elif ack["load"] == "full":
        assert len(members) <= ack["accepted"]
    else:
        assert len(members ^ set(MEMBERS)) <= ack["accepted"]
    assert (after["campaigns"], after["messages"]) == (None, 0)


def _optout(ack: dict[str, Any], after: dict[str, Any]) -> None:
    """It only adds."""
    _is_as_it_was(after, "members", MEMBERS)
    opted_out = set(after["opted_out"])
    assert opted_out >= set(OPTED_OUT)
    added = ack["accepted"] if ack["status"] in ("accepted", "partial") else 0
    assert len(opted_out) - len(OPTED_OUT) <= added
    assert (after["campaigns"], after["messages"]) == (None, 0)


def _is_as_it_was(after: dict[str, Any], what: str, before: list[int]) -> None:
    assert after[what] == sorted(before), f"{what} changed"
