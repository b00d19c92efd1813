"""A teacher at the dashboard, and a learner at a tutor's server: two processes on one database."""

from __future__ import annotations

import asyncio
import re
from pathlib import Path

import pytest

from tests.support.servers.dashboard import Browser, Dashboard, Page
from tests.support.servers.peers import PATIENCE, peer, serving
from tests.support.servers.processes import Tutor
from tests.support.small_class import TOLD
from tutor_widget.server.store import open_store
from tutor_widget.server.store.postgres import listener


async def page_with(browser: Browser, path: str, words: str) -> Page:
    """The page, once it has the words."""
    async with asyncio.timeout(PATIENCE):
        while words not in (page := await asyncio.to_thread(browser.open, path)).text:
            pass
    return page


@pytest.mark.parametrize("database", ["sqlite", "postgres"], indirect=True)
async def test_a_note_waits_for_no_clock(database: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """The store's change brings it: PostgreSQL notifies, and a file is looked at every second at
    least. Nothing else that a server does from time to time is needed."""
    monkeypatch.setattr(listener, "_POLL", 3600.0)
    store = await open_store(database)
    async with serving(database, tick=3600.0) as server, peer(server.url) as learner:
        await learner.hello()
        [listed] = [one async for one in store.list_sessions()]
        await store.notice(listed.key, "_teacher-1", "Ms. Lovelace", "Well done.")
        event = await learner.next("event", role="notice")
        assert (event["text"], event["by"]) == ("Well done.", "Ms. Lovelace")
        assert getattr(server._store, "_poll", 0.0) <= 1.0
    await store.close()


async def test_what_a_teacher_does_reaches_the_learner(tmp_path: Path) -> None:
    """A held answer that she releases, in her words, and a notice: each once, with her name."""
    database = tmp_path / "tutor.sqlite"
    options = ("--tutor=tests.support.servers.tutors:Careful", f"--readable-by-teachers={TOLD}")
    with (
        Tutor(database, *options) as tutor,
        Dashboard(tmp_path, f"sqlite:///{database}", "--readable-by-teachers") as dashboard,
    ):
        browser = await asyncio.to_thread(dashboard.browser, "babbage")
        async with peer(tutor.url) as learner:
            await learner.hello()
            await learner.say("send", id="m1", text="help")
            page = await page_with(browser, "held", "draft: help")
            found = re.search(r'action="/(held/\d+/m1)"', page.html)
            assert found
            form = {"how": "other", "text": "Look at line 2."}
            await asyncio.to_thread(browser.send, page, found[1], **form)
            answer = await learner.answer("m1")
            assert (answer["text"], answer["status"]) == ("Look at line 2.", "complete")

            path = f"learners/{found[1].split('/')[1]}"
            page = await page_with(browser, path, TOLD)
            notice = {"id": page.hidden("id"), "text": "Well done."}
            await asyncio.to_thread(browser.send, page, path, **notice)
            event = await learner.next("event", role="notice", by="babbage")
            assert event["text"] == "Well done."
