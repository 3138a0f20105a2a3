"""One row of a campaign file as it would be sent, for whoever wants to see it before anything is."""

from pathlib import Path
from typing import Any

import numpy as np
import psycopg

from ingest import checks, preparing, preview
from ingest.accounts import Account
from ingest.checks import Judged, Rules
from ingest.chunk import Chunk
from outbound.errors import OutboundError
from outbound.masking import mask
from recipients.reason import REASONS
from smpp import text as sms


class NoSuchRow(OutboundError):
    """The file has fewer rows than were asked for."""


def row(connection: psycopg.Connection, account: Account, path: Path, number: int) -> dict[str, Any]:
    """The number-th row of a file, 1.. without blank ones: its line, number (masked), reason (empty: it is sent), and text,
    encoding, segments and the character that asks for UCS-2 where its text could be made. Raises NoSuchRow, Unusable."""
    prepared = preparing.prepare(connection, account, preview.as_claimed(account, path), path)
    before = 0
    for chunk, judged in checks.check(prepared.source.chunks(), prepared.rules):
        if before + len(chunk) >= number:
            return {"row": number} | _shown(chunk, judged, prepared.rules, number - before - 1)
        before += len(chunk)
    raise NoSuchRow(f"there is no row {number}: the file has {before}")


def _shown(chunk: Chunk, judged: Judged, rules: Rules, place: int) -> dict[str, Any]:
    code, segments, msisdn = (int(of[place]) for of in (judged.codes, judged.segments, judged.msisdns))
    text = str(rules.texts_of(chunk, np.array([place]))[0].as_py()) if segments else None
    return {
        "line": int(judged.lines[place]),
        "msisdn": mask(msisdn) if msisdn else None,
        "reason": REASONS[code - 1].value if code else "",
        "text": text,
        "encoding": None if text is None else sms.encoding_of(text).label,
        "segments": segments,
        "forced_by": None if text is None else sms.forcing_character(text),
    }
