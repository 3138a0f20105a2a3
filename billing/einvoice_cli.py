"""`outbound einvoice`: documents for the tax authority, and what it answered."""

import re
from pathlib import Path

import click

from billing.options import as_json, optional_account
from billing.printing import show, show_rows


@click.group(short_help="Documents for the tax authority, and what it answered.")
def command() -> None:
    """E-invoices of the Egyptian Tax Authority, document type version 1.0. Signing and submitting them takes the legal entity's
    certificate and is done by its signing service; what came back is recorded here.
    """


@command.command(short_help="Write what the authority has not accepted, to be signed and submitted.")
@click.argument("folder", type=click.Path(path_type=Path, file_okay=False))
@optional_account
@as_json
def export(folder: Path, account: str | None, as_json: bool) -> None:
    """Writes NUMBER.json and NUMBER.txt, the text whose SHA-256 is signed, into FOLDER. What cannot be told yet says why.

    A credit note waits for the UUID of the invoice that it corrects.
    """
    from billing.documents import authority

    show_rows("documents", authority.export(folder, account=account), as_json)


@command.command(short_help="Record the authority's answer.")
@click.argument("document", metavar="NUMBER")
@click.option("--uuid", required=True, help="The authority's own.")
@click.option(
    "--status",
    required=True,
    type=click.Choice(["submitted", "valid", "invalid", "rejected", "cancelled"]),
    help="What it says of the document.",
)
@optional_account
@as_json
def record(document: str, uuid: str, status: str, account: str | None, as_json: bool) -> None:
    """Keeps the UUID and the state that the authority gave invoice or credit note NUMBER. The latest answer holds.

    \b
    outbound einvoice record 2026-000041 --uuid 42S512YACQBRSRHYKBXBTGQG22 --status valid
    """
    from billing.documents import authority

    if not re.fullmatch(r"[A-Za-z0-9-]{1,64}", uuid):
        raise click.BadParameter(f"{uuid!r} is no UUID of the authority", param_hint="--uuid")
    show(authority.record(document, uuid, status, account=account), as_json)
