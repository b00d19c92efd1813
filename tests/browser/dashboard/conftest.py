"""The dashboard in a browser, on a class."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.support.servers.dashboard import Dashboard
from tests.support.small_class import fill_class


@pytest.fixture
def database(tmp_path: Path) -> str:
    return f"sqlite:///{tmp_path / 'tutor.sqlite'}"


@pytest.fixture
def keys(database: str) -> dict[str, int]:
    """The conversations of the class, by their learners."""
    return fill_class(database)


@pytest.fixture
def dashboard(tmp_path: Path, database: str, keys: dict[str, int]) -> Iterator[Dashboard]:
    with Dashboard(tmp_path, database, "--readable-by-teachers") as dashboard:
        yield dashboard


@pytest.fixture
def open_as(chromium: Browser, dashboard: Dashboard) -> Iterator[Callable[..., Page]]:
    """`open_as("lovelace", "held", color_scheme="dark")`: a page of a teacher who has signed in.

    No page may end with an uncaught error, nor with anything that its policy has blocked.
    """
    faults: list[str] = []
    with ExitStack() as stack:

        def open_as(teacher: str, path: str, **options: Any) -> Page:
            context = chromium.new_context(locale="en-GB", **options)
            stack.callback(context.close)
            page = context.new_page()
            page.set_default_timeout(30_000)
            page.on("pageerror", lambda error: faults.append(str(error)))
            page.on(
                "console",
                lambda message: (
                    faults.append(message.text) if "Content Security" in message.text else None
                ),
            )
            page.goto(f"{dashboard.url}sign-in?next=/{path}")
            page.get_by_label("Your token").fill(f"token-of-{teacher}")
            page.get_by_role("button", name="Sign in").click()
            expect(page).to_have_url(f"{dashboard.url}{path}")
            return page

        yield open_as
    assert faults == []
