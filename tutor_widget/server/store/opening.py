"""Opens a store: its URL says which engine."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Final

from .contract import Store, StoreError
from .sqlite import SQLiteStore

__all__ = ["open_store"]

_POSTGRESQL: Final = ("postgresql", "postgres")
_TAKEN: Final = (
    "Name the database as postgresql://user@host/database, sqlite:////absolute/path, "
    "sqlite:///relative/path, or as a path."
)


async def open_store(
    url: str | Path,
    on_commit: Callable[[float, int], None] = lambda seconds, writes: None,
    *,
    must_exist: bool = False,
) -> Store:
    """Open the store at ``postgresql://…`` (libpq's form), ``sqlite:////absolute/path``,
    ``sqlite:///relative/path``, or a path.

    ``on_commit(seconds, writes)`` is called after each commit, on any thread. With ``must_exist``
    no new file is made. Raises StoreError, a sentence for the operator. It does not quote a URL,
    which may hold a password.
    """
    if str(url).partition("://")[0] in _POSTGRESQL and not isinstance(url, Path):
        return await _open_postgres(url, on_commit)
    path = _path_of(url)
    if must_exist and not path.exists():
        raise StoreError(
            f"There is no database at {path}. Name it with --db-url, or in TUTOR_DB_URL."
        )
    return await SQLiteStore.open_file(path, on_commit)


async def _open_postgres(url: str, on_commit: Callable[[float, int], None]) -> Store:
    try:
        from .postgres import PostgreSQLStore
    except ModuleNotFoundError as error:
        if error.name != "asyncpg":
            raise
        raise StoreError(
            "PostgreSQL needs the package asyncpg: pip install 'tutor-widget[postgres]'"
        ) from None
    return await PostgreSQLStore.open_url(url, on_commit)


def _path_of(url: str | Path) -> Path:
    if isinstance(url, Path):
        return url
    scheme, separator, rest = url.partition("://")
    if not separator:
        return Path(url)
    path = rest.removeprefix("/")
    if scheme != "sqlite" or not rest.startswith("/") or not path:
        raise StoreError(f"This is no database that this server knows. {_TAKEN}")
    return Path(path)
