"""Statements that a PostgreSQL was given, by the role that gave them."""

from __future__ import annotations

from typing import Final, Self

import asyncpg

from benchmarks.faulty.packages import Missing
from tests.support.servers.postgres import PostgreSQL

__all__ = ["DASHBOARD", "NODES", "SETTING", "Statements"]

SETTING: Final = "shared_preload_libraries=pg_stat_statements"
"""Of the server."""
NODES: Final = "tutor"
DASHBOARD: Final = "dashboard"
_COUNT: Final = (
    "SELECT coalesce(sum(calls), 0)::bigint FROM pg_stat_statements JOIN pg_roles ON oid = userid"
    " WHERE rolname = $1"
)


class Statements:
    """A context manager. It counts with a role of its own, which nobody asks for."""

    def __init__(self, postgres: PostgreSQL) -> None:
        self._postgres = postgres
        self._url = _as("counter", postgres.url())

    @property
    def dashboard_url(self) -> str:
        """The database, as the dashboard's role."""
        return _as(DASHBOARD, self._postgres.url())

    async def __aenter__(self) -> Self:
        connection = await asyncpg.connect(self._postgres.url())
        try:
            for role in ("counter", DASHBOARD):
                await connection.execute(f"CREATE ROLE {role} LOGIN SUPERUSER")
            await connection.execute("CREATE EXTENSION pg_stat_statements")
        except asyncpg.FeatureNotSupportedError:
            raise Missing("There is no pg_stat_statements: PostgreSQL's contrib has it.") from None
        finally:
            await connection.close()
        self._connection = await asyncpg.connect(self._url)
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._connection.close()

    async def of(self, role: str) -> int:
        """How many this role has given so far."""
        return int(await self._connection.fetchval(_COUNT, role))


def _as(role: str, url: str) -> str:
    return url.replace("//tutor@", f"//{role}@")
