"""What the logs need from day to day: partitions ahead of time, and an end for receipts that nobody will match."""

from outbound import database
from outbound.queries import load

Q = load("dispatch/housekeeping")

DAYS_AHEAD = 7
UNMATCHED_DAYS = 10  # longer than any attempt may be in doubt; the receipt itself stays in the log


def run() -> dict[str, int]:
    """Makes the partitions of the coming days; gives what was done, in figures."""
    with database.connect("dispatch") as connection:
        connection.execute(Q.ensure_days.encode(), {"ahead": DAYS_AHEAD})
        given_up = connection.execute(Q.give_up_receipts.encode(), {"days": UNMATCHED_DAYS}).rowcount
    return {"days_ahead": DAYS_AHEAD, "receipts_given_up": given_up}
