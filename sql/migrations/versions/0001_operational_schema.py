"""The operational schema: accounts, networks, intake, dispatch, billing, their roles and the isolation of tenants."""

from pathlib import Path

from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

FILES = (
    "roles",
    "account",
    "number_hash",
    "network",
    "intake",
    "message",
    "dispatch",
    "attempt",
    "receipt",
    "statement",
    "log_days",
    "outcome",
    "maintenance",
    "control",
    "former_routes",
    "sending",
    "cost",
    "billing",
    "receivable",
    "calendar",
    "lots",
    "lot_use",
    "lot_corrections",
    "fold",
    "order_rate",
    "checkpoint",
    "usage",
    "resume",
    "prepaid",
    "built_usage",
    "balance",
    "reliance",
    "period",
    "documents",
    "news",
    "issue",
    "credit",
    "notices",
    "payment",
    "report",
    "trial_numbers",
    "inbox",
    "retention",
    "grants",
    "isolation",
    "portal",
    "approval",
    "portal_campaigns",
    "portal_lists",
    "portal_oidc",
    "portal_people",
)


def upgrade() -> None:
    folder = Path(__file__).parent.parent / revision
    connection = op.get_bind().connection.dbapi_connection
    for name in FILES:
        connection.execute((folder / f"{name}.sql").read_text())


def downgrade() -> None:
    """Drops everything but the roles: they belong to the cluster and other databases may use them."""
    connection = op.get_bind().connection.dbapi_connection
    connection.execute(
        "drop schema account, network, intake, dispatch, billing, report, portal, staging, intermediate, finance, operations"
        " cascade"
    )
