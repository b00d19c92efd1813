"""The tables ``nodes`` and ``presence``: the living nodes, and who is connected through them.

A node is alive while the time in its row, which it puts off again and again (`beat`), is not over.
Rows of ``presence`` count only while their node is alive. Others delete those of a dead node.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Final

from tutor_widget.server.store.peers import Presence
from tutor_widget.server.store.records import SessionKey

from .connections import Connection

__all__ = ["Row", "beat", "bury", "leave", "others", "read", "rewrite", "write"]

Row = tuple[SessionKey, str, int]
"""A connection through this node: its session, instance and dial."""

_BEAT: Final = (
    "WITH before AS (SELECT until FROM nodes WHERE node = $1)"
    " INSERT INTO nodes (node, until, learners, ready) VALUES ($1, unix_ms() + $2, $3, $4)"
    " ON CONFLICT (node) DO UPDATE SET until = excluded.until, learners = excluded.learners,"
    " ready = excluded.ready RETURNING coalesce((SELECT until FROM before) >= unix_ms(), false)"
)
_BURY: Final = (
    "WITH dead AS (DELETE FROM nodes WHERE until < unix_ms() RETURNING node)"
    " DELETE FROM presence WHERE node IN (SELECT node FROM dead)"
)
_LEAVE: Final = (
    "WITH gone AS (DELETE FROM nodes WHERE node = $1) DELETE FROM presence WHERE node = $1"
)
# Also what a node wrote that was declared dead, and ended before it knew.
_CLEAR: Final = (
    "DELETE FROM presence WHERE node = $1 OR node NOT IN (SELECT node FROM nodes WHERE node <> $1)"
)
_WRITE: Final = (
    "WITH gone AS (DELETE FROM presence AS p"
    " USING unnest($5::bigint[], $6::text[]) AS g (session, instance)"
    " WHERE p.node = $1 AND p.session = g.session AND p.instance = g.instance)"
    " INSERT INTO presence (session, node, instance, dial)"
    " SELECT c.session, $1, c.instance, c.dial"
    " FROM unnest($2::bigint[], $3::text[], $4::bigint[]) WITH ORDINALITY"
    " AS c (session, instance, dial, place) ORDER BY c.place"
    " ON CONFLICT (session, node, instance)"
    " DO UPDATE SET dial = excluded.dial, number = excluded.number"
)
_READ: Final = (
    "SELECT p.session, p.node, p.instance, p.dial, p.number FROM presence AS p"
    " JOIN nodes AS n USING (node) WHERE p.session = ANY($1) AND n.until >= unix_ms()"
    " ORDER BY p.number"
)


async def beat(db: Connection, node: str, lease: int, learners: int, is_ready: bool) -> bool:
    """Let the node count as alive for ``lease`` ms. Returns whether it has until now."""
    return bool(await db.fetchval(_BEAT, node, lease, learners, is_ready))


async def bury(db: Connection) -> None:
    """Delete what dead nodes have left."""
    await db.execute(_BURY)


async def others(db: Connection, node: str) -> dict[str, tuple[int, bool]]:
    """The living nodes but this one: how many learners each has, and whether it is ready."""
    query = "SELECT node, learners, ready FROM nodes WHERE until >= unix_ms() AND node <> $1"
    return {name: (learners, ready) for name, learners, ready in await db.fetch(query, node)}


async def leave(db: Connection, node: str) -> None:
    """Delete the node and its connections: it ends."""
    await db.execute(_LEAVE, node)


async def write(
    db: Connection, node: str, came: Iterable[Row], gone: Iterable[tuple[SessionKey, str]]
) -> None:
    """Write which connections through this node began, in their order, and which ended."""
    await db.execute(_WRITE, node, *_columns(came, 3), *_columns(gone, 2))


async def rewrite(db: Connection, node: str, rows: Iterable[Row]) -> None:
    """Write all connections through this node, in their order, whatever the table has of it."""
    await db.execute("BEGIN")
    await db.execute(_CLEAR, node)
    await write(db, node, rows, ())
    await db.execute("COMMIT")


async def read(
    db: Connection, keys: Sequence[SessionKey]
) -> dict[SessionKey, tuple[Presence, ...]]:
    """The connections to these sessions through living nodes, in order."""
    found: dict[SessionKey, tuple[Presence, ...]] = dict.fromkeys(keys, ())
    for key, *presence in await db.fetch(_READ, keys):
        found[key] += (Presence(*presence),)
    return found


def _columns(rows: Iterable[tuple[object, ...]], width: int) -> list[list[object]]:
    """The rows as arrays for `unnest`. Ids need no `escape`."""
    return [list(column) for column in zip(*rows, strict=True)] or [[] for _ in range(width)]
