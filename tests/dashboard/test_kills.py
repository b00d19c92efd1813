"""A teacher's release and her note, while dashboard, node or PostgreSQL are killed."""

from __future__ import annotations

import asyncio
import contextlib
import random
import re
import secrets
import time
from collections import Counter
from collections.abc import AsyncIterator, Callable, Iterator, Sequence
from dataclasses import dataclass, field
from http.client import HTTPException
from pathlib import Path
from typing import Any, Final, NamedTuple

import pytest
from websockets.exceptions import WebSocketException

from tests.support.servers.dashboard import Browser, Page
from tests.support.servers.peers import PATIENCE, Frame, peer
from tests.support.servers.teaching import PARTS, Site
from tests.support.small_class import in_store
from tutor_widget.server.store import Entry, Erased, Head, Store

TEACHER: Final = "babbage"
TRIALS: Final = 100
HELD: Final = "draft: why?"
BEFORE: Final = re.compile(r"was sent before|were sent before|has released this answer already")
"""What the dashboard says to a form that was sent again, and whose first sending was stored."""


@pytest.fixture
def site(tmp_path: Path) -> Iterator[Site]:
    with Site(tmp_path) as running:
        yield running


@pytest.mark.timeout(180)
async def test_each_is_there_once_whatever_is_killed(site: Site) -> None:
    """The answer and the note, in the store and in the learner's chat."""
    trials = await Trials.prepare(site, 1)
    for part in PARTS:
        await trials.run([part])
    await trials.check()


@pytest.mark.slow
@pytest.mark.timeout(1800)
async def test_each_is_there_once_after_a_hundred_kills(site: Site) -> None:
    """At random moments of the requests; some come between the commit and its answer."""
    trials = await Trials.prepare(site, 2)
    choices = [*([part] for part in PARTS), list(PARTS)]
    for _ in range(TRIALS):
        await trials.run(trials.chance.choice(choices))
    await trials.check()
    print(f"\n{trials}")
    assert len({ending for _, _, ending in trials.counts}) == 3, trials


# --- the learner ----------------------------------------------------------------------------------


class Chat:
    """A learner's client, which comes back when its connection ends. ``events`` as it got them."""

    def __init__(self, url: str, session: str) -> None:
        self.events: list[Frame] = []
        self._url = url
        self._session = session
        self._resumes: Frame = {}
        self._news = asyncio.Condition()

    async def run(self, message: Frame) -> None:
        """Send the message until it is in the log, and read, until this task is cancelled."""
        while True:
            with contextlib.suppress(OSError, WebSocketException, TimeoutError):
                await self._read(message)
            await asyncio.sleep(0.05)  # the node is being started

    async def _read(self, message: Frame) -> None:
        async with peer(self._url) as client:
            welcome = await client.hello(self._session, **self._resumes)
            if not self.events:
                await client.say("send", **message)
            while True:
                event = await client.next("event")
                self._resumes = {
                    "epoch": welcome["epoch"],
                    "after": event["seq"],
                    "last": event["id"],
                }
                async with self._news:
                    self.events.append(event)
                    self._news.notify_all()

    async def has(self, condition: Callable[[Sequence[Frame]], bool]) -> None:
        """Wait until the events are so."""
        async with asyncio.timeout(PATIENCE), self._news:
            await self._news.wait_for(lambda: condition(self.events))


@contextlib.asynccontextmanager
async def chatting(url: str, session: str, message: Frame) -> AsyncIterator[Chat]:
    chat = Chat(url, session)
    task = asyncio.create_task(chat.run(message))
    try:
        yield chat
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


# --- the teacher ----------------------------------------------------------------------------------


class Form(NamedTuple):
    """A form of a page, filled in."""

    browser: Browser
    page: Page
    path: str
    fields: dict[str, str]

    async def send(self) -> str:
        """Send it until the dashboard says that it is done; how that came about."""
        ending = "at once"
        async with asyncio.timeout(PATIENCE):
            while True:
                with contextlib.suppress(OSError, HTTPException):
                    page = await asyncio.to_thread(
                        self.browser.send, self.page, self.path, **self.fields
                    )
                    if page.status in (200, 409):
                        return "stored before the kill" if BEFORE.search(page.text) else ending
                    assert page.status == 503, page.text
                ending = "stored by a second sending"


async def opened(browser: Browser, path: str, pattern: str) -> tuple[Page, re.Match[str]]:
    """Ask for the page until it has what is looked for."""
    async with asyncio.timeout(PATIENCE):
        while not (
            found := re.search(pattern, (page := await asyncio.to_thread(browser.open, path)).html)
        ):
            pass
    return page, found


# --- one after the other --------------------------------------------------------------------------


@dataclass
class Trials:
    """Conversations, each with an answer and a note that were under way at a kill."""

    site: Site
    chance: random.Random
    browsers: tuple[Browser, Browser]
    lasts: float = 0.0
    """Seconds that both requests take when nothing is killed."""
    seen: dict[str, list[Frame]] = field(default_factory=dict)
    """What each learner's chat has, by session."""
    edited: set[str] = field(default_factory=set)
    """The messages whose answers the teacher has edited."""
    counts: Counter[tuple[str, str, str]] = field(default_factory=Counter)
    """By what was killed, what was sent, and how that ended."""

    @classmethod
    async def prepare(cls, site: Site, seed: int) -> Trials:
        """With a first conversation, in which nothing is killed."""
        browsers = [await asyncio.to_thread(site.dashboard.browser, TEACHER) for _ in range(2)]
        trials = cls(site, random.Random(seed), (browsers[0], browsers[1]))
        await trials.run([])
        return trials

    async def run(self, parts: Sequence[str]) -> None:
        """Let a learner ask, and the teacher release the answer and write; kill these meanwhile."""
        session, id = secrets.token_hex(16), secrets.token_hex(8)
        async with chatting(self.site.node.url, session, {"id": id, "text": "why?"}) as chat:
            forms = await self._fill_in(id)
            began = time.perf_counter()
            sending = [asyncio.create_task(form.send()) for form in forms]
            if parts:
                await asyncio.sleep(self.lasts * self.chance.random() ** 3)  # most commit early
                await asyncio.to_thread(self.site.kill, parts)
                await asyncio.to_thread(self.site.start_again, parts)
            endings = await asyncio.gather(*sending)
            self.lasts = self.lasts or time.perf_counter() - began
            for what, ending in zip(("release", "note"), endings, strict=True):
                self.counts[" + ".join(parts) or "nothing", what, ending] += 1
            await chat.has(lambda events: _counts(events, id) >= Counter(answer=1, note=1))
            self.seen[session] = chat.events

    async def _fill_in(self, id: str) -> list[Form]:
        one, other = self.browsers
        held, found = await opened(one, "held", rf'id="held-(\d+)-{id}"')
        path = f"learners/{found[1]}"
        conversation, _ = await opened(other, path, 'name="id"')
        note = {"id": conversation.hidden("id"), "text": f"note for {id}"}
        release = {"how": "release"}
        if self.chance.random() < 0.5:
            self.edited.add(id)
            release = {"how": "edit", "text": f"edited for {id}"}
        return [
            Form(one, held, f"held/{found[1]}/{id}", release),
            Form(other, conversation, path, note),
        ]

    async def check(self) -> None:
        """Each learner has what the store has: everything once, and in order."""
        stored = await asyncio.to_thread(in_store, self.site.postgres.url(), self._stored)
        assert stored.keys() == self.seen.keys()
        for session, events in self.seen.items():
            entries = stored[session]
            assert [event["seq"] for event in events] == [*range(1, len(events) + 1)]
            assert [event["id"] for event in events] == [entry.event.id for entry in entries]
            assert [event["text"] for event in events] == [entry.event.text for entry in entries]
            (id,) = [event["id"] for event in events if event["role"] == "learner"]
            assert _counts(events, id) == Counter(answer=1, note=1)
            (answer,) = [entry for entry in entries if entry.event.re == id]
            assert answer.record["approved"] == {"by": TEACHER, "edited": id in self.edited}
            assert answer.event.text == (f"edited for {id}" if id in self.edited else HELD)
        self._check_audit()

    def _check_audit(self) -> None:
        """No deed has two lines. The line of one may be missing: the dashboard was killed."""
        deeds = Counter(
            (line["event"], line["session"])
            for line in self.site.dashboard.audits()
            if line["event"] in ("held answer released", "notice written")
        )
        assert set(deeds.values()) == {1}

    async def _stored(self, store: Store) -> dict[str, Sequence[Entry]]:
        assert not await store.held()
        found: dict[str, Sequence[Entry]] = {}
        for session in self.seen:
            head = await store.find_session("", session)
            assert isinstance(head, Head)
            assert not head.waiting
            entries = await store.entries(head.key, 0, 100)
            assert not isinstance(entries, Erased)
            found[session] = entries
        return found

    def __str__(self) -> str:
        rows = sorted(self.counts.items())
        return "\n".join(
            f"{parts:32} {what:8} {ending:28} {count:4}" for (parts, what, ending), count in rows
        )


def _counts(events: Sequence[dict[str, Any]], id: str) -> Counter[str]:
    """How often the answer to the message and the note are there."""
    return Counter(
        answer=sum(event.get("re") == id for event in events),
        note=sum(event["text"] == f"note for {id}" for event in events),
    )
