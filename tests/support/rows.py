"""All that a database holds, table by table, whatever tables it has."""

from __future__ import annotations

import contextlib
import sqlite3
from typing import Final

from tests.support.postgres import run_beside

__all__ = ["all_rows"]

_FILE: Final = "sqlite:///"


def all_rows(url: str) -> str:
    """Every value in every row of every table, as text."""
    if url.startswith(_FILE):
        return _of_file(url.removeprefix(_FILE))
    return run_beside(lambda: _of_postgres(url))


def _of_file(path: str) -> str:
    with contextlib.closing(sqlite3.connect(path)) as db:
        tables = db.execute("SELECT name FROM sqlite_master WHERE type = 'table'").fetchall()
        return str([db.execute(f"SELECT * FROM {table}").fetchall() for (table,) in tables])


async def _of_postgres(url: str) -> str:
    import asyncpg

    db = await asyncpg.connect(url)
    try:
        tables = await db.fetch(
            "SELECT table_name FROM information_schema.tables"
            " WHERE table_schema NOT IN ('pg_catalog', 'information_schema')"
        )
        found = [await db.fetch(f'SELECT * FROM "{table}"') for (table,) in tables]
        return str([[tuple(row) for row in rows] for rows in found])
    finally:
        await db.close()
