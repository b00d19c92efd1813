"""The real bundle in a page of its own, `js/test/mock.mjs` for a kernel: no host, no network."""

from __future__ import annotations

from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from playwright.sync_api import BrowserContext, Route

__all__ = ["Harness"]

ROOT = Path(__file__).parents[2]
ORIGIN = "http://harness.invalid"
PARTS = {path.stem: path.read_text() for path in (ROOT / "tutor_widget/static/parts").glob("*.js")}


class Harness:
    """``asked`` is every address that the page asked for; none but the checkout's files exist."""

    def __init__(self, context: BrowserContext) -> None:
        self.page = context.new_page()
        self.asked: list[str] = []
        self.faults: list[str] = []
        self.page.on("request", lambda request: self.asked.append(request.url))
        self.page.on("pageerror", lambda error: self.faults.append(str(error)))
        self.page.on("dialog", lambda dialog: self.faults.append(dialog.message))
        self.page.route("**/*", self._answer)

    def _answer(self, route: Route) -> None:
        url = urlsplit(route.request.url)
        path = ROOT / url.path.lstrip("/")
        if f"{url.scheme}://{url.netloc}" == ORIGIN and path.is_file():
            route.fulfill(path=path)
        else:
            route.abort()

    def open(self) -> None:
        self.page.goto(f"{ORIGIN}/js/test/harness.html")
        self.page.wait_for_function("window.harness")

    def show(self, **traits: Any) -> None:
        """Show a chat with these traits, in place of the one before."""
        self.page.evaluate("([t, parts]) => harness.show(t, {parts})", [traits, PARTS])
