"""`outbound carrier`: the carrier simulator's command line."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import click

# the values of local.carrier's enumerations, so that help needs none of its imports
FATES = ("handset_off", "undeliverable", "expired", "rejected")
ID_FORMS = ("decimal", "plain", "hex", "uuid")
GARBAGE = ("octets", "short", "long", "sm_length")
LAYOUTS = ("standard", "sparse", "reordered", "case", "seconds", "full_year", "payload", "tlvs", "unmarked", "mixed")


def _pairs(separator: str) -> Callable[[click.Context, click.Parameter, tuple[str, ...]], list[tuple[str, str]]]:
    def convert(_: click.Context, parameter: click.Parameter, values: tuple[str, ...]) -> list[tuple[str, str]]:
        pairs = [value.partition(separator) for value in values]
        wrong = next((value for value, pair in zip(values, pairs, strict=True) if not pair[0] or not pair[2]), None)
        if wrong is not None:
            raise click.BadParameter(f"{wrong!r} is not of the form {parameter.metavar}")
        return [(left, right) for left, _, right in pairs]

    return convert


def _several(*names: str, form: str, text: str) -> Callable[[Any], Any]:
    return click.option(*names, multiple=True, metavar=form, callback=_pairs("=" if "=" in form else ":"), help=text)


def _seconds(name: str, default: float | None, text: str) -> Callable[[Any], Any]:
    return click.option(
        name, type=click.FloatRange(min=0), default=default, show_default=default is not None, help=text
    )


def _count(name: str, text: str) -> Callable[[Any], Any]:
    return click.option(name, type=click.IntRange(min=1), metavar="N", help=text)


def _percent(name: str, text: str) -> Callable[[Any], Any]:
    return click.option(name, type=click.FloatRange(0, 100), default=0.0, metavar="PERCENT", help=text)


@click.group(invoke_without_command=True, short_help="A simulated carrier: an SMPP server to practise with.")
@click.pass_context
@click.option("--host", default="127.0.0.1", show_default=True, help="The address to listen on.")
@click.option("--port", default=2775, show_default=True, help="0 takes any free one.")
@_several(
    "--account", "accounts", form="SYSTEM_ID:PASSWORD", text="Who may bind; more than once. Without it outbound:secret."
)
@_several(
    "--share",
    "shares",
    form="FATE=PERCENT",
    text=f"How many destinations meet a fate ({', '.join(FATES)}); the rest is delivered.",
)
@_several(
    "--rule",
    "rules",
    form="DIGITS=FATE",
    text="Destinations that end in these digits meet this fate (also: delivered); before the shares.",
)
@click.option("--seed", default=0, help="Another seed, other destinations and segments for each fate and share.")
@_seconds("--latency", 0.0, "Seconds from a submission to its answer.")
@_seconds("--jitter", 0.0, "Up to so many seconds more, another number for each answer: they change their order.")
@click.option("--rate", type=float, help="Segments a second and account; more are throttled.")
@click.option("--window", default=500, show_default=True, help="Receipts without an answer, per session.")
@click.option("--id-form", type=click.Choice(ID_FORMS), default="decimal", help="Ids in answers.")
@_seconds("--receipt-delay", 0.2, "Seconds to the first receipt.")
@_seconds("--handset-off", 3.0, "Seconds until a handset is on again.")
@_seconds("--expiry", 2.0, "Seconds until an expired message is said to be.")
@_seconds("--resend", 30.0, "Seconds after which a receipt is sent again.")
@_percent("--missing-receipts", "Segments whose receipts never come.")
@_percent("--duplicate-receipts", "Segments whose receipts come twice.")
@_percent("--early-receipts", "Segments whose receipts come before the answer to the submission.")
@_percent("--late-receipts", "Segments whose receipts come later, see --late-by.")
@_seconds("--late-by", 5.0, "Seconds that a late receipt is late.")
@click.option("--receipt-layout", type=click.Choice(LAYOUTS), default="standard", help="How receipts are written.")
@click.option("--receipt-id-form", type=click.Choice(ID_FORMS), default="decimal", help="Ids in receipts.")
@click.option("--no-reference", is_flag=True, help="Receipts do not echo user_message_reference.")
@click.option("--no-intermediate", is_flag=True, help="Only final receipts.")
@_percent("--replies", "Segments that subscribers reply to (MO).")
@click.option("--reply-text", default="STOP", show_default=True, help="What they write.")
@_seconds("--reply-delay", 0.5, "Seconds from the acceptance to the reply.")
@_count("--silent-after", "Fault: no answer and no receipt any more after so many submissions.")
@_seconds("--silent-for", None, "The silence ends after so many seconds.")
@_count("--half-open-after", "Fault: each session neither reads nor writes after so many submissions.")
@_count("--disconnect-after", "Fault: cuts each session after so many submissions.")
@click.option(
    "--disconnect-when",
    type=click.Choice(["before", "after"]),
    default="before",
    show_default=True,
    help="Before or after the answer to the last ones.",
)
@_count("--queue-full-every", "Fault: every n-th submission meets a full queue.")
@_several(
    "--status",
    "statuses",
    form="STATUS=PERCENT",
    text="Fault: refuses this share of the submissions with this command_status, like 0x08=5.",
)
@_count("--garbage-after", "Fault: each session gets garbage after so many submissions.")
@click.option(
    "--garbage",
    type=click.Choice(GARBAGE),
    default="octets",
    show_default=True,
    help="No PDU; an answer with a command_length too short or too long; the session's first receipt with an "
    "sm_length beyond its end.",
)
@_seconds("--refuse-binds-for", 0.0, "Fault: binds are refused for so many seconds from the start.")
@click.option(
    "--witness",
    type=click.Path(dir_okay=False, path_type=Path),
    help="Appends every accepted segment before answering; read on start, so that ids and receipts go on.",
)
@click.option(
    "--tls",
    type=click.Path(file_okay=False, path_type=Path),
    metavar="FOLDER",
    help="Serve over TLS with FOLDER/certificate.pem and key.pem; they are made where they are not there.",
)
@click.option("--status-file", type=click.Path(dir_okay=False, path_type=Path), help="Figures as JSON, twice a second.")
def command(context: click.Context, **options: Any) -> None:
    """A simulated carrier on this machine: a real SMPP 3.4 server, no real SMS.

    Takes submissions, answers with message ids, sends receipts (kept for a client that is away), and records on
    its own what it accepted. Prints one JSON line with its port once it listens; ends on Ctrl-C or SIGTERM.
    """
    if context.invoked_subcommand is None:
        from local.carrier.run import run

        run(**options)


@command.command(short_help="What the carrier accepted, as its statement.")
@click.argument("witness", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--receipt-id-form", type=click.Choice(ID_FORMS), default="decimal", help="Ids as in its receipts.")
@click.option("-o", "--output", type=click.File("w", encoding="utf-8", lazy=True), default="-", help="Else to stdout.")
def statement(witness: Path, receipt_id_form: str, output: Any) -> None:
    """Writes WITNESS, a file of --witness, as a CSV that `outbound statement load` takes, also while the carrier runs."""
    from local.carrier import statement
    from local.carrier.ids import IdForm
    from local.carrier.witness import Witness

    statement.write(Witness(witness).accepted(), output, IdForm(receipt_id_form))
