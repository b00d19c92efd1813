"""Bringing a database to the schema of this version.

The folder ``schema`` has a file of SQL for each version, run in order. The table ``schema_version``
has the number of the last one. Of several nodes that start together one runs them, in one
transaction under an advisory lock, and the others wait for it.
"""

from __future__ import annotations

import asyncio
import secrets
from importlib.resources import files
from typing import Final

import asyncpg

from tutor_widget.server.store.contract import StoreError

from .connections import OUTAGE, Connection, Database, WrongSettings, as_sentence, close

__all__ = ["VERSION", "prepare"]

VERSION: Final = 2
"""The version of the schema that this version of the package works with."""
_LOCK: Final = 0x7475_746F_725F_7764
"""The number of the advisory lock under which the schema is changed."""
_PATIENCE: Final = 8.0
"""Seconds in which the database must answer."""
_MIGRATION: Final = 600.0
"""Seconds that a statement of a migration may take."""
_NO_TABLE: Final = asyncpg.UndefinedTableError


async def prepare(database: Database) -> None:
    """Make the tables, or bring them to this schema. Raises StoreError, without a password."""
    connection: Connection | None = None
    try:
        async with asyncio.timeout(_PATIENCE):
            connection = await database.connect()
            version = await _known_version(connection)
        if version < VERSION:
            await close(connection)
            connection = await database.connect_patiently(_MIGRATION)
            await _migrate(connection)
    except WrongSettings:
        raise StoreError(
            "The URL of the PostgreSQL database cannot be understood. Write it as "
            "postgresql://user@host:5432/database, and put the password into PGPASSWORD or .pgpass."
        ) from None
    except OUTAGE as error:
        raise StoreError(
            f"The PostgreSQL database cannot be opened: {as_sentence(error)}. Check that it runs, "
            "and that this user may connect to it and create tables in it."
        ) from error
    finally:
        await close(connection)


async def _known_version(connection: Connection) -> int:
    """The version of the schema; 0 for an empty database. Raises StoreError for a newer one."""
    try:
        query = "SELECT coalesce(max(version), 0) FROM schema_version"
        version = int(await connection.fetchval(query))
    except _NO_TABLE:
        return 0
    if version > VERSION:
        raise StoreError(
            f"The PostgreSQL database has schema {version}, which a newer version of tutor_widget "
            f"has made. This one knows schemas up to {VERSION}. Install the newer version."
        )
    return version


async def _migrate(connection: Connection) -> None:
    await connection.execute("BEGIN")
    await connection.execute(f"SELECT pg_advisory_xact_lock({_LOCK})")
    await connection.execute("CREATE TABLE IF NOT EXISTS schema_version (version integer NOT NULL)")
    # Read again: another node may have done it while this one waited.
    if (version := await _known_version(connection)) == VERSION:
        return
    for number in range(version + 1, VERSION + 1):
        sql = files(__package__).joinpath("schema", f"{number:04}.sql").read_text(encoding="utf-8")
        await connection.execute(sql)
    if version == 0:
        await connection.execute("INSERT INTO schema_version VALUES ($1)", VERSION)
        await connection.execute("INSERT INTO store VALUES ($1)", secrets.token_bytes(32))
    await connection.execute("UPDATE schema_version SET version = $1", VERSION)
    await connection.execute("COMMIT")
