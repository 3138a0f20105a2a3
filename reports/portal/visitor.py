"""Who looks at the portal."""

from dataclasses import dataclass
from typing import Literal

Role = Literal["customer", "customer_approver", "customer_admin", "finance", "manager", "operator"]
CUSTOMERS: tuple[Role, ...] = ("customer", "customer_approver", "customer_admin")
APPROVERS: tuple[Role, ...] = ("customer_approver", "customer_admin")
STAFF: tuple[Role, ...] = ("finance", "manager", "operator")


@dataclass(frozen=True, kw_only=True)
class Visitor:
    """A person who is signed in. account_id, account: of a customer; None for staff. timezone: the account's, or for staff
    the legal entity's."""

    person_id: int
    email: str
    name: str
    role: Role
    account_id: int | None
    account: str | None
    timezone: str
    language: str
    theme: str
    has_totp: bool
    token_hash: bytes

    @property
    def is_staff(self) -> bool:
        return self.account_id is None
