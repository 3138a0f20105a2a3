"""The pictures of the documentation: the real portal with the demo's data, as Chromium shows it.

    python -m tests.acceptance.portal.screenshots

Where this home has no demo yet it is played first, which takes a minute or two. Writes docs/images/portal/*.png anew.
"""

import subprocess
from collections.abc import Mapping
from types import MappingProxyType
from typing import Any, NamedTuple

import psycopg
from playwright.sync_api import Browser, sync_playwright

from local import portal as demo
from local.ports import free_port
from outbound import database
from outbound.settings import ROOT, settings
from tests.acceptance.portal.browser import launched, visit
from tests.acceptance.portal.stage import OUTBOUND, Stage, portal

TO = ROOT / "docs" / "images" / "portal"
CUSTOMER, FINANCE, MANAGER, OPERATOR = (
    "nadia@nile.example",
    "finance@example.com",
    "manager@example.com",
    "operator@example.com",
)
PHONE = {"viewport": {"width": 390, "height": 780}}


class Picture(NamedTuple):
    """name: of the file. options: of the browser. upload: the content of a file that is put up before. fill: what is typed in
    then, by selector."""

    name: str
    person: str
    path: str
    language: str = "en"
    options: Mapping[str, Any] = MappingProxyType({})
    upload: str = ""
    fill: Mapping[str, str] = MappingProxyType({})


PICTURES = (
    Picture("home", CUSTOMER, "/"),
    Picture(
        "new-campaign",
        CUSTOMER,
        "/campaigns/new",
        upload="Ref,Customer phone,First name\n1,01001234567,Mona\n2,01001234568,Omar\n3,01001234569,ليلى\n",
        fill={"#text": "Hello {First name}, 20% off until Friday – only for you."},
    ),
    Picture("campaign", CUSTOMER, "/campaigns/{campaign}"),
    Picture("balance", CUSTOMER, "/balance?units=20000"),
    Picture("finance", FINANCE, "/finance"),
    Picture("sla", MANAGER, "/sla/nile"),
    Picture("operations-dark", OPERATOR, "/operations", options={"color_scheme": "dark"}),
    Picture("home-phone", CUSTOMER, "/", options=PHONE),
    Picture("balance-arabic", CUSTOMER, "/balance?units=20000", language="ar"),
)


def main() -> None:
    if not _was_played():
        subprocess.run([OUTBOUND, "demo"], check=True)
    password = demo.let_everybody_in(settings())
    stage = Stage(f"http://127.0.0.1:{free_port()}", settings().home, database.url())
    campaign = stage.value(
        "select max(campaign_id) from intake.campaign join account.account using (account_id)"
        " where account.name = 'nile' and accepted_at is not null"
    )
    TO.mkdir(parents=True, exist_ok=True)
    with portal(stage), sync_playwright() as playwright:
        browser = launched(playwright)
        for picture in PICTURES:
            _take(browser, stage, picture, password, str(campaign))
        browser.close()


def _was_played() -> bool:
    with psycopg.connect(database.url()) as connection:
        return connection.execute("select from intake.campaign limit 1").fetchone() is not None


def _take(browser: Browser, stage: Stage, picture: Picture, password: str, campaign: str) -> None:
    with visit(browser, stage, **picture.options) as visiting:
        page = visiting.sign_in(picture.person, password)
        if picture.language != "en":
            visiting.look(picture.language, "system")
        visiting.go(picture.path.format(campaign=campaign))
        if picture.upload:
            content = {"name": "november.csv", "mimeType": "text/csv", "buffer": picture.upload.encode()}
            page.set_input_files("#file", content)
            page.click("text=Go on to the message")
        for field, text in picture.fill.items():
            page.fill(field, text)
        page.wait_for_load_state("networkidle")
        page.wait_for_function("!document.querySelector('.chart-wait')")
        page.wait_for_timeout(1_500)  # until charts have drawn their bars
        page.screenshot(path=TO / f"{picture.name}.png", full_page=bool(picture.upload))
        if picture.language != "en":
            visiting.look("en", "system")


if __name__ == "__main__":
    main()
