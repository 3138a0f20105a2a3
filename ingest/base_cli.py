"""`outbound base`: an account's base as a campaign's file."""

from pathlib import Path

import click

from outbound.cli import emit


@click.group(short_help="Write an account's base as a campaign's file.")
def command() -> None:
    """Who is in a base comes by files in bases/; here it goes out again, for a campaign to all of it or a part."""


@command.command(short_help="Write a base, or a part of it, as a campaign's file.")
@click.argument("file", type=click.Path(dir_okay=False, path_type=Path))
@click.option("--account", required=True, metavar="NAME", help="Whose base.")
@click.option("--where", metavar="ATTRIBUTE=VALUE", help="Only the members of whom the base says so.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def write(file: Path, account: str, where: str | None, as_json: bool) -> None:
    """Writes FILE, a new CSV with the column msisdn and one for each attribute of the base. Numbers stand there in full.

    \b
    outbound base write all.csv --account nile
    outbound base write arabic.csv --account nile --where language=ar
    """
    from ingest import accounts, base_file
    from outbound import database

    only = None
    if where is not None:
        name, is_one, value = where.partition("=")
        if not is_one:
            raise click.UsageError("--where is like language=ar")
        only = base_file.Attribute(name, value)
    with database.connect("ingest") as connection:
        found = base_file.write(connection, accounts.named(connection, account), file, only)
    emit({"file": str(file), **found._asdict()}, as_json)
