"""What a closed month has charged stays charged there, whatever is proven or closed later (CHARGING 1, 16)."""

from datetime import datetime

from tests.integration.dbt.conftest import Account, cairo


def attempts(account: Account, attempt: int, *, at: str, state: str) -> None:
    """One more attempt to submit the one segment of the account's campaign."""
    books = account.books
    sent_at = cairo(at)
    books.execute("select dispatch.ensure_days(%s, %s)", sent_at.date(), sent_at.date())
    books.execute(
        "insert into dispatch.submission (account_id, campaign_id, ordinal, segment, attempt, state, command_status,"
        " answered_at, sent_at, epoch_id, intent_serial, connector_id, session, sequence, reference, network_id, zone)"
        " values (%s, %s, 1, 1, %s, %s, %s, %s, %s, 1, 1, 1, 1, 1, 1, 1, 'EG')",
        account.account_id, account.account_id, attempt, state,
        *((0, sent_at) if state == "accepted" else (None, None)), sent_at,
    )  # fmt: skip


def is_proven(account: Account, attempt: int) -> None:
    account.books.execute(
        "insert into dispatch.settlement (account_id, campaign_id, ordinal, segment, attempt, state, proof)"
        " values (%s, %s, 1, 1, %s, 'accepted', 'receipt')",
        account.account_id, account.account_id, attempt,
    )  # fmt: skip


def charged(figures, account: Account) -> list[tuple[int, datetime]]:
    return [(row.attempt, row.charged_at) for row in figures.of("finance.charges", account.name)]


def test_an_attempt_that_is_proven_late_takes_nothing_back(books):
    """Sent in January without an answer and again in February: February bills it. The January attempt is proven in March."""
    nile, delta = books.account("nile"), books.account("delta")
    for account in (nile, delta):
        attempts(account, 1, at="2026-01-10 12:00", state="in_doubt")
        attempts(account, 2, at="2026-02-03 12:00", state="accepted")
    february = [(2, cairo("2026-02-03 12:00"))]
    assert charged(books.as_of("2026-03-05 12:00"), nile) == february

    for month in ("2026-01", "2026-02"):
        nile.closes(month)
    is_proven(nile, 1)
    is_proven(delta, 1)
    figures = books.as_of("2026-04-05 12:00")
    assert charged(figures, nile) == february
    assert charged(figures, delta) == [(1, cairo("2026-01-10 12:00"))]  # none of its months was closed

    nile.closes("2026-03")
    assert charged(books.as_of("2026-04-06 12:00"), nile) == february
