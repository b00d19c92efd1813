"""Connections to the database, and what is said when there is none.

The URL is libpq's. A password comes from it, from ``PGPASSWORD``, from ``.pgpass`` or from a
service file. It is in no sentence: what is said quotes neither the URL nor an error that may quote
it.
"""

from __future__ import annotations

import asyncio
import configparser
from collections.abc import Sequence
from typing import Any, Final, Protocol

import asyncpg

__all__ = [
    "OUTAGE",
    "Connection",
    "Database",
    "Reads",
    "Row",
    "WrongSettings",
    "as_sentence",
    "close",
    "escape",
    "unescape",
]

Row = Any
"""A row, whose columns are found by name and by number."""


class Reads(Protocol):
    """What reads: a connection, or a pool of them."""

    async def fetch(self, query: str, *values: object) -> Sequence[Row]: ...

    async def fetchrow(self, query: str, *values: object) -> Row | None: ...

    async def fetchval(self, query: str, *values: object) -> Any: ...


class Connection(Reads, Protocol):
    """A connection, as asyncpg makes it."""

    async def execute(self, query: str, *values: object, timeout: float | None = None) -> str: ...  # noqa: ASYNC109

    async def add_listener(self, channel: str, callback: Any) -> None: ...

    def add_termination_listener(self, callback: Any) -> None: ...

    def is_closed(self) -> bool: ...

    async def close(self, *, timeout: float) -> None: ...  # noqa: ASYNC109

    def terminate(self) -> None: ...


OUTAGE: Final = (
    asyncpg.PostgresError,
    asyncpg.InterfaceError,
    asyncpg.InternalClientError,
    OSError,
    TimeoutError,
    EOFError,
)
"""What a connection raises if the database is away, or refuses something."""

_CONNECT: Final = 5.0
"""Seconds that a connection may take to be made."""
_COMMAND: Final = 8.0
"""Seconds after which a statement without an answer counts as failed."""
_READERS: Final = 4
_NAME: Final = {"application_name": "tutor_widget"}
# A node that stands still in a transaction must not keep others from its sessions.
_SETTINGS: Final = """
SET default_transaction_isolation = 'read committed';
SET idle_in_transaction_session_timeout = '5s';
SET lock_timeout = '4s';
SET statement_timeout = '7s';
SELECT set_config('synchronous_commit', 'on', false)
WHERE current_setting('synchronous_commit') = 'off';
SET enable_seqscan = off;
SET enable_hashjoin = off;
SET enable_mergejoin = off;
SET jit = off;
SET plan_cache_mode = force_generic_plan;
"""
"""Set by statements, because poolers refuse them at the start of a connection.

Every statement finds its rows by their keys. Of tables that were not analyzed yet, which may be for
minutes after the first start, the planner knows no better than to read them whole for each batch.
One plan does for arrays of any length, and planning costs as much as executing.
"""
_PATIENT: Final = """
SET lock_timeout = 0;
SET statement_timeout = 0;
RESET enable_seqscan;
RESET enable_hashjoin;
RESET enable_mergejoin;
RESET plan_cache_mode;
"""


class WrongSettings(ConnectionError):
    """The URL, or a file that it names, cannot be understood. Says no more: it holds passwords."""


class Database:
    """The database at ``url``. Connecting to it raises `OUTAGE`."""

    def __init__(self, url: str) -> None:
        self._url = url

    async def connect(self) -> Connection:
        """A connection on which a commit is durable."""
        return await self._connect(_COMMAND)

    async def connect_patiently(self, seconds: float) -> Connection:
        """A connection whose statements may take so long, and read whole tables."""
        connection = await self._connect(seconds)
        await connection.execute(_PATIENT)
        return connection

    async def _connect(self, command: float) -> Connection:
        connection: Connection = await _open(
            self._url, timeout=_CONNECT, command_timeout=command, server_settings=_NAME
        )
        try:
            await _prepare(connection)
        except BaseException:
            connection.terminate()
            raise
        return connection

    async def pool(self) -> Any:
        """A pool of connections that read. It connects when one is needed."""
        return await asyncpg.create_pool(
            self._url,
            min_size=0,
            max_size=_READERS,
            timeout=_CONNECT,
            command_timeout=_COMMAND,
            server_settings=_NAME,
            connect=_open,
            init=_prepare,
            reset=_leave,
        )


async def close(connection: Connection | None) -> None:
    """Close it, whatever state it is in, without waiting for a database that is away."""
    if connection is None or connection.is_closed():
        return
    try:
        await connection.close(timeout=1.0)
    except (*OUTAGE, asyncio.CancelledError):
        connection.terminate()


def as_sentence(error: BaseException) -> str:
    """What a failure to connect means, for the operator. It quotes no URL and no password."""
    if isinstance(error, asyncpg.PostgresError):
        return f"the server says: {_one_line(str(error))}"
    if isinstance(error, TimeoutError):
        return "it does not answer"
    if isinstance(error, OSError):
        return _one_line(error.strerror or str(error)) or type(error).__name__
    return type(error).__name__


def _one_line(text: str) -> str:
    return " ".join(text.split())[:300].rstrip(".")


async def _open(*arguments: Any, **options: Any) -> Any:
    """Connect as asyncpg does, with one error for what is wrong before it tries to."""
    try:
        return await asyncpg.connect(*arguments, **options)
    except (ValueError, configparser.Error):
        raise WrongSettings("the URL or a file that it names is wrong") from None


async def _prepare(connection: Any) -> None:
    """Set what is the session's, and let texts hold U+0000, which PostgreSQL's do not."""
    await connection.execute(_SETTINGS)
    await connection.set_type_codec(
        "text",
        schema="pg_catalog",
        encoder=lambda text: escape(text).encode(),
        decoder=lambda stored: unescape(stored.decode()),
        format="binary",
    )


async def _leave(_connection: Any) -> None:
    """Nothing that a read changes has to be reset."""


def escape(text: str) -> str:
    """The text as the database keeps it. Only what is in an array must be escaped by hand."""
    # U+001A (substitute) begins an escape. Nobody types it.
    if "\x1a" in text or "\0" in text:
        return text.replace("\x1a", "\x1aS").replace("\0", "\x1a0")
    return text


def unescape(stored: str) -> str:
    """The text that `escape` was given."""
    if "\x1a" in stored:
        return stored.replace("\x1a0", "\0").replace("\x1aS", "\x1a")
    return stored
