"""What a message costs on several nodes: counts of statements."""

from __future__ import annotations

from contextlib import AsyncExitStack

import pytest

from tests.support.postgres import running_cluster
from tests.support.servers.peers import SESSION, gauge, peer, serving, until
from tests.support.statements import cost, count_statements
from tutor_widget.server import server as server_module
from tutor_widget.server.tutors.echo import EchoTutor

pytestmark = pytest.mark.timeout(180)


async def test_a_message_costs_as_many_statements_on_two_nodes_as_on_one(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Where its learners are all on one, no piece crosses."""
    cluster = running_cluster()
    url = cluster.make_database(cluster.template)
    async with AsyncExitStack() as stack:
        statements = count_statements(monkeypatch)
        one = await stack.enter_async_context(serving(url, EchoTutor(), single_user=True))
        alone = await cost(one, f"{SESSION}-alone", statements)
        two = await stack.enter_async_context(serving(url, EchoTutor(), single_user=True))
        other = await stack.enter_async_context(peer(two.url))
        await other.hello(f"{SESSION}-other")
        await until(lambda: one._store.peers.nodes().ready == 2)
        assert await cost(one, SESSION, statements) == alone
        assert gauge(one, "relayed_total") == gauge(two, "relayed_total") == 0
        print(f"\n{alone} statements for a message and its answer")


async def test_an_idle_node_looks_with_two_reads(monkeypatch: pytest.MonkeyPatch) -> None:
    """For messages that no node answers, and for held answers whose time is over."""
    monkeypatch.setattr(server_module, "_TAKE_OVER", 3600.0)
    statements = count_statements(monkeypatch)

    def looks() -> list[int]:
        return [count for query, count in statements.items() if "waiting" in query]

    cluster = running_cluster()
    async with serving(cluster.make_database(cluster.template), EchoTutor()) as server:
        await until(lambda: looks() == [1, 1])
        for _ in range(3):
            await server._registry.resume()
            await server._registry.publish_overdue()
        assert looks() == [4, 4]
