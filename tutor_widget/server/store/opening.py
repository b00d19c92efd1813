"""Opens a store: its URL says which engine."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Final

from .contract import Store, StoreError
from .sqlite import SQLiteStore

__all__ = ["open_store"]

_TAKEN: Final = (
    "Name the database as sqlite:////absolute/path, sqlite:///relative/path, or as a path."
)


async def open_store(
    url: str | Path,
    on_commit: Callable[[float, int], None] = lambda seconds, writes: None,
) -> Store:
    """Open the store at ``sqlite:////absolute/path``, ``sqlite:///relative/path``, or a path.

    ``on_commit(seconds, writes)`` is called after each commit, on any thread. Raises StoreError, a
    sentence for the operator. It does not quote a URL, which may hold a password.
    """
    return await SQLiteStore.open_file(_path_of(url), on_commit)


def _path_of(url: str | Path) -> Path:
    if isinstance(url, Path):
        return url
    scheme, separator, rest = url.partition("://")
    if not separator:
        return Path(url)
    if scheme in ("postgres", "postgresql"):
        raise StoreError(f"This version of tutor_widget has no PostgreSQL store. {_TAKEN}")
    path = rest.removeprefix("/")
    if scheme != "sqlite" or not rest.startswith("/") or not path:
        raise StoreError(f"This is no database that this server knows. {_TAKEN}")
    return Path(path)
