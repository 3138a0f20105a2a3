"""`outbound bank`: payments out of a bank's files, and the lines that nobody could be found for."""

from pathlib import Path

import click

from billing.options import account, as_json, dry_run
from billing.printing import show, show_rows

_bank = click.option("--bank", default="bank", show_default=True, metavar="NAME", help="Which of our bank accounts.")


@click.group(name="bank", short_help="Take payments in from a bank's CSV.")
def command() -> None:
    """Payments as a bank's files have them."""


@command.command(short_help="Take a bank's CSV in, all of it or nothing.")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@_bank
@click.option(
    "--column", "columns", multiple=True, metavar="FIELD=HEADER",
    help="The header of a field: reference, date, amount, account, document, payer, details, currency, withheld,"
    " certificate. May come several times.",
)  # fmt: skip
@click.option("--delimiter", default=",", show_default=True, metavar="C", help="What stands between columns.")
@click.option("--decimal", type=click.Choice([".", ","]), default=".", show_default=True, help="The decimal mark.")
@click.option("--date-format", metavar="FORMAT", help="Like %d/%m/%Y; default 2026-10-31.")
@click.option("--encoding", default="utf-8-sig", show_default=True, metavar="NAME", help="Of the file.")
@dry_run
@as_json
def load(
    file: Path,
    bank: str,
    columns: tuple[str, ...],
    delimiter: str,
    decimal: str,
    date_format: str | None,
    encoding: str,
    dry_run: bool,
    as_json: bool,
) -> None:
    """Takes FILE in: what came in becomes payments of the accounts that its lines name, or whose invoices they name.

    Columns are found by their headers (reference, value date, credit, customer, invoice, payer, ...). A reference is
    taken once, so that a file can be loaded again. A line of which nobody knows whose it is is kept: `outbound bank
    unassigned`. What went out is left out. Where any line is wrong nothing is taken, and all of them are told.

    \b
    outbound bank load october.csv --column reference="Trx no" --column amount=Credit --date-format %d/%m/%Y
    """
    from billing import bank as banks
    from billing.bank_file import HEADERS, Form

    named = dict(one.partition("=")[::2] for one in columns)
    unknown = [name for name in named if name not in HEADERS or not named[name]]
    if unknown:
        raise click.UsageError(f"--column is FIELD=HEADER with FIELD one of {', '.join(HEADERS)}, not {unknown[0]!r}")
    form = Form(columns=named, delimiter=delimiter, decimal=decimal, date_format=date_format, encoding=encoding)
    show(banks.load(file, form, bank=bank, dry_run=dry_run), as_json, dry_run=dry_run)


@command.command(short_help="Lines that are nobody's payment yet.")
@as_json
def unassigned(as_json: bool) -> None:
    """Lists the lines that were kept since nobody knew whose they are, oldest first."""
    from billing import bank as banks

    show_rows("unassigned", banks.unassigned(), as_json)


@command.command(short_help="Make a kept line the payment of an account.")
@click.argument("reference")
@account
@click.option("--invoice", metavar="NUMBER", help="The invoice or order that it pays; else the oldest first.")
@_bank
@dry_run
@as_json
def assign(reference: str, account: str, invoice: str | None, bank: str, dry_run: bool, as_json: bool) -> None:
    """Makes the kept line with the bank's REFERENCE a payment of the account."""
    from billing import bank as banks

    done = banks.assign(reference, account, names=invoice, bank=bank, dry_run=dry_run)
    show(done, as_json, dry_run=dry_run)
