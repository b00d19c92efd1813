"""The store in a PostgreSQL database, which several machines share. Needs `asyncpg`."""

from __future__ import annotations

from .engine import PostgreSQLStore

__all__ = ["PostgreSQLStore"]
