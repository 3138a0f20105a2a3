"""Options that the commands of billing share."""

from decimal import Decimal, InvalidOperation
from typing import Any

import click

from outbound import cli


class _Decimal(click.ParamType[Decimal]):
    name = "amount"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Decimal:
        try:
            read = Decimal(str(value))
        except InvalidOperation:
            self.fail(f"{value!r} is no number: write it like 1140.00", param, ctx)
        if not read.is_finite():
            self.fail(f"{value!r} is no amount", param, ctx)
        return read


DECIMAL = _Decimal()
INSTANT = cli.INSTANT
account = click.option("--account", required=True, metavar="A", help="Name of the account.")
optional_account = click.option("--account", metavar="A", help="Only this account.")
dry_run = click.option("--dry-run", is_flag=True, help="Say what would happen, and change nothing.")
as_json = click.option("--json", "as_json", is_flag=True, help="Print the result as JSON.")
