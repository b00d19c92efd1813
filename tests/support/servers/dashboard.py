"""The dashboard as a process of its own, and a browser without scripts for it."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from html import unescape
from http.cookiejar import CookieJar
from pathlib import Path
from typing import Any, Final, NamedTuple
from urllib.error import HTTPError
from urllib.parse import urlencode, urljoin
from urllib.request import HTTPCookieProcessor, Request, build_opener

from tests.support.operators import COMMAND
from tests.support.servers.processes import ServerProcess, free_port

__all__ = ["TOKENS", "Browser", "Dashboard", "Page"]

TOKENS: Final = (
    "# name token role groups\n"
    '"Ms. Lovelace" token-of-lovelace write 7b\n'
    "babbage token-of-babbage write *\n"
    "turing token-of-turing read 7b 8a\n"
    "hopper token-of-hopper write 8a\n"
)


class Dashboard(ServerProcess):
    """`tutor-widget dashboard` on a database, with the teachers of `TOKENS`."""

    def __init__(self, folder: Path, database: str, *arguments: str, tokens: str = TOKENS) -> None:
        port = free_port()
        file = folder / f"teachers-{port}"
        file.write_text(tokens, "utf-8")
        given = ("--db-url", database, "--auth=tokens", f"--token-file={file}", f"--port={port}")
        super().__init__(
            [*COMMAND, "dashboard", *given, *arguments], port, folder / f"dashboard-{port}.log"
        )
        self.url = f"http://127.0.0.1:{port}/"

    def browser(self, teacher: str = "") -> Browser:
        """A browser, in which the teacher has signed in."""
        browser = Browser(self.url)
        if teacher:
            page = browser.open("sign-in")
            page = browser.send(page, "sign-in", token=f"token-of-{teacher}")
            assert page.status == 200, page.text
        return browser

    def audits(self) -> list[dict[str, Any]]:
        """The audit lines so far, without their times."""
        lines = [json.loads(line) for line in self.log.read_text().splitlines()]
        assert all(line.pop("time") for line in lines)
        return [line for line in lines if line.get("audit")]


class Page(NamedTuple):
    """An answer of the dashboard."""

    status: int
    url: str
    html: str
    headers: Any

    @property
    def text(self) -> str:
        """What a reader sees, roughly: without tags."""
        body = re.sub(r".*<body[^>]*>", "", self.html, count=1, flags=re.DOTALL)
        return re.sub(r"\s+", " ", unescape(re.sub(r"<[^>]*>", " ", body)))

    def hidden(self, name: str) -> str:
        """The value of a hidden field, the first of the name."""
        found = re.search(rf'name="{name}" value="([^"]*)"', self.html)
        assert found, f"there is no field {name!r}"
        return unescape(found[1])

    def typed(self, field: str) -> str:
        """What stands in a textarea."""
        found = re.search(rf'<textarea id="{field}"[^>]*>\n?(.*?)</textarea>', self.html, re.DOTALL)
        assert found, f"there is no textarea {field!r}"
        return unescape(found[1])


class Browser:
    """A browser with cookies and without scripts."""

    def __init__(self, url: str, language: str = "en") -> None:
        self.url = url
        self.cookies = CookieJar()
        self.headers = {"Accept-Language": language}
        self._opener = build_opener(HTTPCookieProcessor(self.cookies))

    def open(self, path: str, **headers: str) -> Page:
        """Open a page."""
        return self._ask(Request(urljoin(self.url, path), headers=self.headers | headers))

    def stream(self, path: str, **headers: str) -> Any:
        """What the page at the path goes on to send. Close it."""
        request = Request(urljoin(self.url, path), headers=self.headers | headers)
        return self._opener.open(request, timeout=30)

    def send(self, page: Page | None, path: str, **fields: str) -> Page:
        """Send a form that stands in the page, with its field against forged forms."""
        xsrf = {} if page is None else {"_xsrf": page.hidden("_xsrf")}
        # As browsers send it.
        form = {name: value.replace("\n", "\r\n") for name, value in fields.items()} | xsrf
        return self._ask(Request(urljoin(self.url, path), urlencode(form).encode(), self.headers))

    def until(self, path: str, wanted: str | Callable[[Page], bool], *topics: str) -> Page:
        """The page as soon as it says this, or is so. It is asked for anew whenever its topics
        change."""
        live = urljoin(self.url, "live?" + urlencode([("topic", topic) for topic in topics]))
        with self._opener.open(Request(live, headers=self.headers), timeout=30) as stream:
            for line in stream:
                if line.startswith((b"retry:", b"data:")):
                    page = self.open(path)
                    if wanted in page.text if isinstance(wanted, str) else wanted(page):
                        return page
        raise AssertionError(f"{path} was never as wanted: {wanted!r}")

    def _ask(self, request: Request) -> Page:
        try:
            with self._opener.open(request, timeout=30) as answer:
                return Page(answer.status, answer.url, answer.read().decode(), answer.headers)
        except HTTPError as error:
            with error:
                return Page(error.code, error.url or "", error.read().decode(), error.headers)
