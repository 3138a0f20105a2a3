"""The command line's options as settings."""

from typing import Any

from local.carrier.fate import Fate
from local.carrier.garbage import Garbage
from local.carrier.ids import IdForm
from local.carrier.layouts import Layout
from local.carrier.settings import Faults, Receipts, Replies, Settings
from outbound.errors import OutboundError


class BadSetting(OutboundError):
    """An option of the simulator that means nothing."""


def settings(
    *,
    accounts: list[tuple[str, str]],
    shares: list[tuple[str, str]],
    rules: list[tuple[str, str]],
    id_form: str,
    **others: Any,
) -> Settings:
    """BadSetting: which value, and what may stand there."""
    receipts, replies, faults = _receipts(others), _replies(others), _faults(others)
    return Settings(
        accounts=dict(accounts) or {"outbound": "secret"},
        shares={_fate(name): _share(percent) for name, percent in shares},
        rules=tuple((digits, _fate(name)) for digits, name in rules),
        id_form=IdForm(id_form),
        receipts=receipts,
        replies=replies,
        faults=faults,
        **others,
    )


def _receipts(options: dict[str, Any]) -> Receipts:
    """Takes out what is about receipts."""
    return Receipts(
        delay=options.pop("receipt_delay"),
        handset_off=options.pop("handset_off"),
        expiry=options.pop("expiry"),
        resend=options.pop("resend"),
        missing=options.pop("missing_receipts") / 100,
        duplicate=options.pop("duplicate_receipts") / 100,
        early=options.pop("early_receipts") / 100,
        late=options.pop("late_receipts") / 100,
        late_by=options.pop("late_by"),
        intermediate=not options.pop("no_intermediate"),
        echo_reference=not options.pop("no_reference"),
        id_form=IdForm(options.pop("receipt_id_form")),
        layout=Layout(options.pop("receipt_layout")),
    )


def _replies(options: dict[str, Any]) -> Replies:
    return Replies(share=options.pop("replies") / 100, text=options.pop("reply_text"), delay=options.pop("reply_delay"))


def _faults(options: dict[str, Any]) -> Faults:
    return Faults(
        silent_after=options.pop("silent_after"),
        silent_for=options.pop("silent_for"),
        half_open_after=options.pop("half_open_after"),
        disconnect_after=options.pop("disconnect_after"),
        disconnect_answered=options.pop("disconnect_when") == "after",
        queue_full_every=options.pop("queue_full_every"),
        statuses=tuple((_status(written), _share(percent)) for written, percent in options.pop("statuses")),
        garbage_after=options.pop("garbage_after"),
        garbage=Garbage(options.pop("garbage")),
        refuse_binds_for=options.pop("refuse_binds_for"),
    )


def _fate(name: str) -> Fate:
    try:
        return Fate(name)
    except ValueError:
        raise BadSetting(f"{name!r} is no fate of a message; take one of {', '.join(Fate)}") from None


def _status(written: str) -> int:
    try:
        command_status = int(written, 0)
    except ValueError:
        command_status = 0
    if not 0 < command_status < 1 << 32:
        raise BadSetting(f"{written!r} is no command_status of a refusal; take one like 0x08")
    return command_status


def _share(text: str) -> float:
    try:
        percent = float(text)
    except ValueError:
        percent = -1.0
    if not 0 <= percent <= 100:
        raise BadSetting(f"{text!r} is no percentage; take a number from 0 to 100")
    return percent / 100
