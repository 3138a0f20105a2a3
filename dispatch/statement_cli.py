"""`outbound statement`: what a carrier says it accepted."""

from datetime import datetime
from pathlib import Path
from zoneinfo import ZoneInfo, available_timezones

import click

from outbound.cli import emit
from outbound.masking import mask


@click.group(short_help="Carriers' statements: settle what is in doubt, find differences.")
def command() -> None:
    """What a carrier says it accepted, beside what our log says."""


def _columns(_: click.Context, __: click.Parameter, given: tuple[str, ...]) -> dict[str, str]:
    from dispatch.statement_file import ALIASES

    columns = {}
    for written in given:
        field, equals, name = written.partition("=")
        if not equals or not name or field not in ALIASES:
            raise click.BadParameter(f"{written!r}: write FIELD=NAME, where FIELD is one of {', '.join(ALIASES)}")
        columns[field] = name
    return columns


def _encoding(_: click.Context, __: click.Parameter, given: str) -> str:
    import codecs

    try:
        return codecs.lookup(given).name
    except LookupError:
        raise click.BadParameter(f"{given!r} is no encoding that is known here, like utf-8 or cp1256") from None


def _zone(_: click.Context, __: click.Parameter, given: str) -> str:
    if given not in available_timezones():
        raise click.BadParameter(f"{given!r} is no time zone, like Africa/Cairo")
    return given


def _instant(_: click.Context, __: click.Parameter, given: str | None) -> datetime | None:
    if given is None:
        return None
    try:
        return datetime.fromisoformat(given)
    except ValueError:
        raise click.BadParameter(f"{given!r} is no day or instant like 2026-03-01 or 2026-03-01T10:00") from None


@command.command(short_help="Load a carrier's statement.")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--connector", required=True, metavar="NAME", help="Whose statement it is.")
@click.option(
    "--column", "columns", multiple=True, metavar="FIELD=NAME", callback=_columns,
    help="What the file calls a field, where it is none of the usual names; may be repeated.",
)  # fmt: skip
@click.option(
    "--delimiter", type=click.Choice([",", ";", "|", "comma", "semicolon", "tab", "pipe"]),
    help="Default: the one that the header shows.",
)  # fmt: skip
@click.option(
    "--encoding", default="utf-8-sig", metavar="NAME", callback=_encoding, show_default="utf-8",
    help="UTF-16 with a byte order mark needs no naming.",
)  # fmt: skip
@click.option(
    "--time-format", metavar="FORMAT", help="How accepted_at is written, like %d/%m/%Y %H:%M:%S; default: ISO 8601."
)
@click.option(
    "--zone", default="UTC", show_default=True, metavar="NAME", callback=_zone, help="Of times without an offset."
)
@click.option("--from", "since", metavar="INSTANT", callback=_instant, help="Begin of the statement's time.")
@click.option("--until", metavar="INSTANT", callback=_instant, help="Its end, not included.")
@click.option(
    "--differences", type=click.Path(dir_okay=False, writable=True, path_type=Path), metavar="OUT.csv",
    help="Write every difference there, with complete numbers.",
)  # fmt: skip
@click.option("--json", "as_json", is_flag=True, help="Print the result as JSON.")
def load(
    file: Path,
    connector: str,
    columns: dict[str, str],
    delimiter: str | None,
    encoding: str,
    time_format: str | None,
    zone: str,
    since: datetime | None,
    until: datetime | None,
    differences: Path | None,
    as_json: bool,
) -> None:
    """Loads FILE, a CSV with a header line, one line for each segment that the carrier accepted.

    \b
    message_id   the carrier's id, in the form of its receipts
    destination  the subscriber, as an international number
    source       the sender (optional)
    reference    user_message_reference (optional)
    accepted_at  when the carrier accepted it (optional)
    status       how it ended: DELIVRD, UNDELIV, EXPIRED ... (optional)
    price        what the carrier asks for it, with currency or in that of the buy rate (optional)

    Attempts in doubt, those given up as unknown, and those that silence had proven not sent become accepted, and are
    charged, where a line proves them. What one side has and the other has not, or has with another destination, is
    counted and listed. Our accepted segments are compared within the statement's time: from --from to --until, else
    from its first to its last accepted_at.

    Nothing is loaded of a file that has a mistake; the message names the line. Loading a file again changes nothing.
    """
    from datetime import timedelta

    from dispatch.statement import settle
    from dispatch.statement_file import Layout

    def local(at: datetime | None) -> datetime | None:
        return at if at is None or at.tzinfo is not None else at.replace(tzinfo=ZoneInfo(zone))

    end = local(until)
    outcome = settle(
        file, connector, Layout(columns, delimiter, encoding, time_format, zone),
        since=local(since), until=None if end is None else end - timedelta(microseconds=1), differences=differences,
    )  # fmt: skip
    counts = {
        name: getattr(outcome, name)
        for name in (
            "lines", "repeated", "agreed", "settled", "other_destination", "only_in_statement", "only_in_log",
        )
    }  # fmt: skip
    if not outcome.compared:
        counts["only_in_log"] = None
    shown = [
        one._asdict()
        | {
            "destination": one.destination and mask(one.destination),
            "our_destination": one.our_destination and mask(one.our_destination),
        }
        for one in outcome.first
    ]
    if as_json:
        emit({**counts, "differences": shown}, as_json=True)
        return
    emit(
        {
            key: "not compared: neither times nor --from, --until" if value is None else value
            for key, value in counts.items()
        },
        as_json=False,
    )
    if shown:
        click.echo()
        emit(shown, as_json=False)
        total = outcome.only_in_statement + outcome.other_destination + outcome.only_in_log
        if total > len(shown):
            click.echo(f"... and {total - len(shown)} more: --differences OUT.csv writes them all")
