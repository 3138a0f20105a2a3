"""A real Chromium that reaches this machine only, and that says where a page breaks its own policy or is not accessible."""

import os
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from playwright.sync_api import Browser, BrowserContext, ConsoleMessage, Page, Playwright, Request, Response

from outbound import node_packages
from tests.acceptance.portal.stage import PASSWORD, Stage

HERE = Path(__file__).resolve().parent
ARGUMENTS = [
    "--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
    "--disable-component-update", "--disable-sync", "--lang=en",
]  # fmt: skip


def launched(playwright: Playwright) -> Browser:
    return playwright.chromium.launch(executable_path=executable(), args=ARGUMENTS)


def executable() -> str:
    """Debian's Chromium where it is installed, else the one that an npm package carries."""
    found = shutil.which("chromium")
    if found:
        return found
    modules = node_packages.modules(HERE)
    script = (
        f"import('{modules}/@sparticuz/chromium/build/esm/index.js')"
        ".then(async (m) => console.log(await m.default.executablePath()))"
    )
    done = subprocess.run(
        [str(node_packages.NODE), "-e", script],
        capture_output=True, text=True, timeout=120, check=True, env=os.environ | {"AWS_EXECUTION_ENV": "AWS_Lambda_nodejs22.x"},
    )  # fmt: skip
    return done.stdout.strip()


class Visit:
    """One person's browser. What goes wrong on the way is kept in `trouble`, which is empty where nothing did."""

    def __init__(self, context: BrowserContext, stage: Stage) -> None:
        self._context = context
        self.stage = stage
        self.trouble: list[str] = []
        self.status: int | None = None
        context.route("**/*", self._local_only)
        self.page: Page = context.new_page()
        self.page.on("console", self._heard)
        self.page.on("response", self._answered)
        self.page.on("pageerror", lambda error: self.trouble.append(str(error)))
        self.page.add_init_script(
            "addEventListener('securitypolicyviolation',"
            " (e) => console.error(`policy: ${e.violatedDirective} ${e.blockedURI} ${e.sourceFile}:${e.lineNumber}`))"
        )

    def _heard(self, message: ConsoleMessage) -> None:
        """What the browser says of an answer's status is told by the answer itself."""
        if message.type == "error" and not message.text.startswith("Failed to load resource"):
            self.trouble.append(message.text)

    def _answered(self, answer: Response) -> None:
        """A page may say that something is not there or not right; what a page is made of must be there."""
        if answer.status >= 400 and answer.request.resource_type != "document":
            self.trouble.append(f"{answer.status} {answer.url}")

    def _local_only(self, route: Any, request: Request) -> None:
        if request.url.startswith(self.stage.url):
            route.continue_()
        else:
            self.trouble.append(f"asked another host: {request.url}")
            route.abort()

    def go(self, path: str) -> Page:
        answer = self.page.goto(self.stage.url + path)
        self.status = answer.status if answer else None
        return self.page

    def sign_in(self, email: str, password: str = PASSWORD) -> Page:
        self.go("/sign-in")
        self.page.fill("#email", email)
        self.page.fill("#password", password)
        self.page.click("main button[type=submit]")
        self.page.wait_for_url(lambda url: "/sign-in" not in url)
        return self.page

    def look(self, language: str, theme: str) -> None:
        """Sets the visitor's language and theme, as they would."""
        self.go("/settings")
        self.page.select_option("#language", language)
        self.page.select_option("#theme", theme)
        with self.page.expect_navigation():
            self.page.click("form[action='/settings/appearance'] button")


@contextmanager
def visit(browser: Browser, stage: Stage, **options: Any) -> Iterator[Visit]:
    """Fails at its end where the page asked another host, broke its policy or raised an error."""
    context = browser.new_context(**{"viewport": {"width": 1280, "height": 900}, **options})
    try:
        visiting = Visit(context, stage)
        yield visiting
        assert visiting.trouble == []
    finally:
        context.close()


def axe(page: Page) -> list[str]:
    """Each rule of accessibility that the page breaks, with where. The page's context has to bypass the policy for this."""
    source = node_packages.modules(HERE) / "axe-core" / "axe.min.js"
    page.add_script_tag(content=source.read_text("utf-8"))
    broken = page.evaluate("async () => (await axe.run()).violations")
    return [f"{one['id']}: {node['target']} {node['html'][:120]}" for one in broken for node in one["nodes"]]
