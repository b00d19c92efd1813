"""What a message costs on several nodes: counts of statements."""

from __future__ import annotations

from collections import Counter
from contextlib import AsyncExitStack
from typing import Any

import pytest

from tests.support.postgres import running_cluster
from tests.support.servers.peers import SESSION, gauge, peer, serving, until
from tutor_widget.server import Server
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


def count_statements(monkeypatch: pytest.MonkeyPatch) -> Counter[str]:
    """All statements of this process from now on."""
    import asyncpg

    made: Counter[str] = Counter()

    def counting(method: str) -> None:
        run = getattr(asyncpg.Connection, method)

        async def counted(connection: object, query: str, *values: Any, **options: Any) -> Any:
            made[query] += 1
            return await run(connection, query, *values, **options)

        monkeypatch.setattr(asyncpg.Connection, method, counted)

    for method in ("execute", "fetch", "fetchrow", "fetchval"):
        counting(method)
    return made


async def cost(server: Server, session: str, statements: Counter[str]) -> int:
    """The statements of a message and its answer: the fewest of several, since others come between
    by the clock."""
    async with peer(server.url) as client:
        await client.hello(session)
        costs = []
        for number in range(5):
            before = statements.total()
            await client.say("send", id=f"m{number}", text="hi")
            await client.answer(f"m{number}")
            costs.append(statements.total() - before)
        return min(costs)
