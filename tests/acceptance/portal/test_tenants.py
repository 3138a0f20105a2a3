"""Promise 4 over all routes: what one customer's pages hold, another one's never do, whatever ids are asked for."""

import itertools
import re
from contextlib import ExitStack

import httpx
import pytest
from fastapi.routing import APIRoute

from reports.portal.app import create
from reports.portal.pages import MODULES
from tests.acceptance.portal.stage import MARK, PASSWORD, PEOPLE

OF_NILE = {
    "name": "select 'invoices'",
    "account": "select 'nile'",
    "label": "select max(label) from billing.invoice join account.account using (account_id) where account.name = 'nile'",
    "campaign": "select max(campaign_id) from intake.campaign join account.account using (account_id) where account.name = 'nile'",
    "file": "select max(file_id) from intake.file join account.account using (account_id) where account.name = 'nile'",
    "ordinal": "select 1",
    "deed": "select 'payment'",
    "table": "select 'finance.ledger_entries'",
    "kind": "select 'ack'",
    "invoice": "select max(invoice_id) from billing.invoice join account.account using (account_id) where account.name = 'nile'",
}
"""Names of path parameters -> what finds one of nile's. A page with another parameter has to add it here."""


def routes() -> list[APIRoute]:
    """Every route that a module of pages declares."""
    return [route for module in MODULES for route in module.router.routes if isinstance(route, APIRoute)]


def addresses(stage) -> list[str]:
    """Each page that can be read, with nile's ids in it, as a page and as CSV."""
    found = []
    for route in routes():
        if "GET" in route.methods:
            known = {name: stage.value(OF_NILE[name]) for name in re.findall(r"{(\w+)(?::\w+)?}", route.path)}
            path = re.sub(r":\w+}", "}", route.path).format(**known)
            found += [path, f"{path}?format=csv"]
    return found


@pytest.fixture
def signed_in(stage):
    with ExitStack() as clients:

        def begin(email: str) -> httpx.Client:
            client = clients.enter_context(httpx.Client(base_url=stage.url, timeout=60))
            answer = client.post("/sign-in", data={"email": email, "password": PASSWORD})
            assert answer.status_code == 303
            return client

        yield begin


def test_all_of_the_application_s_routes_are_looked_at():
    mounted = {route.path for route in create().routes if isinstance(route, APIRoute)}
    assert mounted - {route.path for route in routes()} == {"/healthz"}


def test_another_customer_s_pages_are_not_there(stage, signed_in):
    dina = signed_in("dina@delta.example")
    seen = {}
    for address in addresses(stage):
        answer = dina.get(address)
        assert answer.status_code in (200, 303, 404), address
        if re.search(MARK["nile"], answer.text, re.IGNORECASE):
            seen[address] = "nile's"
        if re.search(r"/(\d|nile)", address) and answer.status_code == 200:
            seen[address] = "an address with nile's id answers"
    assert seen == {}
    assert MARK["delta"] in dina.get("/").text


def test_without_signing_in_there_is_nothing(stage):
    with httpx.Client(base_url=stage.url) as nobody:
        for route, method in itertools.product(routes(), ("GET", "POST")):
            if method in route.methods and not route.path.startswith(("/sign-in", "/invitation")):
                answer = nobody.request(method, re.sub(r"{.*?}", "1", route.path))
                assert (answer.status_code, answer.headers["location"].startswith("/sign-in")) == (303, True)


def test_a_form_of_another_site_is_refused(stage, signed_in):
    nadia = signed_in(PEOPLE["nile"][0])
    for route in routes():
        if "POST" in route.methods:
            path = re.sub(r"{.*?}", "1", route.path)
            for headers in ({"Sec-Fetch-Site": "cross-site"}, {"Origin": "https://elsewhere.example"}):
                assert nadia.post(path, headers=headers).status_code == 403
    assert nadia.get("/settings").status_code == 200


def test_every_answer_carries_the_policy(stage, signed_in):
    nadia = signed_in(PEOPLE["nile"][0])
    for address in ("/", "/settings", "/nothing", "/static/portal.css"):
        headers = nadia.get(address).headers
        assert "'unsafe" not in headers["content-security-policy"]
        assert headers["x-content-type-options"] == "nosniff"
        assert address.startswith("/static") or headers["cache-control"] == "no-store"
