"""The witness as the statement that a carrier sends: a CSV that `outbound statement load` takes."""

import csv
from collections.abc import Iterable
from datetime import UTC, datetime
from typing import TextIO

from local.carrier import ids
from local.carrier.ids import IdForm
from local.carrier.witness import Accepted

COLUMNS = ("message_id", "destination", "source", "reference", "accepted_at")


def write(records: Iterable[Accepted], to: TextIO, id_form: IdForm) -> None:
    """A line for each accepted segment, ids in the form of the receipts."""
    lines = csv.writer(to, lineterminator="\n")
    lines.writerow(COLUMNS)
    for record in records:
        reference = "" if record.reference is None else record.reference
        at = datetime.fromtimestamp(record.at, UTC).isoformat(timespec="microseconds")
        message_id = ids.written(record.number, id_form).decode()
        lines.writerow([message_id, record.destination, record.source, reference, at])
