"""The commands of billing, where the entry points look for them."""

from billing.documents_cli import close_month, credit, issue, reconcile, void
from billing.orders_cli import grant, payment, purchase, refund, reverse

__all__ = ["close_month", "credit", "grant", "issue", "payment", "purchase", "reconcile", "refund", "reverse", "void"]
