"""One platform that has run and one browser, for all tests of pages; a test that changes something asks for its own stage."""

import os
import uuid
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import psycopg
import pytest
from playwright.sync_api import Browser, sync_playwright

from tests.acceptance.portal.browser import Visit, launched, visit
from tests.acceptance.portal.stage import Stage, built, portal

TEMPLATE = "outbound_template"


@pytest.fixture(scope="session")
def stage(server: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stage]:
    """Everybody's: tests look at it and change nothing but their own person's settings."""
    name = f"portal_{uuid.uuid4().hex[:12]}"
    with psycopg.connect(server, autocommit=True) as connection:
        connection.execute(f"create database {name} template {TEMPLATE} strategy file_copy".encode())
    home = tmp_path_factory.mktemp("portal")
    made = built(server.rpartition("/")[0] + "/" + name, home)
    with portal(made):
        yield made
    with psycopg.connect(server, autocommit=True) as connection:
        connection.execute(f"drop database if exists {name} with (force)".encode())


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """Of one module alone: while it lives, its event loop runs in this thread, and no other may."""
    with sync_playwright() as playwright:
        chromium = launched(playwright)
        yield chromium
        chromium.close()


@pytest.fixture
def visiting(stage: Stage, browser: Browser) -> Iterator[Callable[..., Visit]]:
    """`visiting("nadia@nile.example")` is a browser in which that person has signed in; without a name nobody has."""
    with ExitStack() as stack:

        def begin(email: str | None = None, **options: Any) -> Visit:
            found = stack.enter_context(visit(browser, stage, **options))
            if email:
                found.sign_in(email)
            return found

        yield begin


@pytest.fixture
def at_stage(stage: Stage, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """This process uses the stage's database and home."""
    monkeypatch.setenv("DATABASE_URL", stage.database)
    monkeypatch.setenv("OUTBOUND_HOME", str(stage.home))
    yield stage.home
    assert os.environ["DATABASE_URL"] == stage.database
