"""The dashboard as a service of a real JupyterHub, behind the hub's own proxy."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import quote

import pytest

from tests.support.dashboard_on_hub import PREFIX, HubWithDashboard
from tests.support.servers.dashboard import Browser, Page
from tests.support.stores import append, claim, says
from tutor_widget.server import open_store
from tutor_widget.server.store import Answer, Head

pytestmark = pytest.mark.timeout(300)


class Services(HubWithDashboard):
    """A hub with the dashboard as one of its services."""

    def teacher(self, *groups: str) -> Browser:
        """A new user in these groups, signed in at the hub."""
        name = self.hub.learner(*groups)
        browser = Browser(self.hub.small.url)
        page = browser.open("hub/login")
        form = {"username": name, "password": self.hub.small.password}
        assert browser.send(page, "hub/login?next=%2Fhub%2Ftoken", **form).status == 200
        return browser


@pytest.fixture(scope="module")
def services(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Services]:
    """The real hub, its proxy, a tutor, and the dashboard on the tutor's database."""
    services = Services(tmp_path_factory.mktemp("hub-with-dashboard"))
    asyncio.run(fill(services.hub.tutor.database))
    with services:
        yield services


async def fill(database: Path) -> None:
    """An answer that is held for a learner of 7b, and one for a learner of 8a."""
    store = await open_store(database)
    for name, group in (("ada", "7b"), ("bob", "8a")):
        head = await store.create_session(name, "algebra", frozenset({group}))
        assert isinstance(head, Head)
        await append(store, head.key, says("m1"))
        answer = Answer("_m1", "m1", "an answer", "complete")
        assert await store.hold(await claim(store, head.key), answer)
    await store.close()


def held(browser: Browser) -> Page:
    return browser.open(f"{PREFIX}held")


def test_the_hub_hands_on_the_filter_of_a_scope(services: Services) -> None:
    """A teacher of the group 7b sees its learners, and nobody of 8a."""
    page = held(services.teacher("teachers-7b"))
    assert page.status == 200, page.text
    assert ("ada" in page.text, "bob" in page.text) == (True, False)
    assert "Release" in page.text


def test_a_scope_without_a_filter_is_for_all(services: Services) -> None:
    """One for reading lets nobody write."""
    page = held(services.teacher("heads"))
    assert ("ada" in page.text, "bob" in page.text) == (True, True)
    assert "Release" not in page.text


def test_a_learner_is_told_that_the_page_is_for_teachers(services: Services) -> None:
    """Also one of a group that teachers teach."""
    page = held(services.teacher("7b"))
    assert page.status == 403
    assert "This page is for those who teach." in page.text
    assert "ada" not in page.text


def test_an_open_page_is_told_of_changes(services: Services) -> None:
    """With the token of the page alone: pages of other services of the hub have no such token."""
    teacher = services.teacher("teachers-7b")
    found = re.search(r'data-xsrf="([^"]+)"', held(teacher).html)
    assert found
    script = {"Sec-Fetch-Mode": "cors", "Sec-Fetch-Site": "same-origin", "Sec-Fetch-Dest": "empty"}
    live = f"{PREFIX}live?topic=held"
    assert teacher.open(live, **script).status == 401
    assert teacher.open(f"{PREFIX}held", **script, **{"X-Fragment": "1"}).status == 401
    with teacher.stream(f"{live}&_xsrf={quote(found[1])}", **script) as stream:
        assert stream.readline() == b"retry: 2000\n"


def test_a_form_counts_only_from_a_page_of_the_dashboard(services: Services) -> None:
    """By the hub's own check of forged forms; with it the answer goes out."""
    teacher = services.teacher("teachers-7b")
    page = held(teacher)
    path = f"{PREFIX}held/1/m1"
    forged = teacher.send(None, path, how="other", text="my words", _xsrf="made up")
    assert forged.status == 403
    assert "my words" in forged.text
    sent = teacher.send(page, path, how="release")
    assert (sent.status, "The answer is released." in sent.text) == (200, True)
