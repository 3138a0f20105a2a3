"""`outbound notices`: what customers were told of their balances, and telling them."""

import click

from billing.options import as_json, optional_account
from billing.printing import show, show_rows


@click.group(name="notices", invoke_without_command=True, short_help="What customers were told of their balances.")
@optional_account
@click.option("--limit", type=click.IntRange(min=1), default=100, show_default=True, help="So many, the latest first.")
@as_json
@click.pass_context
def command(ctx: click.Context, account: str | None, limit: int, as_json: bool) -> None:
    """Lists notices: a low balance, units that lapse soon, a limit that is near or reached. Without a subcommand.

    A notice is raised when a threshold is crossed, and told by e-mail and webhook to those whom the account's set-up
    names. `check` and `send` are what Airflow does each hour.

    \b
    outbound notices --account nile
    outbound notices check && outbound notices send
    """
    if ctx.invoked_subcommand is not None:
        return
    from billing import notices

    rows = notices.listed(account, limit)
    if not as_json:
        rows = [_short(row) for row in rows]
    show_rows("notices", rows, as_json)


@command.command(short_help="Compare the balances with their thresholds, and write notices.")
@optional_account
@as_json
def check(account: str | None, as_json: bool) -> None:
    """Looks at the live balance of every account, or of one; needs no build. Repeated at once it raises nothing new."""
    from billing import notices

    show(notices.check(account), as_json)


@command.command(short_help="Send what waits, by e-mail and webhook.")
@as_json
def send(as_json: bool) -> None:
    """Sends what is due; what fails is tried again later, twelve times over about two days.

    E-mails need OUTBOUND_SMTP_HOST and OUTBOUND_SMTP_FROM in the environment; docs/how-to/notices.md has them all.
    """
    from billing import notice_sending

    show(notice_sending.send(), as_json)


def _short(row: dict[str, object]) -> dict[str, object]:
    """What fits on a line."""
    told = ", ".join(f"{row[name]} {name.replace('_', ' ')}" for name in ("sent", "waiting", "given_up") if row[name])
    over = f"{row['over_at']:%Y-%m-%d %H:%M}" if row["over_at"] else ""
    return {
        "at": f"{row['at']:%Y-%m-%d %H:%M}", "account": row["account"], "kind": row["kind"], "over": over,
        "deliveries": told, "text": row["text"],
    }  # fmt: skip
