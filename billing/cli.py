"""The commands of billing, where the entry points look for them."""

from billing.documents_cli import close_month, credit, issue, reconcile, void
from billing.orders_cli import grant, payment, purchase, refund, reverse
from billing.receivables_cli import payout, write_off

__all__ = [
    "close_month", "credit", "grant", "issue", "payment", "payout", "purchase", "reconcile", "refund", "reverse", "void", "write_off",
]  # fmt: skip
