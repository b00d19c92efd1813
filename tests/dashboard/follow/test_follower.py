"""What the dashboard knows of all conversations, and what it costs the database."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import AsyncIterator, Callable
from contextlib import ExitStack, asynccontextmanager

import pytest
import pytest_asyncio

from tests.support.counted import Counted
from tests.support.small_class import ask, hold, learner
from tests.support.stores import append, claim, says
from tutor_widget.dashboard.follow import Follower
from tutor_widget.dashboard.follow.topics import HELD, LEARNERS, REPORTS, WAITING, of
from tutor_widget.server.store import Answer, Store, open_store

WITHIN = 30.0


@pytest_asyncio.fixture
async def ours(database: str) -> AsyncIterator[Counted]:
    """The dashboard's store."""
    async with opened(database) as store:
        yield Counted(store)


@pytest_asyncio.fixture
async def theirs(database: str) -> AsyncIterator[Store]:
    """A server's store."""
    async with opened(database) as store:
        yield store


@asynccontextmanager
async def opened(database: str) -> AsyncIterator[Store]:
    store = await open_store(database)
    yield store
    await store.close()


@asynccontextmanager
async def following(store: Counted) -> AsyncIterator[Follower]:
    follower = Follower(store)
    await follower.start()
    task = asyncio.create_task(follower.run())
    yield follower
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)


@pytest.mark.parametrize("database", ["sqlite", "postgres"], indirect=True)
async def test_what_a_server_writes_is_known(ours: Counted, theirs: Store) -> None:
    """Pages are told of it, each of what it shows."""
    async with following(ours) as follower:
        topics = [HELD, LEARNERS, REPORTS, WAITING]
        with follower.topics.subscribed(topics) as subscription:
            key = await learner(theirs, "ada", "7b")
            await ask(theirs, key, "m1", "a question", "an answer")
            await theirs.report(key, "_m1", "wrong")
            await hold(theirs, key, "m2", "another", "a draft")
            told: set[str] = set()
            async with asyncio.timeout(WITHIN):
                while not {*topics} <= told:
                    told |= await subscription.changed(WITHIN)
        listed = follower.directory.get(key)
        assert listed is not None
        assert listed.groups == {"7b"}
        assert follower.directory.is_told(key)
        assert [held.text for held in follower.held] == ["a draft"]
        assert [report.reason for report in follower.reports] == ["wrong"]
        # Its head may have been read before the list of what is held.
        await comes_about(
            follower,
            WAITING,
            lambda: (
                [(w.key, w.messages, w.is_held) for w in follower.waits.all()] == [(key, 1, True)]
            ),
        )


async def test_a_change_costs_the_same_however_many_pages_are_open(
    ours: Counted, theirs: Store
) -> None:
    """One conversation of many is read, and the two lists; the others are left alone."""
    keys = [await learner(theirs, f"learner-{n}") for n in range(20)]
    async with following(ours) as follower:
        # What was written before the start is told, too.
        await ask(theirs, keys[0], "m0", "a question")
        await comes_about(follower, of(keys[0]), lambda: len(follower.waits.all()) == 1)
        with ExitStack() as stack:
            pages = [
                stack.enter_context(follower.topics.subscribed([of(keys[3])])) for _ in range(50)
            ]
            ours.asked.clear()
            await append(theirs, keys[3], says("m1"))
            changed = await asyncio.gather(*(page.changed(WITHIN) for page in pages))
        assert changed == [{of(keys[3])}] * 50
        assert dict(ours.asked) == {"head": 1, "entries": 1, "held": 1, "reports": 1}


async def test_the_start_reads_all_in_pages(ours: Counted, theirs: Store) -> None:
    """A head and its entries for each conversation."""
    for n in range(5):
        await learner(theirs, f"learner-{n}")
    async with following(ours) as follower:
        assert len(follower.directory) == 5
        assert ours.asked == Counter(
            list_sessions=1, head=5, entries=5, held=1, reports=1, changes=ours.asked["changes"]
        )


async def test_a_store_that_goes_away_is_said_and_comes_back(ours: Counted, theirs: Store) -> None:
    """What was known stays, and what was written meanwhile is known afterwards."""
    key = await learner(theirs, "ada")
    async with following(ours) as follower:
        with follower.topics.subscribed([HELD]) as subscription:
            ours.is_away = True
            await ask(theirs, key, "m1", "a question")
            assert "away" in await subscription.changed(WITHIN)
            assert follower.is_away
            assert len(follower.directory) == 1
            await theirs.claim(key)
            ours.is_away = False
            async with asyncio.timeout(WITHIN):
                while follower.is_away or not follower.waits.all():
                    await subscription.changed(WITHIN)
        assert follower.waits.all()[0].messages == 1


async def test_a_failed_answer_is_listed_until_another_one(ours: Counted, theirs: Store) -> None:
    """Before those who wait."""
    ada, bob = await learner(theirs, "ada"), await learner(theirs, "bob")
    await ask(theirs, bob, "m1", "waits")
    await append(theirs, ada, says("m1"))
    await theirs.answer(await claim(theirs, ada), Answer("_m1", "m1", "", "failed"))
    async with following(ours) as follower:
        assert [(w.key, w.messages) for w in follower.waits.all()] == [(bob, 1), (ada, 0)]
        await ask(theirs, ada, "m2", "again", "here you are")
        await comes_about(follower, WAITING, lambda: [w.key for w in follower.waits.all()] == [bob])


async def test_an_erased_conversation_is_forgotten(ours: Counted, theirs: Store) -> None:
    """With all that was known of it."""
    key = await learner(theirs, "ada", "7b")
    await hold(theirs, key, "m1", "a question", "a draft")
    async with following(ours) as follower:
        assert len(follower.held) == 1
        await theirs.erase(key, 1)
        await comes_about(follower, of(key), lambda: follower.directory.get(key) is None)
        await comes_about(follower, HELD, lambda: not follower.held)
        assert follower.waits.all() == []
        assert not follower.directory.is_told(key)


async def test_own_writes_are_known_when_they_are_waited_for(ours: Counted, theirs: Store) -> None:
    """The store tells only of what others write."""
    key = await learner(theirs, "ada")
    await hold(theirs, key, "m1", "a question", "a draft")
    async with following(ours) as follower:
        await ours.approve(key, "m1", by="lovelace")
        await follower.caught_up(key, WITHIN)
        assert follower.held == ()


async def comes_about(follower: Follower, topic: str, condition: Callable[[], bool]) -> None:
    """Wait until what pages are told of makes it true."""
    with follower.topics.subscribed([topic]) as subscription:
        async with asyncio.timeout(WITHIN):
            while not condition():
                await subscription.changed(WITHIN)


async def test_a_report_that_is_open_is_listed_however_old_it_is(
    ours: Counted, theirs: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    """One that is settled leaves the list in time."""
    monkeypatch.setattr("tutor_widget.dashboard.follow.reports._OLDEST", -60_000)
    key = await learner(theirs, "ada", "7b")
    for number in ("1", "2"):
        await ask(theirs, key, f"m{number}", "a question", "an answer")
        assert await theirs.report(key, f"_m{number}", "wrong")
    await theirs.settle_report(key, "_m1", "closed")
    async with following(ours) as follower:
        assert [report.event_id for report in follower.reports] == ["_m2"]
        await theirs.settle_report(key, "_m2", "closed")
        await comes_about(follower, REPORTS, lambda: not follower.reports)
