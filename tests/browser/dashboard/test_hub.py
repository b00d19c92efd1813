"""A teacher and a learner of a real JupyterHub: the dashboard, and a chat in a notebook."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.support.browser.chat import Chat
from tests.support.browser.on_hub import CHAT, HubNotebook, LearnersServer
from tests.support.dashboard_on_hub import PREFIX, HubWithDashboard
from tests.support.small_class import TOLD, hold, learner
from tutor_widget.server.store import open_store

pytestmark = [pytest.mark.slow, pytest.mark.timeout(300)]


@pytest.fixture
def services(tmp_path: Path) -> Iterator[HubWithDashboard]:
    """A tutor whose answers wait for a person, and one that waits for bob of 8a."""
    tutor = ("--tutor=tests.support.servers.tutors:Careful", f"--readable-by-teachers={TOLD}")
    services = HubWithDashboard(tmp_path, tutor, ("--readable-by-teachers",))
    database = services.hub.tutor.database

    async def fill() -> None:
        store = await open_store(f"sqlite:///{database}")
        await hold(store, await learner(store, "bob", "8a"), "m1", "of bob", "draft for bob")
        await store.close()

    with ThreadPoolExecutor(1) as thread:  # this one may have a loop already
        thread.submit(asyncio.run, fill()).result()
    with services:
        yield services


def open_as(chromium: Browser, services: HubWithDashboard, user: str, path: str) -> Page:
    """The page of the dashboard, to a user who signs in at the hub on the way."""
    page = chromium.new_context(locale="en-GB").new_page()
    page.set_default_timeout(30_000)
    page.goto(services.url + path)
    page.get_by_label("Username").fill(user)
    page.get_by_label("Password").fill(services.hub.small.password)
    page.get_by_role("button", name="Sign in").click()
    page.wait_for_url(f"**/{PREFIX}{path}*")
    return page


def test_a_teacher_steps_in(chromium: Browser, services: HubWithDashboard, tmp_path: Path) -> None:
    """She signs in at the hub, sees her group and no other, and what she writes is in the chat."""
    hub = services.hub
    ada = LearnersServer(hub, hub.learner("7b"))
    context = chromium.new_context(locale="en-GB")
    path = ada.write("lesson.ipynb", CHAT)
    notebook = HubNotebook(ada, context.new_page(), path, tmp_path)
    notebook.open()
    notebook.run(0)
    chat = Chat(notebook)
    chat.say("help me")

    teacher = open_as(chromium, services, hub.learner("teachers-7b"), "held")
    held = teacher.get_by_role("article", name=ada.learner)
    expect(held).to_contain_text("draft: help me")
    expect(teacher.get_by_text("draft for bob")).to_have_count(0)
    held.get_by_text("Edit and release").click()
    held.get_by_label("The answer, to be edited").fill("Look at line 2.")
    held.get_by_role("button", name="Release this text").click()
    expect(teacher.get_by_text("Your text is sent as the answer.")).to_be_visible()
    expect(notebook.page.get_by_text("Look at line 2.").first).to_be_visible()

    teacher.goto(f"{services.url}learners")
    teacher.get_by_role("link", name=ada.learner).click()
    teacher.get_by_label("Your words").fill("Well done so far.")
    teacher.get_by_role("button", name="Send").click()
    expect(teacher.get_by_text("Your words are in the learner")).to_be_visible()
    expect(notebook.page.get_by_text("Well done so far.").first).to_be_visible()

    stranger = open_as(chromium, services, hub.learner("7b"), "class")
    expect(stranger.get_by_text("This page is for those who teach.")).to_be_visible()
    hub.small.stop_servers()
