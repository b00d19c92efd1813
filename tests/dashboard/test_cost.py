"""What a dashboard costs, in statements: the tutor's servers nothing, itself a few."""

from __future__ import annotations

import asyncio
from collections import Counter
from pathlib import Path

import pytest

from tests.support.postgres import running_cluster
from tests.support.servers.dashboard import Dashboard
from tests.support.servers.open_pages import OpenPage, opened
from tests.support.servers.peers import SESSION, Peer, peer, serving
from tests.support.servers.processes import Tutor
from tests.support.small_class import in_store, learner
from tests.support.statements import cost, count_statements
from tutor_widget.dashboard.follow import Follower
from tutor_widget.dashboard.follow.topics import LEARNERS, of
from tutor_widget.server.store import Store, open_store
from tutor_widget.server.tutors.echo import EchoTutor

pytestmark = pytest.mark.timeout(180)
OTHERS = 50
MOST = 5
"""Statements for an update of one conversation: its head, its new events with their learner, and
the lists of what is held and reported."""


async def test_a_message_costs_a_node_the_same_with_a_dashboard(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """That follows it, with pages open that are told of it and ask for themselves anew."""
    statements = count_statements(monkeypatch)
    cluster = running_cluster()
    url = cluster.make_database(cluster.template)
    async with serving(url, EchoTutor(), single_user=True, readable_by_teachers="yes") as node:
        alone = await cost(node, SESSION, statements)
        dashboard = Dashboard(tmp_path, url, "--readable-by-teachers")
        try:
            await asyncio.to_thread(dashboard.start)
            browser = await asyncio.to_thread(dashboard.browser, "babbage")
            paths = ("learners/1", "learners", "waiting", "held", "reports")
            pages = [OpenPage(browser, path) for path in paths]
            async with opened(*pages):
                assert await cost(node, SESSION, statements, "n") == alone
                await pages[0].next(0)
                await pages[1].next(0)
        finally:
            dashboard.kill()


async def test_an_update_costs_the_dashboard_a_few_statements(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """However many other conversations there are."""
    cluster = running_cluster()
    url = cluster.make_database(cluster.template)
    await asyncio.to_thread(in_store, url, _class)
    node = Tutor(tmp_path / "db", "--tutor=echo", url=url)
    store = await open_store(url)
    follower = Follower(store)
    await follower.start()
    following = asyncio.create_task(follower.run())
    try:
        await asyncio.to_thread(node.start)
        statements = count_statements(monkeypatch)
        async with peer(node.url) as client:
            await client.hello()
            with follower.topics.subscribed([LEARNERS]) as list_:
                await client.say("send", id="first", text="hi")
                await client.answer("first")
                while len(follower.directory) <= OTHERS:
                    assert await list_.changed(60)
            costs = [await _update(follower, client, statements, f"m{n}") for n in range(8)]
        # The fewest: others come between by the clock, and an answer that is told by itself.
        assert min(costs) <= MOST, costs
    finally:
        following.cancel()
        await asyncio.gather(following, return_exceptions=True)
        node.kill()
        await store.close()


async def _update(
    follower: Follower, client: Peer, statements: Counter[str], message_id: str
) -> int:
    """The statements until the page of the newest conversation is told of a message."""
    before = statements.total()
    newest = max(listed.key for listed in follower.directory)
    with follower.topics.subscribed([of(newest)]) as page:
        await client.say("send", id=message_id, text="hi")
        await client.answer(message_id)
        assert await page.changed(60)
    return statements.total() - before


async def _class(store: Store) -> None:
    for number in range(OTHERS):
        await learner(store, f"learner-{number}")
