"""A teacher at the dashboard, and a learner at a tutor's server: two processes on one database."""

from __future__ import annotations

import asyncio
import re
from pathlib import Path

from tests.support.servers.dashboard import Browser, Dashboard, Page
from tests.support.servers.peers import PATIENCE, peer
from tests.support.servers.processes import Tutor
from tests.support.small_class import TOLD


async def page_with(browser: Browser, path: str, words: str) -> Page:
    """The page, once it has the words."""
    async with asyncio.timeout(PATIENCE):
        while words not in (page := await asyncio.to_thread(browser.open, path)).text:
            pass
    return page


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
