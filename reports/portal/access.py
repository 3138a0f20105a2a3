"""Who may open which page: dependencies that routes name, and that answer 404 to everybody else."""

from collections.abc import Callable, Iterator
from contextlib import closing
from typing import Annotated

from fastapi import Depends, HTTPException, Request

from reports.portal import doorman
from reports.portal.reading import Reader
from reports.portal.visitor import APPROVERS, CUSTOMERS, STAFF, Role, Visitor

PLAIN_COOKIE, SECURE_COOKIE = "outbound", "__Host-outbound"


class NotSignedIn(Exception):
    """The page is for people who have signed in: they are asked to."""


def cookie_name(request: Request) -> str:
    """Over https a name that a browser accepts from this very host only."""
    return SECURE_COOKIE if request.url.scheme == "https" else PLAIN_COOKIE


def visitor_of(request: Request) -> Visitor | None:
    """Who asks; None where nobody has signed in."""
    if not hasattr(request.state, "visitor"):
        token = request.cookies.get(cookie_name(request))
        request.state.visitor = doorman.visitor(token) if token else None
    found: Visitor | None = request.state.visitor
    return found


def signed_in(request: Request) -> Visitor:
    """Raises NotSignedIn."""
    found = visitor_of(request)
    if found is None:
        raise NotSignedIn
    return found


def only(*roles: Role) -> Callable[[Visitor], Visitor]:
    """Whoever has another role is told that there is no such page: what there is for others is nobody's business."""

    def allowed(visitor: Annotated[Visitor, Depends(signed_in)]) -> Visitor:
        if visitor.role not in roles:
            raise HTTPException(404)
        return visitor

    return allowed


def _reader(visitor: Annotated[Visitor, Depends(signed_in)]) -> Iterator[Reader]:
    with closing(Reader(visitor)) as reader:
        yield reader


Anyone = Annotated[Visitor, Depends(signed_in)]
Customer = Annotated[Visitor, Depends(only(*CUSTOMERS))]
Approver = Annotated[Visitor, Depends(only(*APPROVERS))]
Admin = Annotated[Visitor, Depends(only("customer_admin"))]
Staff = Annotated[Visitor, Depends(only(*STAFF))]
Finance = Annotated[Visitor, Depends(only("finance", "manager"))]
Manager = Annotated[Visitor, Depends(only("manager", "operator"))]
Operator = Annotated[Visitor, Depends(only("operator"))]
Reading = Annotated[Reader, Depends(_reader)]
