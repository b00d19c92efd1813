"""Statements that this process gives to PostgreSQL."""

from __future__ import annotations

from collections import Counter
from typing import Any

import pytest

from tests.support.servers.peers import peer
from tutor_widget.server import Server

__all__ = ["cost", "count_statements"]


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


async def cost(server: Server, session: str, statements: Counter[str], prefix: str = "m") -> int:
    """The statements of a message and its answer: the fewest of several, since others come between
    by the clock. ``prefix``: of the messages' ids, which must be new."""
    async with peer(server.url) as client:
        await client.hello(session)
        costs = []
        for number in range(5):
            before = statements.total()
            await client.say("send", id=f"{prefix}{number}", text="hi")
            await client.answer(f"{prefix}{number}")
            costs.append(statements.total() - before)
        return min(costs)
