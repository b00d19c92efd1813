"""The dashboard as a service of a real JupyterHub, behind the hub's own proxy."""

from __future__ import annotations

import asyncio
import re
import secrets
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import quote

import pytest

from tests.support.hub import RunningHub
from tests.support.operators import COMMAND
from tests.support.paths import ROOT
from tests.support.servers.dashboard import Browser, Page
from tests.support.servers.processes import ServerProcess, free_port
from tests.support.stores import append, claim, says
from tutor_widget.server import open_store
from tutor_widget.server.store import Answer, Head

pytestmark = pytest.mark.timeout(300)
PREFIX = "services/tutor-dashboard/"


class Services:
    """A hub with the dashboard as one of its services."""

    def __init__(self, hub: RunningHub, dashboard: ServerProcess) -> None:
        self.hub = hub
        self.dashboard = dashboard

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
    home = tmp_path_factory.mktemp("hub-with-dashboard")
    port, token = free_port(), secrets.token_hex(16)
    settings = {
        "DASHBOARD_ROOT": str(ROOT),
        "DASHBOARD_URL": f"http://127.0.0.1:{port}",
        "DASHBOARD_TOKEN": token,
    }
    config = ROOT / "tests" / "support" / "hub_with_dashboard.py"
    hub = RunningHub(home, tutor_config=config, settings=settings)
    database = f"sqlite:///{hub.tutor.database}"
    asyncio.run(fill(hub.tutor.database))
    command = [*COMMAND, "dashboard", "--auth=hub", "--trusted-proxies", "127.0.0.1"]
    environment = {
        "TUTOR_DB_URL": database,
        "JUPYTERHUB_API_URL": hub.small.api_url,
        "JUPYTERHUB_API_TOKEN": token,
        "JUPYTERHUB_CLIENT_ID": "service-tutor-dashboard",
        "JUPYTERHUB_SERVICE_NAME": "tutor-dashboard",
        "JUPYTERHUB_SERVICE_PREFIX": f"/{PREFIX}",
        "JUPYTERHUB_SERVICE_URL": settings["DASHBOARD_URL"],
    }
    dashboard = ServerProcess(command, port, home / "dashboard.log", environment=environment)
    with dashboard, hub:
        yield Services(hub, dashboard)


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
