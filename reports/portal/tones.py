"""Every state that a page can show, with its words and its tone: one table for all pages."""

from typing import NamedTuple


def N_(text: str) -> str:  # noqa: N802  gettext's name for: translate this one later
    return text


class Tone(NamedTuple):
    """words: in English, to be translated. colour: of Tabler's badges."""

    words: str
    colour: str


TONES = {
    # files and campaigns (intake.file, intake.campaign)
    "claimed": Tone(N_("being checked"), "azure"),
    "validated": Tone(N_("checked"), "azure"),
    "held": Tone(N_("held"), "orange"),
    "accepted": Tone(N_("accepted"), "blue"),
    "partial": Tone(N_("partly accepted"), "yellow"),
    "rejected": Tone(N_("rejected"), "red"),
    "duplicate": Tone(N_("duplicate"), "secondary"),
    "paused": Tone(N_("paused"), "yellow"),
    "cancelled": Tone(N_("cancelled"), "secondary"),
    "completed": Tone(N_("completed"), "green"),
    # what holds a campaign (docs/reference/intake.md)
    "NO_BALANCE": Tone(N_("balance does not reach"), "orange"),
    "NOT_APPROVED": Tone(N_("waits for approval"), "azure"),
    "BASE_MISMATCH": Tone(N_("not the base's numbers"), "orange"),
    "DUPLICATE_NAME": Tone(N_("name was used before"), "orange"),
    "MAYBE_TRUNCATED": Tone(N_("may be cut off"), "orange"),
    "LATE_MANIFEST": Tone(N_("manifest came late"), "orange"),
    "CONTENT_SCREEN": Tone(N_("words or links to look at"), "orange"),
    "GATE_FAILED": Tone(N_("beyond the account's thresholds"), "orange"),
    "DAILY_LIMIT": Tone(N_("the day's limit"), "orange"),
    "closed": Tone(N_("waits for its hours"), "yellow"),
    "released": Tone(N_("released"), "green"),
    "approved": Tone(N_("approved"), "green"),
    "resumed": Tone(N_("resumed"), "blue"),
    "received": Tone(N_("received"), "azure"),
    "first_submission": Tone(N_("first message sent"), "blue"),
    "dispatched": Tone(N_("all sent"), "green"),
    "reported": Tone(N_("reported"), "green"),
    # SLA (docs/reference/sla.md)
    "met": Tone(N_("met"), "green"),
    "at risk": Tone(N_("at risk"), "yellow"),
    "breached": Tone(N_("breached"), "red"),
    "settling": Tone(N_("settling"), "azure"),
    "insufficient data": Tone(N_("insufficient data"), "secondary"),
    "info": Tone(N_("for information"), "secondary"),
    "no data": Tone(N_("no data"), "secondary"),
    # outcomes (docs/reference/sla.md)
    "delivered": Tone(N_("delivered"), "green"),
    "in_flight": Tone(N_("under way"), "azure"),
    "network_temporary": Tone(N_("network, for a time"), "orange"),
    "network_permanent": Tone(N_("network, for good"), "orange"),
    "platform_fault": Tone(N_("our fault"), "red"),
    "unknown_no_dlr": Tone(N_("no receipt came"), "orange"),
    "handset_unavailable": Tone(N_("handset off or out of coverage"), "secondary"),
    "handset_fault": Tone(N_("handset cannot take it"), "secondary"),
    "recipient_invalid": Tone(N_("number not in use"), "secondary"),
    "recipient_barred": Tone(N_("recipient is barred"), "secondary"),
    "opted_out": Tone(N_("opted out"), "secondary"),
    "not_in_base": Tone(N_("not in the base"), "secondary"),
    "content_or_sender_blocked": Tone(N_("content or sender blocked"), "secondary"),
    "customer_expiry": Tone(N_("validity too short"), "secondary"),
    "customer_overrate": Tone(N_("above the contracted rate"), "secondary"),
    "unknown": Tone(N_("unknown"), "orange"),
    # money
    "open": Tone(N_("open"), "azure"),
    "done": Tone(N_("done"), "green"),
    "paid": Tone(N_("paid"), "green"),
    "overdue": Tone(N_("overdue"), "red"),
    "draft": Tone(N_("draft"), "secondary"),
    "issued": Tone(N_("issued"), "green"),
    "void": Tone(N_("void"), "secondary"),
    "lapsed": Tone(N_("lapsed"), "secondary"),
    "used": Tone(N_("used up"), "secondary"),
    "month": Tone(N_("month"), "secondary"),
    "purchase": Tone(N_("purchase"), "secondary"),
    "credit_note": Tone(N_("credit note"), "secondary"),
    "invoice": Tone(N_("invoice"), "secondary"),
    "opening": Tone(N_("opening balance"), "secondary"),
    "credit": Tone(N_("credit"), "secondary"),
    "payment": Tone(N_("payment"), "green"),
    "merged": Tone(N_("merged"), "secondary"),
    "usage": Tone(N_("usage"), "secondary"),
    "rollover": Tone(N_("rollover"), "secondary"),
    "expiry": Tone(N_("expiry"), "secondary"),
    "refund": Tone(N_("refund"), "secondary"),
    "grant": Tone(N_("grant"), "secondary"),
    "reversal": Tone(N_("reversal"), "secondary"),
    "month_end": Tone(N_("month's end"), "secondary"),
    "tax withheld": Tone(N_("tax withheld"), "secondary"),
    "payment_reversal": Tone(N_("payment taken back"), "red"),
    "payout": Tone(N_("paid back"), "secondary"),
    "write_off": Tone(N_("written off"), "secondary"),
    # recipients and senders
    "file": Tone(N_("file"), "secondary"),
    "portal": Tone(N_("portal"), "secondary"),
    "answer": Tone(N_("answer"), "azure"),
    "stop": Tone(N_("reply with STOP"), "secondary"),
    "operator": Tone(N_("operator"), "secondary"),
    "alphanumeric": Tone(N_("name"), "secondary"),
    "short_code": Tone(N_("short code"), "secondary"),
    "long_code": Tone(N_("long code"), "secondary"),
    "informational": Tone(N_("informational"), "secondary"),
    "promotional": Tone(N_("promotional"), "secondary"),
    "not yet": Tone(N_("not yet"), "yellow"),
    "ended": Tone(N_("ended"), "secondary"),
    # sessions, attempts, workers
    "alive": Tone(N_("alive"), "green"),
    "silent": Tone(N_("silent"), "red"),
    "bind": Tone(N_("bound"), "green"),
    "bind_refused": Tone(N_("bind refused"), "red"),
    "unbind": Tone(N_("unbound"), "secondary"),
    "loss": Tone(N_("lost"), "red"),
    "circuit_open": Tone(N_("circuit open"), "orange"),
    "circuit_half_open": Tone(N_("circuit half open"), "yellow"),
    "circuit_closed": Tone(N_("circuit closed"), "green"),
    "written": Tone(N_("written"), "azure"),
    "in_doubt": Tone(N_("in doubt"), "orange"),
    "not_sent": Tone(N_("not sent"), "secondary"),
    "receipt": Tone(N_("receipt"), "azure"),
    "settled as accepted": Tone(N_("settled as accepted"), "green"),
    "settled as unknown": Tone(N_("settled as unknown"), "orange"),
    "settled as not_sent": Tone(N_("settled as not sent"), "secondary"),
    "given up": Tone(N_("given up"), "secondary"),
    "platform": Tone(N_("everything"), "red"),
    "account": Tone(N_("an account"), "orange"),
    "connector": Tone(N_("a connector"), "orange"),
    "campaign": Tone(N_("campaign"), "secondary"),
    "base": Tone(N_("base"), "secondary"),
    "optout": Tone(N_("opt-outs"), "secondary"),
    "prepaid": Tone(N_("prepaid"), "secondary"),
    "postpaid": Tone(N_("postpaid"), "secondary"),
    # people
    "customer": Tone(N_("makes campaigns"), "secondary"),
    "customer_approver": Tone(N_("approves campaigns"), "secondary"),
    "customer_admin": Tone(N_("administrator"), "secondary"),
    "active": Tone(N_("active"), "green"),
    "deactivated": Tone(N_("deactivated"), "secondary"),
    "invited": Tone(N_("invited"), "azure"),
    "no password": Tone(N_("no password yet"), "yellow"),
    "finance": Tone(N_("finance"), "secondary"),
    "manager": Tone(N_("manager"), "secondary"),
    "set": Tone(N_("set"), "green"),
    "not set": Tone(N_("not set"), "secondary"),
    # books
    "agrees": Tone(N_("agrees"), "green"),
    "differs": Tone(N_("differs"), "red"),
}
OTHER = "secondary"


def tone(state: str) -> Tone:
    """A state that has no line here is shown by its own name."""
    return TONES.get(state) or Tone(state.replace("_", " "), OTHER)
