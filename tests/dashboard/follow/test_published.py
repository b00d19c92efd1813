"""The figures of the class are published in the store, and cost what has changed."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio

from tests.support.counted import Counted
from tests.support.lesson_class import Taken, take_lesson, watched, write_lesson
from tutor_widget.dashboard.figures import ClassFigures
from tutor_widget.dashboard.follow import FiguresReader, Follower, follower, open_figures, published
from tutor_widget.dashboard.follow.published import Lessons
from tutor_widget.dashboard.follow.topics import FIGURES
from tutor_widget.server.store import ALL, Store, StoreError, open_store
from tutor_widget.server.tutors import watched as watching
from tutor_widget.server.tutors.lesson.catalogue import load_lessons
from tutor_widget.server.tutors.watched import Watched

on_both_engines = pytest.mark.parametrize("database", ["sqlite", "postgres"], indirect=True)


class Following:
    """A dashboard's follower, which reads when it is told to."""

    def __init__(self, store: Counted, follower: Follower, reader: FiguresReader) -> None:
        self.store = store
        self.reader = reader
        self.follower = follower

    @property
    def figures(self) -> ClassFigures:
        """The figures, of the lessons that are in force."""
        return self.reader.figures

    async def see(self, *taken: Taken) -> Counter[str]:
        """Read what is new in these conversations; what was asked of the store."""
        before = Counter(self.store.asked)
        await self.follower._refresh(frozenset(one.key for one in taken))
        return self.store.asked - before

    @property
    def here(self) -> list[int | None]:
        """How many are at each step, as the page says."""
        return [row.counts.here for row in self.figures.page().steps]


Open = Callable[..., Awaitable[Following]]


@pytest_asyncio.fixture
async def open_one(database: str) -> AsyncIterator[Open]:
    """Start another dashboard's follower on the database."""
    async with AsyncExitStack() as stack:

        async def start(lessons: Lessons | None = None) -> Following:
            store = await open_store(database)
            stack.push_async_callback(store.close)
            counted: Any = Counted(store)
            reader = await open_figures(counted, lessons or watched())
            follower = Follower(counted, figures=reader)
            await follower.start()
            return Following(counted, follower, reader)

        yield start


@pytest_asyncio.fixture
async def theirs(database: str) -> AsyncIterator[Store]:
    """A server's store."""
    store = await open_store(database)
    yield store
    await store.close()


async def twelve(store: Store) -> list[Taken]:
    """Twelve at the first step."""
    return await take_lesson(store, [(f"learner{n}", "7b", ["talk"]) for n in range(12)])


@on_both_engines
async def test_what_was_published_stands_after_a_restart(open_one: Open, theirs: Store) -> None:
    """Four who have moved since are not told of, by the new one either."""
    taken = await twelve(theirs)
    ours = await open_one()
    assert ours.here == [12, None, None]
    for one in taken[:4]:
        await one.act(theirs, "right")
    asked = await ours.see(*taken[:4])
    assert asked["publish"] == 0
    again = await open_one()
    assert (ours.here, again.here) == ([12, None, None], [12, None, None])
    assert again.store.asked["publish"] == 0
    await taken[4].act(theirs, "right")
    await again.see(taken[4])
    assert again.here == [7, 5, None]


async def test_who_has_gone_home_is_not_there_any_more(
    open_one: Open, theirs: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    """An hour later it is published by itself, also if nobody looks."""
    await twelve(theirs)
    ours = await open_one()
    later = published._now() + 3_600_000
    monkeypatch.setattr(published, "_now", lambda: later)
    monkeypatch.setattr(follower, "_PROBE", 0.01)
    async with asyncio.timeout(30):
        await ours.follower._next_change()
    await ours.see()
    assert ours.here == [None, None, None]


@on_both_engines
async def test_of_two_dashboards_one_publishes(open_one: Open, theirs: Store) -> None:
    """The other takes over what stands, also where it has seen less or more."""
    taken = await twelve(theirs)
    ours, other = await open_one(), await open_one()
    for one in taken[:7]:
        await one.act(theirs, "right")
    await ours.see(*taken[:5])
    standing = await theirs.publications()
    assert ours.here == [7, 5, None]
    topics = set(ours.follower.topics._subscriptions)
    assert topics == set()
    with other.follower.topics.subscribed([FIGURES]) as page:
        asked = await other.see(*taken[:7])
        assert await page.changed(30) == {FIGURES}
    assert asked["publish"] >= 1
    assert other.here == ours.here
    assert await theirs.publications() == standing


async def test_an_update_costs_what_has_changed(open_one: Open, theirs: Store) -> None:
    """However many there are: one conversation is read, and of one step one learner is counted."""
    costs = []
    for n in (10, 100):
        learners = [(f"{n}-{one}", "7b", ["talk"]) for one in range(n)]
        taken = await take_lesson(theirs, learners)
        ours = await open_one()
        work = ours.figures.work
        await taken[0].act(theirs, "wrong", "6")
        asked = await ours.see(taken[0])
        costs.append((asked, ours.figures.work - work))
    assert costs[0] == costs[1]
    assert costs[0] == (Counter(head=1, entries=1, held=1, reports=1), 1)


async def test_a_changed_lesson_is_in_force_with_all_that_was_said(
    open_one: Open, theirs: Store, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What was published stands: four who have moved since are not told of. What is faulty changes
    nothing."""
    monkeypatch.setattr(watching, "INTERVAL", 0)
    taken = await twelve(theirs)
    folder = write_lesson(tmp_path)
    file = folder / "loops.toml"
    ours = await open_one(Watched(lambda: load_lessons(folder), [folder], "lessons"))
    for one in taken[:4]:
        await one.act(theirs, "right")
    right = file.read_text("utf-8").replace('answers = ["5"]', 'answers = ["5", "6"]')
    for text, fault in ((right.replace("No.", ""), "step 1, mistake 1, key 'say'"), (right, "")):
        file.write_text(text, "utf-8")
        with ours.follower.topics.subscribed([FIGURES]) as page:
            await ours.see(*taken[:4])
            assert await page.changed(30) == {FIGURES}
        assert (fault in ours.reader.fault, bool(ours.reader.fault)) == (True, bool(fault))
        assert ours.here == [12, None, None]
    assert ours.figures.lessons["loops"].steps[0].mistakes[0].answers == ("5", "6")
    await taken[4].act(theirs, "right")
    await ours.see(taken[4])
    assert ours.here == [7, 5, None]


async def test_a_store_that_is_away_is_asked_again(open_one: Open, theirs: Store) -> None:
    """What could not be published is published later."""
    taken = await twelve(theirs)
    ours = await open_one()
    for one in taken[:6]:
        await one.act(theirs, "right")
    ours.store.away = {"publish"}
    with pytest.raises(StoreError):
        await ours.see(*taken[:6])
    assert ours.here == [12, None, None]
    ours.store.away = set()
    await ours.see()
    assert ours.here == [6, 6, None]


async def test_a_figure_that_is_full_is_told_of_once(
    open_one: Open,
    theirs: Store,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    """What is shown stays as it is, which nobody would notice."""
    taken = await twelve(theirs)
    ours = await open_one()
    monkeypatch.setattr("tutor_widget.dashboard.figures.ledger._MOST", 12)
    caplog.set_level("WARNING", "tutor_widget.server")
    for learners in (taken[:6], taken[6:]):
        for one in learners:
            await one.act(theirs, "talk")
        await ours.see(*learners)
    said = [(line.getMessage(), line.levelname, line.fields) for line in caplog.records]  # type: ignore[attr-defined]  # of every line of this log
    fields = {"lesson": "loops", "step": 1, "reason": published._FULL}
    assert said == [("figure full", "WARNING", fields)]


async def test_a_deleted_conversation_leaves_the_figures(open_one: Open, theirs: Store) -> None:
    """Once so many are gone that none of them is told of."""
    taken = await twelve(theirs)
    ours = await open_one()
    for number, expected in ((4, 12), (6, 6)):
        for one in taken[:number]:
            await theirs.erase(one.key, 1)
        await ours.follower._refresh(ALL)
        assert ours.here[0] == expected
